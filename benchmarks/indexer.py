"""Measures how fast a chain is indexed, beside bare loops over `eth_getLogs` on the same chain.

`python -m benchmarks.indexer --help` lists what it does; docs/reference/index.md says how it is measured.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
import requests
from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak
from rich.console import Console
from rich.table import Table
from web3 import Web3

from benchmarks import ponder
from fec import store
from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, WEEK
from fec.indexer import Indexer, LogSettings, check
from fec.protocol import abi
from fec.protocol.abi import INDEXED
from fec.protocol.settlements import Leaf
from fec.replay import History, Replay, ReplaySettings, Row
from tests.fixtures.databases import PostgreSQL

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "reference" / "index.md"
END = "<!-- End of what it makes. -->\n"
MARK = "<!-- Made by `python -m benchmarks.indexer --write`. -->\n"
LEAVES_MARK = "<!-- Made by `python -m benchmarks.indexer --leaves 155370 --write`. -->\n"
PIPED_WIDTH = 120  # columns, where there is no terminal to ask

MONDAY = 1_767_571_200  # 5 January 2026, 00:00 UTC
SHOPPERS = 500
ORDERS_IN_BLOCK = 10
NODES_IN_CLAIM = 100
SECONDS_BETWEEN_BLOCKS = 12
EVENTS_OF_ORDER, EVENTS_OF_CLAIM = 6, 2
LEAVES_IN_SETTLEMENT = 4_080  # as many as 128 KiB hold
OWNERS = 2_469  # households of the purchase history that docs/howto/replay.md is about


@dataclass(frozen=True)
class Run:
    """One run of one contender, in a process of its own."""

    name: str
    events: int
    seconds: float
    cpu_seconds: float
    """Of the process alone: neither the chain's nor the database server's."""
    peak_mib: int
    """Most memory that the process had, in MiB."""
    loaded_mib: int
    """What it had once everything was imported, in MiB."""

    @property
    def speed(self) -> int:
        """Events a second."""
        return round(self.events / self.seconds)

    @property
    def cpu_speed(self) -> int:
        """Events a second of its own computing, which other work on the machine does not slow down as much."""
        return round(self.events / self.cpu_seconds)


# ------------------------------------------------------------------- the chain


def build(chain: Anvil, deployment: Deployment, events: int) -> int:
    """Fills a chain with orders, then claims from all of the nodes week after week; gives the number of blocks."""
    owner = chain.accounts[0]
    client = Client(chain.web3, deployment, owner)
    first = chain.now + DAY
    rows = [
        Row(
            line=number,
            time=first + number // ORDERS_IN_BLOCK * SECONDS_BETWEEN_BLOCKS,
            shopper=f"shopper {number % SHOPPERS}",
            store="store",
            amount=10 * FEC,
            reference="USD 10.00",
            order_id=f"order {number}",
        )
        for number in range(events // (EVENTS_OF_ORDER + 4 * EVENTS_OF_CLAIM))
    ]
    Replay(client, owner, ReplaySettings(workers=0)).run(History(tuple(rows), ()))
    nodes = [record.capture.token_id for record in client.orders.records() if record.capture]
    token_ids = [token_id for token_id in nodes if token_id is not None]
    while _count(chain.url, deployment) < events:
        chain.travel_to(chain.now + WEEK)
        for place in range(0, len(token_ids), NODES_IN_CLAIM):
            client.nodes.claim_for(token_ids[place : place + NODES_IN_CLAIM])
    # The peer wants the last event to be final, too.
    chain.request("anvil_mine", ponder.BLOCKS_BEHIND)
    return chain.web3.eth.block_number


def settle(chain: Anvil, deployment: Deployment, leaves: int) -> int:
    """Fills a chain with settlements in the public program; gives the number of blocks."""
    client = Client(chain.web3, deployment, chain.accounts[0])
    owners = [Web3.to_checksum_address(keccak(number)[:20]) for number in range(OWNERS)]
    draw = random.Random(leaves)
    for first in range(0, leaves, LEAVES_IN_SETTLEMENT):
        count = min(LEAVES_IN_SETTLEMENT, leaves - first)
        some = [Leaf(draw.choice(owners), draw.randrange(FEC // 10, 10 * FEC)) for _ in range(count)]
        client.settlements.settle(1, some)
    chain.request("anvil_mine", ponder.BLOCKS_BEHIND)
    return chain.web3.eth.block_number


def _count(url: str, deployment: Deployment) -> int:
    wanted = {"fromBlock": "0x0", "toBlock": "latest", "address": _addresses(deployment)}
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [wanted]}
    return len(requests.post(url, json=body, timeout=600).json()["result"])


# -------------------------------------------------------------- the contenders


def _addresses(deployment: Deployment) -> list[ChecksumAddress]:
    return [Web3.to_checksum_address(deployments.contract(deployment, name)["address"]) for name in INDEXED]


def bare(url: str, deployment: Deployment, size: int, _: str) -> int:
    """web3.py's `eth_getLogs` in a loop, and nothing done with what comes."""
    web3 = Web3(Web3.HTTPProvider(url))
    addresses = _addresses(deployment)
    found, head = 0, web3.eth.block_number
    for first in range(0, head + 1, size):
        last = min(first + size - 1, head)
        found += len(web3.eth.get_logs({"fromBlock": first, "toBlock": last, "address": addresses}))
    return found


def decoded(url: str, deployment: Deployment, size: int, _: str) -> int:
    """The same, and each log taken apart by web3.py's own contract events."""
    web3 = Web3(Web3.HTTPProvider(url))
    events: dict[tuple[str, bytes], Any] = {}
    for name in INDEXED:
        address = Web3.to_checksum_address(deployments.contract(deployment, name)["address"])
        contract = web3.eth.contract(address, abi=abi.load(name)["abi"])
        for event in contract.events:  # type: ignore[attr-defined]
            events[contract.address, bytes.fromhex(event().topic[2:])] = event()
    addresses = _addresses(deployment)
    found, head = 0, web3.eth.block_number
    for first in range(0, head + 1, size):
        last = min(first + size - 1, head)
        for log in web3.eth.get_logs({"fromBlock": first, "toBlock": last, "address": addresses}):
            events[log["address"], bytes(log["topics"][0])].process_log(log)
            found += 1
    return found


def raw(url: str, deployment: Deployment, size: int, _: str) -> int:
    """`eth_getLogs` by a bare HTTP client and Python's JSON: what any reader in Python has to do at least."""
    session = requests.Session()

    def ask(method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return session.post(url, json=body, timeout=600).json()["result"]

    addresses = _addresses(deployment)
    found, head = 0, int(ask("eth_blockNumber"), 16)
    for first in range(0, head + 1, size):
        last = min(first + size - 1, head)
        found += len(ask("eth_getLogs", {"fromBlock": hex(first), "toBlock": hex(last), "address": addresses}))
    return found


def index(url: str, deployment: Deployment, _: int, database: str) -> int:
    """The indexer: read, checked, decoded, folded, written, committed."""
    found = 0

    def add(_: object, __: object, events: int) -> None:
        nonlocal found
        found += events

    indexer = Indexer(store.open_database(database), url, deployment, settings=LogSettings())
    indexer.sync(add)
    indexer.close()
    return found


CONTENDERS: dict[str, tuple[Callable[[str, Deployment, int, str], int], str | None]] = {
    "web3.py get_logs, nothing else": (bare, None),
    "web3.py get_logs and process_log": (decoded, None),
    "raw JSON-RPC, nothing else": (raw, None),
    "fec.indexer into SQLite": (index, "sqlite"),
    "fec.indexer into PostgreSQL": (index, "postgresql"),
}


def _child(name: str, *where: Any, answer: Any) -> None:
    contender, _ = CONTENDERS[name]
    loaded = _peak_mib()
    began, cpu_began = time.perf_counter(), time.process_time()
    events = contender(*where)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    answer.put(asdict(Run(name, events, seconds, cpu_seconds, _peak_mib(), loaded)))


def _peak_mib() -> int:
    # Not getrusage's figure, which a new process inherits from the one that started it.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10


def measure(name: str, url: str, deployment: Deployment, size: int, database: str) -> Run:
    """Runs a contender in a fresh process. Raises RuntimeError if it fails."""
    spawning = multiprocessing.get_context("spawn")
    answer = spawning.Queue()
    process = spawning.Process(target=_child, args=(name, url, deployment, size, database), kwargs={"answer": answer})
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{name} failed.")
    return Run(**answer.get())


def measure_ponder(url: str, deployment: Deployment, blocks: int, database: str) -> Run:
    """Runs the peer. Raises RuntimeError if it fails."""
    return Run(ponder.NAME, **asdict(ponder.run(url, deployment, blocks, database)))


# ------------------------------------------------------------------ the report


def report(runs: dict[str, list[Run]]) -> list[tuple[str, ...]]:
    """One row a contender: the median run, the slowest and fastest, and memory."""
    rows: list[tuple[str, ...]] = []
    for name, each in runs.items():
        speeds = sorted(run.speed for run in each)
        peak = max(run.peak_mib for run in each)
        rows.append(
            (
                name,
                f"{round(statistics.median(speeds)):,}",
                f"{speeds[0]:,} to {speeds[-1]:,}",
                f"{round(statistics.median(run.cpu_speed for run in each)):,}",
                f"{peak}",
                f"{peak - min(run.loaded_mib for run in each)}",
            )
        )
    return rows


def headings(unit: str) -> tuple[str, ...]:
    """Of the report's columns."""
    return "", f"{unit}/s", "Range", f"{unit} per CPU s", "Peak MiB", "Above start"


@click.command()
@click.option("--events", default=100_000, show_default=True, help="Least number of events on the chain.")
@click.option("--leaves", default=0, help="Index so many settled leaves instead, 4,080 of them in each event.")
@click.option("--rounds", default=3, show_default=True, help="Runs of each contender, in turn.")
@click.option("--write", is_flag=True, help="Write the table into docs/reference/index.md.")
@click.option("--json", "as_json", is_flag=True, help="Print all runs as JSON.")
def main(*, events: int, leaves: int, rounds: int, write: bool, as_json: bool) -> None:
    """Measures events, or settled leaves, indexed a second, on a chain of its own."""
    progress = Console(stderr=True)
    server = PostgreSQL()
    unit = "Leaves" if leaves else "Events"
    runs: dict[str, list[Run]] = {name: [] for name in (*CONTENDERS, *([] if leaves else [ponder.NAME]))}
    with tempfile.TemporaryDirectory() as folder, Anvil(timestamp=MONDAY, gas_limit=10**9) as chain:
        try:
            server.start()
            deployment = deploy(chain.web3, chain.accounts[0])
            progress.print("Filling the chain …")
            blocks = settle(chain, deployment, leaves) if leaves else build(chain, deployment, events)
            size = blocks if leaves else max(1, blocks * LogSettings().logs // events)
            for number in range(rounds):
                for name, (_, backend) in CONTENDERS.items():
                    database = server.create() if backend == "postgresql" else f"sqlite:///{folder}/{number}.sqlite"
                    runs[name].append(measure(name, chain.url, deployment, size, database))
                if not leaves:
                    runs[ponder.NAME].append(measure_ponder(chain.url, deployment, blocks, server.create()))
                progress.print(
                    f"Round {number + 1}: " + ", ".join(f"{each[-1].seconds:.2f} s" for each in runs.values())
                )
            counted = {run.events for each in runs.values() for run in each}
            found = check(store.open_database(f"sqlite:///{folder}/0.sqlite"), chain.url, deployment)
        finally:
            server.stop()
    if len(counted) != 1 or found.differences:
        raise click.ClickException(f"The contenders do not agree: {counted} {found.differences[:3]}")
    if leaves:
        runs = {name: [replace(run, events=leaves) for run in each] for name, each in runs.items()}
    about = f"{leaves or counted.pop():,} {unit.lower()} in {blocks:,} blocks; {rounds} runs of each, in turn."
    if as_json:
        click.echo(json.dumps([asdict(run) for each in runs.values() for run in each], indent=1))
    else:
        table = Table(*headings(unit), caption=about)
        for row in report(runs):
            table.add_row(*row)
        Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)
    if write:
        _write(LEAVES_MARK if leaves else MARK, about, [headings(unit), ("---", *["---:"] * 5), *report(runs)])


def _write(mark: str, about: str, rows: Sequence[Sequence[str]]) -> None:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    before, rest = DOCUMENT.read_text().split(mark)
    made = f"{about}\n\n" + "\n".join(lines)
    DOCUMENT.write_text(f"{before}{mark}\n{made}\n\n{END}{rest.split(END, 1)[1]}")


if __name__ == "__main__":
    main()
