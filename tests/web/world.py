"""A shop with its service on a chain of its own, for the pages to be opened at."""

from dataclasses import dataclass, replace
from typing import Any

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine

from fec import store
from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, WEEK
from fec.protocol.terms import Terms
from fec.service.http.keys import KeyRing
from tests.fixtures.deployed import MONDAY
from tests.fixtures.serving import SECRET
from tests.fixtures.waiting import PATIENCE

WINDOW = 14 * DAY


@dataclass(frozen=True)
class World:
    """Who is who, and where."""

    anvil: Anvil
    deployment: Deployment
    owner: LocalAccount
    operator: LocalAccount
    signer: LocalAccount
    cause: str
    escrow: int
    """Program with a return window."""
    at_once: int
    """Program without one, which donates."""
    site: str
    """Address of the service and the pages."""
    token: str
    """Key of a manager of the program `at_once`."""
    escrow_token: str
    sales_token: str
    """Key that may record sales of the program `at_once` that were paid elsewhere."""

    @property
    def client(self) -> Client:
        return Client(self.anvil.web3, self.deployment, self.owner)

    def person(self, name: str, *, fec: int = 0, gas: bool = True) -> LocalAccount:
        """A new account with so much FEC, and coin for gas unless told otherwise."""
        account: LocalAccount = Account.create(name)
        if fec:
            self.client.transfer(account.address, fec * FEC)
        if gas:
            self.anvil.request("anvil_setBalance", account.address, hex(10**19))
        return account

    def invoice(self, order_id: str, amount: str = "100", *, escrow: bool = False, **more: Any) -> dict[str, Any]:
        """A new invoice of the service's."""
        token = self.escrow_token if escrow else self.token
        headers = {"Authorization": f"Bearer {token}"}
        body = {"orderId": order_id, "amount": amount, "currencyReference": "USD 1.00", **more}
        answer = httpx.post(f"{self.site}/v1/invoices", json=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def shown(self, invoice: dict[str, Any]) -> dict[str, Any]:
        """An invoice as it stands."""
        found: dict[str, Any] = httpx.get(f"{self.site}/v1/pay/{invoice['id']}", timeout=PATIENCE).json()
        return found

    def nodes(self, owner: LocalAccount, count: int, principal: int = 1_000, program: int = 1) -> list[int]:
        """Mints nodes of the public program for an account."""
        client = self.client
        return [client.nodes.mint(program, principal * FEC, owner.address).token_id for _ in range(count)]

    def rewards(self, owner: LocalAccount, count: int, principal: int = 1_000) -> list[int]:
        """Nodes of the program `at_once`, which the service serves, for an account."""
        needed = count * principal * FEC
        self.client.transfer(self.signer.address, needed)
        client = self.client.signed_by(self.signer)
        client.orders.approve(needed)
        return [client.rewards.reward(self.at_once, owner.address, principal * FEC).token_id for _ in range(count)]

    def travel(self, seconds: int) -> None:
        """Lets time pass on the chain."""
        self.anvil.travel_to(self.anvil.now + seconds)


def build(anvil: Anvil) -> tuple[Deployment, dict[str, Any]]:
    """Deploys, and sets two programs up; gives what `World` needs of them."""
    accounts = anvil.accounts
    deployment = deploy(anvil.web3, accounts[0])
    owner = Client(anvil.web3, deployment, accounts[0])
    operator, signer, cause = accounts[3], accounts[4], accounts[5].address
    terms = Terms(signer.address, accounts[6].address, donation_bps=100, causes=(cause,))
    programs = []
    for change in ({"return_window": WINDOW, "donation_bps": 0, "causes": ()}, {}):
        made = owner.programs.create(
            operator.address, issuer=owner.orders.address, period_length=WEEK, origin=MONDAY, quota=10**6 * FEC
        )
        owner.signed_by(operator).terms.set(made.program_id, replace(terms, **change))
        programs.append(made.program_id)
    # What new vaults are greeted with.
    owner.transfer(signer.address, 1_000 * FEC)
    names = {"owner": accounts[0], "operator": operator, "signer": signer, "cause": cause}
    return deployment, {**names, "escrow": programs[0], "at_once": programs[1]}


def key_ring(environment: dict[str, str], deployment: Deployment) -> tuple[KeyRing, Engine]:
    """Who may call the service that is to come, and the database that they are kept in."""
    engine = store.open_database(environment["FEC_DATABASE"])
    store.upgrade(engine)
    with store.writing(engine) as connection:
        store.bind(connection, deployment)
    return KeyRing(engine, SECRET), engine
