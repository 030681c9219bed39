"""Who may call: keys and their roles, people who sign in, pages of other origins, and how often and how much."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from eth_account import Account
from eth_account.messages import encode_defunct

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.durations import HOUR
from fec.service.http.access_log import configure, redact
from fec.service.models import Role
from tests.fixtures.serving import SECRET
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import message

PAGE = "https://shop.example"

MAY = {
    ("POST", "/v1/invoices"): {Role.CASHIER, Role.MANAGER},
    ("GET", "/v1/invoices"): set(Role),
    ("POST", "/v1/invoices/{id}/refunds"): {Role.CASHIER, Role.MANAGER},
    ("GET", "/v1/invoices/{id}/refunds"): set(Role),
    ("POST", "/v1/captures"): {Role.MANAGER},
    ("GET", "/v1/captures"): set(Role),
    ("GET", "/v1/events"): set(Role),
    ("GET", "/v1/session"): set(Role),
}
BODIES: dict[str, Any] = {
    "/v1/invoices": {"orderId": "B-1", "amount": "1"},
    "/v1/invoices/{id}/refunds": {"amount": "1"},
    "/v1/captures": {},
}


def test_roles__each_operation__is_for_those_it_is_for(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.invoice()
    for role in Role:
        caller = cashier.as_(shop.escrow, role)
        for (method, path), roles in MAY.items():
            body = BODIES.get(path) if method == "POST" else None
            answer = caller.call(method, path.format(id=invoice["id"]), body, Idempotency_Key=f"{role}")
            assert (answer.status_code == 403) == (role not in roles), (role, method, path)


def test_no_key__each_operation_of_merchants__is_refused(cashier: ServiceClient) -> None:
    nobody = cashier.anybody()
    for method, path in MAY:
        answer = nobody.call(method, path.format(id="A" * 22), BODIES.get(path), Idempotency_Key="k")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="fec"'
        assert answer.json()["type"] == "urn:fec:problem:not-signed-in"


def test_key__revoked__is_nobodys(cashier: ServiceClient) -> None:
    cashier.service.keys.revoke(cashier.service.keys.keys()[-1].id)
    assert cashier.refused("GET", "/v1/invoices")["status"] == 401


def test_key__in_the_database__is_a_keyed_hash(cashier: ServiceClient) -> None:
    token = cashier.headers["Authorization"].removeprefix("Bearer ")
    [kept] = cashier.service.keys.keys()
    assert token not in str(vars(kept))
    assert kept.hash == cashier.service.keys._hash(token)
    assert len(kept.hash) == 64


# --------------------------------------------------------------------- sign-in


def test_sign_in__as_the_operator__manages(cashier: ServiceClient, shop: Shop) -> None:
    body = {"programId": shop.escrow, **message(cashier, shop.operator)}
    answer = cashier.anybody().call("POST", "/v1/session", body)
    assert answer.status_code == 201
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=strict", "Secure", "Path=/v1"} <= set(cookie.split("; "))
    token = answer.json()["token"]
    signed_in = ServiceClient(cashier.http, cashier.service, token)
    assert signed_in.get("/v1/session") == {
        "programId": shop.escrow,
        "role": "manager",
        "name": shop.operator.address,
    }
    assert signed_in.call("DELETE", "/v1/session").status_code == 204
    assert signed_in.refused("GET", "/v1/session")["status"] == 401


def test_sign_in__message_used_before__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    body = {"programId": shop.escrow, **message(cashier, shop.operator)}
    cashier.post("/v1/session", body)
    problem = cashier.refused("POST", "/v1/session", body)
    assert problem["values"] == {"reason": "Its nonce was used before, is too old, or was never given."}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"domain": "evil.example"}, "It was signed for another domain."),
        ({"chain_id": 1}, "It was signed for another chain."),
        ({"nonce": "0123456789abcdef"}, "Its nonce was used before, is too old, or was never given."),
        ({"expiration_time": "2026-01-02T00:00:00Z"}, "It is too old, or not valid yet."),
    ],
)
def test_sign_in__message_for_something_else__is_refused(
    cashier: ServiceClient, shop: Shop, changes: dict[str, Any], reason: str
) -> None:
    problem = cashier.refused(
        "POST", "/v1/session", {"programId": shop.escrow, **message(cashier, shop.operator, **changes)}
    )
    assert (problem["status"], problem["values"]) == (403, {"reason": reason})


def test_sign_in__signed_by_another__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    body = message(cashier, shop.operator)
    other = message(cashier, shop.signer)
    problem = cashier.refused(
        "POST", "/v1/session", {"programId": shop.escrow, **body, "signature": other["signature"]}
    )
    assert problem["values"] == {"reason": "Somebody else signed it."}


def test_sign_in__as_somebody_else__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    problem = cashier.refused("POST", "/v1/session", {"programId": shop.escrow, **message(cashier, shop.signer)})
    assert problem["values"] == {"address": shop.signer.address, "program": str(shop.escrow)}


def test_session__operator_replaced_meanwhile__is_over(cashier: ServiceClient, shop: Shop, chain: Anvil) -> None:
    token = cashier.post("/v1/session", {"programId": shop.escrow, **message(cashier, shop.operator)})["token"]
    signed_in = ServiceClient(cashier.http, cashier.service, token)
    until(lambda: signed_in.call("GET", "/v1/session").status_code, lambda status: status == 200)
    Client(chain.web3, shop.deployment, shop.operator).programs.set_operator(shop.escrow, shop.signer.address)
    until(lambda: signed_in.call("GET", "/v1/session").status_code, lambda status: status == 401)


# --------------------------------------------------------------------- origins


def test_cookie__from_a_page_that_is_not_trusted__may_not_act(
    serving: Callable[..., ServiceClient], shop: Shop
) -> None:
    cashier = serving(origins=(PAGE,))
    token = cashier.post("/v1/session", {"programId": shop.escrow, **message(cashier, shop.operator)})["token"]
    cashier.http.cookies.clear()
    nobody = cashier.anybody()
    cookie = {"Cookie": f"fec_session={token}"}
    until(lambda: nobody.call("GET", "/v1/session", **cookie).status_code, lambda status: status == 200)
    body = {"orderId": "B-1", "amount": "1"}
    refused = nobody.refused("POST", "/v1/invoices", body, Origin="https://evil.example", **cookie)
    assert refused["type"] == "urn:fec:problem:origin-not-trusted"
    nobody.post("/v1/invoices", body, Origin=PAGE, **cookie)


def test_cors__only_for_pages_that_are_trusted(serving: Callable[..., ServiceClient]) -> None:
    cashier = serving(origins=(PAGE,))
    asked = {"Access_Control_Request_Method": "GET"}
    trusted = cashier.call("OPTIONS", "/v1/invoices", Origin=PAGE, **asked)
    strange = cashier.call("OPTIONS", "/v1/invoices", Origin="https://evil.example", **asked)
    assert trusted.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Access-Control-Allow-Origin" not in strange.headers


# ---------------------------------------------------------------------- limits


def test_rate__of_one_key__is_limited_and_says_when_to_come_again(
    serving: Callable[..., ServiceClient], shop: Shop
) -> None:
    cashier = serving(key_limit="3/hour")
    statuses = [cashier.call("GET", "/v1/invoices").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    answer = cashier.call("GET", "/v1/invoices")
    assert answer.json()["type"] == "urn:fec:problem:too-many-requests"
    assert 0 < int(answer.headers["Retry-After"]) <= HOUR
    assert cashier.as_(shop.escrow, Role.CASHIER).call("GET", "/v1/invoices").status_code == 200


def test_rate__of_one_address__is_limited_but_for_those_who_watch(serving: Callable[..., ServiceClient]) -> None:
    cashier = serving(address_limit="2/hour").anybody()
    path = "/v1/pay/AAAAAAAAAAAAAAAAAAAAAA"
    assert [cashier.call("GET", path).status_code for _ in range(3)] == [404, 404, 429]
    assert cashier.call("GET", "/healthz").status_code == 200


def test_body__too_large__is_refused_whether_it_says_so_or_not(serving: Callable[..., ServiceClient]) -> None:
    cashier = serving(max_body=1_000)
    body = {"orderId": "A-1", "amount": "1", "items": "x" * 1_000}
    assert cashier.refused("POST", "/v1/invoices", body)["type"] == "urn:fec:problem:request-too-large"
    pieces = (b"x" * 500 for _ in range(3))
    answer = cashier.http.post("/v1/invoices", content=pieces, headers=cashier.headers)
    assert (answer.status_code, answer.json()["values"]) == (413, {"most": "1000"})


def test_answers__all__say_to_browsers_what_they_may_do(cashier: ServiceClient) -> None:
    for path in ("/v1/invoices", "/healthz", "/nowhere"):
        headers = cashier.call("GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["Strict-Transport-Security"].startswith("max-age=")
        assert headers["X-Request-ID"]


# ------------------------------------------------------------------------ logs


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the service logs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure([SECRET.decode()], stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_logs__of_everything__are_json_and_have_no_secrets(
    logged: io.StringIO, serving: Callable[..., ServiceClient], shop: Shop
) -> None:
    cashier = serving()
    invoice = cashier.invoice()
    payment = cashier.payment(invoice, shop.shopper)
    cashier.post(f"/v1/pay/{invoice['id']}/payments", payment)
    signing_in = message(cashier, shop.operator)
    token = cashier.post("/v1/session", {"programId": shop.escrow, **signing_in})["token"]
    cashier.call("GET", f"/v1/invoices?orderId={payment['signature'][:30]}", Cookie=f"fec_session={token}")
    cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", {**payment, "payer": shop.signer.address})
    cashier.call("GET", "/v1/invoices", Authorization="Bearer " + cashier.headers["Authorization"])
    text = logged.getvalue()
    records = [json.loads(line) for line in text.splitlines()]
    requests = [record for record in records if record["event"] == "request"]
    assert {record["route"] for record in requests} >= {"/v1/pay/{invoice_id}/payments", "/v1/session"}
    assert all(record["request_id"] for record in requests)
    for secret in (
        cashier.headers["Authorization"].removeprefix("Bearer "),
        token,
        payment["signature"][2:],
        signing_in["signature"][2:],
        bytes(shop.signer.key).hex(),
        invoice["id"],
        SECRET.decode(),
    ):
        assert secret not in text


def test_redact__what_looks_like_a_secret_or_is_known__is_gone() -> None:
    signature = Account.from_key(b"\x22" * 32).sign_message(encode_defunct(text="x")).signature.to_0x_hex()
    text = redact(f"fec_key_abc-_1 {signature} postgresql://user:pass@host/db known", ["known"])
    assert text == "[secret] [secret] postgresql://[secret]host/db [secret]"


# ---------------------------------------------------------------------- health


def test_readiness__all_is_well__says_so(cashier: ServiceClient) -> None:
    until(lambda: cashier.get("/readyz"), lambda seen: seen["ready"])
    assert cashier.get("/healthz") == {"status": "ok"}


def test_readiness__relayer_without_coin__is_not_ready(cashier: ServiceClient, shop: Shop, chain: Anvil) -> None:
    chain.request("anvil_setBalance", shop.signer.address, "0x0")
    answer = cashier.call("GET", "/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["relayer"] == {"ok": False, "detail": f"{shop.signer.address} needs coin for gas"}


def test_metrics__after_a_payment__count_it(cashier: ServiceClient, shop: Shop) -> None:
    cashier.paid(shop.shopper)
    until(lambda: "payment.done" in cashier.event_types(), bool)
    lines = cashier.call("GET", "/metrics").text.splitlines()
    assert 'fec_invoices{status="paid"} 1.0' in lines
    assert 'fec_actions{kind="payment",state="done"} 1.0' in lines
    assert 'fec_relays{state="included"} 1.0' in lines
    assert 'fec_requests_total{method="POST",route="/v1/invoices",status="201"} 1.0' in lines


@pytest.mark.parametrize("backend", ["sqlite"])
def test_pages__merchant_named_while_the_service_runs__has_that_name(serving: Callable[..., ServiceClient]) -> None:
    cashier = serving(pages=True).anybody()
    first = cashier.call("GET", "/config.json", Accept_Encoding="gzip")
    assert first.json()["names"] == {}
    cashier.service.keys.add_merchant(1, "Corner café")
    again = cashier.call("GET", "/config.json", Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.json()["names"]) == (200, {"1": "Corner café"})
