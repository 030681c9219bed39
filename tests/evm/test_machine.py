"""The state machine, on a small derandomized profile; `python -m tests.evm.soak` runs it for as long as you like."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from tests.evm.machine import CI_PROFILE, NodeMachine

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
    run_state_machine_as_test(NodeMachine, settings=CI_PROFILE)
    # Of 3,600 at most; how many, hangs on the constants that Hypothesis finds in whatever modules are loaded.
    assert NodeMachine.steps >= 2500
    assert set(NodeMachine.done) >= ACTIONS
