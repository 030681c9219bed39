"""`fec index`, as it is typed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from fec import store
from fec.chain import deployments
from fec.cli import files
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.indexer.models import NodeVersion
from fec.protocol.settlements import Leaf, ProvenLeaf
from tests.cli.conftest import Shell

from .story import Story

TABLES = ("blocks", "events", "nodes", "orders", "coin_transfers")


@pytest.fixture
def record(story: Story, tmp_path: Path) -> Path:
    path = tmp_path / "31337.json"
    deployments.write(story.deployment, path)
    return path


@pytest.fixture
def shell(story: Story, record: Path) -> Shell:
    return Shell(story.anvil, record, None)


@pytest.fixture
def where(database: str) -> list[str]:
    return ["--database", database]


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """The same database, looked at from beside."""
    engine = store.open_database(database)
    yield engine
    engine.dispose()


def test_run__first_time__indexes_up_to_the_head(shell: Shell, where: list[str], story: Story) -> None:
    head = story.anvil.web3.eth.get_block("latest")
    found = shell.json("index", "run", *where)
    assert (found["block"], found["blockHash"]) == (head["number"], head["hash"].to_0x_hex())
    assert found["events"] > 0


def test_run__again__finds_nothing_new(shell: Shell, where: list[str], story: Story) -> None:
    shell("index", "run", *where)
    head, final = story.anvil.web3.eth.block_number, story.anvil.web3.eth.get_block("finalized")["number"]
    expected = f"0 new events; indexed up to block {head}, final up to {final}.\n"
    assert shell("index", "run", *where) == expected


def test_run__follow__goes_on_until_interrupted(story: Story, where: list[str], record: Path, shell: Shell) -> None:
    command = [sys.executable, "-m", "fec.cli", "--rpc", story.anvil.url, "--deployments", str(record)]
    process = subprocess.Popen([*command, "index", "run", *where, "--follow", "--every", "1"], stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert b"Following the chain" in process.stderr.readline()
    story.play(1, seed=1)
    while shell.json("index", "status", *where)["behind"]:
        time.sleep(0.1)
    process.send_signal(2)
    assert process.wait(60) == 0


def test_status__behind__says_how_far(shell: Shell, where: list[str], story: Story) -> None:
    shell("index", "run", *where)
    story.anvil.mine(3)
    found = shell.json("index", "status", *where)
    assert (found["behind"], found["head"]) == (3, story.anvil.web3.eth.block_number)
    assert all(found["rows"][table] > 0 for table in TABLES)


def test_status__for_people__is_a_table(shell: Shell, where: list[str]) -> None:
    shell("index", "run", *where)
    said = shell("index", "status", *where)
    assert "0 blocks behind" in said
    assert "node_versions" in said


def test_status__nothing_there__says_what_to_do(shell: Shell, where: list[str]) -> None:
    error = shell.refused("index", "status", *where)
    # A server's database can be there and be empty; a file is not made just to look into it.
    assert error["error"] in ("DatabaseOutdated", "DatabaseUnreachable")
    assert "`fec index run`" in error["message"]


def test_check__all_is_well__says_so(shell: Shell, where: list[str]) -> None:
    shell("index", "run", *where)
    assert "✓ 0 differences" in shell("index", "check", *where)


def test_check__a_difference__fails_and_says_which(shell: Shell, where: list[str], engine: Engine) -> None:
    shell("index", "run", *where)
    with store.writing(engine) as connection:
        connection.execute(update(NodeVersion).values(claimed=7))
    result = shell.run("index", "check", *where)
    assert result.exit_code == 1
    assert "✗ state of node" in result.stdout


def test_rebuild__mends_what_other_hands_changed(shell: Shell, where: list[str], engine: Engine) -> None:
    events = shell.json("index", "run", *where)["events"]
    with store.writing(engine) as connection:
        connection.execute(update(NodeVersion).values(claimed=7))
    assert shell.json("index", "rebuild", *where) == {"events": events}
    assert shell.json("index", "check", *where)["differences"] == []


def test_rollback__and_run__end_where_they_began(shell: Shell, where: list[str]) -> None:
    end = shell.json("index", "run", *where)["block"]
    assert shell.json("index", "rollback", end - 5, *where) == {"block": end - 5}
    assert shell.json("index", "run", *where)["block"] == end


def test_run__no_such_folder__is_refused(shell: Shell, tmp_path: Path) -> None:
    error = shell.refused("index", "run", "--database", str(tmp_path / "missing" / "fec.sqlite"))
    assert (error["error"], "unable to open database file" in error["message"]) == ("DatabaseUnreachable", True)


def test_run__no_database_at_all__is_refused(shell: Shell) -> None:
    assert shell.refused("index", "run", "--database", "mysql://localhost/fec")["error"] == "DatabaseInvalid"


def test_run__without_the_extra__says_what_to_install(record: Path, story: Story) -> None:
    """As where only the base package is installed: the rest of the command line works all the same."""
    code = "import sys; sys.modules['sqlalchemy'] = None; from fec.cli import main; main()"
    command = [sys.executable, "-c", code, "--rpc", story.anvil.url, "--deployments", str(record)]
    done = subprocess.run([*command, "index", "run"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "This command needs sqlalchemy, which is not installed: pip install 'fec[server]'" in done.stderr
    assert subprocess.run([*command, "curve"], capture_output=True, check=False).returncode == 0


def test_status__settlements__counts_their_nodes(shell: Shell, where: list[str], story: Story) -> None:
    shell("index", "run", *where)
    before = shell.json("index", "status", *where)
    story.open_leaf(story.settle([Leaf(story.bob.address, FEC)] * 3), 1)
    shell("index", "run", *where)
    after = shell.json("index", "status", *where)
    assert [after[name] - before[name] for name in ("settledNodes", "unopenedNodes")] == [3, 2]
    assert f"{after['settledNodes']}, of which {after['unopenedNodes']} not opened" in shell("index", "status", *where)


def test_leaves__of_an_owner__each_line_opens_its_node(
    shell: Shell, where: list[str], story: Story, tmp_path: Path
) -> None:
    shell("index", "run", *where)
    bob = story.bob.address
    file, leaf = tmp_path / "leaves.jsonl", tmp_path / "leaf.json"
    found = shell.json("index", "leaves", str(file), *where, "--owner", bob, "--program", str(story.at_once))
    lines = file.read_text().splitlines()
    assert found == {"leaves": len(lines), "file": str(file)}
    leaf.write_text(lines[0])
    proven = files.read(leaf, files.LEAF, ProvenLeaf.from_record)
    story.rival.settlements.open([proven])
    assert story.owner.nodes.get(proven.token_id).owner == bob


def test_leaves__a_file_that_is_there__is_left_as_it_is(shell: Shell, where: list[str], tmp_path: Path) -> None:
    shell("index", "run", *where)
    file = tmp_path / "leaves.jsonl"
    file.write_text("mine")
    assert "already exists. Choose another name" in shell.refused("index", "leaves", str(file), *where)["message"]
    assert file.read_text() == "mine"
