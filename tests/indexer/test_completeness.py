"""An index knows what it does not know: logs that an endpoint has thrown away, or leaves out, are found out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, select

from fec import store
from fec.chain import deployments
from fec.i18n.errors import WrongAnswer
from fec.indexer import Indexer, check
from fec.indexer.errors import IndexIncomplete, LogsPruned
from fec.indexer.models import DERIVED, CursorRecord, EventRecord, TotalsVersion, table
from fec.reports import export
from tests.cli.conftest import Shell
from tests.fixtures.endpoints import Answer, Ask, Call, Profile, ReshapingProxy

from .conftest import SHORT
from .content import assert_proven, content
from .story import Story

NewIndexer = Callable[..., Indexer]

#: Blocks of logs that a node keeps.
KEPT = 150


class Pruned:
    """A node that has thrown away the logs of all blocks up to `upto`: it finds none there, and says nothing of it."""

    def __init__(self, upto: int) -> None:
        self.upto = upto

    def __call__(self, call: Call, ask: Ask) -> Answer:
        answer = ask(call)
        if call["method"] == "eth_getLogs" and "result" in answer:
            kept = [log for log in answer["result"] if int(log["blockNumber"], 16) > self.upto]
            return {**answer, "result": kept}
        return answer


def pruning(upto: int) -> Profile:
    return Profile("", call=Pruned(upto))


def incomplete_at(engine: Engine) -> int | None:
    with store.reading(engine) as connection:
        return connection.scalar(select(CursorRecord.incomplete_at))


def test_sync__logs_of_the_deployment_are_pruned__is_refused_at_once(
    engine: Engine, story: Story, indexing: NewIndexer
) -> None:
    story.anvil.mine(400)
    head = story.anvil.web3.eth.block_number
    with ReshapingProxy(story.anvil.url, pruning(head - KEPT)) as proxy:
        with pytest.raises(LogsPruned, match="gives no logs of block 1, in which these contracts have some"):
            indexing(engine, proxy.url).sync()
        assert proxy.methods["eth_getLogs"] <= 3


def test_sync__logs_since_the_last_look_are_pruned__is_refused_and_changes_nothing(
    engine: Engine, story: Story, indexing: NewIndexer
) -> None:
    indexing(engine).sync()
    before = content(engine)
    story.play(5, seed=1)
    story.anvil.mine(400)
    head = story.anvil.web3.eth.block_number
    with ReshapingProxy(story.anvil.url, pruning(head - KEPT)) as proxy, pytest.raises(LogsPruned):
        indexing(engine, proxy.url).sync()
    assert content(engine) == before
    # Another endpoint has them.
    indexing(engine).sync()
    assert_proven(engine, story.anvil, story.deployment)


def test_sync__little_is_new_on_a_pruned_node__goes_on(engine: Engine, story: Story, indexing: NewIndexer) -> None:
    story.anvil.mine(400)
    indexing(engine).sync()
    head = story.anvil.web3.eth.block_number
    story.play(3, seed=1)
    with ReshapingProxy(story.anvil.url, pruning(head)) as proxy:
        indexing(engine, proxy.url).sync()
    assert_proven(engine, story.anvil, story.deployment)


@pytest.mark.parametrize("blocks", [3, 1_000])
def test_sync__endpoint_leaves_out_the_latest_logs__is_found_out_by_the_sums(
    engine: Engine, story: Story, indexing: NewIndexer, tmp_path: Path, blocks: int
) -> None:
    upto = story.anvil.web3.eth.block_number

    def call(call: Call, ask: Ask) -> Answer:
        """Has logs of old blocks only, says that blooms are empty, and finds nothing by hash."""
        answer = ask(call)
        if call["method"] == "eth_getLogs" and "result" in answer:
            early = [log for log in answer["result"] if int(log["blockNumber"], 16) <= upto - 10]
            return {**answer, "result": early}
        return answer

    with ReshapingProxy(story.anvil.url, Profile("", call=call)) as proxy, pytest.raises(IndexIncomplete, match="sums"):
        indexing(engine, proxy.url, blocks=blocks).sync()
    assert incomplete_at(engine) is not None
    with pytest.raises(IndexIncomplete):
        export.export(engine, tmp_path / "export")


def test_rollback__and_again_through_another_endpoint__mends_an_incomplete_index(
    engine: Engine, story: Story, indexing: NewIndexer, tmp_path: Path
) -> None:
    indexing(engine).sync()
    last = _forget_an_order(engine)
    indexer = indexing(engine)
    with pytest.raises(IndexIncomplete):
        indexer.sync()
    assert incomplete_at(engine) == last
    indexer.rollback(0)
    indexer.sync()
    assert incomplete_at(engine) is None
    assert_proven(engine, story.anvil, story.deployment)
    export.export(engine, tmp_path / "export")


def _forget_an_order(engine: Engine) -> int:
    """Takes the last events with new totals out of the index, as if they had never come; gives the cursor's block."""
    with store.writing(engine) as connection:
        block = connection.scalar(select(func.max(TotalsVersion.block_number)))
        for each in (*DERIVED, table(EventRecord)):
            connection.execute(delete(each).where(each.c.block_number == block))
        return int(connection.scalar(select(CursorRecord.next_block)) or 0) - 1


@pytest.mark.parametrize("deep", [True, False])
def test_rollback__logs_are_pruned__forgets_nothing(
    engine: Engine, story: Story, indexing: NewIndexer, deep: bool
) -> None:
    indexing(engine).sync()
    before = content(engine)
    head = story.anvil.web3.eth.block_number
    with (
        ReshapingProxy(story.anvil.url, pruning(head)) as proxy,
        pytest.raises(LogsPruned, match="Nothing was changed"),
    ):
        indexing(engine, proxy.url, depth=2).rollback(0 if deep else head - 5)
    assert content(engine) == before


def test_sync__other_branch_on_a_pruned_node__forgets_nothing(
    engine: Engine, story: Story, indexing: NewIndexer
) -> None:
    fork = story.anvil.request("evm_snapshot")
    story.play(3, seed=1)
    indexing(engine).sync()
    before = content(engine)
    story.anvil.request("evm_revert", fork)
    story.play(4, seed=2)
    head = story.anvil.web3.eth.block_number
    with ReshapingProxy(story.anvil.url, pruning(head)) as proxy, pytest.raises(LogsPruned):
        indexing(engine, proxy.url, depth=2).sync()
    assert content(engine) == before


def test_check__index_lacks_everything__lists_differences(engine: Engine, story: Story, indexing: NewIndexer) -> None:
    indexing(engine).sync()
    with store.writing(engine) as connection:
        for each in (*DERIVED, table(EventRecord)):
            connection.execute(delete(each))
    report = check(engine, story.anvil.url, story.deployment, patience=SHORT)
    assert "total" in {difference.what for difference in report.differences}


def test_sync__settled_blocks_are_left_out_of_a_search__is_not_believed(
    engine: Engine, story: Story, indexing: NewIndexer
) -> None:
    story.anvil.mine(200)

    def call(call: Call, ask: Ask) -> Answer:
        """Leaves out the last block of each range, as a node that is behind; knows it by its hash."""
        answer = ask(call)
        wanted = call["params"][0] if call["method"] == "eth_getLogs" else {}
        if wanted.get("fromBlock") != wanted.get("toBlock"):
            kept = [log for log in answer["result"] if log["blockNumber"] != wanted["toBlock"]]
            return {**answer, "result": kept}
        return answer

    with (
        ReshapingProxy(story.anvil.url, Profile("", call=call)) as proxy,
        pytest.raises(WrongAnswer, match="left them"),
    ):
        indexing(engine, proxy.url, blocks=2, depth=5).sync()
    indexing(engine).sync()
    assert_proven(engine, story.anvil, story.deployment)


def test_run__pruned_node__is_refused_in_words(story: Story, tmp_path: Path) -> None:
    story.anvil.mine(400)
    record = tmp_path / "31337.json"
    deployments.write(story.deployment, record)
    with ReshapingProxy(story.anvil.url, pruning(story.anvil.web3.eth.block_number - KEPT)) as proxy:
        shell = Shell(story.anvil, record, None)
        shell.options[1] = proxy.url
        error = shell.refused("index", "run", "--database", str(tmp_path / "fec.sqlite"))
        # There is nothing to prove yet, which is no difference and no traceback.
        assert shell.refused("index", "check", "--database", str(tmp_path / "fec.sqlite"))["error"] == "IndexMissing"
    assert error["error"] == "LogsPruned"
    assert "an archive node" in error["message"]
