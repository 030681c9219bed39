"""What flows back when: releases of nodes, added up by day or by week. Amounts in wei, times in seconds, UTC."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fec.core import curve
from fec.core.durations import DAY
from fec.protocol.types import Node

#: The first Monday since the epoch; weeks begin on Mondays, and both at midnight UTC.
MONDAY = 4 * DAY


@dataclass(frozen=True)
class Flow:
    """What is released in a stretch of time, from `begin` until just before `end`."""

    begin: int
    end: int
    amount: int
    in_all: int
    """What can be claimed at its end, if nobody claims before."""


class Lots:
    """Nodes by what the curve sees of them. Those that are alike are counted, and a schedule is asked once a period."""

    def __init__(self, lots: Iterable[tuple[int, int, int, int, int]]) -> None:
        """Takes start, period length, principal, claimed, and how many nodes are so."""
        self._schedules: defaultdict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
        for start, period_length, principal, claimed, count in lots:
            self._schedules[start, period_length].append((principal, claimed, count))
        self._known: dict[tuple[int, int], tuple[int, int]] = {}

    @classmethod
    def of(cls, nodes: Iterable[Node]) -> Lots:
        """The lots of some nodes."""
        counted = Counter((node.start, node.period_length, node.principal, node.claimed) for node in nodes)
        return cls((*alike, count) for alike, count in counted.items())

    @property
    def outstanding(self) -> int:
        """What they have yet to pay."""
        lots = (lot for schedule in self._schedules.values() for lot in schedule)
        return sum((curve.face(principal) - claimed) * count for principal, claimed, count in lots)

    @property
    def end(self) -> int:
        """Time from which all of it is released; 0 of no nodes."""
        return max((start + curve.PERIODS * length for start, length in self._schedules), default=0)

    def claimable(self, timestamp: int) -> int:
        """What can be claimed from them at a time, by the curve."""
        return sum(self._claimable(schedule, timestamp) for schedule in self._schedules)

    def _claimable(self, schedule: tuple[int, int], timestamp: int) -> int:
        k = curve.periods_elapsed(*schedule, timestamp)
        known = self._known.get(schedule)
        if known is None or known[0] != k:
            known = self._known[schedule] = (k, curve.claimable_in_all(self._schedules[schedule], k))
        return known[1]


def begin_of(timestamp: int, length: int) -> int:
    """Start of the day (`DAY`) or week (`WEEK`) that contains a timestamp."""
    return timestamp - (timestamp - MONDAY) % length


def flows(lots: Lots, now: int, length: int, count: int) -> Iterator[Flow]:
    """So many days or weeks, from the one that `now` is in; that one begins `now`."""
    begin, before = now, lots.claimable(now)
    for _ in range(count):
        end = begin_of(begin, length) + length
        in_all = lots.claimable(end - 1)
        yield Flow(begin, end, in_all - before, in_all)
        begin, before = end, in_all
