"""Invoices, idempotency keys, refunds, captures: what they take, and the words in which they refuse."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fec.chain.anvil import Anvil
from fec.core.durations import DAY
from fec.protocol.calls import ContractCall
from fec.service.models import Role
from tests.fixtures.waiting import until
from tests.service.conftest import WINDOW, ServiceClient, Shop


def test_create__same_key_and_body__is_one_invoice(cashier: ServiceClient) -> None:
    body = {"orderId": "A-1", "amount": "5"}
    first = cashier.call("POST", "/v1/invoices", body, Idempotency_Key="k")
    again = cashier.call("POST", "/v1/invoices", body, Idempotency_Key='"k"')
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert cashier.event_types() == ["invoice.created"]


def test_create__same_key_another_body__is_refused(cashier: ServiceClient) -> None:
    cashier.post("/v1/invoices", {"orderId": "A-1", "amount": "5"}, Idempotency_Key="k")
    problem = cashier.refused("POST", "/v1/invoices", {"orderId": "A-1", "amount": "6"}, Idempotency_Key="k")
    assert (problem["status"], problem["type"]) == (422, "urn:fec:problem:idempotency-key-reused")
    assert problem["values"] == {"key": "k"}


def test_create__refused_with_a_key__can_be_tried_again(cashier: ServiceClient) -> None:
    cashier.post("/v1/invoices", {"orderId": "A-1", "amount": "5"})
    body = {"orderId": "A-1", "amount": "6"}
    assert cashier.refused("POST", "/v1/invoices", body, Idempotency_Key="k")["status"] == 409
    cashier.post("/v1/invoices", {**body, "orderId": "A-2"}, Idempotency_Key="k")


def test_create__same_key_of_another_merchant__is_another_invoice(cashier: ServiceClient, shop: Shop) -> None:
    body = {"orderId": "A-1", "amount": "5"}
    other = cashier.as_(shop.at_once, Role.CASHIER)
    first = cashier.post("/v1/invoices", body, Idempotency_Key="k")
    second = other.post("/v1/invoices", body, Idempotency_Key="k")
    assert first["id"] != second["id"]


def test_create__same_order_at_once__is_one_invoice(serving: Callable[..., ServiceClient]) -> None:
    services = [serving(), serving()]
    body = {"orderId": "A-1", "amount": "5"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: services[number % 2].call("POST", "/v1/invoices", body), range(16)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15
    problems = {answer.json()["type"] for answer in answers if answer.status_code == 409}
    assert problems == {"urn:fec:problem:order-id-taken"}


def test_create__same_key_at_once__is_one_invoice(serving: Callable[..., ServiceClient]) -> None:
    services = [serving(), serving()]
    body = {"orderId": "A-1", "amount": "5"}

    def create(number: int) -> int:
        return services[number % 2].call("POST", "/v1/invoices", body, Idempotency_Key="k").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(create, range(16)))
    assert 201 in statuses
    assert statuses <= {201, 409}
    assert len(services[0].get("/v1/invoices")["items"]) == 1


def test_create__program_with_another_signer__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    problem = cashier.as_(shop.foreign, Role.CASHIER).refused("POST", "/v1/invoices", {"orderId": "A-1", "amount": "5"})
    assert problem["type"] == "urn:fec:problem:not-the-signer"
    assert problem["values"] == {
        "program": str(shop.foreign),
        "signer": shop.operator.address,
        "own": shop.signer.address,
    }


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"amount": "0"}, "body/amount"),
        ({"amount": "-1"}, "body/amount"),
        ({"amount": "1e3"}, "body/amount"),
        ({"amount": 5}, "body/amount"),
        ({"amount": "0.0000000000000000001"}, "body/amount"),
        ({"orderId": "x" * 33}, "body/orderId"),
        ({"orderId": ""}, "body/orderId"),
        ({"orderId": "é"}, "body/orderId"),
        ({"currencyReference": "¥" * 11}, "body/currencyReference"),
        ({"items": "a\0b"}, "body/items"),
        ({"expiresIn": 59}, "body/expiresIn"),
        ({"unknown": 1}, "body/unknown"),
    ],
)
def test_create__bad_value__is_named(cashier: ServiceClient, change: dict[str, object], where: str) -> None:
    problem = cashier.refused("POST", "/v1/invoices", {"orderId": "A-1", "amount": "5", **change})
    assert (problem["status"], problem["type"]) == (422, "urn:fec:problem:invalid-request")
    assert problem["values"]["where"] == where


def test_show__known_by_its_etag__is_not_sent_again(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.invoice("100")
    path = f"/v1/invoices/{invoice['id']}"
    tag = cashier.call("GET", path).headers["ETag"]
    assert cashier.call("GET", path, If_None_Match=tag).status_code == 304
    cashier.pay(invoice, shop.shopper)
    cashier.until(invoice, lambda seen: seen["status"] == "paid")
    changed = cashier.call("GET", path, If_None_Match=tag)
    assert (changed.status_code, changed.json()["status"]) == (200, "paid")
    assert changed.headers["ETag"] != tag


def test_show__another_merchants__is_not_there(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.invoice()
    problem = cashier.as_(shop.at_once, Role.MANAGER).refused("GET", f"/v1/invoices/{invoice['id']}")
    assert problem["type"] == "urn:fec:problem:not-found"


def test_list__in_pages__has_each_once_newest_first(cashier: ServiceClient) -> None:
    made = [cashier.invoice()["orderId"] for _ in range(5)]
    seen: list[str] = []
    page = cashier.get("/v1/invoices?limit=2")
    while True:
        seen += [invoice["orderId"] for invoice in page["items"]]
        if page["next"] is None:
            break
        page = cashier.get(f"/v1/invoices?limit=2&before={page['next']}")
    assert seen == made[::-1]
    assert [invoice["orderId"] for invoice in cashier.get("/v1/invoices?orderId=A-2")["items"]] == ["A-2"]
    assert cashier.get("/v1/invoices?status=paid")["items"] == []


# --------------------------------------------------------------------- refunds


def test_refund__without_a_key__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.paid(shop.shopper)
    problem = cashier.refused("POST", f"/v1/invoices/{invoice['id']}/refunds", {"amount": "1"})
    assert (problem["status"], problem["type"]) == (400, "urn:fec:problem:idempotency-key-missing")


def test_refund__same_key__is_one_refund(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.paid(shop.shopper)
    path = f"/v1/invoices/{invoice['id']}/refunds"
    first = cashier.post(path, {"amount": "1"}, Idempotency_Key="r")
    again = cashier.post(path, {"amount": "1"}, Idempotency_Key="r")
    assert first == again
    until(lambda: cashier.get(f"{path}/{first['id']}"), lambda seen: seen["state"] == "done")
    assert len(cashier.get(path)["items"]) == 1
    assert cashier.until(invoice, lambda seen: seen["refunded"] != "0")["refunded"] == "1"


def test_refund__same_key_at_another_instance_meanwhile__is_one_refund(
    serving: Callable[..., ServiceClient], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    cashier, other = serving(), serving()
    invoice = cashier.paid(shop.shopper)
    path, first = f"/v1/invoices/{invoice['id']}/refunds", list[Any]()
    simulate = other.service.outbox.simulate

    def late(call: ContractCall, *rest: Any) -> int:
        first.append(cashier.post(path, {}, Idempotency_Key="k-1"))
        cashier.until(invoice, lambda seen: seen["status"] == "refunded")
        return simulate(call, *rest)

    monkeypatch.setattr(other.service.outbox, "simulate", late)
    assert other.post(path, {}, Idempotency_Key="k-1") == first[0]


def test_refund__two_keys__are_two_refunds_and_no_amount_is_all_that_is_left(
    cashier: ServiceClient, shop: Shop
) -> None:
    invoice = cashier.paid(shop.shopper, "10")
    path = f"/v1/invoices/{invoice['id']}/refunds"
    cashier.post(path, {"amount": "1"}, Idempotency_Key="r-1")
    cashier.until(invoice, lambda seen: seen["refunded"] == "1")
    assert cashier.post(path, {}, Idempotency_Key="r-2")["amount"] == "9"
    assert cashier.until(invoice, lambda seen: seen["status"] == "refunded")["refunded"] == "10"
    problem = cashier.refused("POST", path, {}, Idempotency_Key="r-3")
    assert problem["type"] == "urn:fec:problem:refund-impossible"


def test_refund__more_than_is_left__is_refused_with_the_contracts_words(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.paid(shop.shopper, "10")
    problem = cashier.refused("POST", f"/v1/invoices/{invoice['id']}/refunds", {"amount": "11"}, Idempotency_Key="r")
    assert (problem["status"], problem["error"]) == (409, "Checkout_RefundTooHigh")
    assert problem["values"] == {"orderKey": invoice["orderKey"], "asked": str(11 * 10**18), "left": str(10 * 10**18)}


def test_refund__of_an_unpaid_invoice__is_refused(cashier: ServiceClient) -> None:
    invoice = cashier.invoice()
    problem = cashier.refused("POST", f"/v1/invoices/{invoice['id']}/refunds", {"amount": "1"}, Idempotency_Key="r")
    assert (problem["status"], problem["error"]) == (404, "Checkout_UnknownOrder")
    assert problem["values"] == {"orderKey": invoice["orderKey"]}


# -------------------------------------------------------------------- captures


def test_capture__before_the_window_ends__has_nothing_to_do(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.paid(shop.shopper)
    manager = cashier.as_(shop.escrow, Role.MANAGER)
    for body in ({}, {"orderKeys": [invoice["orderKey"]]}):
        assert manager.refused("POST", "/v1/captures", body)["type"] == "urn:fec:problem:nothing-to-capture"


def test_capture__by_hand__names_the_orders_and_is_done_once(
    serving: Callable[..., ServiceClient], shop: Shop, chain: Anvil
) -> None:
    cashier = serving(capture=False)
    invoices = [cashier.paid(shop.shopper, "10") for _ in range(2)]
    chain.travel_to(chain.now + WINDOW + DAY)
    manager = cashier.as_(shop.escrow, Role.MANAGER)
    [first] = manager.post("/v1/captures", {"orderKeys": [invoices[0]["orderKey"]]})["items"]
    assert first["orderKeys"] == [invoices[0]["orderKey"]]
    [second] = manager.post("/v1/captures", {})["items"]
    assert second["orderKeys"] == [invoices[1]["orderKey"]]
    for invoice in invoices:
        cashier.until(invoice, lambda seen: seen["status"] == "captured")
    assert manager.refused("POST", "/v1/captures", {})["type"] == "urn:fec:problem:nothing-to-capture"
    assert [capture["id"] for capture in manager.get("/v1/captures")["items"]] == [second["id"], first["id"]]


def test_capture__on_schedule__needs_nobody(serving: Callable[..., ServiceClient], shop: Shop, chain: Anvil) -> None:
    cashier = serving(capture=False)
    invoice = cashier.paid(shop.shopper, "10")
    chain.travel_to(chain.now + WINDOW + DAY)
    serving(capture=True)
    captured = cashier.until(invoice, lambda seen: seen["status"] == "captured")
    assert (captured["burned"], captured["toMerchant"]) == ("1", "9")
