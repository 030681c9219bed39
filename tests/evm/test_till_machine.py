"""The state machine of the till, in small rounds; `python -m tests.evm.soak --machine till` runs it longer."""

from __future__ import annotations

from tests.evm.rounds import run_until
from tests.evm.till_rules import TillMachine

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
    "reward",
    "setTerms",
    "spend",
    "takeReward",
    "transferAndCall",
    "withdraw",
}


def test_till_machine__some_thousand_steps__keeps_g1_to_g8_and_does_everything() -> None:
    run_until(TillMachine, ACTIONS, steps=2500)
