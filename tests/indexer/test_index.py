"""What the index makes of a chain on which one of everything has happened, on both databases."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from sqlalchemy import Engine, delete, select, update

from fec import store
from fec.chain import deployments
from fec.i18n.errors import RPCUnreachable, WrongAnswer, WrongNetwork
from fec.indexer import Indexer, check
from fec.indexer.errors import IndexInconsistent, IndexMissing
from fec.indexer.events import Decoder, Events, kinds, restore
from fec.indexer.models import (
    AllianceVersion,
    CoinTransferRecord,
    EventRecord,
    MemberVersion,
    NodeVersion,
    OrderRecord,
    OrderVersion,
    ProgramVersion,
    RewardBatchVersion,
    TermsVersion,
    TotalsVersion,
    table,
)
from fec.indexer.projection import Projection
from fec.indexer.state import State
from fec.indexer.views import as_of, view
from fec.protocol import abi
from fec.store import Base
from fec.store.errors import WrongDatabase
from tests.fixtures.deployed import MONDAY

from .conftest import SHORT
from .content import assert_proven, content
from .story import Story

NewIndexer = Callable[..., Indexer]

#: What only other ways of approving and paying emit; the index keeps the events, derives nothing from them.
KEPT_ONLY = {
    ("FEC", "AuthorizationCanceled"),
    ("FEC", "AuthorizationUsed"),
    ("FEC", "EIP712DomainChanged"),
    ("ADN", "EIP712DomainChanged"),
    ("ADN", "ApprovalForAll"),
    ("ADN", "BatchMetadataUpdate"),
    ("ADN", "OwnershipTransferStarted"),
    ("Checkout", "EIP712DomainChanged"),
    ("Custodian", "EIP712DomainChanged"),
}


@pytest.fixture
def indexed(engine: Engine, indexing: NewIndexer) -> Engine:
    indexing(engine).sync()
    return engine


# ------------------------------------------------------------------------ events


def test_story__has_every_event(indexed: Engine) -> None:
    with store.reading(indexed) as connection:
        seen = set(map(tuple, connection.execute(select(EventRecord.contract, EventRecord.name))))
    assert seen >= kinds().keys() - KEPT_ONLY


def test_decode__every_log__is_what_web3_makes_of_it(story: Story) -> None:
    web3, decoder = story.anvil.web3, Decoder(story.deployment)
    wanted = {"fromBlock": "0x0", "address": decoder.addresses}
    raw, theirs = story.anvil.request("eth_getLogs", wanted), web3.eth.get_logs(wanted)
    assert len(raw) == len(theirs) > 0
    for event, their in zip(decoder.decode(raw), theirs, strict=True):
        contract = web3.eth.contract(their["address"], abi=abi.load(event.contract)["abi"])
        arguments = contract.events[event.name]().process_log(their)["args"]
        assert list(event.arguments) == [plain(arguments[name]) for name in event.named]


def plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return [plain(item) for item in value.values()] if hasattr(value, "values") else value


def test_decode__settlement__is_kept_whole(story: Story) -> None:
    leaves, root = (
        b"\x11" * 20 + (10**18).to_bytes(12, "big") + b"\x22" * 20 + (2 * 10**18).to_bytes(12, "big"),
        b"\x33" * 32,
    )
    log = {
        "address": deployments.contract(story.deployment, "ADN")["address"],
        "topics": [kinds()["ADN", "NodesSettled"].topic, f"0x{2 << 232:064x}", f"0x{1:064x}"],
        "data": "0x" + encode(["uint256", "uint256", "bytes32", "bytes"], [MONDAY, 5, root, leaves]).hex(),
        **{"blockNumber": "0x7", "logIndex": "0x0", "transactionHash": "0x" + "44" * 32},
    }
    [event] = Decoder(story.deployment).decode([log])
    assert event.arguments == (2 << 232, 1, MONDAY, 5, "0x" + root.hex(), "0x" + leaves.hex())
    assert restore(*event[:5], json.loads(event.arguments_json)) == event


def test_restore__every_event__is_as_it_was_decoded(indexed: Engine, story: Story) -> None:
    decoder = Decoder(story.deployment)
    raw = story.anvil.request("eth_getLogs", {"fromBlock": "0x0", "address": decoder.addresses})
    query = select(table(EventRecord)).order_by(EventRecord.block_number, EventRecord.log_index)
    with store.reading(indexed) as connection:
        kept = [restore(*row) for row in connection.execute(query)]
    fresh = decoder.decode(raw)
    assert [event[:5] for event in kept] == [event[:5] for event in fresh]
    assert [event.named for event in kept] == [event.named for event in fresh]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"address": "0x" + "11" * 20}, id="another contract"),
        pytest.param({"topics": []}, id="no topics"),
        pytest.param({"topics": ["0x" + "ab" * 32]}, id="unknown event"),
        pytest.param({"topics": None}, id="no list"),
        pytest.param({"data": "0x"}, id="no data"),
        pytest.param({"data": "0x" + "00" * 31}, id="half a word"),
        pytest.param({"data": "0x" + '"' * 64}, id="no digits"),
        pytest.param({"blockNumber": None}, id="pending"),
    ],
)
def test_decode__no_log_of_these_contracts__is_a_wrong_answer(story: Story, change: dict[str, Any]) -> None:
    decoder = Decoder(story.deployment)
    logs = story.anvil.request("eth_getLogs", {"fromBlock": "0x0", "address": decoder.addresses[0]})
    bad = logs[1] | change
    with pytest.raises(WrongAnswer, match="A log is not one of these contracts': " + re.escape(f"{bad!r:.200}")):
        decoder.decode([logs[0], bad, *logs[2:]])


def test_decode__in_any_order__is_in_the_chains(story: Story) -> None:
    decoder = Decoder(story.deployment)
    logs = story.anvil.request("eth_getLogs", {"fromBlock": "0x0", "address": decoder.addresses})
    assert decoder.decode(logs[::-1]) == decoder.decode(logs)


def test_arguments_json__every_event__is_what_is_named(story: Story) -> None:
    decoder = Decoder(story.deployment)
    for event in decoder.decode(story.anvil.request("eth_getLogs", {"fromBlock": "0x0", "address": decoder.addresses})):
        assert json.loads(event.arguments_json) == event.named


# -------------------------------------------------------------------- the state


def test_sync__one_of_everything__is_the_chains_state(indexed: Engine, story: Story) -> None:
    assert_proven(indexed, story.anvil, story.deployment)


def test_check__one_of_everything__compares_all_kinds(indexed: Engine, story: Story) -> None:
    compared = check(indexed, story.anvil.url, story.deployment).compared
    assert set(compared) == {
        *("owner of node", "state of node", "nodes of", "sum over all nodes", "order", "program", "number of"),
        *("terms of program", "alliance of program", "batch of rewards", "reward taken", "vault of member"),
        *("code of vault", "total", "balance of"),
        *("unopened node", "settlement", "leaves of settlement", "branches of settlement", "settled nodes of"),
        "settlement by reference",
    }


def test_sync__again__changes_nothing(indexed: Engine, indexing: NewIndexer) -> None:
    before = content(indexed)
    indexing(indexed).sync()
    assert content(indexed) == before


@pytest.mark.parametrize("blocks", [1, 2, 7, 1_000])
def test_sync__ranges_of_any_size__give_the_same(
    indexed: Engine, indexing: NewIndexer, blocks: int, tmp_path: Path
) -> None:
    other = store.open_database(tmp_path / "other.sqlite")
    indexing(other, blocks=blocks, logs=blocks, depth=0).sync()
    assert content(other) == content(indexed)
    other.dispose()


def test_rebuild__from_events_alone__gives_the_same(indexed: Engine, indexing: NewIndexer) -> None:
    before = content(indexed)
    database = indexing(indexed).database
    with store.writing(indexed) as connection:
        connection.execute(delete(NodeVersion))
        connection.execute(update(OrderRecord).values(order_id="nonsense"))
    assert list(database.rebuild())[-1] == len(before["events"])
    assert content(indexed) == before


def test_undo__to_any_block__is_the_state_of_that_block(indexed: Engine, indexing: NewIndexer, story: Story) -> None:
    indexer = indexing(indexed)
    deployed = max(record["blockNumber"] for record in story.deployment["contracts"].values())
    blocks = indexer.database.hashes(story.anvil.web3.eth.block_number - 1, 1_000)
    for number, block_hash in [block for block in blocks if block[0] >= deployed][::9]:
        indexer.database.undo(indexer.database.cursor(), number, block_hash)
        assert check(indexed, story.anvil.url, story.deployment).differences == []
    indexer.sync()
    assert_proven(indexed, story.anvil, story.deployment)


def test_as_of__any_block__is_what_was_latest_then(indexed: Engine, indexing: NewIndexer, story: Story) -> None:
    indexer = indexing(indexed)
    middle, block_hash = indexer.database.hashes(story.anvil.web3.eth.block_number - 30, 1)[0]
    with store.reading(indexed) as connection:
        then = {kind: sorted(map(repr, connection.execute(as_of(kind, middle)))) for kind in KINDS}
    indexer.database.undo(indexer.database.cursor(), middle, block_hash)
    with store.reading(indexed) as connection:
        assert then == {kind: sorted(map(repr, connection.execute(as_of(kind)))) for kind in KINDS}


def test_finalized__views__are_as_of_the_finalized_block(indexed: Engine, story: Story) -> None:
    finalized = story.anvil.web3.eth.get_block("finalized")["number"]
    assert finalized > 0
    with store.reading(indexed) as connection:
        for kind in KINDS:
            seen = sorted(map(repr, connection.execute(select(view(f"{kind}_finalized")))))
            assert seen == sorted(map(repr, connection.execute(as_of(kind, finalized))))


KINDS = ("nodes", "programs", "terms", "alliances", "orders", "reward_batches", "members", "totals")


# ------------------------------------------------------------------ the proof


@pytest.mark.parametrize(
    ("model", "values", "what"),
    [
        (NodeVersion, {"owner": "0x" + "11" * 20}, "owner of node"),
        (NodeVersion, {"owner": None}, "owner of node"),
        (NodeVersion, {"principal": 1}, "state of node"),
        (NodeVersion, {"claimed": 1}, "state of node"),
        (OrderVersion, {"status": "escrowed"}, "order"),
        (OrderVersion, {"refunded": 7}, "order"),
        (OrderRecord, {"payer": "0x" + "11" * 20}, "order"),
        (OrderRecord, {"paid_at": 7}, "order"),
        (ProgramVersion, {"quota": 7}, "program"),
        (ProgramVersion, {"burned": 7}, "program"),
        (ProgramVersion, {"closed": True}, "program"),
        (TermsVersion, {"treasury": "0x" + "11" * 20}, "terms of program"),
        (TermsVersion, {"tiers": [[0, 7]]}, "terms of program"),
        (AllianceVersion, {"alliance_id": 7}, "alliance of program"),
        (RewardBatchVersion, {"left": 7}, "batch of rewards"),
        (MemberVersion, {"deployed": False}, "code of vault"),
        (TotalsVersion, {"supply": 7}, "total"),
        (TotalsVersion, {"burned": 7}, "total"),
        (TotalsVersion, {"outstanding": 7}, "total"),
        (CoinTransferRecord, {"amount": 7}, "balance of"),
    ],
)
def test_check__changed_by_other_hands__says_what(
    indexed: Engine, story: Story, model: type[Base], values: dict[str, Any], what: str
) -> None:
    with store.writing(indexed) as connection:
        connection.execute(update(model).values(**values))
    differences = check(indexed, story.anvil.url, story.deployment).differences
    assert what in {difference.what for difference in differences}


def test_check__a_node_lost__is_missed_in_its_owners_balance(indexed: Engine, story: Story) -> None:
    [node, *_] = story.alice.nodes.owned_by(story.alice.address)
    with store.writing(indexed) as connection:
        connection.execute(delete(NodeVersion).where(NodeVersion.token_id == node.token_id))
    differences = check(indexed, story.anvil.url, story.deployment).differences
    assert {difference.what for difference in differences} == {"nodes of", "sum over all nodes"}
    assert story.alice.address in str(differences[0])


def test_check__nothing_indexed__is_refused(engine: Engine, story: Story, indexing: NewIndexer) -> None:
    indexing(engine)
    with pytest.raises(IndexMissing, match="has not reached the contracts' deployment yet"):
        check(engine, story.anvil.url, story.deployment)


# -------------------------------------------------------------------- refusals


def test_indexer__database_of_another_deployment__is_refused(indexed: Engine, story: Story) -> None:
    contracts = {**story.deployment["contracts"], "FEC": story.deployment["contracts"]["ADN"]}
    other = deployments.Deployment(chainId=story.deployment["chainId"], contracts=contracts)
    with pytest.raises(WrongDatabase, match="Name another database, or the right deployments file"):
        Indexer(indexed, story.anvil.url, other)


def test_indexer__another_chain__is_refused(engine: Engine, story: Story) -> None:
    other = deployments.Deployment(chainId=1, contracts=story.deployment["contracts"])
    with pytest.raises(WrongNetwork, match="has id 31337, but the deployment is on chain 1"):
        Indexer(engine, story.anvil.url, other)


def test_indexer__nothing_answers__says_where(engine: Engine, story: Story) -> None:
    with pytest.raises(RPCUnreachable, match=r"Nothing answers at http://127\.0\.0\.1:9"):
        Indexer(engine, "http://127.0.0.1:9", story.deployment, patience=SHORT)


def test_fold__claim_from_an_unknown_node__is_refused(indexed: Engine) -> None:
    query = select(table(EventRecord)).where(EventRecord.name == "PayoutClaimed").limit(1)
    with store.writing(indexed) as connection:
        [claim] = claims = Events.of(restore(*row) for row in connection.execute(query))
        connection.execute(delete(NodeVersion))
        fold = Projection(State(connection, claims), {})
    with pytest.raises(IndexInconsistent, match=f"PayoutClaimed in block {claim.block_number} refers to"):
        fold.take(claims)


def test_fold__merge_of_a_changed_node__is_refused(indexed: Engine) -> None:
    query = select(table(EventRecord)).where(EventRecord.name == "NodeMerged").limit(1)
    with store.writing(indexed) as connection:
        merges = Events.of(restore(*row) for row in connection.execute(query))
        connection.execute(update(NodeVersion).values(principal=7))
        fold = Projection(State(connection, merges), {})
    with pytest.raises(IndexInconsistent, match=r"the index has 0\.000000000000000007 FEC and "):
        fold.take(merges)
