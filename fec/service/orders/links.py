"""Where a shopper goes: the pay page, and EIP-681 for wallets that send transactions themselves."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

from fec.core.amounts import exact_fec
from fec.protocol import calls
from fec.protocol.bytes32 import from_hex
from fec.protocol.orders import Invoice as SignedInvoice
from fec.protocol.orders import Order
from fec.service.context import Service

#: Of a hash: nobody finds another invoice with the same.
_DIGEST_BYTES = 16


def pay_link(service: Service, invoice: Any) -> str:
    """The pay page's address. Behind the # is the whole signed invoice, for the page to check: it trusts no server.

    Browsers keep that part to themselves; no server sees it.
    """
    carried = {
        "chain": service.settings.deployment["chainId"],
        "checkout": service.client.orders.address,
        "program": invoice.program_id,
        "order": invoice.order_id,
        "amount": exact_fec(invoice.amount),
        "reference": invoice.currency_reference,
        "expiry": invoice.expiry,
        "signature": invoice.signature,
        "id": invoice.id,
    }
    return f"{service.settings.public_url}/pay#{urlencode(carried)}"


def short_link(service: Service, invoice: Any) -> str:
    """The pay page's address for a QR code: the id, and half of the hash that the program's signer signed.

    The page gets the rest from the service, and takes it only if it has that hash and signature.
    """
    signed = SignedInvoice(
        invoice.program_id, invoice.order_id, invoice.amount, invoice.currency_reference, invoice.expiry
    )
    digest = from_hex(service.client.orders.invoice_message(signed).hash)[:_DIGEST_BYTES]
    text = urlsafe_b64encode(digest).decode().rstrip("=")
    return f"{service.settings.public_url}/pay#i={invoice.id}&h={text}"


def wallet_link(service: Service, order: Order) -> str:
    """An EIP-681 address that pays an order: the coupon calls Checkout in the same transaction (ERC-1363).

    A struct is no argument of EIP-681, but `bytes` are: what `pay` takes, encoded, is what `transferAndCall` carries.
    Never a bare transfer, which would skip the burn.
    """
    encoded = calls.pay(order).encoded_arguments.hex()
    coupon = service.settings.deployment["contracts"]["FEC"]["address"]
    chain = service.settings.deployment["chainId"]
    arguments = f"address={service.client.orders.address}&uint256={order.amount}&bytes=0x{encoded}"
    return f"ethereum:{coupon}@{chain}/transferAndCall?{arguments}"
