"""Hostile payers, whose payments are among those of honest ones: not signed, expired, without FEC, sent to all
instances at once, or sent by the payer as well, in front of the service's.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.i18n.parsing import parse_fec
from fec.protocol import calls
from fec.protocol.orders import Authorization, Invoice, Order

from .customers import Buyer, Desk, Purchase

#: Problems that a payment may always have: its payer, or its address, has failed before.
_MUST_WAIT = ("failed-too-often", "too-many-at-once", "too-many-simulations")
#: What whoever is in front offers for the place, in wei a gas.
_IN_FRONT = {"maxFeePerGas": 400 * 10**9, "maxPriorityFeePerGas": 200 * 10**9, "gas": 600_000}
_COIN = 10**20


class HostilePayer(Buyer):
    """Tries one trick after the other, with one wallet and from one address after the other."""

    def __init__(
        self,
        name: str,
        wallets: Sequence[LocalAccount],
        network: str,
        desk: Desk,
        seed: int,
        *,
        chain: Anvil,
        client: Client,
    ) -> None:
        super().__init__(name, f"{network}.1", desk, seed)
        self.wallets = list(wallets)
        self._numbers = itertools.cycle(range(2, 250))
        self._network = network
        self._chain = chain
        self._client = client
        for wallet in wallets:
            chain.request("anvil_setBalance", wallet.address, hex(_COIN))

    def buy(self, http: httpx.Client) -> None:
        """One trick; honest as far as the shop can see until it pays."""
        tricks: tuple[tuple[str, Callable[[httpx.Client, Purchase, LocalAccount], None]], ...] = (
            ("not signed", self._not_signed),
            ("expired", self._expired),
            ("poor", self._poor),
            ("to all at once", self._to_all_at_once),
            ("in front", self._in_front),
        )
        name, trick = self._random.choice(tricks)
        wallet = self._random.choice(self.wallets)
        purchase = self.order(http, wallet.address)
        # Who has failed has to wait, and others at the same address with them.
        with self.client(f"{self._network}.{next(self._numbers)}") as fresh:
            trick(fresh, purchase, wallet)
        self.counts[name] += 1
        self._stop.wait(self._random.uniform(0, 0.8))

    def _not_signed(self, http: httpx.Client, purchase: Purchase, wallet: LocalAccount) -> None:
        body = self.signed(http, purchase, wallet)
        other = self._random.choice([one for one in self.wallets if one is not wallet])
        self._refused(http, purchase, {**body, "payer": other.address}, "payment-not-signed")

    def _expired(self, http: httpx.Client, purchase: Purchase, wallet: LocalAccount) -> None:
        body = self.signed(http, purchase, wallet, validBefore="1")
        self._refused(http, purchase, body, "refused-by-contract")

    def _poor(self, http: httpx.Client, purchase: Purchase, _: LocalAccount) -> None:
        body = self.signed(http, purchase, Account.from_key(self._random.randbytes(32)))
        self._refused(http, purchase, body, "refused-by-contract")

    def _refused(self, http: httpx.Client, purchase: Purchase, body: Any, expected: str) -> None:
        purchase.may_be_paid = False
        problem = self.send(http, purchase, body)
        if problem is None or not (problem == expected or problem in _MUST_WAIT):
            purchase.told_wrongly.append(f"what nobody has signed was answered {problem}, not {expected}")

    def _to_all_at_once(self, http: httpx.Client, purchase: Purchase, wallet: LocalAccount) -> None:
        body = self.signed(http, purchase, wallet)
        with ThreadPoolExecutor(len(self.desk.urls)) as pool:
            problems = list(pool.map(lambda url: self.send(http, purchase, body, url), self.desk.urls))
        self._accepted(purchase, problems)

    def _in_front(self, http: httpx.Client, purchase: Purchase, wallet: LocalAccount) -> None:
        body = self.signed(http, purchase, wallet)
        problems = [self.send(http, purchase, body)]
        order = _order_of(purchase, wallet)
        authorization = Authorization(wallet.address, 0, body["validBefore"], body["signature"])
        self._send_in_front(wallet, calls.pay_with_authorization(order, authorization).data)
        problems.append(self.send(http, purchase, body))
        self._accepted(purchase, [problem for problem in problems if problem != "order-already-paid"])

    def _send_in_front(self, wallet: LocalAccount, data: str) -> None:
        """A transaction of its own, offered more for than the service does."""
        eth = self._chain.web3.eth
        transaction = {
            **_IN_FRONT,
            "chainId": eth.chain_id,
            "nonce": eth.get_transaction_count(wallet.address),
            "to": self._client.orders.address,
            "data": data,
            "value": 0,
        }
        raw = wallet.sign_transaction(transaction).raw_transaction
        self._chain.request("eth_sendRawTransaction", raw.to_0x_hex())

    def _accepted(self, purchase: Purchase, problems: Sequence[str | None]) -> None:
        """One payment, however often it is sent; or it has to wait."""
        if len(set(purchase.payments)) > 1:
            purchase.told_wrongly.append(f"one payment was accepted as {len(set(purchase.payments))}")
        for problem in problems:
            if problem is not None and problem not in _MUST_WAIT:
                purchase.told_wrongly.append(f"a good payment was answered {problem}")


def wallets_of(draw: random.Random, count: int) -> list[LocalAccount]:
    """New wallets."""
    return [Account.from_key(draw.randbytes(32)) for _ in range(count)]


def _order_of(purchase: Purchase, wallet: LocalAccount) -> Order:
    said = purchase.invoice
    assert said is not None
    invoice = Invoice(
        said["programId"], said["orderId"], parse_fec(said["amount"]), said["currencyReference"], said["expiry"]
    )
    return Order(invoice, said["merchantSignature"], wallet.address)
