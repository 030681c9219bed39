"""Measures the service and not itself: orders from the invoice to captured, invoices, quotes; beside another commit.

`python -m benchmarks.service --help` lists what it does; docs/reference/service.md says how it is measured.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import requests
import uvicorn
from eth_utils.abi import event_abi_to_log_topic
from rich.console import Console
from rich.table import Table

from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.protocol.terms import Terms
from fec.relayer import LocalSigner
from fec.service.app import create_app
from fec.service.context import Service
from fec.service.http.access_log import configure
from fec.service.models import Role
from fec.service.operations.collector import relax_collector
from fec.service.settings import Settings
from tests.fixtures.databases import PostgreSQL

#: What `benchmarks.stand` asks each commit's module for.
__all__ = (
    "FEC",
    "Anvil",
    "Client",
    "LocalSigner",
    "Role",
    "Service",
    "Settings",
    "Terms",
    "configure",
    "create_app",
    "deploy",
    "relax_collector",
    "uvicorn",
)

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ("sqlite", "postgresql")
#: On a disk: /tmp may be memory.
DISK = "/var/tmp"  # noqa: S108
PROGRAMS, SHOPPERS = 4, 50
#: As Ethereum's.
BLOCK_GAS = 60_000_000
DEADLINE = 300  # seconds, for anything at all
WIDTH = 120  # columns, where there is no terminal to ask


@dataclass(frozen=True)
class Timed:
    """What was done again and again, by one build on one database."""

    ms: list[float]
    seconds: float
    own_ms: float
    """Computing of the service's processes, for each."""
    loader_ms: float
    """Computing of the load, for each."""
    transactions: tuple[int, int] = (0, 0)
    """Of orders, in how many transactions they were paid, and in how many blocks."""

    @property
    def rate(self) -> float:
        """A second."""
        return len(self.ms) / self.seconds

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred were done."""
        return statistics.quantiles(self.ms, n=100, method="inclusive")[percent - 1]


@dataclass
class Stand:
    """A build, its chain, and its service on one database."""

    name: str
    tree: Path
    chain: Anvil
    backend: str
    database: str
    folder: Path
    instances: int
    open: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    shoppers: list[str] = field(default_factory=lambda: ["0x" + secrets.token_hex(32) for _ in range(SHOPPERS)])
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)

    def start(self, poll_ms: int | None) -> None:
        """Deploys, admits merchants, and starts the service's processes."""
        asked = {"rpc": self.chain.url, "shoppers": self.shoppers, "programs": PROGRAMS}
        self.open = self._run("open", asked)
        settings = {
            "rpc": self.chain.url,
            "deployment": self.open["deployment"],
            "database": self.database,
            "url": "http://127.0.0.1",
            "programs": self.open["programs"],
            "poll_ms": poll_ms,
        }
        self.keys = self._run("admit", settings)["keys"]
        for number in range(self.instances):
            port = _free_port()
            more = {"do": "serve", "port": port, "log": str(self.folder / f"{self.name}-{self.backend}-{number}.log")}
            process = self._process()
            if process.stdin is not None:
                process.stdin.write(json.dumps({**settings, **more}))
                process.stdin.close()
            self.processes.append(process)
            self.ports.append(port)
            _until_ready(f"http://127.0.0.1:{port}/readyz", process)

    def stop(self) -> None:
        """Ends the service's processes."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()

    def measure(self, what: str, *, seconds: float, at_once: int, rate: int | None = None) -> Timed:
        """Has load come, and sees what it takes; of orders, that the chain has each once."""
        asked = {
            "what": what,
            "seconds": seconds,
            "at_once": at_once,
            "rate": rate,
            "keys": self.keys,
            "shoppers": self.shoppers,
            "database": self.database,
            "name": secrets.token_hex(4),
        }
        before = sum(map(cpu_seconds, self.processes))
        first = self._block()
        each = [{**asked, "port": port, "at_once": at_once // len(self.ports)} for port in self.ports]
        for number, one in enumerate(each):
            one["name"] = f"{one['name']} {number}"
        loads = [_spawn([sys.executable, "-m", "benchmarks.loader"], ROOT) for _ in each]
        for load, one in zip(loads, each, strict=True):
            if load.stdin is not None:
                load.stdin.write(json.dumps(one))
                load.stdin.close()
        seen = [json.loads(load.stdout.read() if load.stdout else "") for load in loads]
        ms = [one for load in seen for one in load["ms"]]
        own = 1000 * (sum(map(cpu_seconds, self.processes)) - before) / len(ms)
        transactions = (0, 0)
        if what == "order":
            transactions = self._check(Counter(key for load in seen for key in load["keys"]), first)
        loader = sum(load["cpu_ms"] * len(load["ms"]) for load in seen) / len(ms)
        return Timed(ms, max(load["seconds"] for load in seen), own, loader, transactions)

    def _check(self, orders: Counter[str], first: int) -> tuple[int, int]:
        """Raises RuntimeError unless the chain's logs have each order exactly once, and no other.

        Gives how many transactions they are in, and how many blocks.
        """
        deployed = self.open["deployment"]["contracts"]["Checkout"]
        paid = next(entry for entry in deployed["abi"] if entry.get("name") == "OrderPaid")
        wanted = {
            "address": deployed["address"],
            "fromBlock": hex(first + 1),
            "topics": ["0x" + event_abi_to_log_topic(paid).hex()],
        }
        logs = _ask(self.chain.url, "eth_getLogs", wanted)
        found = Counter(log["topics"][1] for log in logs)
        if found != orders:
            wrong = [key for key in found | orders if found[key] != orders[key]]
            raise RuntimeError(f"{len(wrong)} orders are not on the chain exactly once, such as {wrong[:3]}.")
        return len({log["transactionHash"] for log in logs}), len({log["blockNumber"] for log in logs})

    def _block(self) -> int:
        return int(_ask(self.chain.url, "eth_blockNumber"), 16)

    def _process(self) -> subprocess.Popen[str]:
        return _spawn([sys.executable, "-P", str(ROOT / "benchmarks" / "stand.py")], self.tree)

    def _run(self, do: str, asked: dict[str, Any]) -> Any:
        answer, _ = self._process().communicate(json.dumps({"do": do, **asked}))
        return json.loads(answer)


def _spawn(command: list[str], tree: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.Popen(
        command, cwd=tree, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _ask(url: str, method: str, *params: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return requests.post(url, json=body, timeout=DEADLINE).json()["result"]


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    """What a process has computed so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _until_ready(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=30).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise RuntimeError("The service does not get ready.")


@contextmanager
def tree_of(commit: str | None) -> Iterator[Path]:
    """A work tree of a commit, for as long as it is needed; this one's own without."""
    if commit is None:
        yield ROOT
        return
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ("git", "-C", str(ROOT), "worktree")
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


@contextmanager
def stand_of(build: str | None, backend: str, instances: int, poll_ms: int | None) -> Iterator[Stand]:
    """A build's service on a chain and a database of its own; what it logged is shown if something goes wrong."""
    server = PostgreSQL(durable=True)
    with tempfile.TemporaryDirectory(dir=DISK) as folder, tree_of(build) as tree, Anvil(gas_limit=BLOCK_GAS) as chain:
        database = f"sqlite:///{folder}/fec.sqlite"
        stand = Stand(build or "now", tree, chain, backend, database, Path(folder), instances)
        try:
            if backend == "postgresql":
                stand.database = server.start().create()
            stand.start(poll_ms)
            yield stand
        except BaseException:
            for log in Path(folder).glob("*.log"):
                Console(stderr=True).print(log.read_text()[-3000:])
            raise
        finally:
            stand.stop()
            server.stop()


HEADINGS = ("", "A second", "p50 ms", "p99 ms", "Own ms each", "Loader ms each")


#: Rate and percentiles are shown without decimals, times of computing with two.
WHOLE_FIGURES = 3


def rows_of(results: Sequence[tuple[str, str, str, Timed]]) -> Iterator[tuple[str, ...]]:
    """A row for each thing measured, and one for how two builds compare."""
    before: dict[tuple[str, str], Timed] = {}
    for build, backend, what, timed in results:
        figures = (timed.rate, timed.percentile(50), timed.percentile(99), timed.own_ms, timed.loader_ms)
        name = f"{what}, {backend}" if not build else f"{what}, {backend}, {build}"
        yield (name, *(f"{figure:,.{0 if place < WHOLE_FIGURES else 2}f}" for place, figure in enumerate(figures)))
        old = before.setdefault((backend, what), timed)
        if old is not timed:
            ratios = (
                timed.rate / old.rate,
                timed.percentile(50) / old.percentile(50),
                timed.percentile(99) / old.percentile(99),
                timed.own_ms / old.own_ms,
            )
            yield (f"{what}, {backend}: ratio", *(f"× {ratio:.3g}" for ratio in ratios), "")


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="For each thing that is measured.")
@click.option("--at-once", default=64, show_default=True, help="Orders under way at once.")
@click.option("--rate", type=int, help="Orders a second that arrive evenly, instead.")
@click.option("--backend", "backends", multiple=True, type=click.Choice(BACKENDS), default=BACKENDS, show_default=True)
@click.option("--what", multiple=True, default=("invoice", "quote", "order"), show_default=True)
@click.option("--instances", default=1, show_default=True, help="Processes of the service on one database.")
@click.option("--block-time", type=int, help="Seconds between the chain's blocks [a block for each transaction].")
@click.option("--poll-ms", type=int, help="Milliseconds between looks at the chain [the service's own].")
@click.option("--against", metavar="COMMIT", help="Measure that commit's build first, and print ratios.")
@click.option("--only", is_flag=True, help="With --against: measure that commit alone.")
def main(
    *,
    seconds: float,
    at_once: int,
    rate: int | None,
    backends: Sequence[str],
    what: Sequence[str],
    instances: int,
    block_time: int | None,
    poll_ms: int | None,
    against: str | None,
    only: bool,
) -> None:
    """Measures the service on a chain of its own: SQLite with synchronous=FULL, PostgreSQL with fsync, on a disk."""
    progress = Console(stderr=True)
    results: list[tuple[str, str, str, Timed]] = []
    builds = [*([against] if against else []), *([] if only else [None])]
    for backend, build in ((backend, build) for backend in backends for build in builds):
        name = (build or "now")[:8]
        with stand_of(build, backend, instances, poll_ms) as stand:
            # A first round warms up what is made once.
            stand.measure(what[0], seconds=1, at_once=8 * instances)
            if block_time:
                stand.chain.request("evm_setIntervalMining", block_time)
            for one in what:
                timed = stand.measure(one, seconds=seconds, at_once=at_once, rate=rate if one == "order" else None)
                results.append((name if against else "", backend, one, timed))
                progress.print(
                    f"{name} {backend} {one}: {timed.rate:.0f}/s, {timed.own_ms:.1f} ms of its own each"
                    + ("; {} transactions in {} blocks".format(*timed.transactions) if one == "order" else "")
                )
    with open("/proc/loadavg") as load:
        busy = load.read().split()[0]
    table = Table(*HEADINGS, caption=f"{seconds:g} s each, {at_once} at once; load of the machine at the end {busy}")
    for row in rows_of(results):
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)


if __name__ == "__main__":
    main()
