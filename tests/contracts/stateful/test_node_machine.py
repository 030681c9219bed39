"""The state machine, in small rounds; `python -m tests.contracts.stateful.soak` runs it for as long as you like."""

from __future__ import annotations

from tests.contracts.stateful.rounds import run_until
from tests.contracts.stateful.settlement_machine import SettlementMachine

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
    "open",
    "open at the end",
    "openAndClaim",
    "pay",
    "safeTransferFrom",
    "safeTransferFrom as seen",
    "setApprovalForAll",
    "setClaimApproval",
    "setClaimApprovalForAll",
    "setProgramOperator",
    "settle",
    "split",
    "time",
    "transferFrom",
}


def test_machine__some_thousand_steps__keeps_g1_to_g4_and_does_everything() -> None:
    run_until(SettlementMachine, ACTIONS, steps=2500)
