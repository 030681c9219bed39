"""The chain takes another branch, and the index follows: at any depth, to shorter chains, and while it is reading."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fec import store
from fec.indexer import Indexer
from tests.fixtures.faults import FaultyProxy

from .content import assert_proven, content
from .story import Story

NewIndexer = Callable[..., Indexer]


@pytest.fixture
def fresh(indexing: NewIndexer, tmp_path: Path) -> Callable[[], dict[str, object]]:
    """What an index holds that never saw another branch."""

    def make() -> dict[str, object]:
        engine = store.open_database(tmp_path / "fresh.sqlite")
        indexing(engine).sync()
        held = dict(content(engine))
        engine.dispose()
        return held

    return make


@pytest.mark.parametrize("depth", [1, 2, 13, 64])
def test_reorganisation__another_branch__is_followed(
    engine: Engine, indexing: NewIndexer, story: Story, depth: int, fresh: Callable[[], dict[str, object]]
) -> None:
    indexer = indexing(engine)
    indexer.sync()
    fork = story.anvil.request("evm_snapshot")
    story.branch(depth, seed=1)
    indexer.sync()
    story.anvil.request("evm_revert", fork)
    story.branch(depth, seed=2)
    indexer.sync()
    assert_proven(engine, story.anvil, story.deployment)
    assert content(engine) == fresh()


@pytest.mark.parametrize("kept", [0, 5])
def test_reorganisation__shorter_branch__is_followed(
    engine: Engine, indexing: NewIndexer, story: Story, kept: int, fresh: Callable[[], dict[str, object]]
) -> None:
    """With none of the other branch's blocks, the chain is the beginning of what it was."""
    indexer = indexing(engine)
    fork = story.anvil.request("evm_snapshot")
    story.branch(20, seed=1)
    indexer.sync()
    story.anvil.request("evm_revert", fork)
    story.branch(kept, seed=2)
    indexer.sync()
    assert_proven(engine, story.anvil, story.deployment)
    assert content(engine) == fresh()


def test_reorganisation__of_everything__begins_anew(engine: Engine, indexing: NewIndexer, story: Story) -> None:
    """Not one block is left that was indexed: the chain was started again, say."""
    indexer = indexing(engine)
    indexer.sync()
    cursor = indexer.database.cursor()
    indexer.database.undo_all(cursor)
    assert indexer.database.cursor().block_hash is None
    indexer.sync()
    assert indexer.database.cursor() == cursor
    assert_proven(engine, story.anvil, story.deployment)


def test_reorganisation__deeper_than_what_is_kept__is_followed(
    engine: Engine, indexing: NewIndexer, story: Story, fresh: Callable[[], dict[str, object]]
) -> None:
    """Far behind the head only blocks with events are kept; one of them is the ancestor."""
    indexer = indexing(engine, depth=4)
    fork = story.anvil.request("evm_snapshot")
    story.branch(100, seed=1)
    indexer.sync()
    story.anvil.request("evm_revert", fork)
    story.branch(90, seed=2)
    indexer.sync()
    assert_proven(engine, story.anvil, story.deployment)
    assert content(engine) == fresh()


def test_reorganisation__late_endpoint__undoes_nothing(engine: Engine, indexing: NewIndexer, story: Story) -> None:
    """A node that is some blocks behind is asked again, and has caught up by then."""
    with FaultyProxy(story.anvil.url, seed=3, kinds=["behind"]) as proxy:
        indexer = indexing(engine, proxy.url)
        before = indexer.sync()
        undone: list[object] = []
        indexer.database.undo = lambda *arguments: undone.append(arguments)  # type: ignore[method-assign]
        proxy.percent = 50
        for _ in range(20):
            assert indexer.sync() == before
    assert proxy.counts["behind"] > 0
    assert undone == []


@pytest.mark.parametrize("seed", range(3))
def test_reorganisation__while_reading__ends_in_step(
    engine: Engine, indexing: NewIndexer, story: Story, seed: int, fresh: Callable[[], dict[str, object]]
) -> None:
    """Small ranges, a slow line, a new branch every moment: some fall between a range's logs and its headers."""
    with FaultyProxy(story.anvil.url, seed=seed, percent=50, kinds=["delayed"], delay_ms=60) as proxy:
        indexer = indexing(engine, proxy.url, blocks=4, depth=64)
        stop = threading.Event()
        errors: list[object] = []
        reader = threading.Thread(target=indexer.follow, args=(stop, 0, errors.append))
        reader.start()
        for turn in range(6):
            fork = story.anvil.request("evm_snapshot")
            story.branch(8, seed=10 * seed + turn)
            if turn % 3 < 2:
                story.anvil.request("evm_revert", fork)
        stop.set()
        reader.join()
        indexer.sync()
    assert_proven(engine, story.anvil, story.deployment)
    assert content(engine) == fresh()
    assert indexer.database.cursor().next_block > 1
