"""Kills a replay at random instants and starts it again: the chain ends with what the file says, once."""

import os
import random
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, HOUR
from fec.replay import Columns, Replay, ReplaySettings, StoreTerms, read
from tests.fixtures.processes import command

MONDAY = 1_483_315_200
SEED = 20_170_102
KILLS = 12
ROWS = 240
#: Milliseconds between two looks at how far a run has come, and the time that a run may take.
LOOK = 10
PATIENCE = 300


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(timestamp=MONDAY - DAY) as anvil:
        yield anvil


@pytest.fixture(scope="module")
def client(anvil: Anvil) -> Client:
    return Client(anvil.web3, deploy(anvil.web3, anvil.accounts[0]))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Purchases and returns of some shoppers at some stores; one in eight of them a return."""
    rng = random.Random(SEED)
    lines = ["who,when,paid,shop"]
    for number in range(ROWS):
        sign = "-" if rng.randrange(8) == 0 else ""
        cents = rng.randrange(1, 500 if sign else 10_000)
        moment = MONDAY + number * 6 * HOUR + rng.randrange(3)
        lines.append(f"c{rng.randrange(9)},{moment},{sign}{cents // 100}.{cents % 100:02},s{rng.randrange(2)}")
    path = tmp_path_factory.mktemp("history") / "history.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def start(anvil: Anvil, record: Path, path: Path) -> BaseProcess:
    options = f"--rpc {anvil.url} --account {anvil.accounts[0].address} --returns 14d --rate 100 --workers 1"
    columns = "--shopper who --time when --amount paid --store shop"
    words = ["replay", str(path), "--deployments", str(record), *options.split(), *columns.split()]
    return command(words, os.environ, os.devnull)


def test_replay__killed_at_random_instants__pays_each_order_once(
    anvil: Anvil, client: Client, path: Path, tmp_path: Path
) -> None:
    record = tmp_path / "31337.json"
    deployments.write(client.deployment, record)
    rng = random.Random(SEED)
    for _ in range(KILLS):
        # By what is on the chain, so that kills fall all over the run however slow the machine is.
        height = anvil.web3.eth.block_number + rng.randrange(1, 2 * ROWS // KILLS)
        run = start(anvil, record, path)
        for _ in range(PATIENCE * 1_000 // LOOK):
            if not run.is_alive() or anvil.web3.eth.block_number >= height:
                break
            time.sleep(LOOK / 1_000)
        run.kill()
        run.join()

    history = read(path, Columns("who", "when", "paid", "shop"), rate=100 * WEI_PER_FEC)
    settings = ReplaySettings(terms=StoreTerms(return_window=14 * DAY), workers=0)
    report = Replay(client, anvil.accounts[0], settings).run(history)

    bought = [row for row in history.rows if row.amount > 0]
    paid = client.orders.records()
    assert sorted((found.order_id, found.amount) for found in paid) == sorted(
        (row.order_id, row.amount) for row in bought
    )
    returned = -sum(row.amount for row in history.rows if row.amount < 0)
    left_out = {line for line, _ in report.left_out}
    not_returned = -sum(row.amount for row in history.rows if row.line in left_out)
    assert sum(found.state.refunded for found in paid) == returned - not_returned
    assert client.orders.due() == []
    figures = client.figures()
    assert figures.supply + figures.outstanding == figures.genesis_supply + 9 * figures.burned
    assert client.balance(client.orders.address) == 0
