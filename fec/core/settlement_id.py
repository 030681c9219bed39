"""What the id of a settlement says; the twin of `contracts/libraries/SettlementId.sol`."""

from __future__ import annotations

from dataclasses import dataclass

from fec.core.node_id import NodeId

_COUNT_BITS = 24

_BATCH_BITS = 232

#: Most nodes of one settlement.
MAX_LEAVES = (1 << _COUNT_BITS) - 1


@dataclass(frozen=True)
class SettlementId:
    """All of a settlement but who owns what; packed as in `contracts/libraries/SettlementId.sol`."""

    count: int
    """Number of its nodes, opened or not."""
    program_id: int
    period_length: int
    """Seconds."""
    start: int
    """Beginning of the first period of each node, in seconds since the epoch."""
    total: int
    """Sum of all principals, in wei."""
    first_serial: int
    """Serial of the first node; the others follow in order."""

    @classmethod
    def decode(cls, settlement_id: int) -> SettlementId:
        """Takes the id of a settlement apart. Raises ValueError if it is none."""
        count, batch = divmod(settlement_id, 1 << _BATCH_BITS)
        if not 0 < count <= MAX_LEAVES:
            raise ValueError(f"{settlement_id} is not the id of a settlement.")
        first = NodeId.decode(batch)
        return cls(count, first.program_id, first.period_length, first.start, first.birth_principal, first.serial)

    @property
    def settlement_id(self) -> int:
        """The id. Raises ValueError if a part does not fit."""
        if not 0 < self.count <= MAX_LEAVES:
            raise ValueError(f"A settlement has 1 to {MAX_LEAVES} leaves, not {self.count}.")
        batch = NodeId(self.program_id, self.period_length, self.start, self.total, self.first_serial)
        return self.count << _BATCH_BITS | batch.token_id

    def node(self, index: int, principal: int) -> NodeId:
        """A node by its place from 0 and its principal in wei. Raises ValueError if there is no such place."""
        if not 0 <= index < self.count:
            raise ValueError(f"The settlement has leaves 0 to {self.count - 1}, and no leaf {index}.")
        return NodeId(self.program_id, self.period_length, self.start, principal, self.first_serial + index)
