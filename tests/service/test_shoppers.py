"""Shoppers of a program as the merchant sees them: what is outstanding, what can be claimed, what flows back when."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core import curve
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY, WEEK
from fec.i18n.parsing import parse_fec
from fec.service.models import Role
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop

OTHER = Account.from_key(b"\x11\x22" * 16).address


@pytest.fixture
def reader(serving: Callable[..., ServiceClient], shop: Shop) -> ServiceClient:
    """At the program whose nodes exist at once; an accountant, who only reads."""
    return serving(shop.at_once).as_(shop.at_once, Role.ACCOUNTANT)


@pytest.fixture
def bought(reader: ServiceClient, shop: Shop) -> ServiceClient:
    """The reader, once a shopper has bought for 100 and for 200 FEC and holds two nodes of 10 and 20."""
    seller = reader.as_(shop.at_once, Role.CASHIER)
    for amount in ("100", "200"):
        seller.paid(shop.shopper, amount)
    path = f"/v1/shoppers/{shop.shopper.address}"
    until(lambda: reader.call("GET", path).json().get("nodes"), lambda nodes: nodes == 2)
    return reader


def nodes_on_chain(client: Client, shop: Shop) -> list[Any]:
    return [node for node in client.nodes.owned_by(shop.shopper.address) if node.program_id == shop.at_once]


def test_shopper__two_purchases__sums_are_those_of_the_chain(
    bought: ServiceClient, shop: Shop, client: Client, chain: Anvil
) -> None:
    chain.travel_to(chain.now + 10 * WEEK)
    shown = bought.get(f"/v1/shoppers/{shop.shopper.address}")
    nodes = nodes_on_chain(client, shop)
    assert shown["asOf"]["blockHash"].startswith("0x")
    now = shown["asOf"]["timestamp"]
    assert (shown["nodes"], shown["principal"], shown["face"], shown["claimed"]) == (2, "30", "300", "0")
    assert parse_fec(shown["claimable"]) == sum(node.claimable(now) for node in nodes) > 0
    assert shown["outstanding"] == "300"
    assert parse_fec(shown["spend"]) == client.terms.spend(shop.at_once, shop.shopper.address) == 300 * FEC
    assert (shown["tier"], shown["burnBps"]) == (0, 1_000)


def test_shopper__has_claimed__less_is_outstanding(
    bought: ServiceClient, shop: Shop, client: Client, chain: Anvil
) -> None:
    chain.travel_to(chain.now + 10 * WEEK)
    nodes = nodes_on_chain(client, shop)
    paid = client.nodes.claim_for([node.token_id for node in nodes]).paid
    path = f"/v1/shoppers/{shop.shopper.address}"
    shown = until(lambda: bought.get(path), lambda seen: seen["claimed"] != "0")
    assert parse_fec(shown["claimed"]) == paid
    assert parse_fec(shown["outstanding"]) == 300 * FEC - paid
    assert shown["claimable"] == "0"


def test_shopper__shape__is_the_curves(bought: ServiceClient, shop: Shop) -> None:
    shape = bought.get(f"/v1/shoppers/{shop.shopper.address}")["shape"]
    assert (shape["periods"], shape["faceMultiple"]) == (curve.PERIODS, curve.FACE_MULTIPLE)
    back, half = shape["principalBackAfter"], shape["halfBackAfter"]
    assert curve.released(FEC, back - 1) < FEC <= curve.released(FEC, back)
    assert curve.released(FEC, half - 1) < 5 * FEC <= curve.released(FEC, half)
    assert f"period {back}" in shape["sentence"]
    assert f"period {half}" in shape["sentence"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_shopper__of_no_purchase__is_not_found(reader: ServiceClient) -> None:
    problem = reader.refused("GET", f"/v1/shoppers/{OTHER}")
    assert (problem["status"], problem["values"]) == (404, {"address": OTHER})


@pytest.mark.parametrize("backend", ["sqlite"])
def test_shopper__of_another_program__is_not_found(bought: ServiceClient, shop: Shop) -> None:
    other = bought.as_(shop.escrow, Role.MANAGER)
    assert other.refused("GET", f"/v1/shoppers/{shop.shopper.address}")["status"] == 404
    assert other.get("/v1/shoppers")["items"] == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_shoppers__nobody_signed_in__is_refused(reader: ServiceClient) -> None:
    assert reader.anybody().refused("GET", "/v1/shoppers")["status"] == 401


def test_shoppers__node_given_away__both_are_listed_page_by_page(
    bought: ServiceClient, shop: Shop, client: Client
) -> None:
    token_id = nodes_on_chain(client, shop)[0].token_id
    client.web3.provider.make_request("anvil_setBalance", [shop.shopper.address, hex(10**18)])  # type: ignore[arg-type]
    client.signed_by(shop.shopper).nodes.transfer(token_id, OTHER)
    until(lambda: bought.get("/v1/shoppers")["items"], lambda items: len(items) == 2)
    first = bought.get("/v1/shoppers?limit=1")
    second = bought.get(f"/v1/shoppers?limit=1&after={first['next']}")
    third = bought.get(f"/v1/shoppers?limit=1&after={second['next']}")
    both = {item["address"]: item for item in (*first["items"], *second["items"])}
    assert both.keys() == {OTHER, shop.shopper.address}
    assert (both[OTHER]["nodes"], both[OTHER]["principal"], both[OTHER]["spend"]) == (1, "10", "0")
    assert (both[shop.shopper.address]["nodes"], both[shop.shopper.address]["spend"]) == (1, "300")
    assert (third["items"], third["next"]) == ([], None)


def test_nodes__each_with_what_comes_next__page_by_page(
    bought: ServiceClient, shop: Shop, client: Client, chain: Anvil
) -> None:
    chain.travel_to(chain.now + 3 * WEEK)
    path = f"/v1/shoppers/{shop.shopper.address}/nodes"
    first = bought.get(f"{path}?limit=1")
    second = bought.get(f"{path}?limit=1&after={first['next']}")
    assert bought.get(f"{path}?after={second['next']}")["items"] == []
    now = first["asOf"]["timestamp"]
    for shown, node in zip((*first["items"], *second["items"]), nodes_on_chain(client, shop), strict=True):
        assert (shown["id"], shown["name"]) == (str(node.token_id), node.name)
        assert parse_fec(shown["claimable"]) == node.claimable(now) > 0
        assert (shown["period"], shown["periodLength"], shown["end"]) == (3, WEEK, node.end)
        assert [release["period"] for release in shown["releases"]] == [4, 5, 6]
        assert [parse_fec(release["amount"]) for release in shown["releases"]] == [
            curve.released(node.principal, k) - curve.released(node.principal, k - 1) for k in (4, 5, 6)
        ]


@pytest.mark.parametrize(("by", "count", "length"), [("week", 110, WEEK), ("day", 30, DAY)])
def test_calendar__adds_up_and_is_what_the_chain_would_pay(
    *, bought: ServiceClient, shop: Shop, client: Client, chain: Anvil, by: str, count: int, length: int
) -> None:
    chain.travel_to(chain.now + 3 * WEEK + DAY // 2)
    found = bought.get(f"/v1/shoppers/{shop.shopper.address}/calendar?by={by}&count={count}")
    flows, nodes = found["items"], nodes_on_chain(client, shop)
    assert flows[0]["begin"] == found["asOf"]["timestamp"]
    assert [flow["begin"] for flow in flows[1:]] == [flow["end"] for flow in flows[:-1]]
    assert {flow["end"] - flow["begin"] for flow in flows[1:]} == {length}
    assert flows[0]["end"] % DAY == 0
    for flow in flows:
        assert parse_fec(flow["inAll"]) == sum(node.claimable(flow["end"] - 1) for node in nodes)
    flowing = sum(parse_fec(flow["amount"]) for flow in flows)
    assert parse_fec(found["claimable"]) + flowing + parse_fec(found["later"]) == 300 * FEC


@pytest.mark.parametrize("backend", ["sqlite"])
def test_calendar__said_for_a_moment__is_what_a_claim_then_pays(
    bought: ServiceClient, shop: Shop, client: Client, chain: Anvil
) -> None:
    found = bought.get(f"/v1/shoppers/{shop.shopper.address}/calendar?by=week&count=6")
    chain.travel_to(found["items"][-1]["end"] - DAY)
    nodes = nodes_on_chain(client, shop)
    paid = client.nodes.claim_for([node.token_id for node in nodes]).paid
    assert paid == parse_fec(found["items"][-1]["inAll"])


@pytest.mark.parametrize("backend", ["sqlite"])
def test_calendar__by_the_month__is_refused(bought: ServiceClient, shop: Shop) -> None:
    assert bought.refused("GET", f"/v1/shoppers/{shop.shopper.address}/calendar?by=month")["status"] == 422
