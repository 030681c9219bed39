"""One run: a chain, a shop, its processes, customers and a weather; then quiet, and the verdict."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from eth_account.signers.local import LocalAccount
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
from tests.fixtures.processes import FORKING, become
from tests.fixtures.serving import SECRET
from tests.fixtures.waiting import until
from tests.service.conftest import WINDOW, Shop, opened

from .customers import Buyer, Customer, Desk
from .endpoint import HostileEndpoint
from .fleet import Member
from .hooks import Flaky
from .payers import HostilePayer, wallets_of
from .points import INSTANTS, POINTS, Deaths
from .verdict import Evidence, Failure
from .weather import DEEPEST, STATES, Weather

_FUNDS = 50_000 * FEC
#: Of each hostile payer.
_HOSTILE_WALLETS = 8
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
    customers: int = 6
    hostile: int = 1
    """Payers beside them who try tricks."""
    percent: int = 6
    """Of a hundred requests to the chain, how many go wrong."""
    watched: int = DEEPEST + 32
    deepest: int = DEEPEST
    instants: int = INSTANTS
    """Kills at random instants to a round of those at each point."""


@dataclass
class Outcome:
    """The results."""

    plan: Plan
    failures: list[Failure]
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def kills(self) -> int:
        """Of processes that were at work, with orders under way."""
        return sum(count for name, count in self.counts.get("processes", {}).items() if " killed at " in name)

    @property
    def at_points(self) -> Counter[str]:
        """Of these, kills by the point of a payment's way."""
        found = Counter({point.name: 0 for point in POINTS})
        for name, count in self.counts.get("processes", {}).items():
            where = name.partition(" killed at ")[2]
            if where in found:
                found[where] += count
        return found


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
        wallets = wallets_of(draw, plan.customers + plan.hostile * _HOSTILE_WALLETS)
        owner = Client(chain.web3, shop.deployment, chain.accounts[0])
        for wallet in wallets:
            owner.transfer(wallet.address, _FUNDS)
        environment = _environment(shop, proxy.url, database, folder, plan)
        token = _merchant(environment, shop, folder)

        words: list[Sequence[str]] = [["serve"]] * plan.instances
        # One more reader of the chain beside the services' own.
        words.append(["index", "run", "--follow", "--every", "1"])
        buyers: list[Buyer] = []
        deaths = Deaths(draw.randrange(2**32), plan.instants)
        members = [
            Member(
                f"{one[0]}-{number}",
                one,
                environment,
                folder / f"{one[0]}-{number}.log",
                draw.randrange(2**32),
                deaths=deaths,
                under_way=lambda: sum(buyer.under_way for buyer in buyers),
            )
            for number, one in enumerate(words, 1)
        ]
        urls = [member.url for member in members if member.url is not None]
        receivers = {name: Flaky(draw.randrange(2**32), percent) for name, percent in _HOOKS.items()}
        for receiver in receivers.values():
            stack.enter_context(receiver.serving())
        weather = Weather(chain, draw.randrange(2**32), chain.web3.eth.block_number, plan.deepest)
        buyers += _buyers(plan, draw, wallets, desk=Desk(urls, token), chain=chain, client=owner)
        for member in members:
            stack.callback(member.stop)
            member.start()
        secrets = _subscribe(urls[0], token, receivers)
        proxy.percent = plan.percent
        proxy.start()
        stack.callback(proxy.stop)
        weather.start()
        for buyer in buyers:
            stack.callback(buyer.give_up)
            buyer.start()
        for member in members:
            member.begin()
        _havoc(plan, members, buyers, say)

        engine = store.open_database(database)
        stack.callback(engine.dispose)
        for buyer in buyers:
            buyer.stop()
        weather.stop()
        proxy.stop()
        proxy.percent = 0
        for receiver in receivers.values():
            receiver.percent = 0
        for member in members:
            member.calm()
        for buyer in buyers:
            buyer.join()
        say("quiet")
        _settle(chain, shop, engine, urls[0], token)
        evidence = Evidence(
            chain,
            shop,
            engine,
            [purchase for buyer in buyers for purchase in buyer.purchases],
            {wallet.address: _FUNDS for wallet in wallets},
            {name: list(receiver.received) for name, receiver in receivers.items()},
            secrets,
        )
        counts = {
            "processes": Counter({f"{m.name} {what}": count for m in members for what, count in m.counts.items()}),
            "customers": sum((buyer.counts for buyer in buyers), Counter[str]()),
            "endpoint": proxy.counts,
            "chain": weather.counts + Counter({"deepest": weather.deepest_seen}),
            "actions": Counter(f"{a.kind} {ActionState(a.state).value}" for a, _ in evidence.actions.values()),
            "webhooks": Counter({name: len(receiver.received) for name, receiver in receivers.items()}),
            "orders": Counter({name: len(found) for name, found in evidence.logs.items()}),
        }
        return Outcome(plan, [*evidence.failures(), *_unforeseen(members)], counts)


def _buyers(
    plan: Plan, draw: random.Random, wallets: Sequence[LocalAccount], *, desk: Desk, chain: Anvil, client: Client
) -> Iterator[Buyer]:
    """Customers, and hostile payers, each from addresses of its own."""
    for number, wallet in enumerate(wallets[: plan.customers], 1):
        yield Customer(f"c{number}", wallet, f"127.0.0.{number + 1}", desk, draw.randrange(2**32))
    for number in range(plan.hostile):
        own = wallets[plan.customers + number * _HOSTILE_WALLETS :][:_HOSTILE_WALLETS]
        name, network, seed = f"h{number + 1}", f"127.0.{number + 1}", draw.randrange(2**32)
        yield HostilePayer(name, own, network, desk, seed, chain=chain, client=client)


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


def _merchant(environment: dict[str, str], shop: Shop, folder: Path) -> str:
    """Has the shop served; gives a manager's key."""
    said = folder / "merchant.log"
    for words in (["merchant", "add"], ["key", "add", "--role", "manager"]):
        command = ["serve", *words, "--program", str(shop.escrow)]
        process = FORKING.Process(target=become, args=(command, environment, str(said)))
        process.start()
        process.join()
        assert process.exitcode == 0, said.read_text()
    return said.read_text().split()[-1]


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


def _havoc(plan: Plan, members: Sequence[Member], buyers: Sequence[Buyer], say: Callable[[str], object]) -> None:
    """Until enough were killed, and at each point at least once."""
    said = 0
    while (kills := sum(member.kills for member in members)) < plan.kills or _spared(members):
        for each in (*members, *buyers):
            if each.failure is not None:
                raise each.failure
        time.sleep(0.05)
        if kills >= said + 20:
            said = kills
            say(f"{kills} kills" + "".join(f", none at {name!r}" for name in sorted(_spared(members))))


def _spared(members: Sequence[Member]) -> set[str]:
    """Points at which nobody was killed yet."""
    return {point.name for point in POINTS if not any(member.counts[f"killed at {point.name}"] for member in members)}


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
