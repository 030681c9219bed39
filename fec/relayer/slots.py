"""When the next block comes, on chains that have one every so many seconds: what is sent just before it waits least."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

#: Blocks by which the pace is known; one that comes otherwise makes it unknown until so many more have come.
_BLOCKS = 5
#: What is to be in the next block is sent when so much of the time between two of them is left: one of so many parts.
_PART_LEFT = 4


class Slot(NamedTuple):
    """A block to come."""

    number: int
    send_at: float
    """When to send what is to be in it, in seconds of the clock: in the past once it is high time."""


class _Seen(NamedTuple):
    number: int
    timestamp: int
    at: float
    """When it was seen first, in seconds of our own clock."""


class Slots:
    """Learns the pace of a chain from its latest blocks, for any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes a clock, in seconds."""
        self._clock = clock
        self._seen: deque[_Seen] = deque(maxlen=_BLOCKS)
        self._lock = threading.Lock()

    def note(self, number: int, timestamp: int) -> None:
        """Notes the latest block and its time, in seconds since the epoch."""
        with self._lock:
            last = self._seen[-1] if self._seen else None
            if last is not None and number <= last.number:
                if (number, timestamp) == last[:2]:
                    return
                # Another branch.
                self._seen.clear()
            self._seen.append(_Seen(number, timestamp, self._clock()))

    def next(self) -> Slot | None:
        """The next block, and when to send what is to be in it; None where blocks come at no known pace."""
        with self._lock:
            seen = list(self._seen)
        interval = _interval(seen)
        if interval is None:
            return None
        last = seen[-1]
        # Each was there some time before it was seen: that which was seen soonest says most.
        last_at = last.timestamp + min(block.at - block.timestamp for block in seen)
        past = int(max(self._clock() - last_at, 0) // interval)
        if past > _BLOCKS:
            return None
        return Slot(last.number + past + 1, last_at + (past + 1) * interval - interval / _PART_LEFT)


def _interval(seen: list[_Seen]) -> int | None:
    """Whole seconds between two blocks, if these came at one pace, and by our clock too."""
    if len(seen) < _BLOCKS:
        return None
    first, last = seen[0], seen[-1]
    interval, rest = divmod(last.timestamp - first.timestamp, last.number - first.number)
    if rest or interval < 1:
        return None
    at_pace = all(
        block.timestamp - first.timestamp == (block.number - first.number) * interval
        and abs(block.at - first.at - (block.timestamp - first.timestamp)) < interval / 2
        for block in seen
    )
    return interval if at_pace else None
