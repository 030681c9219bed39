"""The arithmetic of points in the books: integers and fractions only, every rounding half to even and stated.

A pool is what was promised in one program by nodes of one year. Of a pool, at any time: `deferred`, what was set aside
of sales, in the currency's smallest unit; `issued` and `redeemed`, in wei of FEC; and the share of what was issued that
is expected to be redeemed in the end. IFRS 15.B44–B47 and ASC 606-10-55-46 to 49 recognise

    recognised = deferred · redeemed / (issued · expected),    never more than `deferred`,

so that a changed estimate is caught up with at once (IFRS 15, Example 52, Customer loyalty programme). What is set
aside of a sale is by relative stand-alone prices (IFRS 15.74 and B42), at the estimate of its own day, and not changed
later (IFRS 15.88).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self


def divide_half_even(numerator: int, denominator: int) -> int:
    """The quotient of integers, rounded half to even. Raises ZeroDivisionError."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest - denominator
    return whole + (twice > 0 or (twice == 0 and whole % 2 == 1))


def round_half_even(value: Fraction) -> int:
    """A fraction, rounded half to even."""
    return divide_half_even(value.numerator, value.denominator)


def apportion(sum_: int, weights: Sequence[int]) -> list[int]:
    """A sum in parts by weight that add up to it: differences of rounded running shares. All zero if weights are."""
    whole = sum(weights)
    parts, running, before = [], 0, 0
    for weight in weights:
        running += weight
        now = divide_half_even(sum_ * running, whole) if whole else 0
        parts.append(now - before)
        before = now
    return parts


def allocate_to_points(price: int, goods: int, points: Fraction, expected: Fraction) -> Fraction:
    """What of a price belongs to the points that came with the goods, by relative stand-alone prices.

    `price` is what the merchant received, `goods` the goods' stand-alone price, `points` what all points would be
    worth, `expected` the share that will be redeemed; the first three in any one unit, which is that of the result.
    """
    worth = points * expected
    return price * worth / (goods + worth) if worth else Fraction(0)


@dataclass(frozen=True)
class Estimates:
    """The share of issued points that will be redeemed in the end, as it was expected from each date on."""

    changes: tuple[tuple[int, Fraction], ...]
    """Seconds since the epoch, from which on; and the share. In order of time; the first holds before it, too."""

    @classmethod
    def constant(cls, share: Fraction) -> Self:
        """One that never changed."""
        return cls(((0, share),))

    def at(self, timestamp: int) -> Fraction:
        """The expected share at a time."""
        share = self.changes[0][1]
        for begin, later in self.changes:
            if begin <= timestamp:
                share = later
        return share


@dataclass(frozen=True)
class Pool:
    """A pool at a time."""

    deferred: int = 0
    issued: int = 0
    redeemed: int = 0
    expected: Fraction = field(default=Fraction(1))

    def recognised(self, redeemed: int | None = None) -> int:
        """What has become revenue, had so much been redeemed."""
        redeemed = self.redeemed if redeemed is None else redeemed
        due = self.issued * self.expected
        if redeemed >= due:
            # All that was expected is redeemed; or nothing will be, and nothing is owed.
            return self.deferred
        return round_half_even(self.deferred * redeemed / due)

    @property
    def liability(self) -> int:
        """What is still owed."""
        return self.deferred - self.recognised()


@dataclass(frozen=True)
class Movement:
    """How a balance moved: opening + accrued − redeemed − breakage − catch_up = closing."""

    opening: int = 0
    accrued: int = 0
    redeemed: int = 0
    """Revenue for points that were redeemed, at what was set aside for each that was issued."""
    breakage: int = 0
    """Revenue for those that never will be, in the pattern of those that are."""
    catch_up: int = 0
    """Revenue (or less of it, if negative) for what was redeemed before, since the estimate is another now."""

    @property
    def closing(self) -> int:
        """The balance at the end."""
        return self.opening + self.accrued - self.redeemed - self.breakage - self.catch_up

    @property
    def revenue(self) -> int:
        """All that became revenue."""
        return self.redeemed + self.breakage + self.catch_up

    def __add__(self, other: Movement) -> Movement:
        """Both together."""
        return Movement(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def sum_movements(movements: Iterable[Movement]) -> Movement:
    """All of them together."""
    return sum(movements, Movement())


def movement_between(before: Pool, after: Pool) -> Movement:
    """The movement of a pool between two times."""
    accrued = after.deferred - before.deferred
    caught_up = after.recognised(before.redeemed)
    revenue = after.recognised() - caught_up
    redeemed = after.redeemed - before.redeemed
    at_issue = divide_half_even(after.deferred * redeemed, after.issued) if after.issued else 0
    used = min(at_issue, revenue)
    return Movement(before.liability, accrued, used, revenue - used, caught_up - before.recognised())


@dataclass(frozen=True)
class Year:
    """A provision within one year: accrued of revenue as it comes, settled by what was redeemed at its end."""

    revenue: int = 0
    redeemed: int = 0
    over: bool = False

    def accrued(self, rate: Fraction) -> int:
        """What was set aside, at a rate of revenue."""
        return round_half_even(self.revenue * rate)


def provision_between(before: Year, after: Year, rate: Fraction) -> Movement:
    """The movement of a provision between two times of one year.

    At the year's end what was redeemed in it is charged; what is then left is released (`breakage`), what is lacking
    is expensed (`catch_up`, below zero), so that nothing is carried into the next.
    """
    opening, accrued = before.accrued(rate), after.accrued(rate)
    if not after.over:
        return Movement(opening, accrued - opening)
    rest = accrued - after.redeemed
    return Movement(opening, accrued - opening, after.redeemed, max(rest, 0), min(rest, 0))
