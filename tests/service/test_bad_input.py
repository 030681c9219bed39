"""Bad requests of every kind: a problem in the reader's language, the right status, and nothing written."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fec.i18n import LOCALES, language_tag
from fec.relayer.models import RelayTransaction
from fec.service.models import (
    Action,
    BrandMember,
    IdempotencyRecord,
    Invoice,
    RewardBatch,
    RewardEntry,
    Role,
    ServiceEvent,
    SignInSession,
    WebhookEndpoint,
)
from fec.store import Base
from tests.service.conftest import ServiceClient, Shop

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

ENDLESS = "9" * 5_000
SOMEBODY = "0x" + "11" * 20
NOBODY = "A" * 22
MADE: tuple[type[Base], ...] = (
    Action,
    BrandMember,
    IdempotencyRecord,
    Invoice,
    RelayTransaction,
    RewardEntry,
    RewardBatch,
    ServiceEvent,
    SignInSession,
    WebhookEndpoint,
)
INVOICE = {"orderId": "A-1", "amount": "5"}
WEBHOOK = {"url": "https://shop.example/hook"}
PAYMENT = {"payer": SOMEBODY, "customer": SOMEBODY, "validBefore": 1, "signature": "0x00"}

#: What is sent, and the status that comes back.
Row = tuple[str, str, Any, int]


def rows(invoice: str) -> Iterator[Row]:
    yield from invoices()
    yield from webhooks()
    yield from payments(invoice)
    yield from looks(invoice)
    for body in ([], "text", 5, None, {}):
        for path in ("/v1/invoices", "/v1/webhooks", "/v1/session", "/v1/members", f"/v1/pay/{invoice}/payments"):
            yield "POST", path, body, 422
    for keys in ([], ["0x12"], ["0x" + "A" * 64], ["0x" + "a" * 64] * 101, "all"):
        yield "POST", "/v1/captures", {"orderKeys": keys}, 422
    yield "POST", "/v1/captures", {"orderKeys": ["0x" + "a" * 64]}, 409
    yield "POST", "/v1/captures", {}, 409
    for body in ({"programId": 0}, {"programId": 1, "message": "x", "signature": "0x0"}, {"message": "\0"}):
        yield "POST", "/v1/session", body, 422
    yield "POST", "/v1/session", {"programId": 1, "message": "hello", "signature": "0x00"}, 404
    for member in ("", "0x12", SOMEBODY, None):
        yield "POST", "/v1/members", {"memberId": member}, 422


def invoices() -> Iterator[Row]:
    for amount in (
        "0",
        "-1",
        "1e3",
        "1.0000000000000000001",
        ENDLESS,
        "",
        "😀",
        "１２",
        "NaN",
        5,
        1.5,
        None,
        True,
        [],
        {},
    ):
        yield "POST", "/v1/invoices", {**INVOICE, "amount": amount}, 422
        yield "POST", "/v1/rewards", {"shopper": SOMEBODY, "amount": amount}, 422
        if amount != "0":  # which ends the allowance
            yield "POST", "/v1/rewards/funds", {"amount": amount}, 422
    for change in (
        {"orderId": "x" * 33},
        {"orderId": ""},
        {"orderId": "😀"},
        {"orderId": None},
        {"currencyReference": "¥" * 11},
        {"items": "a\0b"},
        {"items": "x" * 4_001},
        {"expiresIn": 59},
        {"expiresIn": 10**30},
        {"expiresIn": "900"},
        {"expiresIn": 900.5},
        {"unknown": 1},
    ):
        yield "POST", "/v1/invoices", {**INVOICE, **change}, 422


def webhooks() -> Iterator[Row]:
    for url in ("", "shop.example", "ftp://shop.example/", "https://" + "a" * 2_000, 5, "https://ho st/"):
        yield "POST", "/v1/webhooks", {"url": url}, 422
    for url in ("http://shop.example/", "https://127.0.0.1/", "https://[::1]/", "https://u:p@shop.example/"):
        yield "POST", "/v1/webhooks", {"url": url}, 409
    for types in ([], ["x"], ["a.b"] * 51, "invoice.paid", [5]):
        yield "POST", "/v1/webhooks", {**WEBHOOK, "types": types}, 422


def payments(invoice: str) -> Iterator[Row]:
    for change in (
        {"payer": "0x12"},
        {"payer": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb9226A"},
        {"signature": "0xzz"},
        {"signature": ""},
        {"validBefore": -1},
        {"validBefore": 2**53},
        {"minPrincipal": "-1"},
        {"cause": "me"},
    ):
        yield "POST", f"/v1/pay/{invoice}/payments", {**PAYMENT, **change}, 422
    yield "POST", f"/v1/pay/{invoice}/payments", PAYMENT, 403
    yield "POST", f"/v1/pay/{NOBODY}/payments", PAYMENT, 404
    yield "POST", f"/v1/invoices/{invoice}/refunds", {"amount": "1"}, 404
    yield "POST", f"/v1/invoices/{invoice}/refunds", {"amount": "0"}, 422
    yield "POST", f"/v1/invoices/{NOBODY}/refunds", {"amount": "1"}, 404


def looks(invoice: str) -> Iterator[Row]:
    for query in ("limit=0", "limit=201", "limit=x", "before=0", "before=-1", f"before={ENDLESS}", "orderId="):
        yield "GET", f"/v1/invoices?{query}", None, 422
    for query in ("", "payer=me&customer=me", f"payer={SOMEBODY}&customer={SOMEBODY}&minPrincipal=x"):
        yield "GET", f"/v1/pay/{invoice}/authorization?{query}", None, 422
    for place in ("x", "%00", "😀", "a" * 3_000):
        yield "GET", f"/v1/invoices/{place}", None, 422
        yield "GET", f"/v1/shoppers/{place}", None, 422
    for query in ("by=year", "count=0", "count=1000000000", "by="):
        yield "GET", f"/v1/shoppers/{SOMEBODY}/calendar?{query}", None, 422
    yield "GET", f"/v1/invoices/{NOBODY}", None, 404
    yield "GET", f"/v1/webhooks/{NOBODY}", None, 404
    yield "GET", f"/v1/reward-batches/{NOBODY}", None, 404
    yield "GET", f"/v1/members/{'0x' + 'a' * 64}", None, 404
    yield "GET", "/v1/nothing", None, 404
    yield "GET", "/v1/invoices/..%2f..%2fetc", None, 404
    yield "PUT", "/v1/invoices", INVOICE, 405
    yield "DELETE", f"/v1/invoices/{invoice}", None, 405


def written(cashier: ServiceClient) -> dict[str, int]:
    """How many there are of all that requests make."""
    with Session(cashier.service.engine) as session:
        return {model.__tablename__: session.scalars(select(func.count()).select_from(model)).one() for model in MADE}


def fault(answers: dict[str, Response], status: int) -> str:
    """What is wrong with the answers to one request in all languages; nothing if all is well."""
    problems = {locale: answer.json() for locale, answer in answers.items()}
    english = problems["en"]
    if any(answer.status_code != status for answer in answers.values()):
        return f"{[answer.status_code for answer in answers.values()]}: {english}"
    if any(answer.headers["Content-Type"] != "application/problem+json" for answer in answers.values()):
        return "another type"
    if any(answer.headers["Content-Language"] != language_tag(locale) for locale, answer in answers.items()):
        return "another language than it says"
    if any({**found, **untold} != {**english, **untold} for found in problems.values()):
        return f"more than its sentences differs: {problems}"
    same = [locale for locale in LOCALES if locale != "en" and problems[locale]["detail"] == english["detail"]]
    what = english["values"].get("what")
    same += [locale for locale in LOCALES if locale != "en" and what and what in problems[locale]["detail"]]
    return f"in {same} still: {english['detail']}" if same else ""


#: What may differ from language to language.
untold = {"title": "", "detail": "", "requestId": ""}


def test_requests__bad_in_every_way__are_problems_in_every_language_and_write_nothing(
    cashier: ServiceClient, shop: Shop
) -> None:
    manager = cashier.as_(shop.escrow, Role.MANAGER)
    invoice = manager.invoice()
    before = written(manager)
    wrong = []
    for method, path, body, status in rows(invoice["id"]):
        answers = {
            locale: manager.call(method, path, body, Accept_Language=language_tag(locale), Idempotency_Key="k")
            for locale in LOCALES
        }
        if found := fault(answers, status):
            wrong.append(f"{method} {path[:80]} {json.dumps(body)[:100]} {found[:400]}")
    assert not wrong, "\n".join(wrong)
    assert written(manager) == before


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 422),
        (b"{", {}, 422),
        (b"\xff\xfe", {}, 422),
        (b"[" * 50_000, {}, 400),
        (b'{"amount": ' + b"9" * 50_000 + b"}", {}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 422),
        (b" " * 70_000, {}, 413),
        (b"{}", {"Idempotency-Key": "x" * 300}, 422),
        (b"{}", {"Authorization": "Bearer nothing"}, 401),
        (b"{}", {"Authorization": "Basic eDp5"}, 401),
        (b"{}", {"Authorization": ""}, 401),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bytes__that_are_no_request__are_problems_in_every_language(
    cashier: ServiceClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    before = written(cashier)
    sent = {"Content-Type": "application/json", **cashier.headers, **headers}
    answers = {
        locale: cashier.http.post(
            "/v1/invoices", content=content, headers={**sent, "Accept-Language": language_tag(locale)}
        )
        for locale in LOCALES
    }
    assert fault(answers, status) == ""
    assert written(cashier) == before
