"""Merkle trees over rewards, as Checkout verifies them; written from the contract's documentation."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi.abi import encode
from eth_utils.crypto import keccak

#: Shopper and wei; the index is the place in the list.
Reward = tuple[str, int]


def leaf(index: int, reward: Reward) -> bytes:
    """keccak256(keccak256(abi.encode(index, shopper, amount)))."""
    return keccak(keccak(encode(["uint256", "address", "uint256"], [index, *reward])))


def layers(rewards: Sequence[Reward]) -> list[list[bytes]]:
    """From the leaves up to the root; an odd one out moves up as it is."""
    levels = [[leaf(index, reward) for index, reward in enumerate(rewards)]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [below[at : at + 2] for at in range(0, len(below), 2)]
        levels.append([keccak(b"".join(sorted(pair))) if len(pair) == 2 else pair[0] for pair in pairs])
    return levels


def root(rewards: Sequence[Reward]) -> bytes:
    return layers(rewards)[-1][0]


def proof(rewards: Sequence[Reward], index: int) -> list[bytes]:
    """Siblings from the leaf up."""
    path = []
    for level in layers(rewards):
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index //= 2
    return path
