"""What flows back when: releases of nodes, added up by day or by week. Amounts in wei, times in seconds, UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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


def begin_of(timestamp: int, length: int) -> int:
    """Start of the day (`DAY`) or week (`WEEK`) that contains a timestamp."""
    return timestamp - (timestamp - MONDAY) % length


def claimable(nodes: Iterable[Node], timestamp: int) -> int:
    """What can be claimed from nodes at a time, by the curve."""
    return sum(node.claimable(timestamp) for node in nodes)


def flows(nodes: Sequence[Node], now: int, length: int, count: int) -> Iterator[Flow]:
    """So many days or weeks, from the one that `now` is in; that one begins `now`."""
    begin, before = now, claimable(nodes, now)
    for _ in range(count):
        end = begin_of(begin, length) + length
        in_all = claimable(nodes, end - 1)
        yield Flow(begin, end, in_all - before, in_all)
        begin, before = end, in_all
