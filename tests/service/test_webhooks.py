"""Webhooks as a merchant's engineer sets them up: through the API, from an order to the endpoint."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from fec.chain.anvil import Anvil
from fec.indexer.models import table
from fec.service.http.access_log import redact
from fec.service.models import IdempotencyRecord, Role, WebhookEndpoint
from fec.service.settings import WebhookPolicy
from tests.fixtures.waiting import until
from tests.service import selling
from tests.service.conftest import ServiceClient, Shop
from tests.service.receiver import Receiver
from tests.service.selling import fund, pass_period, settle_all

POLICY = WebhookPolicy(trusted_hosts=("127.0.0.1",), timeout=60, first_delay=0, lease=600)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


@pytest.fixture
def manager(serving: Callable[..., ServiceClient]) -> ServiceClient:
    return serving(role=Role.MANAGER, webhooks=POLICY)


@pytest.fixture
def idle(serving: Callable[..., ServiceClient]) -> ServiceClient:
    """A manager at a service that does nothing by itself."""
    return serving(role=Role.MANAGER, webhooks=POLICY, index=False, relay=False, capture=False, deliver=False)


def test_webhook__order_paid__endpoint_hears_of_it(manager: ServiceClient, receiver: Receiver, shop: Shop) -> None:
    made = manager.post("/v1/webhooks", {"url": receiver.url, "types": ["invoice.created", "invoice.paid"]})
    invoice = manager.paid(shop.shopper)
    until(lambda: [request.document["type"] for request in receiver.received], lambda seen: "invoice.paid" in seen)
    documents = [request.verified(made["secret"]) for request in receiver.received]
    assert [document["type"] for document in documents] == ["invoice.created", "invoice.paid"]
    assert documents[1]["data"]["id"] == invoice["id"]
    assert documents[1]["data"]["payer"] == shop.shopper.address
    listed = manager.get(f"/v1/webhooks/{made['id']}/attempts")["items"]
    assert {attempt["delivered"] for attempt in listed} == {True}


def test_webhook__sale_settled__endpoint_hears_of_its_node(
    serving: Callable[..., ServiceClient], receiver: Receiver, shop: Shop, chain: Anvil
) -> None:
    fund(chain, shop)
    till = selling.recorder(serving(role=Role.MANAGER, webhooks=POLICY, relay=False, settle=False), shop.escrow)
    made = till.post("/v1/webhooks", {"url": receiver.url, "types": ["sale.settled"]})
    till.post("/v1/sales", selling.sale(customer=shop.shopper.address))
    pass_period(chain, till)
    settle_all(chain, till)
    [told] = until(lambda: list(receiver.received), lambda seen: len(seen) == 1)
    document = told.verified(made["secret"])
    [sale] = till.get("/v1/sales")["items"]
    assert (document["type"], document["data"]["settled"]) == ("sale.settled", sale["settled"])
    assert sale["settled"]["node"].startswith(f"{shop.escrow}-")


def test_create__shows_the_secret_once(idle: ServiceClient) -> None:
    made = idle.post("/v1/webhooks", {"url": "https://shop.example/hooks"})
    assert made["secret"].startswith("whsec_")
    shown = idle.get(f"/v1/webhooks/{made['id']}")
    assert "secret" not in shown
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert idle.get("/v1/webhooks")["items"] == [shown]


def test_create__more_than_a_merchant_may_have__is_refused_and_pages_list_them(idle: ServiceClient) -> None:
    made = [idle.post("/v1/webhooks", {"url": "https://shop.example/hooks"})["id"] for _ in range(20)]
    problem = idle.refused("POST", "/v1/webhooks", {"url": "https://shop.example/hooks"})
    assert (problem["status"], problem["type"]) == (409, "urn:fec:problem:too-many-webhooks")
    first = idle.get("/v1/webhooks?limit=12")
    second = idle.get(f"/v1/webhooks?limit=12&before={first['next']}")
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


def test_create__same_idempotency_key__is_one_endpoint(idle: ServiceClient) -> None:
    body = {"url": "https://shop.example/hooks"}
    first = idle.post("/v1/webhooks", body, Idempotency_Key="w-1")
    assert idle.post("/v1/webhooks", body, Idempotency_Key="w-1") == first
    assert len(idle.get("/v1/webhooks")["items"]) == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_create__secret__is_kept_nowhere_and_struck_out_of_logs(idle: ServiceClient) -> None:
    made = idle.post("/v1/webhooks", {"url": "https://shop.example/hooks"}, Idempotency_Key="w-1")
    with idle.service.engine.connect() as connection:
        rows = [
            *connection.execute(select(table(WebhookEndpoint))),
            *connection.execute(select(table(IdempotencyRecord))),
        ]
    assert len(rows) == 2
    assert made["secret"].removeprefix("whsec_") not in str(rows)
    assert redact(f"signed with {made['secret']}") == "signed with [secret]"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_create__address_is_not_public__is_refused(idle: ServiceClient) -> None:
    problem = idle.refused("POST", "/v1/webhooks", {"url": "https://10.0.0.1/hooks"})
    assert problem["type"] == "urn:fec:problem:webhook-address-refused"
    assert problem["values"] == {"url": "https://10.0.0.1/hooks", "reason": "its address is not public"}


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("role", [Role.CASHIER, Role.ACCOUNTANT])
def test_webhooks__not_a_manager__is_refused(idle: ServiceClient, shop: Shop, role: Role) -> None:
    problem = idle.as_(shop.escrow, role).refused("GET", "/v1/webhooks")
    assert (problem["status"], problem["values"]["role"]) == (403, role.value)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_webhooks__of_another_merchant__are_not_there(idle: ServiceClient, shop: Shop) -> None:
    made = idle.post("/v1/webhooks", {"url": "https://shop.example/hooks"})
    other = idle.as_(shop.at_once, Role.MANAGER)
    assert other.refused("GET", f"/v1/webhooks/{made['id']}")["status"] == 404
    assert other.get("/v1/webhooks")["items"] == []


def test_rotate__new_secret_and_the_old_one_sign(idle: ServiceClient, receiver: Receiver) -> None:
    made = idle.post("/v1/webhooks", {"url": receiver.url})
    rotated = idle.post(f"/v1/webhooks/{made['id']}/secret", None, Idempotency_Key="s-1")
    assert idle.post(f"/v1/webhooks/{made['id']}/secret", None, Idempotency_Key="s-1") == rotated
    assert rotated["secret"] != made["secret"]
    tried = idle.post(f"/v1/webhooks/{made['id']}/test", None)
    assert (tried["type"], tried["delivered"], tried["status"]) == ("webhook.test", True, 204)
    for secret in (made["secret"], rotated["secret"]):
        assert receiver.received[0].verified(secret)["type"] == "webhook.test"


def test_test__endpoint_fails__says_so_and_moves_nothing(idle: ServiceClient, receiver: Receiver) -> None:
    receiver.plan.append(500)
    made = idle.post("/v1/webhooks", {"url": receiver.url})
    tried = idle.post(f"/v1/webhooks/{made['id']}/test", None)
    assert (tried["delivered"], tried["status"], tried["error"]) == (False, 500, "answered-500")
    shown = idle.get(f"/v1/webhooks/{made['id']}")
    assert (shown["cursor"], shown["failures"]) == (made["cursor"], 0)
    assert idle.get(f"/v1/webhooks/{made['id']}/attempts")["items"] == [tried]


def test_again__one_event__is_sent_with_the_id_that_it_has(idle: ServiceClient, receiver: Receiver) -> None:
    made = idle.post("/v1/webhooks", {"url": receiver.url})
    idle.invoice()
    sequence = idle.get("/v1/events")["items"][-1]["sequence"]
    sent = [idle.post(f"/v1/webhooks/{made['id']}/events/{sequence}", None) for _ in range(2)]
    assert [attempt["delivered"] for attempt in sent] == [True, True]
    assert receiver.received[0].id == receiver.received[1].id == sent[0]["messageId"]
    assert idle.get(f"/v1/webhooks/{made['id']}")["cursor"] == made["cursor"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_again__event_of_nobody__is_not_found(idle: ServiceClient) -> None:
    made = idle.post("/v1/webhooks", {"url": "https://shop.example/hooks"})
    problem = idle.refused("POST", f"/v1/webhooks/{made['id']}/events/999")
    assert (problem["status"], problem["values"]) == (404, {"sequence": "999"})


def test_replay__from_a_cursor__sends_what_follows_again(manager: ServiceClient, receiver: Receiver) -> None:
    made = manager.post("/v1/webhooks", {"url": receiver.url, "types": ["invoice.created"]})
    for _ in range(3):
        manager.invoice()
    until(lambda: len(receiver.received), lambda seen: seen == 3)
    first = receiver.received[0].document["sequence"]
    until(lambda: manager.get(f"/v1/webhooks/{made['id']}")["cursor"], lambda seen: seen >= first + 2)
    manager.post(f"/v1/webhooks/{made['id']}/replay", {"after": first})
    until(lambda: len(receiver.received), lambda seen: seen == 5)
    ids = [request.id for request in receiver.received]
    assert ids[3:] == ids[1:3]


def test_replay__disabled__goes_on_where_it_stood(manager: ServiceClient, receiver: Receiver) -> None:
    receiver.plan.append(410)
    made = manager.post("/v1/webhooks", {"url": receiver.url, "types": ["invoice.created"]})
    manager.invoice()
    until(lambda: manager.get(f"/v1/webhooks/{made['id']}")["enabled"], lambda seen: not seen)
    assert "webhook.disabled" in manager.event_types()
    enabled: Any = manager.post(f"/v1/webhooks/{made['id']}/replay", {})
    assert (enabled["enabled"], enabled["failures"], enabled["failingSince"]) == (True, 0, None)
    until(lambda: len(receiver.received), lambda seen: seen == 2)
    assert receiver.received[0].id == receiver.received[1].id


def test_remove__endpoint_and_attempts_are_gone(idle: ServiceClient, receiver: Receiver) -> None:
    made = idle.post("/v1/webhooks", {"url": receiver.url})
    idle.post(f"/v1/webhooks/{made['id']}/test", None)
    assert idle.call("DELETE", f"/v1/webhooks/{made['id']}").status_code == 204
    assert idle.refused("GET", f"/v1/webhooks/{made['id']}/attempts")["values"] == {"id": made["id"]}
    assert idle.get("/v1/webhooks")["items"] == []
