"""An order's whole way: asked for, paid without gas, refunded in part, captured."""

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.service.models import Role
from tests.fixtures.waiting import until
from tests.service.conftest import WINDOW, ServiceClient, Shop


def test_invoice__paid_without_gas_coin__refunded_in_part__captured(
    cashier: ServiceClient, shop: Shop, chain: Anvil
) -> None:
    client = Client(chain.web3, shop.deployment)
    assert chain.web3.eth.get_balance(shop.shopper.address) == 0
    before = client.balance(shop.shopper.address)
    invoice = cashier.invoice("100", currencyReference="USD 1.00", items="1 latte")
    assert invoice["status"] == "open"

    cashier.pay(invoice, shop.shopper)
    paid = cashier.until(invoice, lambda seen: seen["status"] == "paid")
    assert (paid["payer"], paid["customer"]) == (shop.shopper.address, shop.shopper.address)
    assert client.balance(shop.shopper.address) == before - 100 * FEC

    refund = cashier.post(f"/v1/invoices/{invoice['id']}/refunds", {"amount": "30"}, Idempotency_Key="r-1")
    assert refund["amount"] == "30"
    cashier.until(invoice, lambda seen: seen["refunded"] == "30")
    assert client.balance(shop.shopper.address) == before - 70 * FEC

    chain.travel_to(chain.now + WINDOW + DAY)
    manager = cashier.as_(shop.escrow, Role.MANAGER)
    until(lambda: manager.call("POST", "/v1/captures", {}).status_code, lambda status: status in (202, 409))
    captured = cashier.until(invoice, lambda seen: seen["status"] == "captured")
    assert (captured["burned"], captured["toMerchant"], captured["refunded"]) == ("7", "63", "30")
    assert client.balance(shop.treasury) == 63 * FEC
    assert client.nodes.get(int(captured["nodeId"])).principal == 7 * FEC
    until(
        cashier.event_types, lambda types: types[-1] in ("capture.done", "invoice.captured") and "capture.done" in types
    )
    assert [kind for kind in cashier.event_types() if kind.startswith("invoice.")] == [
        "invoice.created",
        "invoice.paid",
        "invoice.refunded",
        "invoice.captured",
    ]
