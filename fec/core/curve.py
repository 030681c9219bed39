"""The release curve: the exact twin of `contracts/libraries/ReleaseCurve.sol`, and what a user asks of it.

With principal `P` in wei and face `10·P`, the rule is

    released(P, k) = floor(10·P · (1.05^k − 1) / (1.05^100 − 1)),   k = min(100, periods elapsed)

Computed in the contract's own integer steps, so that both agree to the wei for every `P` and `k`; its rounding is
explained there. Amounts are in wei, times and period lengths in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

PERIODS = 100
FACE_MULTIPLE = 10
GROWTH_PER_PERIOD = Fraction(21, 20)

#: Bits of `k`, from the lowest, that pick a factor of 1.05^k.
_BITS = (PERIODS - 1).bit_length()
FRACTION_BITS = 124
ONE = 1 << FRACTION_BITS


#: floor((21/20)^(2^i) · 2^124) for i = 0 … 6.
GROWTHS = tuple(math.floor(GROWTH_PER_PERIOD ** (1 << bit) * ONE) for bit in range(_BITS))

#: ceil(((21/20)^100 − 1) · 2^124): the growth over all periods.
FULL_GROWTH = math.ceil((GROWTH_PER_PERIOD**PERIODS - 1) * ONE)


def periods_elapsed(start: int, period_length: int, timestamp: int) -> int:
    """Number of whole periods between `start` and `timestamp`, from 0 to 100; times in seconds since the epoch."""
    return min(PERIODS, max(0, timestamp - start) // period_length)


@cache
def growth_down(k: int) -> int:
    """1.05^k − 1 in Q124, rounded down; for k ≥ 100 the denominator of the curve itself."""
    if k >= PERIODS:
        return FULL_GROWTH
    growth = ONE
    for bit, factor in enumerate(GROWTHS):
        if k >> bit & 1:
            growth = growth * factor >> FRACTION_BITS
    return growth - ONE


def face(principal: int) -> int:
    """All that a node of this principal ever pays; both in wei."""
    return principal * FACE_MULTIPLE


def released(principal: int, k: int) -> int:
    """What a node of this principal has let go after `k` periods, claimed or not; in wei, rounded down."""
    return principal * FACE_MULTIPLE * growth_down(k) // FULL_GROWTH


def claimable(principal: int, claimed: int, k: int) -> int:
    """What can be claimed after `k` periods from a node that has paid `claimed` wei before.

    Zero, not less, for the wei by which a split can leave a node ahead of its curve until its next period.
    """
    return max(0, released(principal, k) - claimed)


def claimable_in_all(lots: Iterable[tuple[int, int, int]], k: int) -> int:
    """The same for many nodes: lots of principal, claimed, and how many nodes are so."""
    growth = FACE_MULTIPLE * growth_down(k)
    return sum(
        due * count for principal, claimed, count in lots if (due := principal * growth // FULL_GROWTH - claimed) > 0
    )


def starts_at(origin: int, period_length: int, timestamp: int) -> int:
    """Start of a node minted at `timestamp`: the boundary at or before it of the grid through `origin`; in seconds."""
    return timestamp - (timestamp - origin) % period_length


@dataclass(frozen=True)
class Release:
    """What one period lets go."""

    period: int
    """Which of the 100, from 1."""
    timestamp: int
    """When it ends and its amount is released, in seconds since the epoch."""
    amount: int
    """What it adds, in wei."""
    released: int
    """Sum up to and with this period, in wei."""


def _release(principal: int, start: int, period_length: int, period: int) -> Release:
    total = released(principal, period)
    return Release(period, start + period * period_length, total - released(principal, period - 1), total)


def next_release(principal: int, start: int, period_length: int, timestamp: int) -> Release | None:
    """The first release after `timestamp` with an amount above 0; None if all is released."""
    done = periods_elapsed(start, period_length, timestamp)
    for period in range(done + 1, PERIODS + 1):
        release = _release(principal, start, period_length, period)
        if release.amount:
            return release
    return None


def period_when_released(principal: int, amount: int) -> int:
    """The first period after which at least `amount` wei have been released; 0 if `amount` is 0.

    So the principal itself is back in period 55, and half of the face in period 86. Raises ValueError if `amount` is
    negative or above the face.
    """
    if not 0 <= amount <= face(principal):
        raise ValueError(f"A node of principal {principal} wei pays {face(principal)} wei in all, never {amount}.")
    return next(k for k in range(PERIODS + 1) if released(principal, k) >= amount)


def time_when_released(principal: int, amount: int, start: int, period_length: int) -> int:
    """The time, in seconds since the epoch, from which at least `amount` wei are released.

    Raises ValueError like `period_when_released`.
    """
    return start + period_when_released(principal, amount) * period_length


def table(principal: int, start: int, period_length: int) -> Iterator[Release]:
    """All 100 releases of a node, in order."""
    return (_release(principal, start, period_length, period) for period in range(1, PERIODS + 1))
