"""`fec serve` as a shop runs it: a process of its own beside a real chain, spoken to as curl would."""

import json
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from tests.fixtures.processes import run
from tests.fixtures.serving import SECRET, environment_of, serving
from tests.fixtures.waiting import PATIENCE
from tests.service.conftest import WINDOW, ServiceClient, Shop

Fec = Callable[..., str]


@pytest.fixture
def environment(chain: Anvil, shop: Shop, database: str, tmp_path: Path) -> dict[str, str]:
    return environment_of(chain, shop.deployment, shop.signer, tmp_path, database)


@pytest.fixture
def fec(environment: dict[str, str]) -> Fec:
    """Runs a command that goes well; gives what it prints."""

    def go(*words: object) -> str:
        done = run(words, environment)
        assert done.code == 0, done.err
        return done.out.strip()

    return go


def test_serve__an_order_from_invoice_to_capture__by_processes_of_their_own(
    fec: Fec, environment: dict[str, str], shop: Shop, chain: Anvil
) -> None:
    fec("serve", "merchant", "add", "--program", shop.escrow, "--name", "Corner shop")
    token = fec("serve", "key", "add", "--program", shop.escrow, "--role", "manager")
    assert chain.web3.eth.get_balance(shop.shopper.address) == 0
    with ExitStack() as stack:
        served = stack.enter_context(serving(environment))
        http = stack.enter_context(httpx.Client(base_url=served.site, timeout=PATIENCE))
        cashier = ServiceClient(http, None, token)  # type: ignore[arg-type]
        invoice = cashier.invoice("100", items="1 latte")
        cashier.pay(invoice, shop.shopper)
        cashier.until(invoice, lambda seen: seen["status"] == "paid")
        cashier.post(f"/v1/invoices/{invoice['id']}/refunds", {"amount": "30"}, Idempotency_Key="r-1")
        cashier.until(invoice, lambda seen: seen["refunded"] == "30")
        served.process.terminate()
        served.process.join(PATIENCE)
        assert served.process.exitcode in (0, -signal.SIGTERM)
    log = served.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["level"] for line in lines} <= {"info", "warning"}
    for secret in (token, bytes(shop.signer.key).hex(), SECRET.decode()):
        assert secret not in log

    chain.travel_to(chain.now + WINDOW + DAY)
    with serving(environment) as served, httpx.Client(base_url=served.site, timeout=PATIENCE) as http:
        cashier = ServiceClient(http, None, token)  # type: ignore[arg-type]
        captured = cashier.until(invoice, lambda seen: seen["status"] == "captured")
        assert (captured["burned"], captured["toMerchant"]) == ("7", "63")
    assert Client(chain.web3, shop.deployment).balance(shop.treasury) == 63 * FEC


def test_serve__killed_between_answer_and_sending__sends_once_when_it_is_back(
    fec: Fec, environment: dict[str, str], shop: Shop, chain: Anvil
) -> None:
    fec("serve", "merchant", "add", "--program", shop.escrow)
    token = fec("serve", "key", "add", "--program", shop.escrow, "--role", "cashier")
    chain.request("evm_setAutomine", False)
    with serving(environment) as served, httpx.Client(base_url=served.site, timeout=PATIENCE) as http:
        cashier = ServiceClient(http, None, token)  # type: ignore[arg-type]
        invoice = cashier.invoice("100")
        cashier.pay(invoice, shop.shopper)
        served.process.kill()
    chain.request("anvil_dropAllTransactions")
    chain.request("evm_setAutomine", True)
    with serving(environment) as served, httpx.Client(base_url=served.site, timeout=PATIENCE) as http:
        ServiceClient(http, None, token).until(invoice, lambda seen: seen["status"] == "paid")  # type: ignore[arg-type]
    assert chain.web3.eth.get_transaction_count(shop.signer.address) == 1


def refused(environment: dict[str, str], *words: str, **changes: str | None) -> str:
    """What a command says that fails with exit code 1."""
    changed = {name: value for name, value in {**environment, **changes}.items() if value is not None}
    done = run(words, changed)
    assert (done.code, done.out) == (1, "")
    return done.err


@pytest.mark.parametrize("backend", ["sqlite"])
def test_serve__what_it_needs_is_missing__says_what_to_do(environment: dict[str, str]) -> None:
    assert "FEC_SERVICE_SECRET=$(openssl rand -hex 32)" in refused(environment, "serve", FEC_SERVICE_SECRET=None)
    assert "--keystore FILE" in refused(environment, "serve", FEC_PRIVATE_KEY=None)
    said = refused(environment, "serve", "key", "add", "--program", "2", "--role", "cashier")
    assert "`fec serve merchant add --program 2` adds it" in said
    assert "There is no program 99." in refused(environment, "serve", "merchant", "add", "--program", "99")
    assert "There is no key 7." in refused(environment, "serve", "key", "revoke", "7", "--yes")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_serve__at_all_addresses_of_a_machine__asks_for_the_public_one(environment: dict[str, str]) -> None:
    for host in ("0.0.0.0", "::"):  # noqa: S104 (refused)
        assert "--public-url https://…" in refused(environment, "serve", "--host", host)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_keys__listed__are_without_their_secrets(fec: Fec, environment: dict[str, str], shop: Shop) -> None:
    fec("serve", "merchant", "add", "--program", shop.escrow)
    token = fec("serve", "key", "add", "--program", shop.escrow, "--role", "accountant", "--label", "books")
    assert "Add --yes" in refused(environment, "--json", "serve", "key", "revoke", "1")
    fec("serve", "key", "revoke", 1, "--yes")
    listed = fec("--json", "serve", "key", "list")
    [key] = json.loads(listed)
    assert (key["role"], key["label"], key["revokedAt"] is None) == ("accountant", "books", False)
    assert token not in listed
