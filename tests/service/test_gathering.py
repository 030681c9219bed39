"""What arrives together is done together, each for itself: nobody's fault is another's, and a crash loses nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from eth_account import Account
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fec.chain.anvil import Anvil
from fec.i18n.errors import RPCUnreachable
from fec.relayer.models import RelayTransaction
from fec.service.gathering import payments
from fec.service.http.gatherer import Gatherer
from fec.service.models import Action, ActionState
from fec.service.settings import CallerLimits
from tests.fixtures.chains import settle
from tests.fixtures.waiting import until
from tests.service import selling
from tests.service.conftest import ServiceClient, Shop

Serving = Callable[..., ServiceClient]
T = TypeVar("T")

HONEST = 8


# -------------------------------------------------------------------- gatherer


def in_a_loop(asking: Coroutine[Any, Any, T]) -> T:
    """Runs it in a thread of its own: Playwright leaves a loop running in that of the tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asking).result()


def test_ask__many_while_one_is_done__are_done_together() -> None:
    done: list[list[int]] = []
    going = threading.Event()

    def act(items: Sequence[int]) -> list[int]:
        done.append(list(items))
        assert going.wait(60)
        return [item * 2 for item in items]

    async def ask() -> list[int]:
        gatherer = Gatherer("test", act)
        first = asyncio.ensure_future(gatherer.ask(0))
        while not done:
            await asyncio.sleep(0.001)
        rest = [asyncio.ensure_future(gatherer.ask(item)) for item in (1, 2, 3)]
        await asyncio.sleep(0)
        going.set()
        answers = await asyncio.gather(first, *rest)
        gatherer.close()
        return list(answers)

    assert in_a_loop(ask()) == [0, 2, 4, 6]
    assert done == [[0], [1, 2, 3]]


def test_ask__more_wait_than_are_done_at_once__each_caller_gets_a_share() -> None:
    done: list[list[str]] = []
    going = threading.Event()

    def act(items: Sequence[str]) -> Sequence[str]:
        done.append(list(items))
        assert going.wait(60)
        return items

    async def ask() -> None:
        gatherer = Gatherer("test", act, turn=lambda item: item[0], most=2)
        asked = [asyncio.ensure_future(gatherer.ask("first"))]
        while not done:
            await asyncio.sleep(0.001)
        asked += [asyncio.ensure_future(gatherer.ask(item)) for item in ("a1", "a2", "a3", "b1")]
        await asyncio.sleep(0)
        going.set()
        await asyncio.gather(*asked)
        gatherer.close()

    in_a_loop(ask())
    assert done == [["first"], ["a1", "b1"], ["a2", "a3"]]


@pytest.mark.parametrize(("error", "failing"), [(ValueError("odd"), 1), (RPCUnreachable("away"), 3)])
def test_ask__one_goes_wrong__others_fail_only_with_what_is_everybodys(error: Exception, failing: int) -> None:
    begun, going = threading.Event(), threading.Event()

    def act(items: Sequence[int]) -> Sequence[int]:
        begun.set()
        assert going.wait(60)
        if 1 in items:
            raise error
        return items

    async def ask() -> list[int | BaseException]:
        gatherer = Gatherer("test", act)
        first = asyncio.ensure_future(gatherer.ask(-1))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        rest = [asyncio.ensure_future(gatherer.ask(item)) for item in (0, 1, 2)]
        await asyncio.sleep(0)
        going.set()
        answers = await asyncio.gather(first, *rest, return_exceptions=True)
        gatherer.close()
        return answers

    assert in_a_loop(ask()).count(error) == failing  # type: ignore[arg-type]


# -------------------------------------------------------------------- payments


def kept(cashier: ServiceClient) -> list[int]:
    with Session(cashier.service.engine) as session:
        return [session.scalar(select(func.count()).select_from(model)) or 0 for model in (Action, RelayTransaction)]


def states(cashier: ServiceClient) -> list[str]:
    with Session(cashier.service.engine) as session:
        return [ActionState(state).value for state in session.scalars(select(Action.state))]


def test_pay__honest_among_duplicate_expired_unsigned_and_hostile__honest_are_done_and_others_told_why(
    serving: Serving, shop: Shop, chain: Anvil
) -> None:
    # All come from one address here.
    cashier = serving(relay=False, caller_limits=CallerLimits(simulations=100, open=100))
    invoices = [cashier.invoice() for _ in range(HONEST + 3)]
    bodies = [cashier.payment(invoice, shop.shopper) for invoice in invoices]
    short = cashier.invoice(expiresIn=60)
    expired = cashier.payment(short, shop.shopper)
    bodies[HONEST]["signature"] = bodies[0]["signature"]
    bodies[HONEST + 1]["customer"] = shop.deployment["contracts"]["FEC"]["address"]
    poor = Account.from_key(b"\x77" * 32)
    bodies[HONEST + 2] = cashier.payment(invoices[HONEST + 2], poor)
    chain.travel_to(short["expiry"] + 1)

    def send(what: tuple[Any, dict[str, Any]]) -> tuple[int, str | None]:
        invoice, body = what
        answer = cashier.call("POST", f"/v1/pay/{invoice['id']}/payments", body)
        return answer.status_code, answer.json().get("type")

    asked = [*zip(invoices, bodies, strict=True), (invoices[0], bodies[0]), (short, expired)]
    with ThreadPoolExecutor(len(asked)) as pool:
        told = list(pool.map(send, asked))
    assert told[:HONEST] == [(202, None)] * HONEST
    assert told[HONEST:] == [
        (403, "urn:fec:problem:payment-not-signed"),
        (409, "urn:fec:problem:customer-refuses-nodes"),
        (409, "urn:fec:problem:refused-by-contract"),
        (202, None),
        (409, "urn:fec:problem:invoice-expired"),
    ]
    # What came while another was under way goes with others.
    until(lambda: states(cashier), lambda seen: seen == ["sent"] * HONEST)
    assert 1 <= kept(cashier)[1] <= HONEST
    settle(chain)
    cashier.service.relayer.tick()
    cashier.service.outbox.tend()
    for invoice in invoices[:HONEST]:
        assert cashier.until(invoice, lambda seen: seen["status"] == "paid")["payment"]["state"] == "done"


def test_pay__process_ends_between_commit_and_send__is_sent_by_the_next(
    serving: Serving, shop: Shop, chain: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    cashier = serving(relay=False)
    invoice = cashier.invoice()
    with monkeypatch.context() as crashing:
        crashing.setattr(cashier.service.outbox.batches, "broadcast", lambda _: None)
        assert cashier.pay(invoice, shop.shopper)["state"] == "requested"
    cashier.service.relayer.tick()
    settle(chain)
    cashier.service.relayer.tick()
    cashier.service.outbox.tend()
    assert cashier.until(invoice, lambda seen: seen["status"] == "paid")["payment"]["state"] == "done"


def test_pay__commit_fails__nothing_is_kept_and_sent_again_it_is_done(
    serving: Serving, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    cashier = serving(relay=False)
    invoice = cashier.invoice()
    body = cashier.payment(invoice, shop.shopper)
    path = f"/v1/pay/{invoice['id']}/payments"

    def failing(*_: Any) -> None:
        raise RPCUnreachable("away")

    with monkeypatch.context() as crashing:
        crashing.setattr(payments.events, "write", failing)
        assert cashier.call("POST", path, body).status_code == 503
    assert kept(cashier) == [0, 0]
    assert cashier.post(path, body)["id"] == cashier.post(path, body)["id"]
    assert kept(cashier) == [1, 1]


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_sales__many_at_once__are_each_answered_for_itself(serving: Serving, shop: Shop) -> None:
    till = selling.recorder(serving(settle=False), shop.escrow, dayBound="50")
    bodies = [selling.sale(f"S-{place}", "10") for place in range(5)]
    # One is refused, one is sent twice, one is beyond what the key may record.
    bodies += [selling.sale("S-5", "10", currency="EUR"), bodies[0], selling.sale("S-6", "50.01")]
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(lambda body: till.call("POST", "/v1/sales", body), bodies))
    kinds = [answer.json().get("type") for answer in answers]
    assert kinds[5:] == ["urn:fec:problem:rate-missing", kinds[0], "urn:fec:problem:day-bound-reached"]
    assert kinds[:5] == [None] * 5
    assert answers[0].json()["id"] == answers[6].json()["id"]
    assert len({answer.json()["claim"]["link"] for answer in answers[:5]}) == 5
    assert till.event_types().count("sale.recorded") == 5
