"""The service and its index, killed over and over while the chain has bad days: small runs of `tests.service.havoc`."""

import random
import sys
from pathlib import Path

import pytest

from tests.service.havoc.run import Plan, run

KILLS = 8
FRESH = random.SystemRandom().randrange(2**32)


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(Plan(7, KILLS, "sqlite", instances=1), id="one instance on SQLite"),
        pytest.param(Plan(FRESH, KILLS, "postgresql", instances=2), id="two instances on PostgreSQL, fresh seed"),
    ],
)
def test_havoc__then_quiet__everything_adds_up(plan: Plan, tmp_path: Path) -> None:
    sys.stdout.write(f"{plan}\n")
    outcome = run(plan, tmp_path, lambda said: sys.stdout.write(f"{said}\n"))
    sys.stdout.write(f"{outcome.counts}\n")
    assert outcome.failures == []
    assert outcome.kills >= KILLS
