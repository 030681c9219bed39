"""The state machine of Checkout, in small rounds; `python -m tests.contracts.stateful.soak` runs it longer."""

from __future__ import annotations

from tests.contracts.stateful.relay_rules import RelayMachine
from tests.contracts.stateful.rounds import run_until

ACTIONS = {
    "approveCandidate",
    "capture",
    "capture at the end",
    "capture without a node",
    "foundAlliance",
    "fundRewards",
    "joinAlliance",
    "leave custody",
    "leaveAlliance",
    "pay by allowance",
    "payFromNodes",
    "payWithAuthorization",
    "payWithPermit",
    "reclaimRewards",
    "refund",
    "relay capture",
    "relay claimFor",
    "relay payWithAuthorization",
    "relay spend",
    "relay takeReward",
    "relay withdraw",
    "reward",
    "setTerms",
    "spend",
    "takeReward",
    "transferAndCall",
    "withdraw",
}


def test_checkout_machine__some_thousand_steps__keeps_g1_to_g8_and_does_everything() -> None:
    run_until(RelayMachine, ACTIONS, steps=2500)
