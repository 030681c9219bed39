"""Bad days: endpoints that fail, lie, lag or limit; readers that are killed at any instant; two readers at once."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fec import store
from fec.exceptions import RPCFailed, RPCUnreachable
from fec.indexer import Indexer
from fec.indexer.exceptions import WrongAnswer
from tests.faults import KINDS, FaultyProxy

from .content import assert_proven, content
from .story import Story

NewIndexer = Callable[..., Indexer]

#: Follows a chain until it is killed. Ranges are small, so that there are many instants to be killed at.
FOLLOW = """
import json, sys, threading
from fec import store
from fec.indexer import Indexer, Patience, Settings
url, database, deployment = sys.argv[1:]
indexer = Indexer(
    store.open_database(database), url, json.loads(deployment),
    settings=Settings(blocks=2, logs=20), patience=Patience(12, 1, 200),
)
print("ready", flush=True)
indexer.follow(threading.Event(), 0, lambda error: print(error, file=sys.stderr))
"""


def follower(engine: Engine, url: str, story: Story) -> subprocess.Popen[str]:
    address = engine.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-c", FOLLOW, url, address, json.dumps(story.deployment)], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def expected(story: Story, indexing: NewIndexer, tmp_path: Path) -> dict[str, object]:
    """What an index holds that was made in peace."""
    engine = store.open_database(tmp_path / "peace.sqlite")
    indexing(engine).sync()
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
        with pytest.raises(RPCUnreachable, match="HTTP status 503"):
            indexer.sync()
    assert content(engine) == before


@pytest.mark.parametrize("seed", range(4))
def test_kill__at_random_instants__loses_and_doubles_nothing(engine: Engine, story: Story, seed: int) -> None:
    """Ten readers are killed one after the other, while the chain goes on and takes other branches."""
    rng = random.Random(seed)
    for turn in range(10):
        fork = story.anvil.request("evm_snapshot")
        process = follower(engine, story.anvil.url, story)
        assert process.stdout is not None
        process.stdout.readline()
        story.play(2, seed=100 * seed + turn)
        time.sleep(rng.randrange(150) / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if rng.random() < 0.4:
            story.anvil.request("evm_revert", fork)
    indexer = Indexer(engine, story.anvil.url, story.deployment)
    indexer.sync()
    indexer.close()
    assert_proven(engine, story.anvil, story.deployment)


def test_two_readers__on_one_database__end_in_the_same_rows(
    engine: Engine, story: Story, indexing: NewIndexer, tmp_path: Path
) -> None:
    processes = [follower(engine, story.anvil.url, story) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for turn in range(4):
        fork = story.anvil.request("evm_snapshot")
        story.play(3, seed=turn)
        if turn % 2:
            story.anvil.request("evm_revert", fork)
    assert [process.poll() for process in processes] == [None, None]
    for process in processes:
        process.terminate()
        process.wait()
    indexing(engine).sync()
    assert_proven(engine, story.anvil, story.deployment)
    other = store.open_database(tmp_path / "other.sqlite")
    indexing(other).sync()
    assert content(engine) == content(other)
    other.dispose()
