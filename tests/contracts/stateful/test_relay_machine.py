"""The state machine of Checkout with relays, in small rounds."""

from __future__ import annotations

from tests.contracts.stateful.relay_rules import KINDS, RelayMachine
from tests.contracts.stateful.rounds import run_until


def test_relay_machine__some_thousand_steps__each_call_does_what_it_does_alone_or_fails_alone() -> None:
    run_until(RelayMachine, {f"relay {function}" for function in KINDS}, steps=2500)
