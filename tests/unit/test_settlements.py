"""Settlements without a chain: ids, leaves, the tree and its proofs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from fec.core.node_id import NodeId
from fec.core.settlement_id import MAX_LEAVES, SettlementId
from fec.protocol import settlements
from fec.protocol.settlements import (
    BRANCH,
    LEAST_PRINCIPAL,
    Leaf,
    ProvenLeaf,
    SettlementTree,
    hash_leaf,
    levels_above,
    pack,
    siblings,
    unpack,
)

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
WEEK, START, FIRST = 604_800, 1_767_571_200, 41
COUNTS = st.integers(1, 40)
#: Around where branches, and powers of two of them, are full.
BRANCHED = (BRANCH - 1, BRANCH, BRANCH + 1, 2 * BRANCH, 2 * BRANCH + 1, 3 * BRANCH + 1, 5 * BRANCH + 33)


def leaves(count: int) -> list[Leaf]:
    return [Leaf((ALICE, BOB)[index % 2], LEAST_PRINCIPAL + index) for index in range(count)]


def identity(some: list[Leaf]) -> SettlementId:
    return SettlementId(len(some), 3, WEEK, START, sum(leaf.principal for leaf in some), FIRST)


def tree(count: int) -> SettlementTree:
    return SettlementTree(identity(leaves(count)).settlement_id, pack(leaves(count)))


def hashes(count: int) -> list[bytes]:
    return [hash_leaf(tree(count).token_id(index), leaf.owner) for index, leaf in enumerate(leaves(count))]


# --------------------------------------------------------------------------- ids


def test_id__layout__is_count_and_then_a_token_id() -> None:
    word = identity(leaves(2)).settlement_id
    assert word == 2 << 232 | 3 << 200 | WEEK << 176 | START << 136 | (2 * LEAST_PRINCIPAL + 1) << 40 | FIRST


def test_id__decoded__is_what_was_packed() -> None:
    assert SettlementId.decode(identity(leaves(7)).settlement_id) == identity(leaves(7))


@pytest.mark.parametrize("count", [0, MAX_LEAVES + 1])
def test_id__count_out_of_range__is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"A settlement has 1 to {MAX_LEAVES} leaves, not {count}"):
        _ = replace(identity(leaves(1)), count=count).settlement_id


def test_id__of_a_node__is_no_settlement() -> None:
    token = NodeId(3, WEEK, START, 10**18, FIRST).token_id
    with pytest.raises(ValueError, match=f"{token} is not the id of a settlement"):
        SettlementId.decode(token)


@pytest.mark.parametrize("index", [-1, 3])
def test_node__index_out_of_range__is_refused(index: int) -> None:
    with pytest.raises(ValueError, match=f"has leaves 0 to 2, and no leaf {index}"):
        identity(leaves(3)).node(index, 1)


# ------------------------------------------------------------------------ leaves


def test_leaf__packed__is_owner_then_principal() -> None:
    assert Leaf(ALICE, 10**18).packed.hex() == ALICE[2:].lower() + f"{10**18:024x}"


@given(COUNTS)
def test_unpack__packed__gives_the_leaves(count: int) -> None:
    assert unpack(pack(leaves(count))) == leaves(count)


def test_unpack__cut_off__is_refused() -> None:
    with pytest.raises(ValueError, match="63 bytes are no whole number of leaves"):
        unpack(pack(leaves(2))[:-1])


@pytest.mark.parametrize("owner", ["0x" + "00" * 20, "0x" + "11" * 19, "0x" + "11" * 21])
def test_leaf__owner_that_is_none__is_refused(owner: str) -> None:
    with pytest.raises(ValueError, match=f"{owner} cannot own a node"):
        _ = Leaf(owner, LEAST_PRINCIPAL).packed


@pytest.mark.parametrize("principal", [0, LEAST_PRINCIPAL - 1, 2**96])
def test_leaf__principal_out_of_range__is_refused(principal: int) -> None:
    with pytest.raises(ValueError, match=f"cannot have a principal of {principal} wei"):
        _ = Leaf(ALICE, principal).packed


# -------------------------------------------------------------------------- tree


def test_hash_leaf__is_of_52_bytes() -> None:
    assert hash_leaf(7, ALICE) == keccak((7).to_bytes(32, "big") + bytes.fromhex(ALICE[2:]))


def test_root__one_leaf__is_its_hash() -> None:
    assert (tree(1).root, tree(1).proof(0).proof) == (hashes(1)[0], ())


def test_root__five_leaves__hashes_by_position_and_carries_the_odd_one_up() -> None:
    a, b, c, d, e = hashes(5)
    assert tree(5).root == keccak(keccak(keccak(a + b) + keccak(c + d)) + e)


def test_proof__odd_last_leaf__has_only_what_stands_beside_its_way() -> None:
    a, b, c, d, _ = hashes(5)
    assert tree(5).proof(4).proof == (keccak(keccak(a + b) + keccak(c + d)),)


def test_root__four_leaves__is_a_fixed_word() -> None:
    assert tree(4).root.hex() == "664ce37ce3de98039ea40be4ff2e77fabf1807ccb8ec434aabdab0ef3d8c8979"


@pytest.mark.parametrize("count", BRANCHED)
def test_proof__more_leaves_than_a_branch__is_the_one_of_the_whole_tree(count: int) -> None:
    whole, levels = tree(count), levels_above(hashes(count))
    kept = SettlementTree(whole.id.settlement_id, pack(leaves(count)), whole.branches)
    assert whole.root == kept.root == levels[-1][0]
    expected = [tuple(siblings(levels, index)) for index in range(count)]
    assert [each.proof for each in whole.proofs()] == expected
    assert [each.proof for each in kept.proofs()] == expected


def test_proof__branches_kept__hashes_the_leaves_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tree(10 * BRANCH)
    kept = SettlementTree(whole.id.settlement_id, pack(leaves(10 * BRANCH)), whole.branches)
    expected, hashed = [whole.proof(index) for index in (70, 71)], []
    monkeypatch.setattr(settlements, "keccak", lambda data: (hashed.append(data), keccak(data))[1])
    assert [kept.proof(index) for index in (70, 71)] == expected
    assert len([data for data in hashed if len(data) == 52]) == BRANCH


@given(COUNTS)
def test_proofs__any_count__each_verifies(count: int) -> None:
    whole = tree(count)
    assert all(proven.verifies(whole.root) for proven in whole.proofs())


@given(count=COUNTS, data=st.data())
def test_verifies__anything_else__does_not(count: int, data: st.DataObject) -> None:
    whole = tree(count)
    proven = whole.proof(data.draw(st.integers(0, count - 1)))
    others = [
        replace(proven, index=proven.index + 1),
        replace(proven, index=-1),
        replace(proven, leaf=replace(proven.leaf, principal=proven.leaf.principal + 1)),
        replace(proven, leaf=replace(proven.leaf, owner="0x" + "22" * 20)),
        replace(proven, proof=(*proven.proof, bytes(32))),
        replace(proven, settlement_id=proven.settlement_id + 1),
        *([replace(proven, proof=proven.proof[:-1])] if proven.proof else []),
    ]
    assert not any(other.verifies(whole.root) for other in others)


def test_verifies__inner_node_as_a_leaf__does_not() -> None:
    """The hash of two leaves, with the proof of their parent."""
    whole = tree(4)
    upper = whole.proof(0).proof[1:]
    assert not ProvenLeaf(whole.id.settlement_id, 0, whole.leaves[0], upper).verifies(whole.root)


def test_proof__arguments__are_those_of_open() -> None:
    proven = tree(2).proof(1)
    assert proven.arguments == (tree(2).id.settlement_id, 1, BOB, LEAST_PRINCIPAL + 1, [hashes(2)[0]])


@pytest.mark.parametrize("index", [-1, 3])
def test_proof__index_out_of_range__is_refused(index: int) -> None:
    with pytest.raises(ValueError, match=f"has leaves 0 to 2, and no leaf {index}"):
        tree(3).proof(index)


@pytest.mark.parametrize("some", [leaves(2), [*leaves(2), Leaf(ALICE, LEAST_PRINCIPAL)]])
def test_tree__leaves_of_another_settlement__are_refused(some: list[Leaf]) -> None:
    with pytest.raises(ValueError, match="has 3 leaves with"):
        SettlementTree(identity(leaves(3)).settlement_id, pack(some))
