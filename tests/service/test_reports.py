"""What the pages draw: a program's figures and the protocol's, as data and as pictures."""

import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import exact_fec
from fec.i18n.parsing import parse_fec
from fec.service.models import Role
from fec.service.reports import figures
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def bought(serving: Callable[..., ServiceClient], shop: Shop) -> ServiceClient:
    """An accountant of a program in which somebody bought for 300 FEC."""
    reader = serving(shop.at_once).as_(shop.at_once, Role.ACCOUNTANT)
    reader.as_(shop.at_once, Role.CASHIER).paid(shop.shopper, "300")
    path = f"/v1/shoppers/{shop.shopper.address}"
    until(lambda: reader.call("GET", path).json().get("nodes"), lambda nodes: nodes == 1)
    return reader


def svg(cashier: ServiceClient, path: str) -> ElementTree.Element:
    answer = cashier.call("GET", path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/svg+xml"
    return ElementTree.fromstring(answer.text)  # noqa: S314


def test_reports__one_purchase__are_exact(bought: ServiceClient) -> None:
    releases = bought.get("/v1/reports/flowback")["data"]["releases"]
    assert sum(parse_fec(each["amount"]) for each in releases) == parse_fec("300")
    assert bought.get("/v1/reports/cohorts")["data"]["cohorts"][0]["share"] == 10_000
    report = bought.get("/v1/reports/liability")
    [period] = report["data"]["periods"]
    # Half of the 270 received is for what flows back, which is as much as was sold.
    assert (period["opening"], period["accrued"], period["closing"]) == ("0.00", "135.00", "135.00")
    assert report["asOf"]["blockHash"].startswith("0x")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_supply__for_anybody__is_the_chains(bought: ServiceClient, chain: Anvil, shop: Shop) -> None:
    data = bought.anybody().get("/v1/reports/supply")["data"]
    now = Client(chain.web3, shop.deployment).figures()
    shown = [exact_fec(wei) for wei in (now.supply, now.outstanding, now.cap)]
    assert [data["points"][-1]["supply"], data["points"][-1]["outstanding"], data["cap"]] == shown
    assert svg(bought.anybody(), "/v1/reports/supply.svg").findtext(f"{SVG}title")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_pictures__width_colours_and_language__are_those_asked_for(bought: ServiceClient) -> None:
    for name in ("flowback", "cohorts", "liability"):
        picture = svg(bought, f"/v1/reports/{name}.svg?width=400&theme=dark&language=zh-Hant")
        assert picture.get("width") == "400"
        title = picture.findtext(f"{SVG}title") or ""
        assert any("\u4e00" <= letter <= "\u9fff" for letter in title)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_calendar_picture__of_a_shopper__is_drawn(bought: ServiceClient, shop: Shop) -> None:
    picture = svg(bought, f"/v1/shoppers/{shop.shopper.address}/calendar.svg")
    assert sum(1 for _ in picture.iter(f"{SVG}path")) > 90


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reports__asked_for_together_and_again__are_made_once(
    serving: Callable[..., ServiceClient], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    async def run(_: object, program_id: int | None) -> dict[str, Any]:
        made.append(program_id)
        return {"asOf": {"block": 1, "blockHash": "0x", "timestamp": 1}, "flowback": {"releases": []}}

    monkeypatch.setattr(figures.PageFigures, "_run", run)
    cashier = serving(shop.at_once, Role.ACCOUNTANT)
    first = cashier.get("/v1/reports/flowback")
    assert cashier.get("/v1/reports/flowback") == first
    cashier.as_(shop.escrow, Role.MANAGER).get("/v1/reports/flowback")
    assert made == [shop.at_once, shop.escrow]
    later = time.monotonic() + 61
    monkeypatch.setattr(figures.time, "monotonic", lambda: later)
    cashier.get("/v1/reports/flowback")
    assert made == [shop.at_once, shop.escrow, shop.at_once]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reports__nobody_signed_in_or_a_size_too_large__are_refused(bought: ServiceClient) -> None:
    assert bought.anybody().refused("GET", "/v1/reports/liability.svg")["status"] == 401
    assert bought.refused("GET", "/v1/reports/liability.svg?width=4000")["status"] == 422
    assert bought.refused("GET", "/v1/reports/everything")["status"] == 422


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reports__not_installed__says_what_to_install(
    serving: Callable[..., ServiceClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "find_spec", lambda _: None)
    problem = serving().refused("GET", "/v1/reports/supply")
    assert (problem["status"], problem["values"]) == (501, {"extras": "reports,charts"})


@pytest.mark.parametrize("backend", ["sqlite"])
def test_reports__cannot_be_made__are_tried_again(bought: ServiceClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(bought.http.app.state.figures, "_database", "/dev/null/nothing")
        assert bought.refused("GET", "/v1/reports/flowback")["status"] == 503
    assert bought.get("/v1/reports/flowback")["data"]["releases"]
