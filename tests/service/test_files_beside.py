"""`fec settle` beside a service of the same program: no sale is settled by both."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from eth_account import Account

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.cli import main, service_sales
from fec.client.client import Client
from fec.service.models import Role
from fec.service.sales import settling
from tests.service import selling
from tests.service.conftest import ServiceClient, Shop
from tests.service.selling import asked, fund, indexed, pass_period, sale, settle_all

ALICE, BOB = (Account.from_key(bytes([number]) * 32).address for number in (0x77, 0x78))
COLUMNS = ("--shopper", "who", "--time", "when", "--amount", "paid", "--order-id", "order")

Settle = Callable[..., Result]


@pytest.fixture
def till(serving: Callable[..., ServiceClient], shop: Shop, chain: Anvil) -> ServiceClient:
    fund(chain, shop)
    return selling.recorder(serving(role=Role.MANAGER, relay=False, settle=False), shop.escrow)


@pytest.fixture
def file(till: ServiceClient, tmp_path: Path) -> Path:
    """Two sales of a moment ago."""
    now, path = till.service.client.now(), tmp_path / "sales.csv"
    path.write_text(f"order,who,when,paid\nF-1,{ALICE},{now},10\nF-2,{BOB},{now},12.50\n")
    return path


@pytest.fixture
def settle(chain: Anvil, shop: Shop, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settle:
    """`fec settle` by the program's signer."""
    record = tmp_path / "deployments.json"
    deployments.write(shop.deployment, record)
    monkeypatch.setenv("FEC_PRIVATE_KEY", "0x" + bytes(shop.signer.key).hex())

    def run(*words: str, program_id: int = shop.escrow, as_json: bool = True) -> Result:
        where = ("--rpc", chain.url, "--deployments", str(record), "--yes", *(["--json"] if as_json else []))
        return CliRunner(mix_stderr=False).invoke(
            main, ["settle", str(program_id), str(file), *COLUMNS, *words, *where]
        )

    return run


@pytest.fixture
def reached(till: ServiceClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service is where the command looks for it, and the key is in its environment."""

    def request(method: str, url: str, *, data: Any, headers: dict[str, str], timeout: int) -> httpx.Response:
        assert timeout
        answer: Any = till.http.request(method, url.removeprefix("http://shop"), content=data, headers=headers)
        answer.ok = answer.is_success
        return answer

    monkeypatch.setattr(service_sales.requests, "request", request)
    monkeypatch.setenv(service_sales.KEY_VARIABLE, till.headers["Authorization"].removeprefix("Bearer "))


def said(result: Result) -> Any:
    """What the command printed; before it stands what the service logs, which is in this process."""
    return json.loads(result.stdout[result.stdout.index("{\n") :])


@pytest.mark.usefixtures("reached")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_settle__with_the_service__is_recorded_there_once_and_settled_once(
    till: ServiceClient, settle: Settle, file: Path, chain: Anvil, client: Client
) -> None:
    till.post("/v1/sales", sale("F-1", "10", customer=ALICE, paidBy="other"))
    with file.open("a") as more:
        more.write("F-3,,864000,5\n")
    told = settle("--service", "http://shop/")
    found = said(told)
    assert (told.exit_code, found["recorded"], found["known"], found["refused"]) == (1, 1, 1, 1)
    [problem] = found["problems"]
    assert problem["line"] == 4
    assert "the program exists since" in problem["reason"]
    pass_period(chain, till)
    settle_all(chain, till)
    assert [len(client.settlements.unopened_of(owner)) for owner in (ALICE, BOB)] == [1, 1]
    again = settle("--service", "http://shop")
    assert said(again)["known"] == 2


@pytest.mark.usefixtures("reached", "till")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_settle__with_the_service_in_another_language__tells_all_rows_in_it(settle: Settle, file: Path) -> None:
    with file.open("a") as more:
        more.write("F-3,bad,864000,5\nF-4,,864000,5")
    told = settle("--service", "http://shop", "--lang", "ms", as_json=False)
    assert "baris 4: customer: tulis akaun sebagai 0x dan 40 digit heksadesimal" in told.stdout
    assert "baris 5: fail tamat di tengah baris ini" in told.stdout


@pytest.mark.parametrize("backend", ["sqlite"])
def test_settle__where_a_service_settles__is_refused(
    till: ServiceClient, settle: Settle, chain: Anvil, client: Client
) -> None:
    till.post("/v1/sales", sale(customer=ALICE))
    pass_period(chain, till)
    settle_all(chain, till)
    told = settle("--rate", "100")
    assert told.exit_code == 1
    assert "Give the file to the service: `fec settle --service URL`." in told.stderr
    assert client.settlements.unopened_of(BOB) == []


def test_service__where_files_are_settled__waits_until_somebody_has_looked(
    till: ServiceClient, settle: Settle, chain: Anvil, client: Client
) -> None:
    till.post("/v1/sales", sale("F-1", "10", customer=ALICE))
    assert settle("--rate", "100").exit_code == 0
    pass_period(chain, till)
    indexed(till)
    settling.work(till.service)
    missing = till.get("/v1/sales/settings")["missing"]
    assert (missing["what"], missing["sales"], asked(till, "settlement")) == ("file", 1, [])
    assert till.event_types().count("settlement.short") == 1
    made = till.get("/v1/sales")["items"][0]
    till.post(f"/v1/sales/{made['id']}/returns", {}, Idempotency_Key="r-1")
    till.post("/v1/sales", sale("F-9", "10", customer=ALICE))
    till.call("POST", "/v1/sales/settings", {"currency": "MYR", "returnWindow": 0, "period": selling.PERIOD})
    pass_period(chain, till)
    settle_all(chain, till)
    assert till.get("/v1/sales/settings")["missing"] is None
    assert len(client.settlements.unopened_of(ALICE)) == 2


@pytest.mark.usefixtures("reached", "till")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_settle__key_of_another_program_or_a_file_settled_without_it__is_refused(
    settle: Settle, shop: Shop, file: Path
) -> None:
    told = settle("--service", "http://shop", program_id=shop.at_once)
    assert f"is for program {shop.escrow}, not {shop.at_once}" in told.stderr
    file.with_name("sales.csv.settled").write_text("{}\n")
    told = settle("--service", "http://shop")
    assert "Sales of this file were settled without the service" in told.stderr
    assert settle("--service", "http://shop", "--rate", "100").exit_code == 2
