"""The service and its index, killed over and over while the chain has bad days: a small run of `tests.service.havoc`.

`make havoc` runs it for longer, and on SQLite.
"""

import random
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.service.havoc.fleet import Member
from tests.service.havoc.points import INSTANTS, POINTS, Deaths, Point
from tests.service.havoc.run import Outcome, Plan, run
from tests.service.havoc.tally import Tally
from tests.service.havoc.verdict import Failure

KILLS = 8
FRESH = random.SystemRandom().randrange(2**32)


def test_havoc__then_quiet__everything_adds_up(tmp_path: Path) -> None:
    plan = Plan(FRESH, KILLS, "postgresql", instances=2, customers=4, instants=2, deepest=16, watched=24)
    sys.stdout.write(f"{plan}\n")
    outcome = run(plan, tmp_path, lambda said: sys.stdout.write(f"{said}\n"))
    sys.stdout.write(f"{outcome.counts}\n")
    assert outcome.failures == []
    assert outcome.kills >= KILLS
    assert min(outcome.at_points.values()) > 0


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_point__of_a_payment__is_a_function_of_the_package(point: Point) -> None:
    assert point.is_there


def test_draw__a_round__has_each_point_once() -> None:
    deaths = Deaths(FRESH)
    points = [deaths.draw().point for _ in range(len(POINTS) + INSTANTS)]
    assert sorted(filter(None, points)) == sorted(point.name for point in POINTS)


def test_member__its_process_is_dead__nobody_else_gets_its_port(tmp_path: Path) -> None:
    member = Member("one", ["serve"], {}, tmp_path / "log", FRESH, deaths=Deaths(FRESH), under_way=lambda: 0)
    assert member.url is not None
    host, port = member.url.removeprefix("http://").split(":")
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((host, int(port)))
    with socket.socket() as its_own:
        its_own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        its_own.bind((host, int(port)))
        its_own.listen()
    member.close()


def test_tally__runs_of_several_seeds__are_summed_over_what_the_file_has(tmp_path: Path) -> None:
    counts = {
        "processes": Counter(
            {"serve-1 killed at work": 5, "serve-2 killed at sent": 2, "serve-1 killed while starting": 3}
        ),
        "orders": Counter(OrderPaid=5),
    }
    failures = [
        Failure("orders", "order 0x1 was paid 2 times", is_double=True),
        Failure("accepted", "0x2 was accepted, and is lost"),
        Failure("told", "order 1: a good payment was answered forbidden", is_wrong=True),
    ]
    path = tmp_path / "runs" / "tally.jsonl"
    Tally(path).add(Plan(1, 7), Outcome(Plan(1, 7), [], counts), 60)
    Tally(path).add(Plan(2, 7), Outcome(Plan(2, 7), failures, counts), 60)
    Tally(path).note_broken(Plan(3, 7), ConnectionError("no port"))
    assert Tally(path).kills == 14
    assert str(Tally(path)) == (
        "So far 2 seeds, 14 kills, 4 of them at points of a payment's way, 10 orders paid: 1 lost, 1 double, "
        "1 told wrongly; 120 s; 1 ended early"
    )
