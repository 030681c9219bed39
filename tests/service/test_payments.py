"""Payments that shoppers sign and the service sends: each once, however often it is sent, or a clear no."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from eth_account import Account
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.protocol.calls import ContractCall
from fec.protocol.orders import Invoice, Order
from fec.relayer.models import RelayTransaction
from fec.service import models
from fec.service.orders.lookup import SPEND
from fec.store import writer
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient, Shop


@pytest.fixture
def coupon(chain: Anvil, shop: Shop) -> Client:
    return Client(chain.web3, shop.deployment)


def relayed(cashier: ServiceClient) -> list[str]:
    """What was asked of the chain, by its keys."""
    with Session(cashier.service.engine) as session:
        return list(session.scalars(select(RelayTransaction.request_key).order_by(RelayTransaction.request_key)))


def test_payment__sent_twice__is_one_payment(cashier: ServiceClient, shop: Shop, coupon: Client) -> None:
    before = coupon.balance(shop.shopper.address)
    invoice = cashier.invoice("100")
    payment = cashier.payment(invoice, shop.shopper)
    path = f"/v1/pay/{invoice['id']}/payments"
    first, again = cashier.post(path, payment), cashier.post(path, payment)
    cashier.until(invoice, lambda seen: seen["status"] == "paid")
    later = cashier.post(path, payment)
    assert first["id"] == again["id"] == later["id"]
    assert len(relayed(cashier)) == 1
    assert coupon.balance(shop.shopper.address) == before - 100 * FEC


def test_payment__another_while_one_is_under_way__is_refused(cashier: ServiceClient, shop: Shop, chain: Anvil) -> None:
    chain.request("evm_setAutomine", False)
    invoice = cashier.invoice("100")
    cashier.pay(invoice, shop.shopper)
    cashier.until(invoice, lambda seen: seen["payment"]["state"] == "sent")
    other = cashier.payment(invoice, shop.shopper, minPrincipal="1")
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", other)
    assert problem["type"] in ("urn:fec:problem:payment-under-way", "urn:fec:problem:order-already-paid")
    assert len(relayed(cashier)) == 1


def test_payment__of_a_paid_invoice__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.paid(shop.shopper)
    problem = cashier.refused(
        "POST", f"/v1/pay/{invoice['id']}/payments", cashier.payment(invoice, shop.shopper, minPrincipal="1")
    )
    assert problem["type"] == "urn:fec:problem:order-already-paid"
    assert problem["values"] == {"order": invoice["orderId"]}


def test_payment__paid_on_the_chain_and_not_yet_indexed__is_refused(
    serving: Callable[..., ServiceClient], shop: Shop, coupon: Client
) -> None:
    cashier = serving(index=False)
    invoice, before = cashier.invoice("100"), coupon.balance(shop.shopper.address)
    cashier.pay(invoice, shop.shopper)
    until(lambda: coupon.balance(shop.shopper.address), lambda left: left == before - 100 * FEC)
    other = cashier.payment(invoice, shop.shopper, minPrincipal="1")
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", other)
    assert (problem["type"], problem["status"]) == ("urn:fec:problem:order-already-paid", 409)
    assert problem["error"] == "Checkout_OrderAlreadyPaid"
    assert cashier.service.client.orders.get(problem["values"]["orderKey"]).amount == 100 * FEC


def test_payment__signed_by_another__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.invoice("100")
    payment = cashier.payment(invoice, shop.shopper)
    stranger = cashier.payment(invoice, Account.from_key(b"\x22" * 32))
    problem = cashier.refused(
        "POST", f"/v1/pay/{invoice['id']}/payments", {**payment, "signature": stranger["signature"]}
    )
    assert problem["type"] == "urn:fec:problem:payment-not-signed"
    assert problem["values"] == {"payer": shop.shopper.address}
    assert relayed(cashier) == []


def test_payment__choices_other_than_those_signed__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.invoice("100")
    payment = cashier.payment(invoice, shop.shopper)
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", {**payment, "cause": shop.cause})
    assert problem["type"] == "urn:fec:problem:payment-not-signed"


def test_payment__payer_has_too_little__is_refused_with_the_contracts_words(cashier: ServiceClient, shop: Shop) -> None:
    poor = Account.from_key(b"\x22" * 32)
    invoice = cashier.invoice("100")
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", cashier.payment(invoice, poor))
    assert (problem["status"], problem["error"]) == (409, "ERC20InsufficientBalance")
    assert problem["values"] == {"sender": poor.address, "balance": "0", "needed": str(100 * FEC)}
    assert relayed(cashier) == []


def test_payment__after_expiry__is_refused(cashier: ServiceClient, shop: Shop, chain: Anvil) -> None:
    invoice = cashier.invoice("100", expiresIn=60)
    payment = cashier.payment(invoice, shop.shopper)
    chain.travel_to(invoice["expiry"] + 1)
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", payment)
    assert problem["type"] == "urn:fec:problem:invoice-expired"
    assert problem["values"] == {"expiry": str(invoice["expiry"])}
    assert cashier.until(invoice, lambda seen: seen["status"] != "open")["status"] == "expired"


def test_payment__to_a_cause__is_donated(serving: Callable[..., ServiceClient], shop: Shop, coupon: Client) -> None:
    cashier = serving(shop.at_once)
    invoice = cashier.invoice("100")
    cashier.pay(invoice, shop.shopper, cause=shop.cause)
    paid = cashier.until(invoice, lambda seen: seen["status"] == "captured")
    assert (paid["toMerchant"], paid["burned"], paid["donated"], paid["cause"]) == ("89", "10", "1", shop.cause)
    assert coupon.balance(shop.cause) == FEC


def test_payment__reverted_in_its_block__has_failed_and_can_be_sent_anew(
    cashier: ServiceClient, shop: Shop, chain: Anvil, coupon: Client
) -> None:
    invoice = cashier.invoice("100")
    payment = cashier.payment(invoice, shop.shopper)
    everything = coupon.balance(shop.shopper.address)
    chain.request("evm_setAutomine", False)
    # Sent first and paid more for: the shopper's coins are gone when the payment's turn comes.
    chain.request("anvil_setBalance", shop.shopper.address, hex(10**18))
    data = _coupon(chain, shop).encode_abi("transfer", [shop.treasury, everything])
    away = {"to": _coupon(chain, shop).address, "data": data, "gas": 100_000, "nonce": 0, "chainId": 31337}
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 5 * 10**10}
    cashier.post(f"/v1/pay/{invoice['id']}/payments", payment)
    cashier.until(invoice, lambda seen: seen["payment"]["state"] == "sent")
    chain.web3.eth.send_raw_transaction(shop.shopper.sign_transaction({**away, **fees}).raw_transaction)
    chain.request("evm_setAutomine", True)
    chain.mine()
    failed = cashier.until(invoice, lambda seen: seen["payment"]["state"] == "failed")
    assert failed["payment"]["error"]["name"] == "reverted"
    assert failed["status"] == "open"

    owner = Client(chain.web3, shop.deployment, chain.accounts[0])
    owner.transfer(shop.shopper.address, 100 * FEC)
    cashier.post(f"/v1/pay/{invoice['id']}/payments", payment)
    cashier.until(invoice, lambda seen: seen["status"] == "paid")
    assert "payment.failed" in cashier.event_types()


def _coupon(chain: Anvil, shop: Shop) -> Any:
    record = shop.deployment["contracts"]["FEC"]
    return chain.web3.eth.contract(address=record["address"], abi=record["abi"])  # type: ignore[call-overload]


def test_wallet_link__sent_as_it_is__pays_and_burns(
    serving: Callable[..., ServiceClient], shop: Shop, chain: Anvil, coupon: Client
) -> None:
    cashier = serving(shop.at_once)
    invoice = cashier.invoice("100")
    link = cashier.get(f"/v1/pay/{invoice['id']}/wallet?customer={shop.shopper.address}")["uri"]
    target, _, query = link.removeprefix("ethereum:").partition("?")
    address, _, call = target.partition("@")
    assert call == "31337/transferAndCall"
    arguments = dict(part.split("=") for part in query.split("&"))
    contract = _coupon(chain, shop)
    assert address == contract.address
    sending = contract.functions["transferAndCall(address,uint256,bytes)"](
        arguments["address"], int(arguments["uint256"]), arguments["bytes"]
    )
    chain.request("anvil_setBalance", shop.shopper.address, hex(10**18))
    built = sending.build_transaction({"from": shop.shopper.address, "nonce": 0})
    chain.web3.eth.send_raw_transaction(shop.shopper.sign_transaction(built).raw_transaction)
    paid = cashier.until(invoice, lambda seen: seen["status"] == "captured")
    assert (paid["payer"], paid["burned"]) == (shop.shopper.address, "10")
    assert coupon.nodes.get(int(paid["nodeId"])).owner == shop.shopper.address


def test_pay_link__carries_an_invoice_that_needs_no_server(cashier: ServiceClient, shop: Shop, coupon: Client) -> None:
    invoice = cashier.invoice("12.5", currencyReference="RM 1.25 ¥")
    link = urlsplit(invoice["links"]["pay"])
    assert (link.scheme, link.netloc, link.path, link.query) == ("https", "shop.example", "/pay", "")
    carried = {name: values[0] for name, values in parse_qs(link.fragment).items()}
    read = Invoice(
        int(carried["program"]), carried["order"], 125 * FEC // 10, carried["reference"], int(carried["expiry"])
    )
    assert carried["amount"] == "12.5"
    assert carried["checkout"] == coupon.orders.address
    order = Order(read, carried["signature"], shop.shopper.address)
    message = coupon.orders.invoice_message(read)
    assert Account._recover_hash(message.hash, signature=order.merchant_signature) == shop.signer.address


def test_qr_codes__are_pictures(cashier: ServiceClient) -> None:
    invoice = cashier.invoice()
    svg = cashier.anybody().call("GET", f"/v1/invoices/{invoice['id']}/qr.svg")
    png = cashier.anybody().call("GET", f"/v1/invoices/{invoice['id']}/qr.png")
    assert (svg.headers["Content-Type"], png.headers["Content-Type"]) == ("image/svg+xml", "image/png")
    assert b"<svg" in svg.content
    assert png.content.startswith(b"\x89PNG")


def test_quote__before_a_payment__is_what_the_payment_does(serving: Callable[..., ServiceClient], shop: Shop) -> None:
    cashier = serving(shop.at_once)
    invoice = cashier.invoice("100")
    quote = cashier.get(f"/v1/pay/{invoice['id']}/quote?customer={shop.shopper.address}")
    cashier.pay(invoice, shop.shopper)
    paid = cashier.until(invoice, lambda seen: seen["status"] == "captured")
    assert (quote["toMerchant"], quote["principal"]) == (paid["toMerchant"], paid["burned"])
    assert quote["causes"] == [shop.cause]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_payment__while_one_out_of_a_vault_is_under_way__is_refused(cashier: ServiceClient, shop: Shop) -> None:
    invoice = cashier.invoice("100")
    with Session(writer(cashier.service.engine)) as session, session.begin():
        kept = session.scalars(select(models.Invoice).where(models.Invoice.id == invoice["id"])).one()
        call = ContractCall("Custodian", "spend", ())  # nobody sends it before its lease is over
        cashier.service.outbox.add(session, SPEND, call, program_id=kept.program_id, details={}, invoice=kept)
    problem = cashier.refused("POST", f"/v1/pay/{invoice['id']}/payments", cashier.payment(invoice, shop.shopper))
    assert problem["type"] == "urn:fec:problem:payment-under-way"


# ------------------------------------------------------------ several instances


def test_two_instances__same_payments_and_refunds_at_once__each_is_sent_once(
    serving: Callable[..., ServiceClient], shop: Shop, coupon: Client, chain: Anvil
) -> None:
    services = [serving(), serving()]
    before = coupon.balance(shop.shopper.address)
    invoices = [services[0].invoice("10") for _ in range(6)]
    payments = [services[0].payment(invoice, shop.shopper) for invoice in invoices]

    def pay(number: int) -> Any:
        invoice = invoices[number // 4]
        return services[number % 2].call("POST", f"/v1/pay/{invoice['id']}/payments", payments[number // 4])

    def refund(number: int) -> Any:
        path = f"/v1/invoices/{invoices[number // 4]['id']}/refunds"
        return services[number % 2].call("POST", path, {"amount": "1"}, Idempotency_Key=f"r-{number // 4}")

    with ThreadPoolExecutor(8) as pool:
        assert {answer.status_code for answer in pool.map(pay, range(24))} == {202}
        for invoice in invoices:
            services[0].until(invoice, lambda seen: seen["status"] == "paid")
        # One that comes while the first is being answered is told so.
        assert {answer.status_code for answer in pool.map(refund, range(24))} <= {202, 409}
    for invoice in invoices:
        services[1].until(invoice, lambda seen: seen["refunded"] == "1")
    requests = relayed(services[0])
    assert sum(key.startswith("refund ") for key in requests) == 6, requests
    # Payments that came together may have gone together.
    assert len(requests) <= 12, requests
    assert coupon.balance(shop.shopper.address) == before - 6 * 9 * FEC
    assert chain.web3.eth.get_transaction_count(shop.signer.address) == len(requests)
