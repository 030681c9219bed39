"""What the scripts say when there is no chain where they are told to look."""

import importlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ape.conftest import SCRIPTS

ACCOUNT = "0x" + "11" * 20
#: What each script cannot do without.
ARGUMENTS = {"transfer": ("1-1", ACCOUNT)}


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address that is taken, so that nobody else can begin to answer there, but at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"


@pytest.fixture
def geth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Has a geth on the path that leaves a file when it is started; gives that file."""
    started = tmp_path / "started"
    program = tmp_path / "bin" / "geth"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {started}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return started


def invoke(name: str, url: str, network: str) -> Result:
    command = importlib.import_module(f"scripts.{name}").cli
    return CliRunner().invoke(command, [*ARGUMENTS.get(name, ()), "--network", f"ethereum:{network}:{url}"])


@pytest.mark.parametrize("network", ["local", "sepolia"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script__nothing_answers__says_so_in_a_sentence(name: str, network: str, nowhere: str) -> None:
    result = invoke(name, nowhere, network)
    expected = f"Error: Nothing answers at {nowhere}. Start the node, or check the address.\n"
    assert (result.exit_code, result.output) == (1, expected)


def test_claim__nothing_answers_and_geth_is_installed__does_not_start_it(nowhere: str, geth: Path) -> None:
    assert invoke("claim", nowhere, "local").exit_code == 1
    assert not geth.exists()
