"""The state machine of the till, on a small derandomized profile; `tests.evm.soak --machine till` runs it longer."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from tests.evm.machine import CI_PROFILE
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
    before = TillMachine.steps
    run_state_machine_as_test(TillMachine, settings=CI_PROFILE)
    assert TillMachine.steps - before >= 2500
    assert set(TillMachine.done) >= ACTIONS
