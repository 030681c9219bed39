"""The state machine of Checkout, in small rounds; `python -m tests.contracts.stateful.soak` runs it longer."""

from __future__ import annotations

from tests.contracts.stateful.checkout_rules import CheckoutMachine
from tests.contracts.stateful.rounds import run_until

ACTIONS = {
    "add signer",
    "approveCandidate",
    "ask removal",
    "cancel removal",
    "capture",
    "capture at the end",
    "capture without a node",
    "foundAlliance",
    "fundRewards",
    "joinAlliance",
    "leave custody",
    "leaveAlliance",
    "open",
    "open at the end",
    "openAndClaim",
    "pay by allowance",
    "payFromNodes",
    "payWithAuthorization",
    "payWithPermit",
    "reclaimRewards",
    "refund",
    "remove signer",
    "reward",
    "setTerms",
    "settle",
    "settle sales",
    "spend",
    "takeReward",
    "transferAndCall",
    "withdraw",
}


def test_checkout_machine__some_thousand_steps__keeps_g1_to_g8_and_does_everything() -> None:
    run_until(CheckoutMachine, ACTIONS, steps=2500)
