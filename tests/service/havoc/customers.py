"""Customers and the shop's staff: each order is asked for until there is an answer, as any good caller does."""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from eth_account.signers.local import LocalAccount

from fec.core.amounts import exact_fec
from fec.core.durations import YEAR

#: An answer that is lost may be asked for again for so long.
_PATIENCE_SECONDS = 600
_AGAIN_SECONDS = 0.25
_LOOK_SECONDS = 0.3
_NOW_OR_LATER = (":idempotency-key-busy", ":too-many-requests")


@dataclass
class Refund:
    """What was asked to be paid back, and what was answered."""

    key: str
    amount: int
    action: str | None = None
    """Its id, once it was accepted."""
    refused: str | None = None


@dataclass
class Purchase:
    """One order as those who are at it remember it."""

    order_id: str
    amount: int
    shopper: str
    invoice: dict[str, Any] | None = None
    payments: list[str] = field(default_factory=list)
    """Ids of all payments that were accepted."""
    refunds: list[Refund] = field(default_factory=list)
    told_wrongly: list[str] = field(default_factory=list)
    """Answers that say what is not so."""
    may_be_paid: bool = True
    """Whether its payer has signed what can pay it."""

    @property
    def id(self) -> str:
        """The invoice's."""
        assert self.invoice is not None
        return str(self.invoice["id"])


@dataclass(frozen=True)
class Desk:
    """Where a shop is served."""

    urls: Sequence[str]
    """Of all instances."""
    token: str
    """Of a manager."""


class Buyer(ABC):
    """Buys again and again, in a thread and from an address of its own."""

    def __init__(self, name: str, address: str, desk: Desk, seed: int) -> None:
        self.name = name
        self.desk = desk
        self.purchases: list[Purchase] = []
        self.counts: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self.under_way = 0
        """Orders that it is at."""
        self._address = address
        self._headers = {"Authorization": f"Bearer {desk.token}"}
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks for no further order; what is under way is brought to an answer."""
        self._stop.set()

    def give_up(self) -> None:
        """Ends it at once, whatever is under way."""
        self._over.set()
        self.stop()
        if self._thread.is_alive():
            self._thread.join()

    def join(self) -> None:
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            with self.client(self._address) as http:
                while not self._stop.is_set():
                    self.buy(http)
                    self.under_way = 0
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            self.failure = error

    def client(self, address: str) -> httpx.Client:
        """What asks, from one of this machine's own addresses: the service counts by them."""
        transport = httpx.HTTPTransport(local_address=address, verify=False)
        return httpx.Client(timeout=30, transport=transport)

    @abstractmethod
    def buy(self, http: httpx.Client) -> None:
        """Buys once."""

    def order(self, http: httpx.Client, shopper: str) -> Purchase:
        """An order that the shop has made an invoice of."""
        chance = self._random
        purchase = Purchase(f"{self.name}-{len(self.purchases) + 1}", chance.randrange(10**18, 40 * 10**18), shopper)
        self.purchases.append(purchase)
        self.under_way = 1
        asked = {"orderId": purchase.order_id, "amount": exact_fec(purchase.amount), "expiresIn": YEAR}
        answer = self.ask(http, "POST", "/v1/invoices", asked, f"invoice {purchase.order_id}")
        purchase.invoice = answer.json()
        return purchase

    def signed(self, http: httpx.Client, purchase: Purchase, wallet: LocalAccount, **instead: Any) -> dict[str, Any]:
        """A payment that a wallet has signed, as the service says, but for what is to be `instead`."""
        who = {"payer": wallet.address, "customer": wallet.address}
        path = f"/v1/pay/{purchase.id}/authorization?payer={who['payer']}&customer={who['customer']}"
        message = self.ask(http, "GET", path).json()["authorization"]
        message["message"] |= instead
        signature = wallet.sign_typed_data(full_message=message).signature.to_0x_hex()
        return {**who, "validAfter": 0, "validBefore": int(message["message"]["validBefore"]), "signature": signature}

    def send(self, http: httpx.Client, purchase: Purchase, body: Any, url: str | None = None) -> str | None:
        """Sends a payment; gives the kind of problem that it has, or None if it was accepted."""
        answer = self.ask(http, "POST", f"/v1/pay/{purchase.id}/payments", body, url=url)
        if answer.status_code == 202:
            purchase.payments.append(answer.json()["id"])
            return None
        return str(answer.json()["type"].rpartition(":")[2])

    def ask(
        self,
        http: httpx.Client,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = None,
        *,
        url: str | None = None,
    ) -> httpx.Response:
        """An answer that says yes or no, of whichever instance gives one, or of that one: all else is asked again."""
        headers = self._headers if key is None else {**self._headers, "Idempotency-Key": key.replace(" ", "-")}
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            assert time.monotonic() < deadline, f"no answer to {method} {path}"
            assert not self._over.is_set(), "given up"
            try:
                where = url or self._random.choice(self.desk.urls)
                answer = http.request(method, where + path, json=body, headers=headers)
            except httpx.TransportError:
                self.counts["no answer"] += 1
                time.sleep(_AGAIN_SECONDS)
                continue
            self.counts[f"{answer.status_code}"] += 1
            kind = answer.json().get("type", "") if answer.status_code >= 400 else ""
            if answer.status_code >= 500 or kind.endswith(_NOW_OR_LATER):
                if kind:
                    self.counts[kind.rpartition(":")[2]] += 1
                time.sleep(_AGAIN_SECONDS)
                continue
            return answer

    def wait(
        self, http: httpx.Client, purchase: Purchase, done: Callable[[Any], bool], seconds: float
    ) -> dict[str, Any]:
        """The invoice, once it is as it should be, or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            seen: dict[str, Any] = self.ask(http, "GET", f"/v1/pay/{purchase.id}").json()
            if done(seen) or time.monotonic() > deadline:
                return seen
            time.sleep(_LOOK_SECONDS)


class Customer(Buyer):
    """Honest, with a wallet that has no gas coin."""

    def __init__(self, name: str, wallet: LocalAccount, address: str, desk: Desk, seed: int) -> None:
        super().__init__(name, address, desk, seed)
        self.wallet = wallet

    def buy(self, http: httpx.Client) -> None:
        """Pays most orders, and has some of it refunded."""
        chance = self._random
        purchase = self.order(http, self.wallet.address)
        if chance.random() < 0.9:
            body = self.signed(http, purchase, self.wallet)
            for _ in range(chance.choice((1, 1, 2))):
                if (problem := self.send(http, purchase, body)) is not None:
                    purchase.told_wrongly.append(f"a good payment was answered {problem}")
        seen = self.wait(http, purchase, lambda seen: seen["status"] != "open", chance.uniform(0, 4))
        if seen["status"] != "open":
            for number in range(chance.choice((0, 0, 1, 1, 2))):
                self._refund(http, purchase, Refund(f"refund {purchase.order_id} {number}", chance.randrange(10**15)))

    def _refund(self, http: httpx.Client, purchase: Purchase, refund: Refund) -> None:
        purchase.refunds.append(refund)
        path = f"/v1/invoices/{purchase.id}/refunds"
        for _ in range(self._random.choice((1, 1, 2))):
            answer = self.ask(http, "POST", path, {"amount": exact_fec(refund.amount)}, refund.key)
            if answer.status_code == 202:
                accepted = answer.json()["id"]
                assert refund.action in (None, accepted), f"{refund} was accepted 2 times"
                refund.action = accepted
            elif refund.action is None:
                refund.refused = answer.json()["type"]
            else:
                raise AssertionError(f"{refund} was accepted, then answered {answer.text}")
