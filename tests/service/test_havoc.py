"""The service and its index, killed over and over while the chain has bad days: a small run of `tests.service.havoc`.

`make havoc` runs it for longer, and on SQLite.
"""

import random
import sys
from collections import Counter
from pathlib import Path

from tests.service.havoc.run import Outcome, Plan, run
from tests.service.havoc.tally import Tally
from tests.service.havoc.verdict import Failure

KILLS = 8
FRESH = random.SystemRandom().randrange(2**32)


def test_havoc__then_quiet__everything_adds_up(tmp_path: Path) -> None:
    plan = Plan(FRESH, KILLS, "postgresql", instances=2)
    sys.stdout.write(f"{plan}\n")
    outcome = run(plan, tmp_path, lambda said: sys.stdout.write(f"{said}\n"))
    sys.stdout.write(f"{outcome.counts}\n")
    assert outcome.failures == []
    assert outcome.kills >= KILLS


def test_tally__runs_of_several_seeds__are_summed_over_what_the_file_has(tmp_path: Path) -> None:
    counts = {
        "processes": Counter({"serve-1 killed at work": 7, "serve-1 ended with 0": 2}),
        "orders": Counter(OrderPaid=5),
    }
    failures = [
        Failure("orders", "order 0x1 was paid 2 times", is_double=True),
        Failure("accepted", "0x2 was accepted, and is lost"),
    ]
    path = tmp_path / "runs" / "tally.jsonl"
    Tally(path).add(Plan(1, 7), Outcome(Plan(1, 7), [], counts), 60)
    Tally(path).add(Plan(2, 7), Outcome(Plan(2, 7), failures, counts), 60)
    Tally(path).note_broken(Plan(3, 7), ConnectionError("no port"))
    assert Tally(path).kills == 14
    assert str(Tally(path)) == "So far 2 seeds, 14 kills, 10 orders paid: 1 lost, 1 double; 120 s; 1 ended early"
