"""Invoices follow the index, through reorganisations too; every change is an event that no reader misses."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from fec.chain.anvil import Anvil
from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.orders.reconcile import reconcile
from fec.store import writer
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop


def test_reorganisation__payment_undone__invoice_says_so_and_the_payment_is_sent_again(
    cashier: ServiceClient, shop: Shop, chain: Anvil
) -> None:
    invoice = cashier.invoice()
    payment = cashier.payment(invoice, shop.shopper)
    before = chain.request("evm_snapshot")
    cashier.post(f"/v1/pay/{invoice['id']}/payments", payment)
    cashier.until(invoice, lambda seen: seen["status"] == "paid" and seen["payment"]["state"] == "done")
    # Another branch, without the payment; blocks of it come only when they are asked for.
    chain.request("evm_setAutomine", False)
    chain.request("evm_revert", before)
    chain.mine(3)
    undone = cashier.until(invoice, lambda seen: seen["status"] == "open")
    assert (undone["payer"], undone["paidAt"], undone["refunded"]) == (None, None, "0")
    chain.request("evm_setAutomine", True)
    chain.mine()
    cashier.until(invoice, lambda seen: seen["status"] == "paid")
    kinds = [kind for kind in cashier.event_types() if kind.startswith("invoice.")]
    assert kinds == ["invoice.created", "invoice.paid", "invoice.reorganised", "invoice.paid"]
    assert chain.web3.eth.get_transaction_count(shop.signer.address) == 1


def test_reorganisation__with_confirmations__is_never_heard_of(
    serving: Callable[..., ServiceClient], shop: Shop, chain: Anvil
) -> None:
    cashier = serving(confirmations=3)
    invoice = cashier.invoice()
    cashier.pay(invoice, shop.shopper)
    until(lambda: cashier.get(f"/v1/invoices/{invoice['id']}")["payment"]["transactionHash"], bool)
    assert cashier.get(f"/v1/invoices/{invoice['id']}")["status"] == "open"
    chain.mine(3)
    cashier.until(invoice, lambda seen: seen["status"] == "paid")


def test_payment__from_elsewhere__invoice_is_paid_all_the_same(
    serving: Callable[..., ServiceClient], shop: Shop, chain: Anvil
) -> None:
    one, other = serving(shop.at_once), serving(shop.at_once)
    invoice = one.invoice()
    one.pay(invoice, shop.shopper)
    paid = other.until(invoice, lambda seen: seen["status"] == "captured")
    assert paid["nodeId"] is not None
    kinds = [kind for kind in other.event_types() if kind.startswith("invoice.")]
    assert kinds == ["invoice.created", "invoice.paid", "invoice.captured"]


def test_reconcile__by_many_at_once__each_change_is_one_event(
    serving: Callable[..., ServiceClient], shop: Shop
) -> None:
    cashier = serving()
    invoices = [cashier.paid(shop.shopper, "1") for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: reconcile(cashier.service), range(8)))
    assert cashier.event_types().count("invoice.paid") == len(invoices)


def test_events__written_at_once__no_reader_misses_one(cashier: ServiceClient, shop: Shop) -> None:
    """Numbers are seen in the order in which they are given: a reader that has seen 8 has seen 7."""
    seen: list[int] = []
    stop = threading.Event()

    def write(number: int) -> None:
        for _ in range(10):
            with Session(writer(cashier.service.engine)) as session, session.begin():
                events.record(session, [Change(shop.escrow, None, f"test.{number}", {})])

    def read() -> None:
        while True:
            finished = stop.is_set()
            with Session(cashier.service.engine) as session:
                found = events.after(session, seen[-1] if seen else 0, 3, program_id=shop.escrow)
            seen.extend(event.sequence for event in found)
            if finished and not found:
                return

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    stop.set()
    reader.join()
    assert len(seen) == 40
    assert seen == sorted(seen)


# --------------------------------------------------------------------- streams


def read_events(lines: Iterator[str], count: int) -> list[tuple[int, str, object]]:
    """Number, type and data of so many events of a stream."""
    found: list[tuple[int, str, object]] = []
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            fields = {}
            if len(found) == count:
                break
    return found


def test_stream__of_an_invoice__tells_its_state_then_each_change(live: ServiceClient, shop: Shop) -> None:
    invoice = live.invoice()
    with live.http.stream("GET", f"/v1/pay/{invoice['id']}/events") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        [(_, kind, state)] = read_events(lines, 1)
        assert (kind, state) == ("invoice.state", invoice)
        live.pay(invoice, shop.shopper)
        told = [kind for _, kind, _ in read_events(lines, 3)]
    assert set(told) == {"payment.requested", "invoice.paid", "payment.done"}


def test_stream__left_and_taken_up_again__goes_on_where_it_was(live: ServiceClient) -> None:
    for _ in range(3):
        live.invoice()
    known = live.get("/v1/events")["items"]
    headers = {**live.headers, "Last-Event-ID": str(known[0]["sequence"])}
    with live.http.stream("GET", "/v1/events/stream", headers=headers) as answer:
        told = read_events(answer.iter_lines(), 2)
    assert [(number, data) for number, _, data in told] == [(event["sequence"], event["data"]) for event in known[1:]]


def test_stream__without_a_key__is_refused(live: ServiceClient) -> None:
    assert live.anybody().refused("GET", "/v1/events/stream")["status"] == 401
