"""What the package takes and returns. Amounts in wei, times and period lengths in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from fec import schedule

_SERIAL_BITS = 40
_PRINCIPAL_BITS = 96
_START_BITS = 40
_PERIOD_LENGTH_BITS = 24
_PROGRAM_BITS = 32


@dataclass(frozen=True)
class NodeId:
    """What a token id says about its node's birth; packed as in `contracts/libraries/NodeId.sol`."""

    program_id: int
    period_length: int
    start: int
    birth_principal: int
    """Principal when it was minted; the present one differs once the node was split or merged."""
    serial: int
    """Number within the program, from 1."""

    @classmethod
    def decode(cls, token_id: int) -> NodeId:
        """Takes a token id apart. Raises ValueError if it is none."""
        word, serial = divmod(token_id, 1 << _SERIAL_BITS)
        word, principal = divmod(word, 1 << _PRINCIPAL_BITS)
        word, start = divmod(word, 1 << _START_BITS)
        program_id, period_length = divmod(word, 1 << _PERIOD_LENGTH_BITS)
        if not 0 < program_id < 1 << _PROGRAM_BITS or not period_length or not serial:
            raise ValueError(f"{token_id} is not the id of a node.")
        return cls(program_id, period_length, start, principal, serial)

    @property
    def token_id(self) -> int:
        """The ERC-721 token id. Raises ValueError if a part does not fit."""
        word = 0
        for value, bits in (
            (self.program_id, _PROGRAM_BITS),
            (self.period_length, _PERIOD_LENGTH_BITS),
            (self.start, _START_BITS),
            (self.birth_principal, _PRINCIPAL_BITS),
            (self.serial, _SERIAL_BITS),
        ):
            if not 0 <= value < 1 << bits:
                raise ValueError(f"{value} does not fit {bits} bits of a token id.")
            word = word << bits | value
        return word

    @property
    def name(self) -> str:
        """The short name that people are shown: program and serial, such as `3-42`."""
        return f"{self.program_id}-{self.serial}"


@dataclass(frozen=True)
class Node:
    """One node as it stands."""

    token_id: int
    owner: str
    principal: int
    claimed: int

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
        """Moment from which all of it is released."""
        return self.start + schedule.PERIODS * self.period_length

    @property
    def face(self) -> int:
        """All that it will ever pay."""
        return schedule.face(self.principal)

    @property
    def outstanding(self) -> int:
        """What it has yet to pay."""
        return self.face - self.claimed

    def period(self, timestamp: int) -> int:
        """Whole periods elapsed at a moment, 0 to 100."""
        return schedule.periods_elapsed(self.start, self.period_length, timestamp)

    def claimable(self, timestamp: int) -> int:
        """What can be claimed at a moment if nothing is claimed before, by the curve.

        In the period of a merge the chain holds back up to a wei for each node merged, until that period ends.
        """
        return schedule.claimable(self.principal, self.claimed, self.period(timestamp))

    def released(self, timestamp: int) -> int:
        """What it has let go at a moment, now or later; what was claimed is counted in."""
        return self.claimed + self.claimable(timestamp)

    def next_release(self, timestamp: int) -> schedule.Release | None:
        """The first release after a moment that brings anything; None once everything is released."""
        return schedule.next_release(self.principal, self.start, self.period_length, timestamp)


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
class Payment:
    """What one node paid."""

    token_id: int
    recipient: str
    amount: int


@dataclass(frozen=True)
class Claimed:
    """Nodes were claimed from; those with nothing to claim are not listed."""

    receipt: Receipt
    payments: tuple[Payment, ...]

    @property
    def paid(self) -> int:
        """Sum over all nodes."""
        return sum(payment.amount for payment in self.payments)


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
