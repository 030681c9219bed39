"""How many people and merchants there are, step by step. Whole people: what is left of a division is carried on."""

from __future__ import annotations

from dataclasses import dataclass

from fec.core.durations import YEAR
from fec.core.shares import BASIS_POINTS
from fec.simulate.tables import Population


@dataclass
class Carried:
    """A division whose remainder goes into the next one, so that nothing is lost over many steps."""

    rest: int = 0

    def divide(self, numerator: int, denominator: int) -> int:
        """The whole part; the denominator is the same each time."""
        whole, self.rest = divmod(numerator + self.rest, denominator)
        return whole


class Crowd:
    """People who join as Bass's model has it and leave at a steady rate, in groups by when they joined.

    Of those in the market who are not there yet, a share of p + q · (part of the market that is there) joins a year
    (Bass, A New Product Growth for Model Consumer Durables, 1969). A shopper who has left counts as not there yet.
    """

    def __init__(self, population: Population, step: int, groups: int) -> None:
        """Takes who they are, seconds a step, and the number of groups; those of the first day are in the first."""
        self._population = population
        self._step = step
        self.there = [population.first] + [0] * (groups - 1)
        """How many there are, by group."""
        self._joining = Carried()
        self._leaving = [Carried() for _ in range(groups)]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.there)

    def leave(self) -> int:
        """Lets a step's share of each group leave; returns how many."""
        left = 0
        for group, (count, carried) in enumerate(zip(self.there, self._leaving, strict=True)):
            gone = min(count, carried.divide(count * self._population.churn * self._step, BASIS_POINTS * YEAR))
            self.there[group] -= gone
            left += gone
        return left

    def join(self, group: int) -> int:
        """Lets a step's newcomers join a group; returns how many."""
        population, count = self._population, self.count
        if not population.market:
            return 0
        willing = population.innovators * population.market + population.imitators * count
        room = population.market - count
        joined = min(room, self._joining.divide(willing * room * self._step, population.market * BASIS_POINTS * YEAR))
        self.there[group] += joined
        return joined
