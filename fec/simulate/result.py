"""What came of a run. Amounts in wei, moments in seconds since the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from fec.core.durations import YEAR
from fec.core.shares import BASIS_POINTS
from fec.simulate.scenario import Scenario
from fec.simulate.values import HUNDRED


@dataclass
class Point:
    """One step; what exists is as of its end."""

    time: int
    shoppers: int = 0
    merchants: int = 0
    orders: int = 0
    sales: int = 0
    by_flow_back: int = 0
    """Of sales, what was paid out of what had flowed back."""
    burned: int = 0
    received: int = 0
    """What nodes paid."""
    supply: int = 0
    outstanding: int = 0
    budget: int = 0
    quota: int = 0
    without_quota: int = 0
    """Orders that could not be paid since quota or budget was used up."""
    without_coins: int = 0
    """Orders that could not be paid since all coins had already been spent once."""
    wash_burned: int = 0
    wash_received: int = 0


#: What a year's point has as its last step had it; all else is summed.
_STANDS = {"time", "shoppers", "merchants", "supply", "outstanding", "budget", "quota"}


class Cohort:
    """Those who joined in one year, or, as the last, merchants who bought from themselves."""

    def __init__(self, year: int, years: int) -> None:
        """Takes the year, from 0, and how many there are."""
        self.year = year
        self.joined = 0
        self.burned = 0
        self.received = 0
        self.purse = 0
        """What flowed back and is to be spent."""
        self.burned_share = 0
        """Sum of each burn as a share of the supply of its moment, in units of `economy.WHOLE`."""
        self.received_share = 0
        self.spent = [0] * years
        """Sales by year."""
        self.spent_back = [0] * years

    @property
    def real_return(self) -> int | None:
        """Hundredths of what they burned that they got back, if all FEC together were always worth the same.

        Rounded down; None if they burned nothing.
        """
        return self.received_share * HUNDRED // self.burned_share if self.burned_share else None

    def by_flow_back(self, year: int) -> int | None:
        """Basis points of a year's purchases that were paid out of what had flowed back; None without purchases."""
        return self.spent_back[year] * BASIS_POINTS // self.spent[year] if self.spent[year] else None


@dataclass(frozen=True)
class Result:
    """A run."""

    scenario: Scenario
    points: Sequence[Point]
    cohorts: Sequence[Cohort]
    """Of shoppers by the year in which they joined; then the merchants who bought from themselves."""
    budget_ended: int | None
    """When the budget first had less than was asked of it; None if it lasted."""
    paid_until: int
    """When the last node had paid in full."""
    final_supply: int
    """When all nodes had paid."""
    final_outstanding: int
    """What forgotten nodes still hold then."""
    wash_granted: int
    """Quota of the kinds of merchant that buy from themselves."""

    @property
    def years(self) -> list[Point]:
        """A point for each year: stocks at its end, flows summed."""
        start = self.points[0].time
        summed: dict[int, Point] = {}
        for point in self.points:
            year = summed.setdefault(min((point.time - start) // YEAR, self.scenario.years - 1), Point(point.time))
            for each in fields(Point):
                value = getattr(point, each.name)
                setattr(year, each.name, value if each.name in _STANDS else getattr(year, each.name) + value)
        return list(summed.values())

    @property
    def burned(self) -> int:
        """All that was burned."""
        return sum(cohort.burned for cohort in self.cohorts)

    @property
    def shoppers(self) -> Sequence[Cohort]:
        """The cohorts that are shoppers."""
        return self.cohorts[:-1]

    @property
    def wash(self) -> Cohort:
        """The merchants who bought from themselves."""
        return self.cohorts[-1]
