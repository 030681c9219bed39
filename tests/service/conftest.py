"""A shop on one Anvil: two programs, a shopper with FEC but no gas coin, and a service in front of it.

Each test leaves the chain as it found it; databases are fresh, SQLite and PostgreSQL in turn.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import uvicorn
from eth_account import Account
from eth_account.signers.local import LocalAccount
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine

from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, WEEK
from fec.protocol.members import Member
from fec.protocol.terms import Terms
from fec.relayer import LocalSigner
from fec.service.app import create_app
from fec.service.context import Service
from fec.service.models import Role
from fec.service.settings import Settings
from tests.fixtures.databases import backend, database, engine, migrated_file, postgresql
from tests.fixtures.deployed import MONDAY, anvil
from tests.fixtures.serving import SECRET
from tests.fixtures.waiting import PATIENCE, until
from tests.service.people import Person

__all__ = ["anvil", "backend", "database", "engine", "migrated_file", "postgresql"]

WINDOW = 14 * DAY


@dataclass(frozen=True)
class Shop:
    """Who is who on the chain, and the programs."""

    deployment: Deployment
    signer: LocalAccount
    """The key that the terms name, and that the service holds."""
    shopper: LocalAccount
    """Has FEC, and no gas coin."""
    operator: LocalAccount
    treasury: str
    cause: str
    escrow: int
    """Program with a return window."""
    at_once: int
    """Program without one."""
    foreign: int
    """Program whose terms name another signer."""


@pytest.fixture(scope="session")
def shop(anvil: Anvil) -> Shop:
    return opened(anvil)


def opened(anvil: Anvil) -> Shop:
    """The contracts and the programs, on a chain that has none yet."""
    accounts = anvil.accounts
    deployment = deploy(anvil.web3, accounts[0])
    owner = Client(anvil.web3, deployment, accounts[0])
    operator, signer = accounts[3], accounts[4]
    shopper = Account.from_key(b"\x11" * 32)
    owner.transfer(shopper.address, 100_000 * FEC)
    treasury, cause = accounts[6].address, accounts[5].address
    terms = Terms(signer.address, treasury, donation_bps=100, causes=(cause,))
    programs = []
    for change in ({"return_window": WINDOW}, {}, {"signer": operator.address}):
        made = owner.programs.create(
            operator.address, issuer=owner.orders.address, period_length=WEEK, origin=MONDAY, quota=10**6 * FEC
        )
        owner.signed_by(operator).terms.set(made.program_id, replace(terms, **change))
        programs.append(made.program_id)
    return Shop(deployment, signer, shopper, operator, treasury, cause, *programs)


@pytest.fixture
def chain(anvil: Anvil, shop: Shop) -> Iterator[Anvil]:
    snapshot = anvil.request("evm_snapshot")
    yield anvil
    # In this order: what waits would else be in a block that comes after the return.
    anvil.request("anvil_dropAllTransactions")
    anvil.request("evm_setAutomine", True)
    anvil.request("evm_revert", snapshot)


@pytest.fixture
def settings(chain: Anvil, shop: Shop, engine: Engine) -> Settings:
    return Settings(
        rpc=chain.url,
        deployment=shop.deployment,
        database=engine.url.render_as_string(hide_password=False),
        secret=SECRET,
        public_url="https://shop.example",
        poll_ms=50,
    )


class ServiceClient:
    """A running service, and one caller of it."""

    def __init__(self, http: TestClient, service: Service, token: str | None = None) -> None:
        self.http = http
        self.service = service
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def as_(self, program_id: int, role: Role, *, sales: bool = False) -> "ServiceClient":
        """The same service for another caller, with a key of their own, which may record sales if told so."""
        token = self.service.keys.add_key(program_id, role, "", sales=sales).token
        return ServiceClient(self.http, self.service, token)

    def anybody(self) -> "ServiceClient":
        return ServiceClient(self.http, self.service)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, path, json=body, headers={**self.headers, **named})

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, **headers: str) -> Any:
        answer = self.call("POST", path, body, **headers)
        assert answer.status_code in (201, 202), answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """The problem that an answer is."""
        answer = self.call(method, path, body, **headers)
        assert answer.headers["Content-Type"] == "application/problem+json"
        found: dict[str, Any] = answer.json()
        assert answer.status_code == found["status"]
        return found

    def invoice(self, amount: str = "100", **more: Any) -> Any:
        """A new invoice."""
        self.count = getattr(self, "count", 0) + 1
        return self.post("/v1/invoices", {"orderId": f"A-{self.count}", "amount": amount, **more})

    def pay(self, invoice: Any, shopper: LocalAccount, **choices: Any) -> Any:
        """A payment as a shopper's page makes it."""
        return self.post(f"/v1/pay/{invoice['id']}/payments", self.payment(invoice, shopper, **choices))

    def payment(self, invoice: Any, shopper: LocalAccount, **choices: Any) -> dict[str, Any]:
        """A payment, signed by a shopper over what the service says is to be signed."""
        query = {"payer": shopper.address, "customer": shopper.address, **choices}
        answer = self.http.get(f"/v1/pay/{invoice['id']}/authorization", params=query)
        assert answer.status_code == 200, answer.text
        document = answer.json()["authorization"]
        signature = shopper.sign_typed_data(full_message=document).signature.to_0x_hex()
        window = {"validAfter": 0, "validBefore": int(document["message"]["validBefore"])}
        return {**query, **window, "signature": signature}

    def until(self, invoice: Any, done: Callable[[Any], bool]) -> Any:
        """The invoice, once something about it is so."""
        return until(lambda: self.get(f"/v1/pay/{invoice['id']}"), done)

    def paid(self, shopper: LocalAccount, amount: str = "100") -> Any:
        """An invoice that was paid."""
        invoice = self.invoice(amount)
        self.pay(invoice, shopper)
        return self.until(invoice, lambda seen: seen["status"] != "open")

    def event_types(self) -> list[str]:
        return [event["type"] for event in self.get("/v1/events?limit=500")["items"]]


@pytest.fixture
def serving(settings: Settings, shop: Shop) -> Iterator[Callable[..., ServiceClient]]:
    """Starts instances of the service, on one database; the caller is a cashier of the program with a window."""
    with ExitStack() as stack:

        def start(program_id: int | None = None, role: Role = Role.CASHIER, **changes: Any) -> ServiceClient:
            app = create_app(replace(settings, **changes), LocalSigner(shop.signer))
            service: Service = app.state.service
            if not service.keys.merchants():
                for program in (shop.escrow, shop.at_once, shop.foreign):
                    service.keys.add_merchant(program, "")
            http = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            return ServiceClient(http, service).as_(program_id or shop.escrow, role)

        yield start


@pytest.fixture
def cashier(serving: Callable[..., ServiceClient]) -> ServiceClient:
    return serving()


@pytest.fixture
def person(shop: Shop) -> Person:
    """A member of the signer's."""
    key = Account.from_key(b"\x55" * 32)
    return Person(key, Member(shop.signer.address, key.address, "0x" + "ab" * 32))


@pytest.fixture
def client(chain: Anvil, shop: Shop) -> Client:
    """The chain, as who deployed the contracts sees it."""
    return Client(chain.web3, shop.deployment, chain.accounts[0])


@pytest.fixture
def live(settings: Settings, shop: Shop) -> Iterator[ServiceClient]:
    """The service on a port of its own: streams never end, which the test client cannot take."""
    unlimited = replace(settings, key_limit="1000000/minute", address_limit="1000000/minute", body_seconds=1)
    app = create_app(unlimited, LocalSigner(shop.signer))
    service = app.state.service
    service.keys.add_merchant(shop.escrow, "")
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started, bool)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as http:
        yield ServiceClient(http, service).as_(shop.escrow, Role.MANAGER, sales=True)  # type: ignore[arg-type]
    server.should_exit = True
    thread.join()
