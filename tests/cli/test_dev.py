"""`fec dev`: starts, says where things are, stops when told to, and respects files that are not its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fec.chain import deployments
from fec.chain.anvil import DEFAULT_CHAIN_ID
from fec.chain.deploy import CONTRACTS
from fec.chain.rpc import connect
from fec.cli import main
from fec.client.client import Client
from fec.i18n.errors import RPCUnreachable

PATIENCE = 240
PUBLIC_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A `fec dev` that has said where things are."""
    command = [sys.executable, "-m", "fec.cli", "dev", "--json", *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process, _document(process)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def _document(process: subprocess.Popen[str]) -> dict[str, Any]:
    if process.stdout is None:
        raise AssertionError("started with a pipe")
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            break
    document: dict[str, Any] = json.loads("".join(lines))
    return document


def stopped_by(number: signal.Signals, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    with running(folder, *options) as (process, said):
        process.send_signal(number)
        process.wait(timeout=PATIENCE)
        return process.returncode, said


def test_dev__started__everything_is_where_it_says(tmp_path: Path) -> None:
    with running(tmp_path) as (_, said):
        client = Client.connect(said["rpc"], tmp_path / "deployments" / f"{DEFAULT_CHAIN_ID}.json")
        figures = client.figures()
        assert client.balance(said["account"]) == figures.supply == figures.genesis_supply
        assert set(said["contracts"]) == set(CONTRACTS)
        assert said["privateKey"] == PUBLIC_KEY


def test_dev__block_gas_named__is_what_a_block_takes(tmp_path: Path) -> None:
    with running(tmp_path, "--block-gas", "400000000") as (_, said):
        assert connect(said["rpc"]).eth.get_block("latest")["gasLimit"] == 400_000_000


def test_dev__port_and_file_named__are_taken(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with running(tmp_path, "--port", str(port), "--out", "mine.json") as (_, said):
        assert said["rpc"] == f"http://127.0.0.1:{port}"
        assert Client.connect(said["rpc"], tmp_path / "mine.json").now() > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_dev__interrupted__stops_anvil_and_ends_well(tmp_path: Path, number: signal.Signals) -> None:
    code, said = stopped_by(number, tmp_path)
    assert code == 0
    with pytest.raises(RPCUnreachable):
        connect(said["rpc"])


def test_dev__record_of_a_dead_chain__is_replaced(tmp_path: Path) -> None:
    stopped_by(signal.SIGINT, tmp_path)
    with running(tmp_path) as (_, said):
        assert Client.connect(said["rpc"], tmp_path / said["deployments"]).balance(said["account"])


def test_dev__record_of_another_deployment__is_left_alone(tmp_path: Path, record: Path) -> None:
    foreign = deployments.read(record)
    foreign["contracts"]["ADN"]["address"] = foreign["contracts"]["FEC"]["address"]
    out = tmp_path / "theirs.json"
    deployments.write(foreign, out)
    before = out.read_text()
    result = CliRunner(mix_stderr=False).invoke(main, ["dev", "--out", str(out)])
    assert (result.exit_code, out.read_text()) == (1, before)
    assert result.stderr == (
        f"Error: {out} records another deployment, on chain {DEFAULT_CHAIN_ID}, and was not changed. "
        "Choose another file with --out, or move this one.\n"
    )


def test_dev__file_that_is_no_record__is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "notes.txt"
    out.write_text("buy milk")
    result = CliRunner(mix_stderr=False).invoke(main, ["dev", "--out", str(out)])
    assert (result.exit_code, out.read_text()) == (1, "buy milk")
    assert result.stderr.startswith(f"Error: {out} is not JSON: ")


def test_dev__port_in_use__says_so(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        result = CliRunner(mix_stderr=False).invoke(main, ["dev", "--port", str(listener.getsockname()[1])])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Anvil did not start. Correct what it says, and start it again:\n")
    assert not (tmp_path / "deployments").exists()


def test_dev__no_anvil__says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner(mix_stderr=False).invoke(main, ["dev"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The program `anvil` is not on the PATH. `make setup` installs it")


def test_dev__for_people__says_that_the_key_is_public(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "fec.cli", "dev"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise AssertionError("started with a pipe")
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("Running until interrupted"):
                break
        process.send_signal(signal.SIGINT)
    assert f"{PUBLIC_KEY} (publicly known: never use it elsewhere)" in printed
    assert "export FEC_RPC=http://127.0.0.1:" in printed
