"""The tree over leaves as they stand in the event is the tree over the leaves, with few hashes for a proof."""

from __future__ import annotations

import pytest

from fec.core.settlement_id import SettlementId
from fec.protocol import packed_tree
from fec.protocol.packed_tree import BRANCH, PackedTree
from fec.protocol.settlements import LEAST_PRINCIPAL, Leaf, SettlementTree, pack, unpack

#: Around where branches, and powers of two of them, are full.
COUNTS = (1, 2, 3, BRANCH - 1, BRANCH, BRANCH + 1, 2 * BRANCH, 2 * BRANCH + 1, 3 * BRANCH + 1, 5 * BRANCH + 33)


def both(count: int) -> tuple[SettlementTree, bytes]:
    """A tree of leaves, and these as they stand in the event."""
    leaves = [Leaf(f"0x{index + 1:040x}", LEAST_PRINCIPAL + index) for index in range(count)]
    id_ = SettlementId(count, 3, 604_800, 1_767_571_200, sum(leaf.principal for leaf in leaves), 41)
    packed = pack(leaves)
    return SettlementTree(id_.settlement_id, unpack(packed)), packed


@pytest.mark.parametrize("count", COUNTS)
def test_proof__any_leaf__is_the_one_of_the_tree_of_leaves(count: int) -> None:
    tree, packed = both(count)
    fresh = PackedTree(tree.id.settlement_id, packed)
    kept = PackedTree(tree.id.settlement_id, packed, fresh.branches)
    assert fresh.root == kept.root == tree.root
    assert fresh.total == tree.id.total
    expected = list(tree.proofs())
    assert [fresh.proof(index) for index in range(count)] == expected
    assert [kept.proof(index) for index in range(count)] == expected


def test_proof__branches_kept__hashes_the_leaves_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tree, packed = both(10 * BRANCH)
    branches = PackedTree(tree.id.settlement_id, packed).branches
    hashed: list[bytes] = []
    real = packed_tree.keccak
    monkeypatch.setattr(packed_tree, "keccak", lambda data: (hashed.append(data), real(data))[1])
    kept = PackedTree(tree.id.settlement_id, packed, branches)
    assert [kept.proof(index) for index in (70, 71)] == [tree.proof(index) for index in (70, 71)]
    assert len(hashed) == BRANCH


@pytest.mark.parametrize("index", [-1, 3])
def test_proof__index_out_of_range__is_refused(index: int) -> None:
    tree, packed = both(3)
    with pytest.raises(ValueError, match=f"has leaves 0 to 2, and no leaf {index}"):
        PackedTree(tree.id.settlement_id, packed).proof(index)


def test_tree__too_few_leaves__are_refused() -> None:
    tree, packed = both(3)
    with pytest.raises(ValueError, match="has 3 leaves, not 64 bytes of them"):
        PackedTree(tree.id.settlement_id, packed[:64])
