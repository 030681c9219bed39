"""Payments signed in each form that wallets give: the payer's key, delegated code, a contract that has approved."""

from typing import Any

import pytest
from eth_account import Account

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.protocol.orders import Invoice, Order
from tests.fixtures.hostile import DISOWNS, INVALID, YES, place
from tests.service.conftest import ServiceClient, Shop
from tests.service.people import formed, unsigned

SAFE = Account.from_key(b"\x97" * 32)


def paid(cashier: ServiceClient, invoice: Any, payment: dict[str, Any]) -> str:
    """Who paid, once an invoice is paid."""
    cashier.post(f"/v1/pay/{invoice['id']}/payments", payment)
    return str(cashier.until(invoice, lambda seen: seen["status"] != "open")["payer"])


@pytest.mark.parametrize("form", ["0 or 1", "compact"])
def test_payment__signed_in_a_form_that_wallets_give__pays(cashier: ServiceClient, shop: Shop, form: str) -> None:
    invoice = cashier.invoice("100")
    payment = cashier.payment(invoice, shop.shopper)
    payment["signature"] = "0x" + formed(bytes.fromhex(payment["signature"][2:]), form).hex()
    assert paid(cashier, invoice, payment) == shop.shopper.address


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    "signature", ["0x", "0x" + "00" * 12 + SAFE.address[2:] + "00" * 32 + "01"], ids=["empty", "approved hash"]
)
def test_payment__wallet_that_approved_it_on_the_chain__pays(
    cashier: ServiceClient, chain: Anvil, client: Client, signature: str
) -> None:
    place(chain, SAFE, YES)
    client.transfer(SAFE.address, 100 * FEC)
    invoice = cashier.invoice("100")
    assert paid(cashier, invoice, {**unsigned(cashier, invoice, SAFE.address), "signature": signature}) == SAFE.address


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payment__account_with_delegated_code__pays_with_its_key(
    cashier: ServiceClient, shop: Shop, chain: Anvil
) -> None:
    """EIP-7702: the code says of no signature that it is good; it is not asked. It takes nodes, as a wallet's does."""
    place(chain, SAFE, DISOWNS)
    place(chain, shop.shopper, f"ef0100{SAFE.address[2:]}")
    invoice = cashier.invoice("100")
    assert paid(cashier, invoice, cashier.payment(invoice, shop.shopper)) == shop.shopper.address


@pytest.mark.parametrize("form", ["0 or 1", "compact"])
def test_order__merchant_signed_in_a_form_that_wallets_give__is_paid(
    shop: Shop, chain: Anvil, client: Client, form: str
) -> None:
    invoice = Invoice(shop.escrow, "C-1", 10 * FEC, "", client.now() + DAY)
    given = "0x" + formed(bytes.fromhex(client.orders.sign(invoice, shop.signer)[2:]), form).hex()
    order = Order(invoice, given, chain.accounts[0].address)
    client.orders.approve(10 * FEC)
    assert client.orders.pay(order).amount == 10 * FEC


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payment__customer_that_accepts_no_nodes__is_refused_before_the_sale(
    cashier: ServiceClient, shop: Shop, chain: Anvil
) -> None:
    customer = place(chain, SAFE, INVALID)
    invoice = cashier.invoice("100")
    path = f"/v1/pay/{invoice['id']}"
    query = {"customer": customer, "payer": shop.shopper.address}
    answers = [cashier.http.get(f"{path}/{what}", params=query) for what in ("quote", "authorization", "wallet")]
    payment = {**cashier.payment(invoice, shop.shopper), "customer": customer}
    answers.append(cashier.http.post(f"{path}/payments", json=payment))
    refusals = [(answer.status_code, answer.json()["type"]) for answer in answers]
    assert refusals == [(409, "urn:fec:problem:customer-refuses-nodes")] * 4
    assert cashier.get(f"/v1/pay/{invoice['id']}")["status"] == "open"
