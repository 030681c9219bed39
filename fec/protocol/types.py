"""What the package takes and returns. Amounts in wei, times and period lengths in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from fec.core import curve
from fec.core.node_id import NodeId


@dataclass(frozen=True)
class Node:
    """One node as it stands."""

    token_id: int
    owner: str
    principal: int
    claimed: int
    opened: bool = True
    """Whether it is a token. A settled node is one once anybody has opened it."""

    @property
    def id(self) -> NodeId:
        """Its birth: program, serial, schedule."""
        return NodeId.decode(self.token_id)

    @property
    def name(self) -> str:
        """Its short name, such as `3-42`."""
        return self.id.name

    @property
    def program_id(self) -> int:
        """Program it was minted in."""
        return self.id.program_id

    @property
    def start(self) -> int:
        """Beginning of its first period."""
        return self.id.start

    @property
    def period_length(self) -> int:
        """Length of each of its 100 periods."""
        return self.id.period_length

    @property
    def end(self) -> int:
        """Time from which all of it is released."""
        return self.start + curve.PERIODS * self.period_length

    @property
    def face(self) -> int:
        """All that it will ever pay."""
        return curve.face(self.principal)

    @property
    def outstanding(self) -> int:
        """What it has yet to pay."""
        return self.face - self.claimed

    def period(self, timestamp: int) -> int:
        """Whole periods elapsed at a time, 0 to 100."""
        return curve.periods_elapsed(self.start, self.period_length, timestamp)

    def claimable(self, timestamp: int) -> int:
        """What can be claimed at a time if nothing is claimed before, by the curve.

        In the period of a merge the chain holds back up to a wei for each node merged, until that period ends.
        """
        return curve.claimable(self.principal, self.claimed, self.period(timestamp))

    def released(self, timestamp: int) -> int:
        """What it has released at a time, now or later, claimed or not."""
        return self.claimed + self.claimable(timestamp)

    def next_release(self, timestamp: int) -> curve.Release | None:
        """The first release after a time with an amount above 0; None if all is released."""
        return curve.next_release(self.principal, self.start, self.period_length, timestamp)


@dataclass(frozen=True)
class Program:
    """One program, a merchant's scheme."""

    program_id: int
    operator: str
    issuer: str | None
    """The only account that may mint in it; None means anybody may."""
    period_length: int
    origin: int
    """A boundary of its grid of periods."""
    quota: int
    """Principal that may still be burned into its nodes."""
    burned: int
    """Principal burned into its nodes so far."""
    closed: bool


@dataclass(frozen=True)
class Figures:
    """The protocol's books at one block."""

    block_number: int
    supply: int
    cap: int
    genesis_supply: int
    outstanding: int
    budget: int
    burned: int

    @property
    def headroom(self) -> int:
        """What could still be created under the cap once all that is owed was paid; never negative (G1)."""
        return self.cap - self.supply - self.outstanding


@dataclass(frozen=True)
class Receipt:
    """A transaction in a block."""

    tx_hash: str
    block_number: int
    gas_used: int


@dataclass(frozen=True)
class ProgramCreated:
    """A program was admitted."""

    receipt: Receipt
    program_id: int


@dataclass(frozen=True)
class Minted:
    """A node was minted."""

    receipt: Receipt
    token_id: int

    @property
    def id(self) -> NodeId:
        """What the id says: name, schedule and principal of the node."""
        return NodeId.decode(self.token_id)


@dataclass(frozen=True)
class Payout:
    """What one node paid."""

    token_id: int
    recipient: str
    amount: int


@dataclass(frozen=True)
class Claimed:
    """Nodes were claimed from; those with nothing to claim are not listed."""

    receipt: Receipt
    payouts: tuple[Payout, ...]

    @property
    def paid(self) -> int:
        """Sum over all nodes."""
        return sum(payout.amount for payout in self.payouts)


@dataclass(frozen=True)
class Settlement:
    """Nodes under one root."""

    settlement_id: int
    program_id: int
    start: int
    """Beginning of the first period of each of its nodes."""
    period_length: int
    first_serial: int
    """Serial of the first node; the others follow in order."""
    count: int
    """Number of its nodes, opened or not."""
    total: int
    """Sum of their principals, which was burned."""
    root: bytes


@dataclass(frozen=True)
class SettledFigures:
    """All settlements of a deployment, together."""

    settlements: int
    nodes: int
    """Number of their nodes, opened or not."""
    principal: int
    """Of these nodes, in wei: what was burned for them."""
    unopened: int
    """Number of those that nobody has opened."""
    unopened_principal: int


@dataclass(frozen=True)
class Settled:
    """Nodes were settled."""

    receipt: Receipt
    settlement_id: int


@dataclass(frozen=True)
class UnopenedNode:
    """A settled node that nobody has opened, and where its leaf is."""

    settlement_id: int
    index: int
    """Place of the leaf, from 0."""
    node: Node


@dataclass(frozen=True)
class Holding:
    """The nodes of an account."""

    opened: tuple[Node, ...]
    unopened: tuple[UnopenedNode, ...]
    """Settled by a program's issuer; nobody has opened them."""
    folded: tuple[UnopenedNode, ...]
    """The same in programs without an issuer, where anybody can settle dust for anybody: not to be opened unasked."""

    @property
    def nodes(self) -> list[Node]:
        """All but those that are folded away."""
        return [*self.opened, *(each.node for each in self.unopened)]


@dataclass(frozen=True)
class Opened:
    """Settled nodes were opened."""

    receipt: Receipt
    token_ids: tuple[int, ...]
    """In order. Those that somebody else had opened just before are not listed."""
    payouts: tuple[Payout, ...]
    """What was claimed with it."""


@dataclass(frozen=True)
class Split:
    """A node was split."""

    receipt: Receipt
    token_id: int
    """The node that keeps the rest."""
    new_ids: tuple[int, ...]
    """The parts, in the order they were asked for."""


@dataclass(frozen=True)
class Merged:
    """Nodes were merged."""

    receipt: Receipt
    token_id: int
    """The node that took in the others."""
    merged_ids: tuple[int, ...]
    """The others, which are gone."""
