"""Settlements as tests make them: leaves, their trees and openings, by a tree of the tests' own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import to_checksum_address
from eth_utils.crypto import keccak

from tests.contracts.support.world import PUBLIC, World

#: Owner and principal in wei.
Leaf = tuple[str, int]


def packed(leaves: Sequence[Leaf]) -> bytes:
    """As the contracts take them: 20 bytes and 12 bytes each."""
    return b"".join(int(owner, 16).to_bytes(20, "big") + principal.to_bytes(12, "big") for owner, principal in leaves)


def parent(left: bytes, right: bytes) -> bytes:
    return keccak(left + right)


def hash_of(token_id: int, owner: str) -> bytes:
    return keccak(token_id.to_bytes(32, "big") + bytes.fromhex(owner[2:]))


def root_of(hashes: Sequence[bytes]) -> bytes:
    """By definition: the left half of an unbalanced tree is the largest full one that leaves something to the right."""
    if len(hashes) == 1:
        return hashes[0]
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return parent(root_of(hashes[:left]), root_of(hashes[left:]))


def proof_of(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Roots of the other halves on the way, the lowest first."""
    if len(hashes) == 1:
        return []
    left = 1 << (len(hashes) - 1).bit_length() - 1
    if index < left:
        return [*proof_of(hashes[:left], index), root_of(hashes[left:])]
    return [*proof_of(hashes[left:], index - left), root_of(hashes[:left])]


@dataclass(frozen=True)
class Batch:
    """A settlement that was made, and all that its openings take."""

    id: int
    leaves: tuple[Leaf, ...]

    @property
    def tokens(self) -> list[int]:
        """Ids of its nodes."""
        kind, serial = self.id % (1 << 232) >> 136, self.id % 2**40
        return [kind << 136 | principal << 40 | serial + i for i, (_, principal) in enumerate(self.leaves)]

    @property
    def hashes(self) -> list[bytes]:
        """Of its leaves."""
        return [hash_of(token, owner) for token, (owner, _) in zip(self.tokens, self.leaves, strict=True)]

    @property
    def root(self) -> bytes:
        return root_of(self.hashes)

    def proof(self, index: int) -> list[bytes]:
        return proof_of(self.hashes, index)

    def opening(self, index: int, **changes: Any) -> list[Any]:
        """Arguments of `open`, as they have to be but for `changes`."""
        owner, principal = self.leaves[index]
        arguments = {
            "settlement": self.id,
            "place": index,
            "owner": owner,
            "principal": principal,
            "proof": self.proof(index),
        }
        return list((arguments | changes).values())


def settled(world: World, leaves: Sequence[Leaf], program: int = PUBLIC, sender: str | None = None) -> Batch:
    """A settlement by the holder of the genesis supply, or by another."""
    found = world.adn.settle(program, packed(leaves), sender=sender or world.genesis)
    return Batch(int(found), tuple(leaves))


def opened_node(world: World, batch: Batch, index: int, **changes: Any) -> int:
    """Opens a leaf by somebody without any rights; gives the node."""
    return int(world.adn.open(*batch.opening(index, **changes), sender=world.stranger))


def owners(count: int) -> list[str]:
    """Accounts, all different."""
    return [to_checksum_address(keccak(number)[:20]) for number in range(1, count + 1)]
