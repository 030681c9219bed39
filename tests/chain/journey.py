"""What a shop and a shopper do, from deployment to a proven index, step by step: on any node, through any endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.hdaccount import ETHEREUM_DEFAULT_PATH
from eth_account.signers.local import LocalAccount
from web3.types import RPCEndpoint

from fec import store
from fec.chain.anvil import MNEMONIC
from fec.chain.deploy import deploy, verify
from fec.chain.deployments import Deployment
from fec.chain.rpc import connect
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.i18n.errors import LimitExceeded, NotFound
from fec.indexer import Indexer, Patience, check
from fec.protocol.orders import Invoice, Order
from fec.protocol.terms import Terms

HOUR = 3_600
PERIOD = 12 * HOUR
#: For tests in which nothing fails for long.
SHORT = Patience(attempts=12, first=1, longest=200)


def accounts(count: int) -> list[LocalAccount]:
    """The accounts that development nodes give their coin to."""
    Account.enable_unaudited_hdwallet_features()
    prefix = ETHEREUM_DEFAULT_PATH.rpartition("/")[0]
    return [Account.from_mnemonic(MNEMONIC, account_path=f"{prefix}/{index}") for index in range(count)]


class Journey:
    """The steps. `url` is what the product is given; `node` is the node itself, whose clock is set."""

    def __init__(self, url: str, node: str, database: Path) -> None:
        self.url = url
        self._node = connect(node)
        self._engine = store.open_database(database)
        self.owner, self.alice, self.shop, self.signer, self.treasury = accounts(5)
        self.deployment: Deployment | None = None
        self.program_id = 0

    def close(self) -> None:
        self._engine.dispose()

    # ------------------------------------------------------------- the opening

    def deploy(self) -> None:
        web3 = connect(self.url)
        self.deployment = deploy(web3, self.owner)
        verify(web3, self.deployment)

    def open(self) -> None:
        """A program that sells with a return window, and a shopper with FEC."""
        owner = self.client(self.owner)
        owner.transfer(self.alice.address, 10_000 * FEC)
        self.program_id = owner.programs.create(
            self.shop.address,
            issuer=owner.orders.address,
            period_length=PERIOD,
            origin=self.now() // PERIOD * PERIOD,
            quota=1_000 * FEC,
        ).program_id
        terms = Terms(signer=self.signer.address, treasury=self.treasury.address, return_window=HOUR)
        self.client(self.shop).terms.set(self.program_id, terms)
        self.client(self.alice).orders.approve(1_000 * FEC)

    # --------------------------------------------------------------- the steps

    def client(self, account: LocalAccount) -> Client:
        assert self.deployment is not None
        return Client(connect(self.url), self.deployment, account)

    def buy(self) -> None:
        """Pays an order, has part of it back, captures the rest once the window is over."""
        alice = self.client(self.alice)
        invoice = Invoice(self.program_id, f"order {time.time_ns()}", 100 * FEC, "", alice.now() + HOUR)
        paid = alice.orders.pay(Order(invoice, alice.orders.sign(invoice, self.signer), alice.address))
        self.client(self.shop).orders.refund(paid.order_key, 40 * FEC)
        self.travel(HOUR + 60)
        assert alice.orders.due(self.program_id) == [paid.order_key]
        alice.orders.capture([paid.order_key])
        [node] = alice.nodes.owned_by(alice.address)
        assert node.principal == 6 * FEC

    def claim(self) -> None:
        alice = self.client(self.alice)
        self.travel(PERIOD)
        [node] = alice.nodes.owned_by(alice.address)
        assert node.claimable(alice.now()) > 0
        assert alice.nodes.claim(node.token_id).paid > 0
        [after] = alice.nodes.owned_by(alice.address)
        assert after.claimed > 0

    def refuse(self) -> None:
        """What a contract refuses is told in its own words, with its values, before anything is sent."""
        treasury = self.client(self.treasury)
        with pytest.raises(LimitExceeded) as caught:
            treasury.transfer(self.alice.address, 10**27)
        assert (caught.value.name, caught.value.values["needed"]) == ("ERC20InsufficientBalance", 10**27)
        with pytest.raises(NotFound) as missing:
            treasury.programs.get(99)
        assert missing.value.name == "ADN_UnknownProgram"

    def index(self) -> None:
        assert self.deployment is not None
        indexer = Indexer(self._engine, self.url, self.deployment, patience=SHORT)
        try:
            indexer.sync()
        finally:
            indexer.close()

    def check(self) -> None:
        assert self.deployment is not None
        report = check(self._engine, self.url, self.deployment, patience=SHORT)
        assert report.differences == []
        assert report.compared["order"] > 0

    def now(self) -> int:
        return self._node.eth.get_block("latest")["timestamp"]

    def travel(self, seconds: int) -> None:
        for method, params in (("evm_increaseTime", [seconds]), ("evm_mine", [])):
            response = self._node.provider.make_request(RPCEndpoint(method), params)
            assert "error" not in response, response


#: After the opening, in order.
STEPS: tuple[tuple[str, Callable[[Journey], None]], ...] = (
    ("buy", Journey.buy),
    ("claim", Journey.claim),
    ("refuse", Journey.refuse),
    ("index", Journey.index),
    ("check", Journey.check),
)
