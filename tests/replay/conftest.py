"""Histories replayed on one Anvil with one deployment; each test leaves the chain as it found it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.cli import main
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY
from fec.replay import Columns, History, Replay, ReplayReport, ReplaySettings, read
from tests.fixtures.deployed import chain, deployment

__all__ = ["chain", "deployment"]

#: Monday, 2 January 2017.
MONDAY = 1_483_315_200
RATE = 100 * WEI_PER_FEC
HEADER = "who,when,paid,shop"

Replayed = Callable[..., ReplayReport]


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    with Anvil(timestamp=MONDAY - DAY) as anvil:
        yield anvil


@pytest.fixture
def client(chain: Anvil, deployment: Deployment) -> Client:
    return Client(chain.web3, deployment)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV of rows `who,when,paid,shop`; times are seconds after Monday."""

    def write(*rows: tuple[str, int, str, str]) -> Path:
        path = tmp_path / "history.csv"
        lines = [f"{who},{MONDAY + seconds},{paid},{shop}" for who, seconds, paid, shop in rows]
        path.write_text("\n".join([HEADER, *lines, ""]))
        return path

    return write


@pytest.fixture
def history(file: Callable[..., Path]) -> Callable[..., History]:
    def of(*rows: tuple[str, int, str, str]) -> History:
        return read(file(*rows), Columns("who", "when", "paid", "shop"), rate=RATE, currency="USD")

    return of


@pytest.fixture
def replayed(chain: Anvil, client: Client, history: Callable[..., History]) -> Replayed:
    """Replays rows by the owner's key, without workers."""

    def replay(*rows: tuple[str, int, str, str], **settings: Any) -> ReplayReport:
        return Replay(client, chain.accounts[0], ReplaySettings(workers=0, **settings)).run(history(*rows))

    return replay


@pytest.fixture
def options(chain: Anvil, deployment: Deployment, tmp_path: Path) -> list[str]:
    """Of the command line: which chain, which columns, and the owner, for whom Anvil signs."""
    record = tmp_path / "31337.json"
    deployments.write(deployment, record)
    common = ["--rpc", chain.url, "--deployments", str(record), "--account", chain.accounts[0].address]
    columns = ["--shopper", "who", "--time", "when", "--amount", "paid", "--store", "shop", "--rate", "100"]
    return [*common, *columns, "--workers", "0"]


@pytest.fixture
def run(options: list[str]) -> Callable[..., Result]:
    def type_(*words: object) -> Result:
        result = CliRunner(mix_stderr=False).invoke(main, ["replay", *map(str, words), *options])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return type_


@pytest.fixture
def as_json(run: Callable[..., Result]) -> Callable[..., Any]:
    def of(*words: object) -> Any:
        result = run(*words, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return of
