"""All nodes of an economy, in classes of nodes that are alike: the algebra that makes millions of shoppers cheap.

Nodes of one program and one start are always in the same period. Those of one principal among them release the same, to
the wei, so `n` of them release exactly `n · released(P, k)`: one multiplication, however many there are. (For nodes of
different principals there is no such shortcut: each is rounded down for itself, so that their sum may be up to a wei a
node below the rounded sum. Here principals are few, since baskets have few sizes.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from fec.core import curve

_released = lru_cache(1 << 16)(curve.released)


@dataclass
class NodeClass:
    """Nodes of one program and one start."""

    start: int
    period_length: int
    period: int = 0
    """Up to which they have been claimed from."""
    claiming: dict[tuple[int, int], int] = field(default_factory=dict)
    """How many there are by principal and group of owners, of those that are claimed from."""

    def claim(self, now: int) -> Iterator[tuple[int, int]]:
        """Claims all that is released by now: group of owners and wei paid to it."""
        period = curve.periods_elapsed(self.start, self.period_length, now)
        if period == self.period:
            return
        due: dict[int, int] = {}
        for (principal, group), count in self.claiming.items():
            each = _released(principal, period) - _released(principal, self.period)
            due[group] = due.get(group, 0) + count * each
        self.period = period
        yield from due.items()

    def claimed(self) -> int:
        """What its nodes have paid so far, in wei."""
        return sum(count * _released(principal, self.period) for (principal, _), count in self.claiming.items())


@dataclass
class NodeClasses:
    """All of them. Those that have paid in full, or are never claimed from, are only counted."""

    open: dict[tuple[int, int, int], NodeClass] = field(default_factory=dict)
    """By program, start and period length."""
    burned: int = 0
    paid: int = 0

    def mint(self, program: tuple[int, int, int], alike: tuple[int, int], count: int, claiming: int) -> None:
        """Mints `count` nodes that are alike in program, start and period length, and in principal and group of owners.

        `claiming` of them will be claimed from.
        """
        principal, _ = alike
        self.burned += count * principal
        if claiming:
            _, start, period_length = program
            same = self.open.setdefault(program, NodeClass(start, period_length))
            same.claiming[alike] = same.claiming.get(alike, 0) + claiming

    def claim(self, now: int, groups: int) -> list[int]:
        """Claims from all nodes what they have released by now; returns the wei paid to each group of owners."""
        due = [0] * groups
        finished = []
        for key, same in self.open.items():
            for group, amount in same.claim(now):
                due[group] += amount
            if same.period == curve.PERIODS:
                finished.append(key)
        for key in finished:
            del self.open[key]
        self.paid += sum(due)
        return due

    @property
    def outstanding(self) -> int:
        """What nodes have yet to pay, in wei."""
        return curve.face(self.burned) - self.paid
