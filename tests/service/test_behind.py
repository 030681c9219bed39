"""A hostile act costs those behind it nothing: an honest order is captured as fast as without, in the same run.

One chain and one service for all; each hostile act and an order right behind it take turns with an order alone.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.protocol.members import Member
from fec.relayer import LocalSigner
from fec.relayer.models import RelayTransaction
from fec.service.actions.bounds import ONE
from fec.service.app import create_app
from fec.service.context import Service
from fec.service.models import Role
from fec.service.settings import CallerLimits, Settings, WebhookPolicy
from tests.fixtures.hostile import GREEDY, INVALID, YES, YES_IF_FREE, heavy, place
from tests.fixtures.serving import SECRET
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import Person, message, unsigned, withdrawal
from tests.service.receiver import Receiver

#: How much longer an order may take behind a hostile act, by the medians of so many pairs, or of more if they differ.
RATIO, PAIRS, ROUNDS = 1.5, 3, 5
#: Refusals of one address in a minute, and what it tries before each of three orders: 120 in all.
REFUSALS, TRIES = 15, 40
Act = Callable[[], None]


@dataclass
class Edge:
    """The service, a cashier of it who is honest, and a chain."""

    anvil: Anvil
    shop: Shop
    app: Any
    cashier: ServiceClient
    silent: Receiver
    numbers: Iterator[int]

    @property
    def service(self) -> Service:
        return self.cashier.service

    @property
    def client(self) -> Client:
        """Holds the genesis supply."""
        return Client(self.anvil.web3, self.shop.deployment, self.anvil.accounts[0])

    def manager(self, program_id: int) -> ServiceClient:
        return self.cashier.as_(program_id, Role.MANAGER)

    def stranger(self) -> ServiceClient:
        """Calls without a key, from an address that nobody else has."""
        http = TestClient(self.app, raise_server_exceptions=False, client=(f"203.0.113.{next(self.numbers)}", 1))
        return ServiceClient(http, self.service)

    def hostile(self, code: str) -> LocalAccount:
        """An account with FEC and some code."""
        account: LocalAccount = Account.from_key(next(self.numbers).to_bytes(2) * 16)
        self.client.transfer(account.address, 1_000 * FEC)
        place(self.anvil, account, code)
        return account

    def order(self) -> Callable[[], float]:
        """An honest order, made and signed; paid when it is called, which gives the seconds until it is captured."""
        invoice = self.cashier.invoice("10")
        body = self.cashier.payment(invoice, self.shop.shopper)

        def pay() -> float:
            began = time.perf_counter()
            self.cashier.post(f"/v1/pay/{invoice['id']}/payments", body)
            self.cashier.until(invoice, lambda seen: seen["status"] == "captured")
            return time.perf_counter() - began

        return pay

    def relayed(self) -> int:
        with Session(self.service.engine) as session:
            return len(session.scalars(select(RelayTransaction.id)).all())


@pytest.fixture(scope="module")
def edge(anvil: Anvil, shop: Shop, migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    snapshot = anvil.request("evm_snapshot")
    database = shutil.copy(migrated_file, tmp_path_factory.mktemp("edge") / "fec.sqlite")
    settings = Settings(
        rpc=anvil.url,
        deployment=shop.deployment,
        database=str(database),
        secret=SECRET,
        public_url="https://shop.example",
        poll_ms=50,
        caller_limits=CallerLimits(free=99, free_of_caller=99, refused_a_minute=REFUSALS),
        webhooks=WebhookPolicy(trusted_hosts=("127.0.0.1",), timeout=1),
    )
    app = create_app(settings, LocalSigner(shop.signer))
    with TestClient(app, raise_server_exceptions=False) as http, Receiver().serving() as silent:
        silent.usual = silent.hold
        service = app.state.service
        for program in (shop.escrow, shop.at_once):
            service.keys.add_merchant(program, "")
        cashier = ServiceClient(http, service).as_(shop.at_once, Role.CASHIER)
        yield Edge(anvil, shop, app, cashier, silent, iter(range(1, 250)))
    anvil.request("anvil_dropAllTransactions")
    anvil.request("evm_setAutomine", True)
    anvil.request("evm_revert", snapshot)


def refused(answer: Any) -> None:
    assert answer.status_code in (403, 409), answer.text


# ------------------------------------------------------------------------ acts


def payer(edge: Edge, code: str) -> Act:
    """A wallet that is asked whether it signed."""
    wallet, stranger = edge.hostile(code).address, edge.stranger()
    invoice = edge.cashier.invoice("100")
    body = unsigned(edge.cashier, invoice, wallet)
    return lambda: refused(stranger.call("POST", f"/v1/pay/{invoice['id']}/payments", body))


def customer(edge: Edge, code: str) -> Act:
    """A contract that gets the node: what it does in the hook is its own business."""
    hook, stranger, wallet = edge.hostile(code).address, edge.stranger(), edge.hostile("")
    invoice = edge.cashier.invoice("100")
    found = stranger.call("GET", f"/v1/pay/{invoice['id']}/authorization?payer={wallet.address}&customer={hook}")
    if found.status_code == 409:
        return lambda: refused(stranger.call("GET", f"/v1/pay/{invoice['id']}/quote?customer={hook}"))
    body = edge.cashier.payment(invoice, wallet, customer=hook)
    return lambda: refused(stranger.call("POST", f"/v1/pay/{invoice['id']}/payments", body))


def member(edge: Edge) -> Act:
    """Takes a node out of a vault, to a receiver that wastes gas."""
    key = Account.from_key(next(edge.numbers).to_bytes(2) * 16)
    person = Person(key, Member(edge.shop.signer.address, key.address, "0x" + "ab" * 32))
    made = edge.cashier.post("/v1/members", {"memberId": person.id})
    until(lambda: edge.cashier.get(f"/v1/members/{made['memberId']}"), lambda seen: seen["enrolled"])
    minted = edge.client.nodes.mint(1, FEC, made["vault"])
    until(lambda: edge.cashier.get(f"/v1/custody/{person.id}"), lambda seen: seen["nodes"])
    to, stranger = edge.hostile(heavy(20_000_000)).address, edge.stranger()
    body = withdrawal(edge.cashier, person, edge.client.now() + DAY, to=to, tokenIds=[str(minted.token_id)])
    return lambda: refused(stranger.call("POST", f"/v1/custody/{person.id}/withdrawals", body))


def signer(edge: Edge) -> Act:
    """A key that is a contract signs in."""
    wallet, stranger = edge.hostile(heavy(26_000_000)), edge.stranger()

    def act() -> None:
        body = {"programId": edge.shop.at_once, **message(stranger, wallet), "signature": "0x" + "11" * 65}
        refused(stranger.call("POST", "/v1/session", body))

    return act


def reward(edge: Edge) -> Act:
    """Has a reward taken for a customer whose hook wastes gas."""
    manager, stranger = edge.manager(edge.shop.escrow), edge.stranger()
    edge.client.transfer(edge.shop.signer.address, 100 * FEC)
    manager.post("/v1/rewards/funds", {"amount": "100"}, Idempotency_Key="funds")
    until(lambda: manager.get("/v1/rewards/funds")["allowance"], lambda seen: seen == "100")
    shopper = edge.hostile(heavy(20_000_000)).address
    body = {"rewards": [{"shopper": shopper, "amount": "10"}], "deadline": edge.client.now() + DAY, "reason": ""}
    made = manager.post("/v1/reward-batches", body, Idempotency_Key="batch")
    path = f"/v1/reward-batches/{made['id']}"
    until(lambda: manager.get(path), lambda seen: seen["batchId"] is not None)
    return lambda: refused(stranger.call("POST", f"{path}/shoppers/{shopper}/rewards/0"))


def many(edge: Edge) -> Act:
    """Has as much simulated as it can, from one address."""
    wallet, stranger = edge.hostile(heavy(25_000_000)).address, edge.stranger()
    invoice = edge.cashier.invoice("100")
    body = unsigned(edge.cashier, invoice, wallet)

    def act() -> None:
        with ThreadPoolExecutor(12) as pool:
            path = f"/v1/pay/{invoice['id']}/payments"
            answers = list(pool.map(lambda _: stranger.call("POST", path, body), range(TRIES)))
        statuses = [answer.status_code for answer in answers]
        # A minute may end on the way.
        assert statuses.count(429) >= TRIES - 2 * REFUSALS
        assert set(statuses) <= {403, 409, 429}

    return act


def endpoint(edge: Edge) -> Act:
    """Another merchant has many webhooks tested at a host that never answers."""
    manager = edge.manager(edge.shop.escrow)
    made = [manager.post("/v1/webhooks", {"url": edge.silent.url})["id"] for _ in range(20)]
    pool = ThreadPoolExecutor(20)

    def act() -> None:
        before = len(edge.silent.received)
        tests = [pool.submit(manager.call, "POST", f"/v1/webhooks/{identity}/test") for identity in made]
        until(lambda: len(edge.silent.received), lambda count: count > before or wait(tests, 0).done)
        # What twenty requests take to be read is theirs; that they hang is what this is about.
        for _ in range(3):
            edge.cashier.get("/healthz")

    return act


ACTS: dict[str, Callable[[Edge], Act]] = {
    "payer that burns gas": partial(payer, code=heavy(26_000_000)),
    "payer that says yes where gas is free": partial(payer, code=YES_IF_FREE),
    "customer that burns gas": partial(customer, code=heavy(26_000_000)),
    "customer that burns what it gets above 500,000": partial(customer, code=GREEDY),
    "member": member,
    "signer": signer,
    "reward": reward,
    "forty simulations": many,
    "endpoint": endpoint,
}


def assert_as_fast(pair: Callable[[], tuple[float, float]]) -> None:
    """Medians of an order behind and one alone: more pairs are taken where few say too little."""
    pairs: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        pairs += [pair() for _ in range(PAIRS)]
        behind, alone = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
        if behind <= RATIO * alone:
            return
    pytest.fail(f"behind: {behind:.2f} s, alone: {alone:.2f} s")


@pytest.mark.parametrize("name", ACTS)
def test_order__right_behind_a_hostile_act__is_captured_as_fast_and_the_key_pays_nothing(edge: Edge, name: str) -> None:
    act = ACTS[name](edge)
    balance, signer = edge.anvil.web3.eth.get_balance, edge.shop.signer.address

    def pair() -> tuple[float, float]:
        alone, behind = edge.order(), edge.order()
        seconds = alone()
        before, count = balance(signer), edge.relayed()
        act()
        assert (balance(signer), edge.relayed()) == (before, count)
        return behind(), seconds

    assert_as_fast(pair)


def test_order__right_behind_a_payer_that_changes_its_mind__is_captured_as_fast_and_the_key_pays_its_bound(
    edge: Edge,
) -> None:
    """It says yes in the simulation; in the block it burns all gas: no simulation can know."""
    web3 = edge.anvil.web3

    def pair() -> tuple[float, float]:
        return timed(turning()), timed(None)

    def turning() -> str:
        wallet, stranger = edge.hostile(YES), edge.stranger()
        invoice = edge.cashier.invoice("100")
        body = unsigned(edge.cashier, invoice, wallet.address)
        edge.anvil.request("evm_setAutomine", False)
        stranger.post(f"/v1/pay/{invoice['id']}/payments", body)
        edge.cashier.until(invoice, lambda seen: seen["payment"]["state"] == "sent")
        place(edge.anvil, wallet, INVALID)
        return str(invoice["id"])

    def timed(hostile: str | None) -> float:
        pay = edge.order()
        edge.anvil.request("evm_setAutomine", False)
        with ThreadPoolExecutor(1) as pool:
            paying = pool.submit(pay)
            until(lambda: int(edge.anvil.request("txpool_status")["pending"], 16), lambda count: count > bool(hostile))
            edge.anvil.request("evm_setAutomine", True)
            edge.anvil.mine()
            seconds = paying.result()
        if hostile is not None:
            path = f"/v1/pay/{hostile}"
            payment = until(lambda: edge.cashier.get(path)["payment"], lambda seen: seen["state"] != "sent")
            assert payment["state"] == "failed"
            assert web3.eth.get_transaction_receipt(payment["transactionHash"])["gasUsed"] <= ONE
        return seconds

    assert_as_fast(pair)
