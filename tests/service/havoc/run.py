"""One run: a chain, a shop, its processes, customers and a weather; then quiet, and the verdict."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from fec import store
from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.indexer import IndexDatabase
from fec.relayer.models import RelayState, RelayTransaction
from fec.service.models import Action, ActionState, Invoice, InvoiceStatus, ServiceEvent, WebhookEndpoint
from tests.fixtures.databases import PostgreSQL
from tests.fixtures.deployed import MONDAY
from tests.service.conftest import SECRET, WINDOW, Shop, opened, until

from .customers import Customer
from .endpoint import HostileEndpoint
from .fleet import Member
from .hooks import Flaky
from .verdict import Evidence, Failure
from .weather import DEEPEST, STATES, Weather

_FUNDS = 50_000 * FEC
#: How long it may take until everything has come to its end once it is quiet, on a busy machine.
_QUIET_SECONDS = 600
_HOOKS = {"steady": 0, "flaky": 15}


@dataclass(frozen=True)
class Plan:
    """What a run is to be like."""

    seed: int
    kills: int
    backend: str = "sqlite"
    instances: int = 1
    customers: int = 3
    percent: int = 6
    """Of a hundred requests to the chain, how many go wrong."""
    watched: int = DEEPEST + 32
    deepest: int = DEEPEST


@dataclass
class Outcome:
    """The results."""

    plan: Plan
    failures: list[Failure]
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def kills(self) -> int:
        return sum(count for name, count in self.counts.get("processes", {}).items() if "killed" in name)


def run(plan: Plan, folder: Path, say: Callable[[str], object]) -> Outcome:
    """Runs a plan; `folder` keeps the processes' logs and the SQLite file."""
    draw = random.Random(plan.seed)
    with ExitStack() as stack:
        chain = stack.enter_context(Anvil(timestamp=MONDAY, past_states=STATES))
        shop = opened(chain)
        database = f"sqlite:///{folder / 'fec.sqlite'}"
        if plan.backend == "postgresql":
            server = PostgreSQL()
            stack.callback(server.stop)
            database = server.start().create()
        proxy = stack.enter_context(HostileEndpoint(chain.url, draw.randrange(2**32)))
        wallets = [Account.from_key(draw.randbytes(32)) for _ in range(plan.customers)]
        owner = Client(chain.web3, shop.deployment, chain.accounts[0])
        for wallet in wallets:
            owner.transfer(wallet.address, _FUNDS)
        environment = _environment(shop, proxy.url, database, folder, plan)
        token = _merchant(environment, shop)

        words: list[Sequence[str]] = [["serve"]] * plan.instances
        # One more reader of the chain beside the services' own.
        words.append(["index", "run", "--follow", "--every", "1"])
        members = [
            Member(f"{one[0]}-{number}", one, environment, folder / f"{one[0]}-{number}.log", draw.randrange(2**32))
            for number, one in enumerate(words, 1)
        ]
        urls = [member.url for member in members if member.url is not None]
        receivers = {name: Flaky(draw.randrange(2**32), percent) for name, percent in _HOOKS.items()}
        for receiver in receivers.values():
            stack.enter_context(receiver.serving())
        weather = Weather(chain, draw.randrange(2**32), chain.web3.eth.block_number, plan.deepest)
        customers = [
            Customer(f"c{number}", wallet, urls, token, draw.randrange(2**32))
            for number, wallet in enumerate(wallets, 1)
        ]
        for member in members:
            stack.callback(member.stop)
            member.start()
        secrets = _subscribe(urls[0], token, receivers)
        proxy.percent = plan.percent
        proxy.start()
        stack.callback(proxy.stop)
        weather.start()
        for customer in customers:
            customer.start()
        _havoc(plan, members, say)

        engine = store.open_database(database)
        stack.callback(engine.dispose)
        for customer in customers:
            customer.stop()
        weather.stop()
        proxy.stop()
        proxy.percent = 0
        for receiver in receivers.values():
            receiver.percent = 0
        for member in members:
            member.calm()
        for customer in customers:
            customer.join()
        say("quiet")
        _settle(chain, shop, engine, urls[0], token)
        evidence = Evidence(
            chain,
            shop,
            engine,
            [purchase for customer in customers for purchase in customer.purchases],
            {wallet.address: _FUNDS for wallet in wallets},
            {name: list(receiver.received) for name, receiver in receivers.items()},
            secrets,
        )
        counts = {
            "processes": Counter({f"{m.name} {what}": count for m in members for what, count in m.counts.items()}),
            "customers": sum((customer.counts for customer in customers), Counter[str]()),
            "endpoint": proxy.counts,
            "chain": weather.counts + Counter({"deepest": weather.deepest_seen}),
            "actions": Counter(f"{a.kind} {ActionState(a.state).value}" for a, _ in evidence.actions.values()),
            "webhooks": Counter({name: len(receiver.received) for name, receiver in receivers.items()}),
            "orders": Counter({name: len(found) for name, found in evidence.logs.items()}),
        }
        return Outcome(plan, [*evidence.failures(), *_unforeseen(members)], counts)


def _environment(shop: Shop, rpc: str, database: str, folder: Path, plan: Plan) -> dict[str, str]:
    record = folder / "deployments.json"
    deployments.write(shop.deployment, record)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("FEC_")},
        "FEC_RPC": rpc,
        "FEC_DEPLOYMENTS": str(record),
        "FEC_DATABASE": database,
        "FEC_SERVICE_SECRET": SECRET.decode(),
        "FEC_PRIVATE_KEY": "0x" + bytes(shop.signer.key).hex(),
        "FEC_WATCHED": str(plan.watched),
        "FEC_WEBHOOK_HOSTS": "127.0.0.1",
    }


def _merchant(environment: dict[str, str], shop: Shop) -> str:
    """Has the shop served; gives a manager's key."""
    said = ""
    for words in (["merchant", "add"], ["key", "add", "--role", "manager"]):
        command = [sys.executable, "-m", "fec.cli", "serve", *words, "--program", str(shop.escrow)]
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return said.strip()


def _subscribe(url: str, token: str, receivers: dict[str, Flaky]) -> dict[str, str]:
    """Has both endpoints told everything from the beginning; gives their secrets."""
    secrets = {}
    for name, receiver in receivers.items():
        body = {"url": receiver.url, "after": 0}
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"hook-{name}"}
        answer = until(lambda body=body, headers=headers: _post(f"{url}/v1/webhooks", body, headers), bool)
        secrets[name] = answer.json()["secret"]
    return secrets


def _post(url: str, body: Any, headers: dict[str, str]) -> httpx.Response | None:
    """An answer that says yes, or None."""
    try:
        answer = httpx.post(url, json=body, headers=headers, timeout=60)
    except httpx.TransportError:
        return None
    return answer if answer.is_success else None


def _havoc(plan: Plan, members: Sequence[Member], say: Callable[[str], object]) -> None:
    said = 0
    while (kills := sum(member.kills for member in members)) < plan.kills:
        for member in members:
            if member.failure is not None:
                raise member.failure
        time.sleep(0.05)
        if kills >= said + 50:
            said = kills
            say(f"{kills} kills")


def _unforeseen(members: Sequence[Member]) -> Iterator[Failure]:
    """What processes said of errors that nobody had thought of: to callers they are internal ones."""
    for member in members:
        for line in member.log.read_text().splitlines():
            if not line.startswith("{"):
                if line.startswith("Traceback"):
                    yield Failure("processes", f"{member.name}: a traceback")
                continue
            said = json.loads(line)
            if said.get("status") == 500 or (said["level"] == "error" and said["event"] != "request"):
                where = said.get("route", said.get("loop", ""))
                what = f"{member.name}: {said['event']} {where} {said.get('exception', '')[-300:]}"
                yield Failure("processes", what)


def _settle(chain: Anvil, shop: Shop, engine: Engine, url: str, token: str) -> None:
    """Until nothing is under way, all orders are captured, and every event was delivered."""
    _until_idle(chain, engine)
    chain.travel_to(chain.now + WINDOW + DAY)
    headers = {"Authorization": f"Bearer {token}"}
    deadline = time.monotonic() + _QUIET_SECONDS
    while _escrowed(engine):
        assert time.monotonic() < deadline, "orders stay in escrow"
        _post(f"{url}/v1/captures", {}, headers)
        _until_idle(chain, engine)
    while waiting := _undelivered(engine):
        assert time.monotonic() < deadline, f"events are not delivered: {waiting}"
        time.sleep(0.1)


def _until_idle(chain: Anvil, engine: Engine) -> None:
    """Mines until everything that was asked for is final, and the index and the invoices are at the head."""
    deadline = time.monotonic() + _QUIET_SECONDS
    while True:
        under_way = _under_way(engine)
        if not under_way:
            break
        assert time.monotonic() < deadline, f"stuck: {under_way}"
        chain.mine(8)
        time.sleep(0.3)
    until(lambda: IndexDatabase(engine).cursor().block, lambda block: block == chain.web3.eth.block_number)


def _under_way(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        actions = session.execute(
            select(Action.state, func.count())
            .where(Action.state.in_((ActionState.REQUESTED, ActionState.SENT)))
            .group_by(Action.state)
        )
        relays = session.execute(
            select(RelayTransaction.state, func.count())
            .where(RelayTransaction.state.in_((RelayState.PENDING, RelayState.INCLUDED)))
            .group_by(RelayTransaction.state)
        )
        return {str(state): count for state, count in [*actions, *relays]}


def _escrowed(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).where(Invoice.status == InvoiceStatus.PAID)) or 0


def _undelivered(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        last = session.scalar(select(func.max(ServiceEvent.sequence))) or 0
        behind = session.execute(
            select(WebhookEndpoint.url, WebhookEndpoint.cursor).where(WebhookEndpoint.cursor < last)
        )
        return {url: last - cursor for url, cursor in behind}
