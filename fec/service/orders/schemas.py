"""Orders, over the wire."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator, Field

from fec.core.durations import YEAR
from fec.service.actions.schemas import Action, Details
from fec.service.http.schemas import (
    REFERENCE,
    TEXT,
    Account,
    Fec,
    FecOrZero,
    FecText,
    Hash,
    Identity,
    Model,
    OrderId,
    Request,
    Seconds,
    Signature,
    whole,
)
from fec.service.models import InvoiceStatus

Cause = Annotated[Account | None, Query(description="Cause that receives the merchant's donation.")]
MinPrincipal = Annotated[FecOrZero, Query(alias="minPrincipal", description="Least node to accept.")]

# -------------------------------------------------------------------- invoices


class NewInvoice(Request):
    """An order to ask payment for."""

    order_id: OrderId = Field(description="The merchant's own id of the order, in ASCII. It is paid once.")
    amount: FecText
    currency_reference: str = Field(
        default="",
        pattern=REFERENCE,
        examples=["USD 12.34"],
        description="What the amount stands for: 32 ASCII characters, or 10 of any. It is on the chain.",
    )
    items: str = Field(
        default="", pattern=TEXT, max_length=4_000, description="What was bought, for the shopper to read. Not signed."
    )
    expires_in: Annotated[int, Field(ge=60, le=YEAR), BeforeValidator(whole)] = Field(
        default=900, description="Seconds within which it can be paid."
    )


class PaymentDetails(Details):
    """What a payment tells of itself."""

    payer: Account
    customer: Account


class Payment(Action, PaymentDetails):
    """A shopper's payment that the service sends."""


class Links(Model):
    """Where a shopper goes."""

    pay: str = Field(description="Page to pay at; carries the whole signed invoice.")
    short: str = Field(description="The same in at most 120 characters, for QR codes: the page asks the service.")
    qr_svg: str
    qr_png: str


class Invoice(Model):
    """An invoice and where it stands, by the index."""

    id: Identity
    program_id: int
    order_id: str
    order_key: Hash
    amount: Fec
    currency_reference: str
    items: str
    expiry: Seconds = Field(description="Last second at which it can be paid.")
    created_at: Seconds
    merchant_signature: Signature = Field(description="By the program's signer, over the invoice (EIP-712).")
    status: InvoiceStatus = Field(description="paid: in escrow; captured: final; refunded: all of it.")
    revision: int
    payer: Account | None
    customer: Account | None
    paid_at: Seconds | None
    return_deadline: Seconds | None = Field(description="When its return window ends; none if it was final at once.")
    refunded: Fec
    to_merchant: Fec | None = Field(description="Once captured, as are the following.")
    burned: Fec | None
    donated: Fec | None
    cause: Account | None
    returned: Fec | None = Field(description="Burn share that went back to the payer, as no node could be minted.")
    node_id: str | None = Field(description="Token id of the customer's node.")
    node: str | None = Field(description="The node's short name.")
    payment: Payment | None = Field(description="The latest payment that was sent by this service.")
    links: Links


class InvoicePage(Model):
    """Some invoices, the newest first."""

    items: list[Invoice]
    next: str | None = Field(description="Give it as `before` for the page that follows.")


# -------------------------------------------------------------------- paying


class Quote(Model):
    """What a payment would do now."""

    tier: int = Field(description="The customer's, from 0.")
    spend: Fec = Field(description="Lifetime spend that the tier follows from.")
    to_merchant: Fec
    donation: Fec = Field(description="What a cause would get, off the merchant's part, if one is picked.")
    principal: Fec = Field(description="What is burned into the customer's node.")
    face: Fec = Field(description="What the node will pay in all, over 100 periods.")
    return_deadline: Seconds
    first_release: Seconds
    last_release: Seconds
    causes: list[Account]


class Signable(Model):
    """What a wallet is asked to sign (eth_signTypedData_v4), and the order that it stands for."""

    order: dict[str, Any] = Field(description="The order's document; its hash is the authorization's nonce.")
    authorization: dict[str, Any] = Field(description="The document to sign: ReceiveWithAuthorization (ERC-3009).")


class NewPayment(Request):
    """A shopper's signed payment of an invoice, and the choices that it commits to."""

    payer: Account
    customer: Account = Field(description="Who gets the node; the payer, as a rule.")
    min_principal: FecOrZero = "0"
    cause: Account | None = None
    valid_after: Seconds = 0
    valid_before: Seconds
    signature: Signature = Field(description="The payer's, over the authorization; contracts sign by ERC-1271.")


class WalletLink(Model):
    """A payment for wallets that read EIP-681 and send their own transactions."""

    uri: str = Field(description="Calls transferAndCall of the coupon: the burn cannot be skipped.")


# -------------------------------------------------------- refunds and captures


class NewRefund(Request):
    """How much to pay back."""

    amount: FecText | None = Field(default=None, description="All that is left, unless given.")


class RefundDetails(Details):
    """What a refund tells of itself."""

    invoice_id: Identity
    amount: Fec


class Refund(Action, RefundDetails):
    """Some of an order, or all, on its way back to who paid."""


class RefundPage(Model):
    """An invoice's refunds, the newest first."""

    items: list[Refund]


class NewCapture(Request):
    """Which orders to capture."""

    order_keys: list[Hash] | None = Field(
        default=None, min_length=1, max_length=100, description="All that are due, unless named."
    )


class CaptureDetails(Details):
    """What a capture tells of itself."""

    order_keys: list[Hash]


class Capture(Action, CaptureDetails):
    """Orders on their way to being final."""


class CapturePage(Model):
    """Captures, the newest first."""

    items: list[Capture]
