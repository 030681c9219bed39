"""Settled nodes in the index: leaves from their settlement on, tokens once they are opened; on both databases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update

from fec import store
from fec.chain import deployments
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.curve import claimable, face
from fec.core.durations import WEEK
from fec.i18n.errors import WrongAnswer
from fec.indexer import Indexer, check, refused
from fec.indexer.errors import IndexInconsistent, SettlementMissing
from fec.indexer.events import Decoder, Event, Events
from fec.indexer.logs import Stretch
from fec.indexer.models import EventRecord, NodeVersion, SettlementRecord, SettlementRefRecord
from fec.indexer.settled import check_leaves
from fec.indexer.settlements import (
    proof_of_leaf,
    proofs_of_nodes,
    settlement,
    settlement_of_ref,
    settlements_of,
    tree_of,
    unopened_nodes,
)
from fec.indexer.views import view
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.settlements import Leaf, SettlementTree
from fec.protocol.types import Node
from fec.store import Base
from fec.store.base import table

from .content import assert_proven, content
from .story import Story

NewIndexer = Callable[..., Indexer]

#: What an event that was changed is found out by.
BROKEN = {"leaves of settlement", "branches of settlement", "settled nodes of"}


@pytest.fixture
def tree(story: Story) -> SettlementTree:
    """Five leaves of two owners, settled in the public program."""
    mine, theirs = story.alice.address, story.bob.address
    owners = (mine, theirs, mine, theirs, mine)
    return story.settle([Leaf(owner, number * FEC) for number, owner in enumerate(owners, 1)])


@pytest.fixture
def indexed(engine: Engine, indexing: NewIndexer, tree: SettlementTree) -> Engine:
    indexing(engine).sync()
    return engine


# ------------------------------------------------------------------------- nodes


def test_sync__settlement__makes_a_node_of_each_leaf(indexed: Engine, tree: SettlementTree) -> None:
    nodes = view("nodes_latest")
    query = select(nodes).where(nodes.c.settlement_id == tree.id.settlement_id).order_by(nodes.c.leaf_index)
    with store.reading(indexed) as connection:
        found = [row._asdict() for row in connection.execute(query)]
    assert [
        (row["token_id"], row["owner"], row["principal"], row["claimed"], row["opened"], row["leaf_index"])
        for row in found
    ] == [(tree.token_id(index), leaf.owner, leaf.principal, 0, False, index) for index, leaf in enumerate(tree.leaves)]
    assert {row["start"] for row in found} == {tree.id.start}


@pytest.mark.parametrize("later", [0, 1], ids=["in one range", "in two ranges"])
def test_sync__opening__is_no_new_node(
    engine: Engine, indexing: NewIndexer, story: Story, tree: SettlementTree, later: int
) -> None:
    indexer = indexing(engine)
    if later:
        indexer.sync()
    story.open_leaf(tree, 3)
    indexer.sync()
    nodes = view("nodes_latest")
    with store.reading(engine) as connection:
        [row] = connection.execute(select(nodes).where(nodes.c.token_id == tree.token_id(3)))
    assert (row.cause, row.opened, row.owner, row.leaf_index) == ("open", True, story.bob.address, 3)
    assert_proven(engine, story.anvil, story.deployment)


def test_undo__opening__is_a_leaf_again(
    indexed: Engine, indexing: NewIndexer, story: Story, tree: SettlementTree
) -> None:
    before = content(indexed)
    fork = story.anvil.request("evm_snapshot")
    story.open_leaf(tree, 0, claim=True)
    indexing(indexed).sync()
    assert content(indexed) != before
    story.anvil.request("evm_revert", fork)
    indexing(indexed).sync()
    assert content(indexed) == before


def test_sync__opening_for_another_owner__is_refused(
    indexed: Engine, indexing: NewIndexer, story: Story, tree: SettlementTree
) -> None:
    with store.writing(indexed) as connection:
        changed = update(NodeVersion).where(NodeVersion.token_id == tree.token_id(1))
        connection.execute(changed.values(owner=story.rival.address))
    story.open_leaf(tree, 1)
    with pytest.raises(IndexInconsistent, match=f"opened for {story.bob.address} .* settled for {story.rival.address}"):
        indexing(indexed).sync()


@pytest.mark.parametrize("logs", [1, 2, 100], ids=str)
def test_sync__leaves_beyond_what_a_range_should_have__gives_the_same(
    indexed: Engine, indexing: NewIndexer, story: Story, tmp_path: Path, logs: int
) -> None:
    """Ranges shrink by the leaves in them, not by their logs alone."""
    story.settle([Leaf(story.bob.address, FEC + number) for number in range(300)])
    indexer = indexing(indexed)
    indexer.sync()
    other = store.open_database(tmp_path / "other.sqlite")
    indexing(other, logs=logs).sync()
    assert content(other) == content(indexed)
    other.dispose()
    before = content(indexed)
    assert list(indexer.database.rebuild())[-1] == len(before["events"])
    assert content(indexed) == before


def test_size__stretch_with_leaves__counts_four_as_a_log(story: Story, tree: SettlementTree) -> None:
    event = _settled(story, tree)
    assert Stretch(0, 0, None, "", [], Events.of([event])).size == 1 + len(tree.leaves) // 4


@pytest.mark.parametrize("seed", range(2))
def test_sync__random_history__is_the_chains_to_the_wei(
    engine: Engine, indexing: NewIndexer, story: Story, seed: int
) -> None:
    """Settles, opens, claims, gives, splits, merges and buys in any order; indexed on the way, and in part again."""
    indexer = indexing(engine, blocks=5)
    for turn in range(3):
        story.play(12, 1_000 + 10 * seed + turn, [*story.settling, *story.settling, *story.acts])
        story.travel(WEEK)
        indexer.sync()
    assert_proven(engine, story.anvil, story.deployment)
    before = content(engine)
    nodes, settlements = view("nodes_latest"), table(SettlementRecord)
    with store.reading(engine) as connection:
        rows = list(connection.execute(select(nodes)))
        settled = list(connection.execute(select(settlements)))
        burned = sum(connection.scalars(select(view("programs_latest").c.burned)))
    _, total_burned, outstanding = indexer.database.totals()
    assert burned == total_burned == sum(row.principal for row in rows)
    assert outstanding == sum(face(row.principal) - row.claimed for row in rows)
    for row in settled:
        births = [each.birth_principal for each in rows if each.settlement_id == row.settlement_id]
        assert (len(births), sum(births)) == (row.node_count, row.total)
    indexer.rollback(story.anvil.web3.eth.block_number - 20)
    indexer.sync()
    assert content(engine) == before


# ------------------------------------------------------------------------- reads


def test_unopened_nodes__of_an_owner__are_those_left(indexed: Engine, story: Story, tree: SettlementTree) -> None:
    now = tree.id.start + WEEK
    with store.reading(indexed) as connection:
        found = unopened_nodes(connection, now, owner=story.bob.address, program_id=1)
    mine = [each for each in found if each.settlement_id == tree.id.settlement_id]
    assert [(each.index, each.node) for each in mine] == [
        (index, Node(tree.token_id(index), story.bob.address, (index + 1) * FEC, 0, opened=False)) for index in (1, 3)
    ]


def test_unopened_nodes__of_a_program__those_with_enough_due(
    indexed: Engine, story: Story, tree: SettlementTree
) -> None:
    now = tree.id.start + 7 * WEEK
    with store.reading(indexed) as connection:
        everything = unopened_nodes(connection, now, program_id=1)
        least = claimable(3 * FEC, 0, 7)
        found = unopened_nodes(connection, now, program_id=1, least_due=least)
        others = unopened_nodes(connection, now, program_id=story.at_once)
    assert found == [each for each in everything if each.node.claimable(now) >= least] != everything
    assert {each.node.owner for each in others} == {story.bob.address, story.cause}


def test_unopened_nodes__page_by_page__are_all(indexed: Engine, tree: SettlementTree) -> None:
    now = tree.id.start
    with store.reading(indexed) as connection:
        everything = unopened_nodes(connection, now)
        pages, after = [], (0, 0)
        while page := unopened_nodes(connection, now, after=after, limit=2):
            pages += page
            after = page[-1].node.program_id, page[-1].node.id.serial
    assert pages == everything


def test_proof_of_leaf__from_the_index__opens_it(indexed: Engine, story: Story, tree: SettlementTree) -> None:
    with store.reading(indexed) as connection:
        leaf = proof_of_leaf(connection, tree.id.settlement_id, 4)
    assert leaf == tree.proof(4)
    story.open_leaf(tree, leaf.index)
    assert story.alice.nodes.get(leaf.token_id).owner == story.alice.address


def test_proof_of_leaf__given_away__is_of_the_owner_it_was_settled_for(
    engine: Engine, indexing: NewIndexer, story: Story, tree: SettlementTree
) -> None:
    story.alice.nodes.transfer(story.open_leaf(tree, 2), story.rival.address)
    indexing(engine).sync()
    with store.reading(engine) as connection:
        leaf = proof_of_leaf(connection, tree.id.settlement_id, 2)
        assert leaf.verifies(tree.root)
        assert tree_of(connection, tree.id.settlement_id).root == tree.root
    assert leaf.leaf.owner == story.alice.address


def test_proofs_of_nodes__some_opened__are_of_the_others(
    engine: Engine, indexing: NewIndexer, story: Story, tree: SettlementTree
) -> None:
    story.open_leaf(tree, 2)
    minted = story.alice.nodes.mint(1, FEC).token_id
    indexing(engine).sync()
    with store.reading(engine) as connection:
        found = proofs_of_nodes(connection, [minted, *map(tree.token_id, range(5))])
    assert found == {tree.token_id(index): tree.proof(index) for index in (0, 1, 3, 4)}


def test_settlement_of_ref__used_and_not__is_what_checkout_says(indexed: Engine, story: Story) -> None:
    ref = "0x" + to_bytes32("day 1").hex()
    with store.reading(indexed) as connection:
        found = settlement_of_ref(connection, story.at_once, ref)
        assert settlement_of_ref(connection, story.escrow, ref) is None
        assert found is not None
        made = settlement(connection, found)
        assert settlements_of(connection, story.at_once) == [made]
    assert made.settlement == story.owner.settlements.get(found)
    assert (made.ref, made.payer, made.opened) == (ref, story.shop.address, 0)


def test_settlements_of__opened__are_counted(
    engine: Engine, indexing: NewIndexer, story: Story, tree: SettlementTree
) -> None:
    story.open_leaf(tree, 0)
    story.open_leaf(tree, 1)
    indexing(engine).sync()
    with store.reading(engine) as connection:
        found = settlements_of(connection, 1)[-1]
    assert found.settlement == story.owner.settlements.get(tree.id.settlement_id)
    assert (found.opened, found.ref, found.payer) == (2, None, None)


@pytest.mark.parametrize("read", [settlement, tree_of], ids=lambda read: read.__name__)
def test_settlement__unknown__says_what_to_do(indexed: Engine, read: Callable[..., object]) -> None:
    with (
        store.reading(indexed) as connection,
        pytest.raises(SettlementMissing, match="no settlement 7"),
    ):
        read(connection, 7)


# ------------------------------------------------------------------------- check


@pytest.mark.parametrize(
    ("model", "values", "what"),
    [
        (SettlementRecord, {"root": "0x" + "11" * 32}, {"settlement", "leaves of settlement"}),
        (SettlementRecord, {"total": 7}, {"settlement"}),
        (SettlementRecord, {"branches": "0x"}, {"branches of settlement"}),
        (SettlementRefRecord, {"payer": "0x" + "11" * 20, "settlement_id": 7}, {"settlement by reference"}),
        (EventRecord, {"arguments": {"leaves": "0x" + "11" * 32}}, BROKEN),
        (EventRecord, {"arguments": {"leaves": "0x1"}}, BROKEN),
        (EventRecord, {"arguments": {"leaves": 7}}, BROKEN),
        (EventRecord, {"arguments": ["0x"]}, BROKEN),
    ],
)
def test_check__settlement_changed_by_other_hands__says_what(
    indexed: Engine, story: Story, model: type[Base], values: dict[str, Any], what: set[str]
) -> None:
    with store.writing(indexed) as connection:
        connection.execute(update(model).values(**values))
    differences = check(indexed, story.anvil.url, story.deployment).differences
    assert {difference.what for difference in differences} == what


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"owner": "0x" + "11" * 20}, {"settled nodes of"}),
        ({"principal": 7}, {"settled nodes of", "sum over all nodes"}),
        ({"cause": "mint"}, {"owner of node", "state of node", "nodes of"}),
    ],
)
def test_check__leaf_changed_by_other_hands__says_what(
    indexed: Engine, story: Story, tree: SettlementTree, values: dict[str, Any], what: set[str]
) -> None:
    with store.writing(indexed) as connection:
        connection.execute(update(NodeVersion).where(NodeVersion.token_id == tree.token_id(3)).values(**values))
    differences = check(indexed, story.anvil.url, story.deployment).differences
    assert {difference.what for difference in differences} == what


@pytest.mark.parametrize("merged", [False, True], ids=["and held", "and merged away"])
def test_check__opening_lost__says_that_it_is_opened(
    engine: Engine, indexing: NewIndexer, story: Story, tree: SettlementTree, merged: bool
) -> None:
    nodes = [story.open_leaf(tree, index) for index in (0, 2)]
    if merged:
        story.alice.nodes.merge(nodes)
    indexing(engine).sync()
    with store.writing(engine) as connection:
        later = NodeVersion.cause != "settle"
        connection.execute(delete(NodeVersion).where(NodeVersion.token_id == nodes[1], later))
    found = check(engine, story.anvil.url, story.deployment).differences
    assert ("unopened node", nodes[1], "opened") in {(each.what, each.key, each.chain) for each in found}


@pytest.mark.parametrize("keys", [1, 3])
def test_refused__more_keys_than_one_call_takes__asks_again(
    indexed: Engine, story: Story, monkeypatch: pytest.MonkeyPatch, keys: int
) -> None:
    whole = check(indexed, story.anvil.url, story.deployment)
    monkeypatch.setattr(refused, "KEYS", keys)
    assert check(indexed, story.anvil.url, story.deployment) == whole


def test_refused__endpoint_that_makes_no_contracts__asks_one_by_one(
    indexed: Engine, story: Story, tree: SettlementTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "code", lambda *_: b"\xfe")
    compared = check(indexed, story.anvil.url, story.deployment)
    assert compared.differences == []
    assert compared.compared["unopened node"] >= tree.id.count


# -------------------------------------------------------------------------- lies


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(0, 7, id="no id"),
        pytest.param(1, 2, id="another program"),
        pytest.param(2, 7, id="another start"),
        pytest.param(3, 9_999, id="another serial"),
        pytest.param(4, "0x" + "11" * 32, id="another root"),
        pytest.param(5, "0x", id="no leaves"),
        pytest.param(5, "0x" + "11" * 32, id="too few"),
    ],
)
def test_check_leaves__made_up_in_part__is_a_wrong_answer(
    story: Story, tree: SettlementTree, place: int, value: object
) -> None:
    event = _settled(story, tree)
    check_leaves(event)
    arguments = (*event.arguments[:place], value, *event.arguments[place + 1 :])
    with pytest.raises(WrongAnswer, match="do not match its count, sum or root"):
        check_leaves(event._replace(arguments=arguments))


def test_check_leaves__owners_exchanged__is_a_wrong_answer(story: Story, tree: SettlementTree) -> None:
    event = _settled(story, tree)
    leaves = event.arguments[5]
    swapped = leaves.replace(story.alice.address[2:].lower(), "ff" * 20)
    with pytest.raises(WrongAnswer, match="do not match its count, sum or root"):
        check_leaves(event._replace(arguments=(*event.arguments[:5], swapped)))


def _settled(story: Story, tree: SettlementTree) -> Event:
    address = deployments.contract(story.deployment, "ADN")["address"]
    logs = story.anvil.request("eth_getLogs", {"fromBlock": "0x0", "address": address})
    [event] = [
        event
        for event in Decoder(story.deployment).decode(logs)
        if event.name == "NodesSettled" and event.arguments[0] == tree.id.settlement_id
    ]
    return event
