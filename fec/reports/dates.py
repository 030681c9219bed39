"""The cut-off of a report, and intervals of time: days, weeks, months, quarters and years, in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from fec.core.durations import DAY, WEEK
from fec.protocol.flows import begin_of

Every = Literal["day", "week", "month", "quarter", "year"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Cutoff:
    """A block, and a time at or after it and before the next block that says anything."""

    chain_id: int
    fec: str
    """Address of the coupon: which deployment this is about."""
    block: int
    block_hash: str
    block_timestamp: int
    timestamp: int
    """Flow-back is reported as of this second."""
    finalized: bool
    """Whether the block cannot be reorganised away any more."""


@dataclass(frozen=True)
class Interval:
    """An interval: from `begin` until just before `end`, in seconds since the epoch."""

    begin: int
    end: int


def interval_of(timestamp: int, every: Every) -> Interval:
    """The day, week, month, quarter or year that a second lies in."""
    if every in ("day", "week"):
        length = DAY if every == "day" else WEEK
        begin = begin_of(timestamp, length)
        return Interval(begin, begin + length)
    months = _MONTHS[every]
    date = datetime.fromtimestamp(timestamp, UTC)
    first = (date.year * 12 + date.month - 1) // months * months
    return Interval(_month(first), _month(first + months))


def intervals(begin: int, end: int, every: Every) -> Iterator[Interval]:
    """All of them from the one that `begin` lies in to the one that `end` lies in, both included."""
    interval = interval_of(begin, every)
    while interval.begin <= end:
        yield interval
        interval = interval_of(interval.end, every)


def day(timestamp: int) -> str:
    """The day of a timestamp, in ISO 8601: 2017-12-31."""
    return datetime.fromtimestamp(timestamp, UTC).date().isoformat()


def _month(number: int) -> int:
    return int(datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp())
