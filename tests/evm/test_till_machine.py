"""The state machine of the till, on a small derandomized profile; `tests.evm.soak --machine till` runs it longer."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.evm.till_rules import TillMachine

TestTill = TillMachine.TestCase
TestTill.settings = settings(
    max_examples=50,
    stateful_step_count=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
