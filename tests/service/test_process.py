"""`fec serve` as a shop runs it: a process of its own beside a real chain, spoken to as curl would."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from tests.service.conftest import PATIENCE, SECRET, WINDOW, ServiceClient, Shop, until

Fec = Callable[..., str]


@pytest.fixture
def environment(chain: Anvil, shop: Shop, database: str, tmp_path: Path) -> dict[str, str]:
    record = tmp_path / "31337.json"
    deployments.write(shop.deployment, record)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("FEC_")},
        "FEC_RPC": chain.url,
        "FEC_DEPLOYMENTS": str(record),
        "FEC_DATABASE": database,
        "FEC_SERVICE_SECRET": SECRET.decode(),
        "FEC_PRIVATE_KEY": "0x" + bytes(shop.signer.key).hex(),
    }


@pytest.fixture
def fec(environment: dict[str, str]) -> Fec:
    """Runs a command that goes well; gives what it prints."""

    def run(*words: object) -> str:
        command = [sys.executable, "-m", "fec.cli", *map(str, words)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """A running `fec serve`; its address, and where its log is."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "fec.cli", "serve", "--port", str(port)]
    # A pipe that nobody reads would stop it once it is full.
    log = Path(environment["FEC_DEPLOYMENTS"]).with_name("serve.log")
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stderr=out)
    address = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{address}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(ready, bool)
        yield address, process, log
    finally:
        process.kill()
        process.wait()


def test_serve__an_order_from_invoice_to_capture__by_processes_of_their_own(
    fec: Fec, environment: dict[str, str], shop: Shop, chain: Anvil
) -> None:
    fec("serve", "merchant", "add", "--program", shop.escrow, "--name", "Corner shop")
    token = fec("serve", "key", "add", "--program", shop.escrow, "--role", "manager")
    assert chain.web3.eth.get_balance(shop.shopper.address) == 0
    with ExitStack() as stack:
        address, process, written = stack.enter_context(serving(environment))
        http = stack.enter_context(httpx.Client(base_url=address, timeout=PATIENCE))
        cashier = ServiceClient(http, None, token)  # type: ignore[arg-type]
        invoice = cashier.invoice("100", items="1 latte")
        cashier.pay(invoice, shop.shopper)
        cashier.until(invoice, lambda seen: seen["status"] == "paid")
        cashier.post(f"/v1/invoices/{invoice['id']}/refunds", {"amount": "30"}, Idempotency_Key="r-1")
        cashier.until(invoice, lambda seen: seen["refunded"] == "30")
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        assert process.returncode in (0, -signal.SIGTERM)
    log = written.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["level"] for line in lines} <= {"info", "warning"}
    for secret in (token, bytes(shop.signer.key).hex(), SECRET.decode()):
        assert secret not in log

    chain.travel_to(chain.now + WINDOW + DAY)
    with serving(environment) as (address, *_), httpx.Client(base_url=address, timeout=PATIENCE) as http:
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
    with serving(environment) as (address, process, _), httpx.Client(base_url=address, timeout=PATIENCE) as http:
        cashier = ServiceClient(http, None, token)  # type: ignore[arg-type]
        invoice = cashier.invoice("100")
        cashier.pay(invoice, shop.shopper)
        process.kill()
    chain.request("anvil_dropAllTransactions")
    chain.request("evm_setAutomine", True)
    with serving(environment) as (address, *_), httpx.Client(base_url=address, timeout=PATIENCE) as http:
        ServiceClient(http, None, token).until(invoice, lambda seen: seen["status"] == "paid")  # type: ignore[arg-type]
    assert chain.web3.eth.get_transaction_count(shop.signer.address) == 1


def refused(environment: dict[str, str], *words: str, **changes: str | None) -> str:
    """What a command says that fails with exit code 1."""
    changed = {name: value for name, value in {**environment, **changes}.items() if value is not None}
    command = [sys.executable, "-m", "fec.cli", *words]
    done = subprocess.run(command, env=changed, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


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
