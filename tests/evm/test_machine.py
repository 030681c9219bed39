"""The state machine, on a small derandomized profile; `python -m tests.evm.soak` runs it for as long as you like."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.evm.machine import NodeMachine

TestNodes = NodeMachine.TestCase
TestNodes.settings = settings(
    max_examples=80,
    stateful_step_count=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
