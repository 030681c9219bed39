"""Two services on one database gather payments of one merchant: what both are sent, they do once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fec.chain.anvil import Anvil
from fec.relayer.models import RelayTransaction
from fec.service.gathering import payments
from fec.service.models import Action
from fec.service.settings import CallerLimits
from tests.fixtures.chains import settle
from tests.fixtures.endpoints import PROFILES, ReshapingProxy
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop

Serving = Callable[..., ServiceClient]

ORDERS = 4
#: All come from one address here.
LIMITS = CallerLimits(simulations=100, open=100)


def kept(cashier: ServiceClient) -> list[int]:
    """How many actions and transactions there are."""
    with Session(cashier.service.engine) as session:
        return [session.scalar(select(func.count()).select_from(model)) or 0 for model in (Action, RelayTransaction)]


def ended(cashier: ServiceClient, chain: Anvil, invoices: Sequence[Any]) -> list[tuple[str, str]]:
    """What invoices and their payments say, once nothing is under way."""

    def look() -> list[tuple[str, str]]:
        settle(chain)
        cashier.service.relayer.tick()
        cashier.service.outbox.tend()
        seen = [cashier.get(f"/v1/pay/{invoice['id']}") for invoice in invoices]
        return [(each["status"], each["payment"]["state"]) for each in seen]

    return until(look, lambda seen: all(status != "open" and state in ("done", "failed") for status, state in seen))  # type: ignore[no-any-return]


def test_pay__same_payments_sent_to_two_services_at_once__each_is_done_once(
    serving: Serving, shop: Shop, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = [serving(relay=False, caller_limits=LIMITS) for _ in range(2)]
    invoices = [services[0].invoice() for _ in range(ORDERS)]
    bodies = [services[0].payment(invoice, shop.shopper) for invoice in invoices]
    meeting, keep = threading.Barrier(len(services), timeout=60), payments._keep
    first = [threading.Event() for _ in services]

    def keep_together(service: Any, *given: Any) -> Any:
        """Both have found the payments plain, and neither has written any."""
        mine = first[[each.service for each in services].index(service)]
        if not mine.is_set():
            mine.set()
            meeting.wait()
        return keep(service, *given)

    monkeypatch.setattr(payments, "_keep", keep_together)
    asked = [(one, *each) for one in services for each in zip(invoices, bodies, strict=True)]

    def send(what: tuple[ServiceClient, Any, Any]) -> str:
        one, invoice, body = what
        return str(one.post(f"/v1/pay/{invoice['id']}/payments", body)["id"])

    with ThreadPoolExecutor(len(asked)) as pool:
        told = list(pool.map(send, asked))
    assert told[:ORDERS] == told[ORDERS:]
    assert kept(services[0])[0] == ORDERS
    assert ended(services[0], chain, invoices) == [("paid", "done")] * ORDERS


def test_pay__endpoint_takes_no_batch__all_are_done(serving: Serving, shop: Shop, chain: Anvil) -> None:
    with ReshapingProxy(chain.url, PROFILES["batch: none"]) as proxy:
        cashier = serving(rpc=proxy.url, relay=False, caller_limits=LIMITS)
        invoices = [cashier.invoice() for _ in range(ORDERS)]
        bodies = [cashier.payment(invoice, shop.shopper) for invoice in invoices]
        paths = [f"/v1/pay/{invoice['id']}/payments" for invoice in invoices]
        with ThreadPoolExecutor(ORDERS) as pool:
            told = list(pool.map(cashier.post, paths, bodies))
        assert [each["state"] for each in told] == ["requested"] * ORDERS
        assert ended(cashier, chain, invoices) == [("paid", "done")] * ORDERS
