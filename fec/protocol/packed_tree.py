"""The tree over leaves as they stand in `NodesSettled`: no object for each, and few hashes for a proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property

from eth_hash.auto import keccak

from fec.core.settlement_id import SettlementId
from fec.protocol.settlements import LEAF_LENGTH, ProvenLeaf, leaf_at, levels_above, siblings

#: Levels below a branch, and leaves of one. Whoever keeps the branches makes a proof from one branch's leaves.
_LEVELS = 6
BRANCH = 1 << _LEVELS

_OWNER_LENGTH = 20
_SERIAL_LENGTH = 5
#: Where the principal begins in a token id.
_CLASS_LENGTH = 15


class PackedTree:
    """What `SettlementTree` is, of leaves as they stand in the event.

    PackedTree(settlement_id, packed).branches              # kept: a 64th of the leaves
    PackedTree(settlement_id, packed, branches).proof(7)    # hashes 64 leaves, and the branches
    """

    def __init__(self, settlement_id: int, packed: bytes, branches: Sequence[bytes] | None = None) -> None:
        """Takes what the event says, and the branches if they are kept.

        Raises ValueError if the leaves are not as many as the settlement's.
        """
        self.id = SettlementId.decode(settlement_id)
        self._packed = packed
        if len(packed) != self.id.count * LEAF_LENGTH:
            raise ValueError(f"Settlement {settlement_id} has {self.id.count} leaves, not {len(packed)} bytes of them.")
        # A token id is the class of its node, the principal, and the serial.
        self._class = self.id.node(0, 0).token_id.to_bytes(LEAF_LENGTH, "big")[:_CLASS_LENGTH]
        self._below = cache(self._levels_below)
        if branches is not None:
            self.branches = tuple(branches)

    @cached_property
    def branches(self) -> tuple[bytes, ...]:
        """Roots of each 64 leaves."""
        return tuple(self._levels_below(branch)[-1][0] for branch in range(-(-self.id.count // BRANCH)))

    @property
    def root(self) -> bytes:
        """The root."""
        return self._above[-1][0]

    @property
    def total(self) -> int:
        """Sum of the principals, in wei."""
        places = range(_OWNER_LENGTH, len(self._packed), LEAF_LENGTH)
        return sum(int.from_bytes(self._packed[at : at + LEAF_LENGTH - _OWNER_LENGTH], "big") for at in places)

    def proof(self, index: int) -> ProvenLeaf:
        """The leaf at a place, from 0, with its proof. Raises ValueError if there is no such place."""
        self.id.node(index, 0)
        branch, place = divmod(index, BRANCH)
        hashes = (*siblings(self._below(branch), place), *siblings(self._above, branch))
        return ProvenLeaf(self.id.settlement_id, index, leaf_at(self._packed, index), hashes)

    @cached_property
    def _above(self) -> list[list[bytes]]:
        return levels_above(list(self.branches))

    def _levels_below(self, branch: int) -> list[list[bytes]]:
        """A branch's leaves first, its root last; of the last branch, which has fewer leaves, with fewer levels."""
        return levels_above(list(self._hashes(branch * BRANCH, min((branch + 1) * BRANCH, self.id.count))))

    def _hashes(self, first: int, end: int) -> Iterator[bytes]:
        packed = self._packed
        for index in range(first, end):
            at = index * LEAF_LENGTH
            principal = at + _OWNER_LENGTH
            serial = (self.id.first_serial + index).to_bytes(_SERIAL_LENGTH, "big")
            yield keccak(self._class + packed[principal : at + LEAF_LENGTH] + serial + packed[at:principal])
