"""What a shop and a shopper do, from deployment to a proven index, step by step: on any node, through any endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.hdaccount import ETHEREUM_DEFAULT_PATH
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.types import RPCEndpoint

from fec import store
from fec.chain.anvil import MNEMONIC
from fec.chain.deploy import deploy, verify
from fec.chain.deployments import Deployment
from fec.chain.rpc import connect
from fec.chain.sender import Sender
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import HOUR
from fec.i18n.errors import LimitExceeded, NotFound, TransactionFailed
from fec.indexer import Indexer, Patience, check
from fec.protocol.orders import Invoice, Order
from fec.protocol.terms import Terms

PERIOD = 12 * HOUR
#: For tests in which nothing fails for long.
SHORT = Patience(attempts=12, first=1, longest=200)


def accounts(count: int) -> list[LocalAccount]:
    """The accounts that development nodes give their coin to."""
    Account.enable_unaudited_hdwallet_features()
    prefix = ETHEREUM_DEFAULT_PATH.rpartition("/")[0]
    return [Account.from_mnemonic(MNEMONIC, account_path=f"{prefix}/{index}") for index in range(count)]


class Blind(Sender):
    """Believes that everything will go well."""

    def simulate(self, call: ContractFunction | ContractConstructor) -> int:  # noqa: ARG002 (as its base)
        """A guess."""
        return 100_000


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
        return Client(connect(self.url), self._known(), account)

    def order(self) -> Order:
        """Alice's, for 100 FEC, signed by the shop."""
        alice = self.client(self.alice)
        invoice = Invoice(self.program_id, f"order {time.time_ns()}", 100 * FEC, "", alice.now() + HOUR)
        return Order(invoice, alice.orders.sign(invoice, self.signer), alice.address)

    def buy(self) -> None:
        """Pays an order, has part of it back, captures the rest once the window is over."""
        alice = self.client(self.alice)
        paid = alice.orders.pay(self.order())
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

    def pay(self) -> None:
        """An order each in all the other ways there are to pay."""
        alice, owner = self.client(self.alice), self.client(self.owner)
        [node] = alice.nodes.owned_by(alice.address)
        order = self.order()
        alice.orders.pay_with_permit(order, alice.orders.permit(order, self.alice))
        order = self.order()
        owner.orders.pay_with_authorization(order, alice.orders.authorize(order, self.alice))
        alice.orders.transfer_and_call(self.order())
        self.travel(PERIOD)
        # The permit took the place of the allowance.
        alice.orders.approve(1_000 * FEC)
        alice.orders.pay_from_nodes(self.order(), [node.token_id])
        assert len(alice.orders.keys(self.program_id)) == 5

    def refuse(self) -> None:
        """What a contract refuses is told in its own words, with its values, before anything is sent."""
        treasury = self.client(self.treasury)
        with pytest.raises(LimitExceeded) as caught:
            treasury.transfer(self.alice.address, 10**27)
        assert (caught.value.name, caught.value.values["needed"]) == ("ERC20InsufficientBalance", 10**27)
        with pytest.raises(NotFound) as missing:
            treasury.programs.get(99)
        assert missing.value.name == "ADN_UnknownProgram"

    def revert(self) -> None:
        """A transaction that its simulation let pass, and that is reverted in its block, is told from its receipt."""
        with pytest.raises(TransactionFailed, match=r"Transaction 0x[0-9a-f]{64} was reverted in its block"):
            Client(connect(self.url), self._known(), Blind(connect(self.url), self.treasury)).transfer(
                self.alice.address, 10**27
            )

    def index(self) -> None:
        indexer = Indexer(self._engine, self.url, self._known(), patience=SHORT)
        try:
            indexer.sync()
        finally:
            indexer.close()

    def check(self) -> None:
        report = check(self._engine, self.url, self._known(), patience=SHORT)
        assert report.differences == []
        assert report.compared["order"] > 0

    def _known(self) -> Deployment:
        assert self.deployment is not None
        return self.deployment

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
    ("revert", Journey.revert),
    ("index", Journey.index),
    ("check", Journey.check),
)
