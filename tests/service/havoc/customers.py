"""Customers and the shop's staff: each order is asked for until there is an answer, as any good caller does."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from eth_account.signers.local import LocalAccount

from fec.core.amounts import exact_fec

#: An answer that is lost may be asked for again for so long.
_PATIENCE_SECONDS = 600
_LOOK_SECONDS = 0.2
_YEAR = 31_536_000


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


class Customer:
    """Buys again and again, in a thread of its own, with a wallet that has no gas coin."""

    def __init__(self, name: str, wallet: LocalAccount, urls: Sequence[str], token: str, seed: int) -> None:
        self.name = name
        self.wallet = wallet
        self.purchases: list[Purchase] = []
        self.counts: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._urls = list(urls)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks for no further order; what is under way is brought to an answer."""
        self._stop.set()

    def join(self) -> None:
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            with httpx.Client(timeout=30) as http:
                while not self._stop.is_set():
                    self._buy(http)
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            self.failure = error

    # ------------------------------------------------------------------ orders

    def _buy(self, http: httpx.Client) -> None:
        chance = self._random
        purchase = Purchase(
            f"{self.name}-{len(self.purchases) + 1}", chance.randrange(10**18, 40 * 10**18), self.wallet.address
        )
        self.purchases.append(purchase)
        asked = {"orderId": purchase.order_id, "amount": exact_fec(purchase.amount), "expiresIn": _YEAR}
        purchase.invoice = self._ask(http, "POST", "/v1/invoices", asked, f"invoice {purchase.order_id}").json()
        if chance.random() < 0.9:
            self.pay(http, purchase)
        seen = self._wait(http, purchase, lambda seen: seen["status"] != "open", chance.uniform(0, 6))
        if seen["status"] != "open":
            for number in range(chance.choice((0, 0, 1, 1, 2))):
                self._refund(http, purchase, Refund(f"refund {purchase.order_id} {number}", chance.randrange(10**15)))

    def pay(self, http: httpx.Client, purchase: Purchase) -> None:
        """Signs and sends a payment, some of them several times."""
        path = f"/v1/pay/{self._id(purchase)}"
        who = {"payer": self.wallet.address, "customer": self.wallet.address}
        document = self._ask(http, "GET", f"{path}/authorization?payer={who['payer']}&customer={who['customer']}")
        message = document.json()["authorization"]
        signature = self.wallet.sign_typed_data(full_message=message).signature.to_0x_hex()
        body = {**who, "validAfter": 0, "validBefore": int(message["message"]["validBefore"]), "signature": signature}
        for _ in range(self._random.choice((1, 1, 2))):
            answer = self._ask(http, "POST", f"{path}/payments", body)
            if answer.status_code == 202:
                purchase.payments.append(answer.json()["id"])

    def _refund(self, http: httpx.Client, purchase: Purchase, refund: Refund) -> None:
        purchase.refunds.append(refund)
        path = f"/v1/invoices/{self._id(purchase)}/refunds"
        for _ in range(self._random.choice((1, 1, 2))):
            answer = self._ask(http, "POST", path, {"amount": exact_fec(refund.amount)}, refund.key)
            if answer.status_code == 202:
                accepted = answer.json()["id"]
                assert refund.action in (None, accepted), f"{refund} was accepted 2 times"
                refund.action = accepted
            elif refund.action is None:
                refund.refused = answer.json()["type"]
            else:
                raise AssertionError(f"{refund} was accepted, then answered {answer.text}")

    def _wait(
        self, http: httpx.Client, purchase: Purchase, done: Callable[[Any], bool], seconds: float
    ) -> dict[str, Any]:
        """The invoice, once it is as it should be, or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            seen: dict[str, Any] = self._ask(http, "GET", f"/v1/pay/{self._id(purchase)}").json()
            if done(seen) or time.monotonic() > deadline:
                return seen
            time.sleep(_LOOK_SECONDS)

    # ----------------------------------------------------------------- requests

    def _id(self, purchase: Purchase) -> str:
        assert purchase.invoice is not None
        return str(purchase.invoice["id"])

    def _ask(
        self, http: httpx.Client, method: str, path: str, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        """An answer that says yes or no, of whichever instance gives one: all else is asked again."""
        headers = self._headers if key is None else {**self._headers, "Idempotency-Key": key.replace(" ", "-")}
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            assert time.monotonic() < deadline, f"no answer to {method} {path}"
            try:
                answer = http.request(method, self._random.choice(self._urls) + path, json=body, headers=headers)
            except httpx.TransportError:
                self.counts["no answer"] += 1
                time.sleep(_LOOK_SECONDS)
                continue
            self.counts[f"{answer.status_code}"] += 1
            kind = answer.json().get("type", "") if answer.status_code >= 400 else ""
            if answer.status_code >= 500 or kind.endswith((":idempotency-key-busy", ":too-many-requests")):
                if kind:
                    self.counts[kind.rpartition(":")[2]] += 1
                time.sleep(0.1)
                continue
            return answer
