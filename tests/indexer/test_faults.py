"""Bad days: endpoints that fail, lie, lag or limit; readers that are killed at any instant; two readers at once."""

import random
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fec import store
from fec.i18n.errors import RPCFailed, RPCUnreachable, WrongAnswer
from fec.indexer import Cursor, IndexDatabase, Indexer
from tests.fixtures.faults import KINDS, FaultyProxy

from . import follower
from .conftest import SHORT
from .content import assert_proven, content
from .story import Story

NewIndexer = Callable[..., Indexer]

#: How long a reader may take to do anything at all.
DEADLINE_SECONDS = 120


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def wait_for_progress(database: IndexDatabase, since: Cursor) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while database.cursor() == since:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture(scope="module")
def expected(opened: Story, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What an index holds that was made in peace, before any test changes the chain."""
    engine = store.open_database(tmp_path_factory.mktemp("peace") / "index.sqlite")
    with closing(Indexer(engine, opened.anvil.url, opened.deployment, patience=SHORT)) as indexer:
        indexer.sync()
    held = dict(content(engine))
    engine.dispose()
    return held


@pytest.mark.parametrize("seed", range(6))
def test_faults__of_every_kind__end_in_the_same_rows(
    engine: Engine, indexing: NewIndexer, story: Story, expected: dict[str, object], seed: int
) -> None:
    with FaultyProxy(story.anvil.url, seed=seed, percent=40, delay_ms=20) as proxy:
        for attempt in range(20):
            try:
                indexing(engine, proxy.url, blocks=3, logs=30).sync()
                break
            except (RPCUnreachable, RPCFailed, WrongAnswer):
                # Its patience was at an end; what it had is there, and the next one goes on.
                assert attempt < 19
    assert sum(proxy.counts[kind] for kind in KINDS) > 0
    assert content(engine) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_faults__of_one_kind__end_in_the_same_rows(
    engine: Engine, indexing: NewIndexer, story: Story, expected: dict[str, object], kind: str
) -> None:
    with FaultyProxy(story.anvil.url, seed=1, percent=30, kinds=[kind], delay_ms=20) as proxy:
        indexing(engine, proxy.url, blocks=10).sync()
        # A node that is behind has its own head; only the next look finds the true one.
        proxy.percent = 0
        indexing(engine, proxy.url).sync()
    assert proxy.counts[kind] > 0
    assert content(engine) == expected


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"most_blocks": 3}, id="blocks"),
        pytest.param({"most_blocks": 1}, id="one block"),
        pytest.param({"most_logs": 25}, id="logs"),
        pytest.param({"batches": False}, id="no batches"),
    ],
)
def test_limits__of_an_endpoint__are_found_out(
    engine: Engine,
    indexing: NewIndexer,
    story: Story,
    expected: dict[str, object],
    limits: dict[str, int],
) -> None:
    with FaultyProxy(story.anvil.url, **limits) as proxy:
        indexing(engine, proxy.url).sync()
    assert content(engine) == expected
    assert proxy.methods["eth_getLogs"] < 2 * story.anvil.web3.eth.block_number


def test_limits__more_logs_in_one_block_than_are_given__is_said(
    engine: Engine, indexing: NewIndexer, story: Story
) -> None:
    with (
        FaultyProxy(story.anvil.url, most_logs=0) as proxy,
        pytest.raises(RPCFailed, match="query returned more than 0 results"),
    ):
        indexing(engine, proxy.url).sync()


def test_faults__without_end__are_said_and_leave_what_was_there(
    engine: Engine, indexing: NewIndexer, story: Story
) -> None:
    with FaultyProxy(story.anvil.url, kinds=["unavailable"]) as proxy:
        indexer = indexing(engine, proxy.url)
        indexer.sync()
        before = content(engine)
        story.play(1, seed=1)
        proxy.percent = 100
        with pytest.raises(RPCFailed, match="HTTP status 503"):
            indexer.sync()
    assert content(engine) == before


@pytest.mark.parametrize("seed", range(3))
def test_kill__at_random_instants__loses_and_doubles_nothing(
    engine: Engine, story: Story, indexing: NewIndexer, tmp_path: Path, seed: int
) -> None:
    """Readers are killed one after the other, each in the middle of its work, while the chain takes other branches."""
    rng = random.Random(seed)
    indexer = indexing(engine)
    for turn in range(8):
        fork = story.anvil.request("evm_snapshot")
        story.play(1, seed=100 * seed + turn)
        # There is work for many small transactions.
        cursor = indexer.database.cursor()
        kept = indexer.database.hashes(rng.randrange(cursor.next_block + 1), 1)
        cursor = indexer.database.undo(cursor, *kept[0]) if kept else indexer.database.undo_all(cursor)
        process = follower.start(address(engine), story.anvil.url, story.deployment)
        wait_for_progress(indexer.database, cursor)
        time.sleep(rng.randrange(100) / 1000)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        if rng.random() < 0.5:
            story.anvil.request("evm_revert", fork)
    indexer.sync()
    assert_proven(engine, story.anvil, story.deployment)
    other = store.open_database(tmp_path / "other.sqlite")
    indexing(other).sync()
    assert content(engine) == content(other)
    other.dispose()


def test_two_readers__on_one_database__end_in_the_same_rows(
    engine: Engine, story: Story, indexing: NewIndexer, tmp_path: Path
) -> None:
    indexer = indexing(engine)
    processes = [follower.start(address(engine), story.anvil.url, story.deployment) for _ in range(2)]
    for turn in range(4):
        cursor = indexer.database.cursor()
        fork = story.anvil.request("evm_snapshot")
        story.play(3, seed=turn)
        wait_for_progress(indexer.database, cursor)
        if turn % 2:
            story.anvil.request("evm_revert", fork)
    assert [process.exitcode for process in processes] == [None, None]
    for process in processes:
        process.kill()
        process.join()
    indexer.sync()
    assert_proven(engine, story.anvil, story.deployment)
    other = store.open_database(tmp_path / "other.sqlite")
    indexing(other).sync()
    assert content(engine) == content(other)
    other.dispose()
