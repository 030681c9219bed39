"""A node as its life so far makes it: what it can pay at a moment. Amounts in wei, times in seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass

from fec.core import curve
from fec.core.node_id import NodeId


@dataclass
class Node:
    """Principal and claimed as they stand, and what a merge holds back."""

    token_id: int
    owner: str
    principal: int
    claimed: int = 0
    held: int = 0
    """Wei that a merge holds back: rounding once for the whole must not release more than rounding for each part."""
    held_until: int = 0

    @property
    def id(self) -> NodeId:
        """What its id says."""
        return NodeId.decode(self.token_id)

    def period(self, timestamp: int) -> int:
        """Whole periods elapsed."""
        born = self.id
        return curve.periods_elapsed(born.start, born.period_length, timestamp)

    def released(self, timestamp: int) -> int:
        """What it has let go."""
        held = self.held if timestamp < self.held_until else 0
        return curve.released(self.principal, self.period(timestamp)) - held

    def claimable(self, timestamp: int) -> int:
        """What can be claimed."""
        return max(0, self.released(timestamp) - self.claimed)

    def split_off(self, principal: int, claimed: int) -> None:
        """A part leaves."""
        self.principal -= principal
        self.claimed -= claimed

    def take_in(self, other: Node, timestamp: int) -> None:
        """Another node is merged into this one: until the period ends both release what they had released apart."""
        apart = self.released(timestamp) + other.released(timestamp)
        self.principal += other.principal
        self.claimed += other.claimed
        self.held = curve.released(self.principal, self.period(timestamp)) - apart
        born = self.id
        self.held_until = timestamp + born.period_length - (timestamp - born.start) % born.period_length
