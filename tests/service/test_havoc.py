"""The service and its index, killed over and over while the chain has bad days: a small run of `tests.service.havoc`.

`make havoc` runs it for longer, and on SQLite.
"""

import random
import sys
from pathlib import Path

from tests.service.havoc.run import Plan, run

KILLS = 8
FRESH = random.SystemRandom().randrange(2**32)


def test_havoc__then_quiet__everything_adds_up(tmp_path: Path) -> None:
    plan = Plan(FRESH, KILLS, "postgresql", instances=2)
    sys.stdout.write(f"{plan}\n")
    outcome = run(plan, tmp_path, lambda said: sys.stdout.write(f"{said}\n"))
    sys.stdout.write(f"{outcome.counts}\n")
    assert outcome.failures == []
    assert outcome.kills >= KILLS
