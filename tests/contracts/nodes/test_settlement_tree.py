"""The libraries of settlements beside their Python twin, and beside a tree of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core.durations import WEEK
from fec.core.settlement_id import MAX_LEAVES, SettlementId
from fec.protocol.settlements import LEAST_PRINCIPAL, Leaf, SettlementTree, hash_leaf, pack
from tests.contracts.support.build import compiled
from tests.contracts.support.evm import Contract, expect
from tests.contracts.support.settling import parent, proof_of, root_of
from tests.contracts.support.world import NOW, World

LEAF = st.builds(
    Leaf,
    owner=st.integers(1, 2**160 - 1).map(lambda number: f"0x{number:040x}"),
    principal=st.integers(LEAST_PRINCIPAL, 2**89),
)
LEAVES = st.lists(LEAF, min_size=1, max_size=40)


@pytest.fixture(scope="module")
def harness(deployed: World) -> Iterator[Contract]:
    with deployed.chain.rolled_back():
        yield deployed.chain.deploy(compiled("SettlementHarness"), sender=deployed.stranger)


def hashes_of(count: int) -> list[bytes]:
    return [keccak(number) for number in range(count)]


def tree_of(leaves: list[Leaf], serial: int = 5) -> SettlementTree:
    total = sum(leaf.principal for leaf in leaves)
    return SettlementTree(SettlementId(len(leaves), 2, WEEK, NOW, total, serial).settlement_id, pack(leaves))


# ------------------------------------------------------------------------ leaves


@pytest.mark.parametrize("count", [1, 2, MAX_LEAVES])
def test_count_of__whole_leaves__are_counted(harness: Contract, count: int) -> None:
    assert harness.countOf(32 * count) == count


def test_count_of__nothing__reverts(harness: Contract) -> None:
    with expect("ADN_BatchTooShort", 0, 1):
        harness.countOf(0)


@pytest.mark.parametrize("length", [1, 31, 33, 63, 32 * (MAX_LEAVES + 1) + 1])
def test_count_of__cut_off__reverts(harness: Contract, length: int) -> None:
    with expect("ADN_LeafCutOff", length, 32):
        harness.countOf(length)


@pytest.mark.parametrize("count", [MAX_LEAVES + 1, 2**250])
def test_count_of__beyond_24_bits__reverts(harness: Contract, count: int) -> None:
    with expect("ADN_BatchTooLong", count, MAX_LEAVES):
        harness.countOf(32 * count)


@given(LEAVES)
@settings(deadline=None, max_examples=40)
def test_leaves__packed_by_the_twin__are_read(harness: Contract, leaves: list[Leaf]) -> None:
    found = [harness.leafAt(pack(leaves), index) for index in range(len(leaves))]
    assert [(owner.lower(), principal) for owner, principal in found] == [
        (each.owner, each.principal) for each in leaves
    ]


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=20), st.binary(max_size=31))
@settings(deadline=None, max_examples=40)
def test_total__any_bytes__is_the_sum_of_whole_leaves(harness: Contract, leaves: list[bytes], rest: bytes) -> None:
    assert harness.total(b"".join(leaves) + rest) == sum(int.from_bytes(leaf[20:], "big") for leaf in leaves)


# --------------------------------------------------------------------------- ids


@given(LEAVES, st.integers(1, 2**40 - 41))
@settings(deadline=None, max_examples=40)
def test_ids__are_those_of_the_twin(harness: Contract, leaves: list[Leaf], serial: int) -> None:
    tree = tree_of(leaves, serial)
    batch = tree.id.settlement_id % 2**232
    assert harness.pack(len(leaves), batch) == tree.id.settlement_id
    found = [harness.nodeAt(tree.id.settlement_id, index, leaf.principal) for index, leaf in enumerate(leaves)]
    assert found == [tree.token_id(index) for index in range(len(leaves))]


# -------------------------------------------------------------------------- tree


@given(st.integers(0, 2**256 - 1), st.integers(0, 2**160 - 1).map(lambda number: f"0x{number:040x}"))
@settings(deadline=None, max_examples=40)
def test_hash_leaf__is_that_of_the_twin(harness: Contract, token: int, owner: str) -> None:
    assert harness.hashLeaf(token, owner) == hash_leaf(token, owner)


@given(LEAVES)
@settings(deadline=None, max_examples=40)
def test_hash_leaves__any_leaves__are_those_of_the_twin(harness: Contract, leaves: list[Leaf]) -> None:
    tree = tree_of(leaves)
    first = tree.token_id(0) - (leaves[0].principal << 40)
    hashes, total, sound = harness.hashLeaves(pack(leaves), first, LEAST_PRINCIPAL)
    assert hashes == [hash_leaf(tree.token_id(index), leaf.owner) for index, leaf in enumerate(leaves)]
    assert (total, sound) == (tree.id.total, True)


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("leaf", [bytes(20) + b"\xff" * 12, b"\xff" * 20 + (999).to_bytes(12, "big"), bytes(32)])
def test_hash_leaves__one_without_owner_or_too_small__is_not_sound(harness: Contract, index: int, leaf: bytes) -> None:
    good = b"\x01" * 20 + (1000).to_bytes(12, "big")
    leaves = [good] * index + [leaf] + [good] * (2 - index)
    assert harness.hashLeaves(b"".join(leaves), 1, 1000)[2] is False


def test_hash_leaves__what_is_behind_the_last_whole_one__is_left_out(harness: Contract) -> None:
    good = b"\x01" * 20 + (1000).to_bytes(12, "big")
    assert harness.hashLeaves(good + b"\x01" * 31, 1, 1000) == harness.hashLeaves(good, 1, 1000)


@pytest.mark.parametrize("count", range(1, 35))
def test_root__any_count__is_the_definitions(harness: Contract, count: int) -> None:
    assert harness.root(hashes_of(count)) == root_of(hashes_of(count))


def test_root__no_leaf__panics(harness: Contract) -> None:
    with expect("Panic", 0x32):
        harness.root([])


@given(LEAVES)
@settings(deadline=None, max_examples=40)
def test_root__any_leaves__is_that_of_the_twin(harness: Contract, leaves: list[Leaf]) -> None:
    tree = tree_of(leaves)
    assert harness.root([hash_leaf(tree.token_id(index), leaf.owner) for index, leaf in enumerate(leaves)]) == tree.root


@given(leaves=LEAVES, data=st.data())
@settings(deadline=None, max_examples=60)
def test_proves__a_proof_of_the_twin__holds(harness: Contract, leaves: list[Leaf], data: st.DataObject) -> None:
    tree = tree_of(leaves)
    proven = tree.proof(data.draw(st.integers(0, len(leaves) - 1)))
    leaf = hash_leaf(proven.token_id, proven.leaf.owner)
    assert harness.proves(tree.root, leaf, proven.index, len(leaves), list(proven.proof))


@pytest.mark.parametrize("count", range(1, 18))
def test_proves__each_place__holds_there_only(harness: Contract, count: int) -> None:
    hashes = hashes_of(count)
    root = root_of(hashes)
    for index in range(count):
        proof = proof_of(hashes, index)
        places = [place for place in range(count) if harness.proves(root, hashes[index], place, count, proof)]
        assert places == [index]


@pytest.mark.parametrize("count", range(1, 12))
def test_proves__proof_of_another_length__does_not_hold(harness: Contract, count: int) -> None:
    hashes = hashes_of(count)
    root = root_of(hashes)
    for index in range(count):
        proof = proof_of(hashes, index)
        others = [proof[:length] for length in range(len(proof))] + [[*proof, bytes(32)], [*proof, *proof, root]]
        assert not any(harness.proves(root, hashes[index], index, count, other) for other in others)


def test_proves__inner_node_in_place_of_a_leaf__does_not_hold(harness: Contract) -> None:
    """The classical attack: the parent of two leaves, with the rest of their way."""
    a, b, c, d = hashes_of(4)
    root = root_of([a, b, c, d])
    found = [
        harness.proves(root, parent(a, b), index, count, [parent(c, d)]) for count in (3, 4) for index in range(count)
    ]
    assert not any(found)


def test_proves__root_as_the_only_leaf__holds_for_a_count_of_one_only(harness: Contract) -> None:
    root = root_of(hashes_of(2))
    assert [harness.proves(root, root, 0, count, []) for count in (1, 2, 3)] == [True, False, False]


def test_twin__least_principal__is_the_contracts(deployed: World) -> None:
    assert deployed.adn.MIN_SPLIT_PRINCIPAL() == LEAST_PRINCIPAL
