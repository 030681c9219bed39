"""Settlements: leaves as the contracts take them, their Merkle tree, and proofs; the twin of `SettlementTree.sol`.

A leaf is 32 bytes: owner (20), principal in wei (12). Its hash is keccak256(tokenId ‖ owner), 52 bytes; an inner
node's is keccak256(left ‖ right), by position. An odd last node is carried up unchanged. A proof has exactly the length
that index and count give. What is needed for a proof stands in the event `NodesSettled`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from fec.core.amounts import exact_fec
from fec.core.settlement_id import SettlementId
from fec.i18n.errors import InvalidArgument
from fec.i18n.parsing import parse_fec
from fec.protocol.addresses import checked_address
from fec.protocol.bytes32 import from_hex

#: Bytes of a leaf.
LEAF_LENGTH = 32
#: Least principal of a leaf, in wei: a thousandth of a FEC, as `ADN.MIN_SPLIT_PRINCIPAL` says.
LEAST_PRINCIPAL = 10**15
#: How references begin of settlements that `fec settle` made from a file, and that a service made of its own sales:
#: neither knows what the other has settled, so each looks whether the other is at work in a program.
FILE_MARK = b"file"
SERVICE_MARK = b"serv"

#: Levels below a branch, and leaves of one. Whoever keeps the branches makes a proof from one branch's leaves.
_LEVELS = 6
BRANCH = 1 << _LEVELS

_OWNER_LENGTH = 20
_PRINCIPAL_LENGTH = LEAF_LENGTH - _OWNER_LENGTH
_SERIAL_LENGTH = 5
#: Where the principal begins in a token id.
_CLASS_LENGTH = 15


@dataclass(frozen=True)
class Leaf:
    """A node to be: who owns it, and its principal in wei."""

    owner: str
    principal: int

    @property
    def packed(self) -> bytes:
        """As the contracts take it. Raises ValueError for what they refuse."""
        owner = bytes.fromhex(self.owner.removeprefix("0x"))
        if len(owner) != _OWNER_LENGTH or not any(owner):
            raise ValueError(f"{self.owner} cannot own a node.")
        if not LEAST_PRINCIPAL <= self.principal < 1 << 8 * _PRINCIPAL_LENGTH:
            raise ValueError(f"A settled node cannot have a principal of {self.principal} wei.")
        return owner + self.principal.to_bytes(_PRINCIPAL_LENGTH, "big")


def marked_ref(mark: bytes, digest: bytes) -> str:
    """A reference with a mark, as hex: 32 bytes, of a hash what the mark leaves room for."""
    return "0x" + (mark + digest)[:32].hex()


def has_mark(ref: str, mark: bytes) -> bool:
    """Whether a reference has a mark."""
    return ref.startswith("0x" + mark.hex())


def pack(leaves: Sequence[Leaf]) -> bytes:
    """Leaves as the contracts take them. Raises ValueError for what they refuse."""
    return b"".join(leaf.packed for leaf in leaves)


def unpack(packed: bytes) -> list[Leaf]:
    """Leaves as they stand in `NodesSettled`. Raises ValueError if the last one is cut off."""
    if len(packed) % LEAF_LENGTH:
        raise ValueError(f"{len(packed)} bytes are no whole number of leaves.")
    return [
        Leaf(
            to_checksum_address(packed[at : at + _OWNER_LENGTH]),
            int.from_bytes(packed[at + _OWNER_LENGTH : at + LEAF_LENGTH], "big"),
        )
        for at in range(0, len(packed), LEAF_LENGTH)
    ]


def leaves_of(packed: bytes, owner: str) -> Iterator[tuple[int, Leaf]]:
    """The leaves of one owner with their places, from 0, among leaves as they stand in `NodesSettled`."""
    wanted = bytes.fromhex(owner.removeprefix("0x"))
    at = packed.find(wanted)
    while at >= 0:
        if at % LEAF_LENGTH == 0:
            yield at // LEAF_LENGTH, leaf_at(packed, at // LEAF_LENGTH)
        at = packed.find(wanted, at + 1)


def leaf_at(packed: bytes, index: int) -> Leaf:
    """The leaf at a place, from 0, among leaves as they stand in `NodesSettled`."""
    [leaf] = unpack(packed[index * LEAF_LENGTH : (index + 1) * LEAF_LENGTH])
    return leaf


@dataclass(frozen=True)
class ProvenLeaf:
    """A leaf, and what shows that it is in the settlement: what `ADN.open` takes."""

    settlement_id: int
    index: int
    """Place of the leaf, from 0."""
    leaf: Leaf
    proof: tuple[bytes, ...]
    """Hashes beside the way up to the root, from the lowest."""

    @property
    def token_id(self) -> int:
        """Id of the node. Raises ValueError if the settlement has no such leaf."""
        return SettlementId.decode(self.settlement_id).node(self.index, self.leaf.principal).token_id

    @property
    def record(self) -> dict[str, Any]:
        """As people keep it in a file: it opens the node for good, whatever logs endpoints still have."""
        return {
            "settlementId": str(self.settlement_id),
            "index": self.index,
            "owner": self.leaf.owner,
            "principal": exact_fec(self.leaf.principal),
            "tokenId": str(self.token_id),
            "proof": ["0x" + each.hex() for each in self.proof],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> ProvenLeaf:
        """What such a file says; other names in it are not looked at, and `tokenId` need not be there.

        Raises KeyError, TypeError, ValueError for anything else, such as InvalidArgument.
        """
        proven = cls(
            settlement_id=int(record["settlementId"]),
            index=int(record["index"]),
            leaf=Leaf(checked_address(record["owner"]), parse_fec(record["principal"])),
            proof=tuple(map(from_hex, record["proof"])),
        )
        if proven.token_id != int(record.get("tokenId", proven.token_id)):
            raise InvalidArgument("Its token id does not belong to its leaf.")
        return proven

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Arguments of `ADN.open` and `ADN.openAndClaim`."""
        return self.settlement_id, self.index, self.leaf.owner, self.leaf.principal, list(self.proof)

    def verifies(self, root: bytes) -> bool:
        """Whether `ADN.open` takes it, if the settlement has this root."""
        try:
            node, last = hash_leaf(self.token_id, self.leaf.owner), SettlementId.decode(self.settlement_id).count - 1
        except ValueError:
            return False
        index, siblings = self.index, iter(self.proof)
        while last:
            if index != last or index % 2:
                sibling = next(siblings, None)
                if sibling is None:
                    return False
                node = _parent(sibling, node) if index % 2 else _parent(node, sibling)
            index, last = index // 2, last // 2
        return next(siblings, None) is None and node == root


class SettlementTree:
    """The tree over the leaves of a settlement, as they stand in `NodesSettled`.

    SettlementTree(settlement_id, packed).branches              # kept: a 64th of the leaves
    SettlementTree(settlement_id, packed, branches).proof(7)    # hashes 64 leaves, and the branches
    """

    def __init__(self, settlement_id: int, packed: bytes, branches: Sequence[bytes] | None = None) -> None:
        """Takes what the event says, and the branches if they are kept.

        Raises ValueError if the leaves are not those of the settlement.
        """
        self.id = SettlementId.decode(settlement_id)
        self._packed = packed
        places = range(_OWNER_LENGTH, len(packed), LEAF_LENGTH)
        total = sum(int.from_bytes(packed[at : at + _PRINCIPAL_LENGTH], "big") for at in places)
        if (len(packed), total) != (self.id.count * LEAF_LENGTH, self.id.total):
            raise ValueError(
                f"Settlement {settlement_id} has {self.id.count} leaves with {self.id.total} wei in all, not "
                f"{len(packed)} bytes with {total}."
            )
        # A token id is the class of its node, the principal, and the serial.
        self._class = self.id.node(0, 0).token_id.to_bytes(32, "big")[:_CLASS_LENGTH]
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
    def leaves(self) -> list[Leaf]:
        """All leaves, in order."""
        return unpack(self._packed)

    def token_id(self, index: int) -> int:
        """Id of the node at a place, from 0."""
        return self.id.node(index, leaf_at(self._packed, index).principal).token_id

    def proof(self, index: int) -> ProvenLeaf:
        """The leaf at a place, from 0, with its proof. Raises ValueError if there is no such place."""
        self.id.node(index, 0)
        branch, place = divmod(index, BRANCH)
        hashes = (*siblings(self._below(branch), place), *siblings(self._above, branch))
        return ProvenLeaf(self.id.settlement_id, index, leaf_at(self._packed, index), hashes)

    def proofs(self) -> Iterator[ProvenLeaf]:
        """Each leaf with its proof, in order."""
        return map(self.proof, range(self.id.count))

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


def hash_leaf(token_id: int, owner: str) -> bytes:
    """keccak256(tokenId ‖ owner): 52 bytes, so that no inner node, hashed from 64, is a leaf."""
    return keccak(token_id.to_bytes(32, "big") + bytes.fromhex(owner.removeprefix("0x")))


def levels_above(hashes: list[bytes]) -> list[list[bytes]]:
    """Hashes of leaves first, the root last."""
    levels = [hashes]
    while len(below := levels[-1]) > 1:
        pairs = [_parent(*below[at : at + 2]) for at in range(0, len(below) - 1, 2)]
        levels.append([*pairs, below[-1]] if len(below) % 2 else pairs)
    return levels


def siblings(levels: Sequence[Sequence[bytes]], index: int) -> Iterator[bytes]:
    """Hashes beside the way from a place in the lowest of some levels up to the highest."""
    for level in levels[:-1]:
        if (sibling := index ^ 1) < len(level):
            yield level[sibling]
        index //= 2


def _parent(left: bytes, right: bytes) -> bytes:
    return keccak(left + right)
