"""Sales that were paid elsewhere: recorded one by one and in files, refused, returned, approved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from eth_account import Account
from httpx import Response

from fec.core.durations import DAY
from fec.service.models import Role
from tests.service.conftest import ServiceClient, Shop

ALICE = Account.from_key(b"\x77" * 32).address
HEADER = "orderId,amount,soldAt,customer\n"


@pytest.fixture
def manager(serving: Callable[..., ServiceClient], shop: Shop) -> ServiceClient:
    """A manager whose key may record sales of a program that takes them, at 100 FEC for a MYR."""
    start = serving(shop.escrow, Role.MANAGER)
    client = start.as_(shop.escrow, Role.MANAGER, sales=True)
    client.call("POST", "/v1/sales/settings", {"currency": "MYR", "returnWindow": 0})
    client.post("/v1/sales/rates", {"currency": "MYR", "since": 0, "rate": "100"})
    return client


def sale(order_id: str = "S-1", amount: str = "12.50", **more: Any) -> dict[str, Any]:
    return {"orderId": order_id, "amount": amount, "paidBy": "cash", **more}


def send(client: ServiceClient, text: str, query: str = "", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {**client.headers, "Content-Type": "text/csv", **named}
    return client.http.post(f"/v1/sale-files{query}", content=text.encode(), headers=given)


def row(client: ServiceClient, order_id: str = "A-1") -> str:
    """A row of a file, as of now."""
    return f"{order_id},1,{client.service.client.now()},\n"


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


# ---------------------------------------------------------------------- single


def test_sale__recorded__is_worth_what_its_days_rate_says(manager: ServiceClient) -> None:
    made = manager.post("/v1/sales", sale(customer=ALICE, items="Latte"))
    assert (made["amount"], made["currency"], made["rate"], made["value"]) == ("12.50", "MYR", "100", "1250")
    assert (made["state"], made["customer"], made["claim"], made["settled"]) == ("pending", ALICE, None, None)
    assert manager.get(f"/v1/sales/{made['id']}") == made
    assert manager.get("/v1/sales")["items"] == [made]
    assert [entry["what"] for entry in manager.get(f"/v1/sales/{made['id']}/log")["items"]] == ["recorded"]
    assert manager.event_types() == ["sale.recorded"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sale__rates_that_changed__takes_the_one_of_its_day(manager: ServiceClient) -> None:
    now = manager.service.client.now()
    manager.post("/v1/sales/rates", {"currency": "MYR", "since": now + DAY, "rate": "90"})
    manager.post("/v1/sales/rates", {"currency": "MYR", "since": now - 60, "rate": "80.5"})
    assert manager.post("/v1/sales", sale(amount="2", customer=ALICE))["value"] == "161"
    problem = manager.refused("POST", "/v1/sales/rates", {"currency": "MYR", "since": 0, "rate": "99"})
    assert problem["type"] == "urn:fec:problem:rate-known"


def test_sale__sent_twice__is_one(manager: ServiceClient) -> None:
    made = manager.post("/v1/sales", sale(customer=ALICE))
    assert manager.post("/v1/sales", sale(customer=ALICE)) == made
    assert manager.event_types() == ["sale.recorded"]


def test_sale__same_key_twice__is_answered_alike(manager: ServiceClient) -> None:
    made = manager.post("/v1/sales", sale(), Idempotency_Key="s-1")
    again = manager.call("POST", "/v1/sales", sale(), Idempotency_Key="s-1")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made, "true")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sale__without_customer__has_a_code_that_the_database_does_not(manager: ServiceClient, shop: Shop) -> None:
    made = manager.post("/v1/sales", sale(), Idempotency_Key="s-1")
    assert made["customer"] is None
    link = made["claim"]["link"]
    assert link.startswith("https://shop.example/claim#code=")
    code = link.partition("code=")[2].partition("&")[0]
    assert made["claim"]["endsAt"] == made["soldAt"] + 180 * DAY
    reader = manager.as_(shop.escrow, Role.ACCOUNTANT)
    assert reader.get(f"/v1/sales/{made['id']}")["claim"]["link"] is None
    with manager.service.engine.connect() as connection:
        kept = "\n".join(connection.connection.iterdump())  # type: ignore[attr-defined]
    assert code not in kept


@pytest.mark.parametrize("backend", ["sqlite"])
def test_qr__claim_code__is_a_picture_for_those_who_may_record(manager: ServiceClient, shop: Shop) -> None:
    path = f"/v1/sales/{manager.post('/v1/sales', sale())['id']}"
    for kind, begins in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        answer = manager.call("GET", f"{path}/qr.{kind}")
        assert answer.content.startswith(begins)
        assert answer.headers["Cache-Control"] == "no-store"
    reader = manager.as_(shop.escrow, Role.MANAGER)
    assert reader.refused("GET", f"{path}/qr.svg")["type"] == "urn:fec:problem:sales-not-allowed"
    stranger = manager.as_(shop.at_once, Role.MANAGER, sales=True)
    assert stranger.refused("GET", f"{path}/qr.png")["status"] == 404


@pytest.mark.parametrize("backend", ["sqlite"])
def test_qr__sale_with_an_owner__has_no_code(manager: ServiceClient) -> None:
    made = manager.post("/v1/sales", sale(customer=ALICE))
    problem = manager.refused("GET", f"/v1/sales/{made['id']}/qr.svg")
    assert problem["type"] == "urn:fec:problem:code-used"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"currency": "EUR"}, "rate-missing", "no rate for EUR"),
        ({"soldAt": 2**40}, "sale-refused", "in the future"),
        ({"soldAt": 1}, "sale-refused", "the program exists since"),
        ({"amount": "0.00001"}, "sale-refused", "would burn 0.0001 FEC"),
        ({"amount": "9999999999"}, "sale-refused", "more FEC than a node can have"),
        ({"cause": ALICE}, "sale-refused", "is no cause of the program"),
        ({"amount": "0"}, "invalid-request", "amount"),
        ({"customer": "0x12"}, "invalid-request", "customer"),
    ],
)
def test_sale__that_cannot_be__is_refused(
    manager: ServiceClient, change: dict[str, Any], kind: str, words: str
) -> None:
    if "9999999999" in change.values():
        manager.post("/v1/sales/rates", {"currency": "MYR", "since": 1, "rate": "1000000000"})
    problem = manager.refused("POST", "/v1/sales", sale(**change))
    assert problem["type"] == f"urn:fec:problem:{kind}"
    assert words in problem["detail"]
    assert manager.get("/v1/sales")["items"] == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sale__of_a_contract_of_fec__is_refused(manager: ServiceClient, shop: Shop) -> None:
    for contract in shop.deployment["contracts"].values():
        problem = manager.refused("POST", "/v1/sales", sale(customer=contract["address"]))
        assert "can never use a node" in problem["detail"]


def test_sale__order_recorded_with_other_values__is_refused(manager: ServiceClient) -> None:
    manager.post("/v1/sales", sale(customer=ALICE))
    problem = manager.refused("POST", "/v1/sales", sale(amount="13", customer=ALICE))
    assert problem["type"] == "urn:fec:problem:order-id-taken"
    assert "MYR 12.50" in problem["detail"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sale__order_with_an_open_invoice__is_refused(manager: ServiceClient) -> None:
    manager.post("/v1/invoices", {"orderId": "S-1", "amount": "10"})
    problem = manager.refused("POST", "/v1/sales", sale())
    assert problem["type"] == "urn:fec:problem:order-id-taken"
    assert "can still be paid in FEC" in problem["detail"]


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("key", [None, "i-1"])
def test_invoice__order_recorded_as_a_sale__is_refused(manager: ServiceClient, key: str | None) -> None:
    manager.post("/v1/sales", sale())
    headers = {} if key is None else {"Idempotency_Key": key}
    problem = manager.refused("POST", "/v1/invoices", {"orderId": "S-1", "amount": "10"}, **headers)
    assert problem["type"] == "urn:fec:problem:order-id-taken"
    assert "recorded as a sale" in problem["detail"]


def test_sale__order_paid_in_fec__is_refused(manager: ServiceClient, shop: Shop) -> None:
    invoice = manager.post("/v1/invoices", {"orderId": "S-1", "amount": "10"})
    manager.pay(invoice, shop.shopper)
    manager.until(invoice, lambda seen: seen["status"] == "paid")
    problem = manager.refused("POST", "/v1/sales", sale())
    assert problem["type"] == "urn:fec:problem:order-already-paid"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("change", [{"period": 0}, {"claimWindow": 59}, {"returnWindow": -1}, {"currency": "myr"}])
def test_settings__that_cannot_be__are_refused(manager: ServiceClient, change: dict[str, Any]) -> None:
    problem = manager.refused("POST", "/v1/sales/settings", {"currency": "MYR", **change})
    assert problem["type"] == "urn:fec:problem:invalid-request"


# ---------------------------------------------------------------------- rights


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("role", list(Role))
def test_sales__key_without_the_permission__is_refused(manager: ServiceClient, shop: Shop, role: Role) -> None:
    other = manager.as_(shop.escrow, role)
    made = manager.post("/v1/sales", sale())
    for path, body in (("/v1/sales", sale("S-2")), (f"/v1/sales/{made['id']}/returns", {})):
        problem = other.refused("POST", path, body, Idempotency_Key="r-1")
        assert problem["type"] == "urn:fec:problem:sales-not-allowed"
    assert send(other, HEADER).status_code == 403


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sale__of_another_program__is_not_found(manager: ServiceClient, shop: Shop) -> None:
    made = manager.post("/v1/sales", sale())
    assert manager.as_(shop.at_once, Role.MANAGER).refused("GET", f"/v1/sales/{made['id']}")["status"] == 404


@pytest.mark.parametrize("backend", ["sqlite"])
def test_bounds__sale_in_a_currency_that_is_worth_more__counts_by_its_rate(manager: ServiceClient) -> None:
    manager.post("/v1/sales/rates", {"currency": "USD", "since": 0, "rate": "450"})
    settings = {"currency": "MYR", "returnWindow": 0, "dayBound": "100", "approvalAbove": "50"}
    manager.call("POST", "/v1/sales/settings", settings)
    assert manager.post("/v1/sales", sale("S-1", "11", currency="USD", customer=ALICE))["state"] == "pending"
    assert manager.post("/v1/sales", sale("S-2", "11.12", currency="USD", customer=ALICE))["state"] == "held"
    problem = manager.refused("POST", "/v1/sales", sale("S-3", "0.5", currency="USD", customer=ALICE))
    assert problem["type"] == "urn:fec:problem:day-bound-reached"
    assert problem["values"]["used"] == "99.54"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sales__program_not_set_up__are_refused(serving: Callable[..., ServiceClient], shop: Shop) -> None:
    start = serving(shop.escrow, Role.MANAGER)
    client = start.as_(shop.escrow, Role.CASHIER, sales=True)
    for problem in (client.refused("POST", "/v1/sales", sale()), client.refused("GET", "/v1/sales/settings")):
        assert problem["type"] == "urn:fec:problem:sales-not-set-up"


def test_sales__beyond_the_days_bound__are_refused(manager: ServiceClient, shop: Shop) -> None:
    settings = {"currency": "MYR", "returnWindow": 0, "dayBound": "30"}
    manager.call("POST", "/v1/sales/settings", settings)
    manager.post("/v1/sales", sale("S-1", "20"))
    problem = manager.refused("POST", "/v1/sales", sale("S-2", "10.01"))
    assert problem["type"] == "urn:fec:problem:day-bound-reached"
    manager.post("/v1/sales", sale("S-3", "10"))
    told = send(manager, HEADER + row(manager, "S-4")).json()
    assert (told["recorded"], told["refused"]) == (0, 1)
    # Each key has its own bound.
    manager.as_(shop.escrow, Role.CASHIER, sales=True).post("/v1/sales", sale("S-2", "10.01"))


def test_sale__above_the_bound__waits_for_a_manager(manager: ServiceClient, shop: Shop) -> None:
    settings = {"currency": "MYR", "returnWindow": 0, "approvalAbove": "100"}
    manager.call("POST", "/v1/sales/settings", settings)
    large, other = (manager.post("/v1/sales", sale(name, "100.01", customer=ALICE)) for name in ("S-1", "S-2"))
    assert large["state"] == "held"
    path = f"/v1/sales/{large['id']}/approval"
    problem = manager.as_(shop.escrow, Role.CASHIER).refused("POST", path, {"approved": True})
    assert problem["type"] == "urn:fec:problem:role-too-low"
    assert manager.post(path, {"approved": True})["state"] == "pending"
    assert manager.refused("POST", path, {"approved": False})["type"] == "urn:fec:problem:sale-final"
    refused = manager.post(f"/v1/sales/{other['id']}/approval", {"approved": False})
    assert (refused["state"], refused["reason"]) == ("refused", "not-approved")


# --------------------------------------------------------------------- returns


def test_return__of_some__leaves_the_rest(manager: ServiceClient) -> None:
    made = manager.post("/v1/sales", sale(customer=ALICE))
    path = f"/v1/sales/{made['id']}/returns"
    left = manager.post(path, {"amount": "2.50"}, Idempotency_Key="r-1")
    assert (left["returned"], left["value"], left["state"]) == ("2.50", "1000", "pending")
    assert manager.post(path, {"amount": "2.50"}, Idempotency_Key="r-1") == left
    problem = manager.refused("POST", path, {"amount": "10.01"}, Idempotency_Key="r-2")
    assert problem["detail"].startswith("Only MYR 10 of order S-1 are left")
    gone = manager.post(path, {}, Idempotency_Key="r-3")
    assert (gone["returned"], gone["value"], gone["state"]) == ("12.50", "0", "returned")
    assert manager.refused("POST", path, {}, Idempotency_Key="r-4")["type"] == "urn:fec:problem:sale-final"
    assert manager.event_types() == ["sale.recorded", "sale.returned", "sale.returned"]


# ----------------------------------------------------------------------- files


def test_file__good_rows__are_recorded_once(manager: ServiceClient) -> None:
    now = manager.service.client.now()
    text = HEADER + f'A-1,"1,250.50",{now},{ALICE}\nA-2,3,{iso(now)},\n'
    told = send(manager, text).json()
    assert told == {"rows": 2, "recorded": 2, "known": 0, "refused": 0, "problems": []}
    assert send(manager, text).json() == {"rows": 2, "recorded": 0, "known": 2, "refused": 0, "problems": []}
    second, first = manager.get("/v1/sales")["items"]
    assert (first["amount"], first["customer"], first["paidBy"]) == ("1250.50", ALICE, "other")
    assert second["claim"]["link"] is not None
    assert manager.event_types() == ["sale-file.recorded", "sale-file.recorded"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_file__more_rows_than_one_query_asks_for__are_known_when_sent_again(manager: ServiceClient) -> None:
    text = HEADER + "".join(row(manager, f"A-{number}") for number in range(1_001))
    assert send(manager, text).json()["recorded"] == 1_001
    assert send(manager, text).json()["known"] == 1_001


@pytest.mark.parametrize("backend", ["sqlite"])
def test_file__same_key_twice__is_answered_alike(manager: ServiceClient) -> None:
    text = HEADER + row(manager)
    first = send(manager, text, Idempotency_Key="f-1").json()
    assert send(manager, text, Idempotency_Key="f-1").json() == first
    answer = send(manager, HEADER + row(manager, "A-2"), Idempotency_Key="f-1")
    assert answer.json()["type"] == "urn:fec:problem:idempotency-key-reused"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_file__bad_rows__are_told_by_line_and_the_rest_is_recorded(manager: ServiceClient) -> None:
    now = manager.service.client.now()
    good = f"A-1,1,{now},\n"
    bad = (
        f"A-2,,{now},\n"
        f"A-3,1,{now},0x12\n"
        f"A-1,1,{now},\n"
        "A-4,1,yesterday,\n"
        f"A-5,-1,{now},\n"
        "A-6,1,2199-01-01,\n"
        "A-7,1,1999-01-01,\n"
        f"A-8,0,{now},\n"
        f",1,{now},\n"
    )
    told = send(manager, HEADER + good + bad + f"A-9,5,{now},\nA-10,5").json()
    assert (told["recorded"], told["refused"]) == (2, 10)
    assert [(one["line"], one["kind"], one["sentence"].partition(";")[0]) for one in told["problems"]] == [
        (3, "sale-refused", "'' is no amount"),
        (4, "sale-refused", "customer: write an account as 0x and 40 hex digits. Correct the row and send it again."),
        (
            5,
            "order-id-taken",
            "Order A-1 is twice in what was sent. An order is one sale: leave one of them out.",
        ),
        (6, "sale-refused", "'yesterday' is no time"),
        (7, "sale-refused", "'-1' is a return"),
        (
            8,
            "sale-refused",
            "The sale is of 2199-01-01 00:00+00:00, which is in the future. Correct its time, or the till's clock.",
        ),
        (9, "sale-refused", told["problems"][6]["sentence"]),
        (
            10,
            "sale-refused",
            "amount: write an amount in digits, more than nothing, with at most 6 decimals, as text: 12.50. "
            "Correct the row and send it again.",
        ),
        (
            11,
            "sale-refused",
            "orderId: write 1 to 32 letters, digits and signs of ASCII. Correct the row and send it again.",
        ),
        (13, "sale-refused", "it has 2 cells, the header 4. Correct the row and send it again."),
    ]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_file__cut_within_quotes__records_what_came_before(manager: ServiceClient) -> None:
    told = send(manager, HEADER + row(manager) + 'A-2,"1').json()
    assert (told["recorded"], told["refused"], told["problems"][0]["line"]) == (1, 1, 3)
    assert "is not closed, as if the file was cut off" in told["problems"][0]["sentence"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_file__cut_before_the_last_customer__records_that_sale_for_nobody_else(manager: ServiceClient) -> None:
    text = HEADER + row(manager) + f"A-2,1,{manager.service.client.now()},"
    told = send(manager, text).json()
    assert (told["recorded"], told["problems"][0]["line"]) == (1, 3)
    assert "the file ends in the middle of this line" in told["problems"][0]["sentence"]
    assert send(manager, f"{text}{ALICE}\n").json()["recorded"] == 1
    assert manager.get("/v1/sales")["items"][0]["customer"] == ALICE


@pytest.mark.parametrize("backend", ["sqlite"])
def test_file__columns_of_other_names__are_named_by_the_caller(manager: ServiceClient) -> None:
    text = f"basket_id,sales_value,when,household,how\nB-1,2,{manager.service.client.now()},{ALICE},card\n"
    query = "?orderId=basket_id&amount=sales_value&time=when&shopper=household&paidBy=how"
    assert send(manager, text, query).json()["recorded"] == 1
    assert manager.get("/v1/sales")["items"][0]["paidBy"] == "card"
    answer = send(manager, text)
    assert answer.json()["type"] == "urn:fec:problem:sale-refused"
    assert "sales.csv has no column 'orderId'" in answer.json()["detail"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_file__more_rows_than_may_be__records_the_first(
    manager: ServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fec.service.sales.files.MOST_ROWS", 2)
    told = send(manager, HEADER + "".join(row(manager, f"A-{number}") for number in range(4))).json()
    assert (told["recorded"], told["refused"], told["problems"][0]["line"]) == (2, 1, 4)
    assert told["problems"][0]["sentence"] == "A file has at most 2 rows. Send those from here on in another file."


@pytest.mark.parametrize("backend", ["sqlite"])
def test_file__larger_than_may_be__is_refused(manager: ServiceClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fec.service.http.limits._FILES", {"/v1/sale-files": 100})
    answer = send(manager, HEADER + row(manager) * 10)
    assert answer.json()["type"] == "urn:fec:problem:request-too-large"
    assert manager.get("/v1/sales")["items"] == []


# ------------------------------------------------------------- two services


@pytest.fixture
def both(manager: ServiceClient, serving: Callable[..., ServiceClient], shop: Shop) -> list[ServiceClient]:
    """The same caller at two services on one database."""
    start = serving(shop.escrow, Role.MANAGER, index=False, relay=False, settle=False)
    return [manager, ServiceClient(start.http, start.service, manager.headers["Authorization"].removeprefix("Bearer "))]


def at_once(both: list[ServiceClient], bodies: Sequence[dict[str, Any]]) -> list[Response]:
    """What each of these is answered, sent to one service and the other in turn, all at once."""
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(
            pool.map(lambda place: both[place % 2].call("POST", "/v1/sales", bodies[place]), range(len(bodies)))
        )


def test_sale__sent_to_two_services_at_once__is_one(both: list[ServiceClient]) -> None:
    made = at_once(both, [sale(soldAt=both[0].service.client.now(), customer=ALICE)] * 4)
    assert [answer.status_code for answer in made] == [201] * 4
    assert len({answer.json()["id"] for answer in made}) == 1
    assert both[0].event_types().count("sale.recorded") == 1


def test_sale__of_one_order_with_other_values_at_two_services_at_once__is_one(both: list[ServiceClient]) -> None:
    made = at_once(both, [sale(amount=str(amount), customer=ALICE) for amount in (10, 11, 12, 13)])
    assert sorted(answer.status_code for answer in made) == [201, 409, 409, 409]
    assert len(both[0].get("/v1/sales")["items"]) == 1


def test_bound__sales_at_two_services_at_once__counts_them_together(both: list[ServiceClient]) -> None:
    settings = {"currency": "MYR", "returnWindow": 0, "dayBound": "30"}
    both[0].call("POST", "/v1/sales/settings", settings)
    made = at_once(both, [sale(f"S-{place}", "10", customer=ALICE) for place in range(6)])
    assert sorted(answer.status_code for answer in made) == [201] * 3 + [409] * 3
