"""State machines in the ordinary tests: small rounds, the same ones as long as the code is the same."""

from __future__ import annotations

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.stateful.node_machine import NodeMachine

#: `python -m tests.contracts.stateful.soak` runs the machines for as long as you like.
PROFILE = settings(
    max_examples=60,
    stateful_step_count=60,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
#: What is drawn depends on constants that Hypothesis finds in whatever modules happen to be imported, so that one round
#: may miss a rare action.
MOST_ROUNDS = 12


def run_until(kind: type[NodeMachine], actions: set[str], steps: int) -> None:
    """Runs rounds until every action has succeeded and so many steps were taken; fails if some never do."""
    done: set[str] = set()
    taken = 0
    for number in range(MOST_ROUNDS):
        machine = type(kind.__name__, (kind,), {"steps": 0})
        seed(number)(machine)
        run_state_machine_as_test(machine, settings=PROFILE)
        done |= set(machine.done)
        taken += machine.steps
        if done >= actions and taken >= steps:
            return
    assert actions - done == set()
    assert taken >= steps
