"""The state machine, on a small derandomized profile; `python -m tests.evm.soak` runs it for as long as you like."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.evm.machine import NodeMachine

PROFILE = settings(
    max_examples=60,
    stateful_step_count=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
ACTIONS = {
    "approve",
    "claim",
    "claimFor",
    "claimFor at the end",
    "claimTo",
    "closeProgram",
    "createProgram",
    "grantQuota",
    "merge",
    "mint",
    "pay",
    "safeTransferFrom",
    "safeTransferFrom as seen",
    "setApprovalForAll",
    "setClaimApproval",
    "setClaimApprovalForAll",
    "setProgramOperator",
    "split",
    "time",
    "transferFrom",
}


def test_machine__some_thousand_steps__keeps_g1_to_g4_and_does_everything() -> None:
    run_state_machine_as_test(NodeMachine, settings=PROFILE)
    assert NodeMachine.steps >= 3000
    assert set(NodeMachine.done) >= ACTIONS
