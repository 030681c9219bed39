"""Measures the service: orders from end to end, and how soon it answers, beside the same payments sent raw.

`python -m benchmarks.service --help` lists what it does; docs/reference/service.md says how it is measured.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import click
import httpx
import requests
import uvicorn
from eth_account import Account
from eth_account.signers.local import LocalAccount
from rich.console import Console
from rich.table import Table
from web3.types import Nonce, TxParams, Wei

from benchmarks import indexer as logs
from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, WEEK
from fec.protocol.orders import Invoice, Order
from fec.protocol.signing import TypedMessage
from fec.protocol.terms import Terms
from fec.relayer import LocalSigner
from fec.service.app import create_app
from fec.service.context import Service
from fec.service.http.access_log import configure
from fec.service.models import Role
from fec.service.settings import Settings
from tests.fixtures.chains import settle
from tests.fixtures.databases import PostgreSQL

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "reference" / "service.md"
MARKS = ("<!-- Made by `python -m benchmarks.service --write`. -->\n", "<!-- End of what it makes. -->\n")
SECRET = b"a secret of the benchmark's own, long enough"
YEAR = 365 * DAY
#: Of the requests of a kind, so many are under way at once, as from so many counters.
AT_ONCE = 16
BACKENDS = ("sqlite", "postgresql")
DEADLINE = 600  # seconds, for anything at all


@dataclass(frozen=True)
class Bench:
    """A chain with a shop, and who is who."""

    chain: Anvil
    client: Client
    signer: LocalAccount
    shopper: LocalAccount
    program_id: int


@dataclass(frozen=True)
class Timed:
    """Requests of one kind: milliseconds that each took, and seconds for all of them."""

    ms: list[float]
    seconds: float

    @property
    def rate(self) -> float:
        """A second."""
        return len(self.ms) / self.seconds

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred were answered."""
        return statistics.quantiles(self.ms, n=100, method="inclusive")[percent - 1]


@dataclass(frozen=True)
class Run:
    """What was measured of the service on one database."""

    backend: str
    invoice: Timed
    quote: Timed
    order: Timed
    """Milliseconds from asking for the invoice until its event says that it is captured."""
    cpu_ms: float
    """Of the service's process, for an order."""
    peak_mib: int
    """Most memory that the process had, in MiB."""
    loaded_mib: int
    """What it had before the first request, in MiB."""


@dataclass(frozen=True)
class Floor:
    """The same without the service."""

    payments: int
    """Raw, a second."""
    events: dict[str, int]
    """A second, by how they are read."""


# -------------------------------------------------------------------- the chain


def opened(chain: Anvil) -> Bench:
    """Contracts, a program that captures at once, and a shopper with FEC and no gas coin."""
    accounts = chain.accounts
    owner = Client(chain.web3, deploy(chain.web3, accounts[0]), accounts[0])
    signer, shopper = accounts[4], Account.from_key(b"\x11" * 32)
    owner.transfer(shopper.address, 10**6 * FEC)
    made = owner.programs.create(
        accounts[3].address,
        issuer=owner.orders.address,
        period_length=WEEK,
        origin=chain.now,
        quota=10**7 * FEC,
    )
    owner.signed_by(accounts[3]).terms.set(made.program_id, Terms(signer.address, accounts[6].address))
    return Bench(chain, owner, signer, shopper, made.program_id)


def raw_payments(bench: Bench, count: int) -> int:
    """Payments a second by a bare HTTP client to the chain: signed beforehand, each sent, all mined, receipts read."""
    orders, signer = bench.client.orders, bench.signer
    checkout = bench.client.signed_by(signer).orders
    contract = bench.chain.web3.eth.contract(
        address=checkout.address, abi=bench.client.deployment["contracts"]["Checkout"]["abi"]
    )
    nonce = bench.chain.web3.eth.get_transaction_count(signer.address)
    signed = []
    for number in range(count):
        invoice = Invoice(bench.program_id, f"raw {number}", 10 * FEC, "", bench.client.now() + YEAR)
        order = Order(invoice, orders.invoice_message(invoice).sign(signer), bench.shopper.address)
        message = orders.authorization_message(order, bench.shopper.address, 0, invoice.expiry + 1)
        call = contract.functions.payWithAuthorization(
            order.fields, bench.shopper.address, 0, invoice.expiry + 1, message.sign(bench.shopper)
        )
        fees: TxParams = {"gas": 600_000, "maxFeePerGas": Wei(10**10), "maxPriorityFeePerGas": Wei(1)}
        transaction = call.build_transaction({"from": signer.address, "nonce": Nonce(nonce + number), **fees})
        signed.append(signer.sign_transaction(cast(dict[str, Any], transaction)).raw_transaction.to_0x_hex())
    session = requests.Session()

    def ask(method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return session.post(bench.chain.url, json=body, timeout=DEADLINE).json()["result"]

    began = time.perf_counter()
    hashes = [ask("eth_sendRawTransaction", raw) for raw in signed]
    settle(bench.chain)
    receipts = [ask("eth_getTransactionReceipt", tx_hash) for tx_hash in hashes]
    seconds = time.perf_counter() - began
    if any(receipt is None or receipt["status"] != "0x1" for receipt in receipts):
        raise RuntimeError("A raw payment failed.")
    return round(count / seconds)


# ------------------------------------------------------------------ the service


def _serve(settings: Settings, key: bytes, port: int, log: str) -> None:
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), 2)
    configure([])
    app = create_app(settings, LocalSigner(Account.from_key(key)))
    uvicorn.run(app, port=port, log_config=None, access_log=False, timeout_keep_alive=DEADLINE)


def _status(pid: int, name: str) -> int:
    """A figure of a process's memory, in MiB."""
    return int(Path(f"/proc/{pid}/status").read_text().partition(f"{name}:")[2].split()[0]) >> 10


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measured(bench: Bench, backend: str, database: str, log: str, *, orders: int, answers: int) -> Run:
    """Starts the service in a process of its own, has load come from another, and measures."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    settings = Settings(
        rpc=bench.chain.url,
        deployment=bench.client.deployment,
        database=database,
        secret=SECRET,
        public_url=f"http://127.0.0.1:{port}",
        key_limit="1000000/second",
        address_limit="1000000/second",
    )
    service = Service(settings, LocalSigner(bench.signer))
    service.keys.add_merchant(bench.program_id, "")
    token = service.keys.add_key(bench.program_id, Role.MANAGER, "").token
    service.close()
    spawning = multiprocessing.get_context("spawn")
    process = spawning.Process(target=_serve, args=(settings, bytes(bench.signer.key), port, log))
    process.start()
    pid = process.pid or 0
    try:
        _until_ready(f"{settings.public_url}/readyz")
        loaded = _status(pid, "VmRSS")
        load = Load(settings.public_url, token, bench.shopper, backend)
        invoice, quote = asyncio.run(load.answers(answers))
        cpu = _cpu_seconds(pid)
        order = asyncio.run(load.orders(orders))
        cpu_ms = 1000 * (_cpu_seconds(pid) - cpu) / orders
        return Run(backend, invoice, quote, order, cpu_ms, _status(pid, "VmHWM"), loaded)
    finally:
        process.terminate()
        process.join()


def _until_ready(url: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=30).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError("The service does not get ready.")


class Load:
    """Counters and shoppers of one shop."""

    def __init__(self, url: str, token: str, shopper: LocalAccount, name: str) -> None:
        """Takes where the service is, who calls, who pays, and a word to tell orders apart."""
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._shopper = shopper
        self._name = name
        self._number = 0

    async def answers(self, count: int) -> tuple[Timed, Timed]:
        """How soon invoices are made and payments quoted."""
        async with self._http() as http:
            invoice = await self._invoice(http)
            path = f"/v1/pay/{invoice['id']}/quote?customer={self._shopper.address}"
            invoices = await _timed(count, lambda: self._invoice(http))
            return invoices, await _timed(count, lambda: self._get(http, path))

    async def orders(self, count: int) -> Timed:
        """Orders from the invoice to the event that says that it is captured."""
        captured: dict[str, asyncio.Event] = {}
        async with self._http() as http:
            latest = (await self._get(http, "/v1/events?limit=1"))["next"]
            while len(page := await self._get(http, f"/v1/events?limit=500&after={latest}")) and page["items"]:
                latest = page["next"]

            async def watch() -> None:
                since = latest
                while True:
                    page = await self._get(http, f"/v1/events?limit=500&after={since}")
                    since = page["next"]
                    for event in page["items"]:
                        if event["type"] == "invoice.captured":
                            captured.setdefault(event["data"]["id"], asyncio.Event()).set()
                    await asyncio.sleep(0.05)

            async def order() -> None:
                invoice = await self._invoice(http)
                await self._pay(http, invoice)
                await captured.setdefault(invoice["id"], asyncio.Event()).wait()

            watching = asyncio.create_task(watch())
            try:
                return await _timed(count, order, at_once=4 * AT_ONCE)
            finally:
                watching.cancel()

    def _http(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=4 * AT_ONCE)
        return httpx.AsyncClient(base_url=self._url, headers=self._headers, timeout=DEADLINE, limits=limits)

    async def _invoice(self, http: httpx.AsyncClient) -> Any:
        self._number += 1
        body = {"orderId": f"{self._name} {self._number}", "amount": "10", "expiresIn": YEAR}
        return _good(await http.post("/v1/invoices", json=body))

    async def _get(self, http: httpx.AsyncClient, path: str) -> Any:
        return _good(await http.get(path))

    async def _pay(self, http: httpx.AsyncClient, invoice: Any) -> None:
        who = {"payer": self._shopper.address, "customer": self._shopper.address}
        document = _good(await http.get(f"/v1/pay/{invoice['id']}/authorization", params=who))["authorization"]
        until = int(document["message"]["validBefore"])
        body = {**who, "validAfter": 0, "validBefore": until, "signature": TypedMessage(document).sign(self._shopper)}
        _good(await http.post(f"/v1/pay/{invoice['id']}/payments", json=body))


def _good(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise RuntimeError(f"{answer.request.url}: {answer.status_code} {answer.text}")
    return answer.json()


async def _timed(count: int, act: Callable[[], Awaitable[Any]], at_once: int = AT_ONCE) -> Timed:
    """Does something so many times, some of them at once."""
    left, ms = count, []

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            began = time.perf_counter()
            await act()
            ms.append(1000 * (time.perf_counter() - began))

    began = time.perf_counter()
    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(*(worker() for _ in range(at_once)))
    return Timed(ms, time.perf_counter() - began)


# ------------------------------------------------------------------- the report


HEADINGS = ("", "A second", "p50 ms", "p99 ms")


def report(runs: Sequence[Run], floor: Floor) -> list[tuple[str, str, str, str]]:
    """A row for each thing measured."""
    rows: list[tuple[str, str, str, str]] = []
    for run in runs:
        for name, timed in (
            ("invoice made", run.invoice),
            ("payment quoted", run.quote),
            ("order, invoice to captured", run.order),
        ):
            figures = (f"{timed.percentile(50):,.0f}", f"{timed.percentile(99):,.0f}")
            rows.append((f"{name}, {run.backend}", f"{timed.rate:,.0f}", *figures))
    rows.append(("the same payments as raw JSON-RPC to Anvil", f"{floor.payments:,}", "", ""))
    rows += [(f"events read: {name}", f"{speed:,}", "", "") for name, speed in floor.events.items()]
    return rows


def _about(runs: Sequence[Run], orders: int, answers: int) -> str:
    memory = "; ".join(
        f"{run.backend} {run.loaded_mib} MiB at the start, {run.peak_mib} at most, {run.cpu_ms:.0f} ms of its own "
        "computing for an order"
        for run in runs
    )
    return (
        f"{answers:,} invoices and quotes, {AT_ONCE} at once; {orders:,} orders, {4 * AT_ONCE} at once; "
        f"one process of the service: {memory}."
    )


@click.command()
@click.option("--orders", default=400, show_default=True, help="Orders from end to end.")
@click.option("--answers", default=1_000, show_default=True, help="Invoices and quotes.")
@click.option("--backend", "backends", multiple=True, type=click.Choice(BACKENDS), default=BACKENDS, show_default=True)
@click.option("--write", is_flag=True, help="Write the table into docs/reference/service.md.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def main(*, orders: int, answers: int, backends: Sequence[str], write: bool, as_json: bool) -> None:
    """Measures the service on a chain of its own."""
    progress = Console(stderr=True)
    server = PostgreSQL()
    with tempfile.TemporaryDirectory() as folder, Anvil() as chain:
        try:
            bench = opened(chain)
            progress.print("Raw payments …")
            payments = raw_payments(bench, orders)
            runs = []
            for backend in backends:
                progress.print(f"The service on {backend} …")
                database = f"sqlite:///{folder}/fec.sqlite"
                if backend == "postgresql":
                    database = server.start().create()
                runs.append(measured(bench, backend, database, f"{folder}/log", orders=orders, answers=answers))
                progress.print(f"{runs[-1].order.rate:.0f} orders/s")
            events = {
                name: logs.measure(
                    name, chain.url, bench.client.deployment, 1_000, f"sqlite:///{folder}/events.sqlite"
                ).speed
                for name in ("web3.py get_logs, nothing else", "fec.indexer into SQLite")
            }
        finally:
            server.stop()
    floor = Floor(payments, events)
    about = _about(runs, orders, answers)
    if as_json:
        click.echo(json.dumps({"runs": [asdict(run) for run in runs], "floor": asdict(floor)}, indent=1))
    else:
        table = Table(*HEADINGS, caption=about)
        for row in report(runs, floor):
            table.add_row(*row)
        Console(width=None if sys.stdout.isatty() else logs.PIPED_WIDTH).print(table)
    if write:
        lines = ["| " + " | ".join(row) + " |" for row in (HEADINGS, ("---", *["---:"] * 3), *report(runs, floor))]
        before, rest = DOCUMENT.read_text().split(MARKS[0])
        made = f"{about}\n\n" + "\n".join(lines)
        DOCUMENT.write_text(f"{before}{MARKS[0]}\n{made}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}")


if __name__ == "__main__":
    main()
