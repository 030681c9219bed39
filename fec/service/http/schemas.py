"""What goes over the wire. Amounts are exact decimals of FEC as text, times are seconds since the epoch."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fec.protocol.addresses import checked_address

#: Digits of an amount: up to ten before the point, as the cap has, and up to eighteen after it; not zero.
AMOUNT = r"^(?!0(\.0+)?$)(0|[1-9][0-9]{0,9})(\.[0-9]{1,18})?$"
SHARE = r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,18})?$"
#: Fits the 32 bytes that it has on the chain.
ORDER_ID = r"^[!-~]([ -~]{0,30}[!-~])?$"
REFERENCE = r"^([ -~]{0,32}|[ -~\u00a1-\ud7ff\uf900-\ufffd]{0,10})$"
#: Databases keep no zero characters.
TEXT = r"^[^\u0000]*$"
ACCOUNT = "^0x[0-9a-fA-F]{40}$"
IDENTITY = "^[A-Za-z0-9_-]{22}$"
SIGNATURE = "^0x([0-9a-fA-F]{2}){0,2048}$"
HASH = "^0x[0-9a-f]{64}$"

FecText = Annotated[str, Field(pattern=AMOUNT, max_length=29, examples=["12.5"], description="FEC, exact, not zero.")]
FecOrZero = Annotated[str, Field(pattern=SHARE, max_length=29, examples=["0"], description="FEC, exact.")]
Account = Annotated[
    str,
    Field(
        pattern=ACCOUNT,
        json_schema_extra={"format": "address"},
        examples=["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"],
        description="An account, with its checksum if it has capitals (EIP-55).",
    ),
    AfterValidator(checked_address),
]


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 900.0 is as whole as 900."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Bounds come before the validator: behind it, the description would not have them.
Seconds = Annotated[int, Field(ge=0, le=2**53 - 1, description="Seconds since the epoch."), BeforeValidator(_whole)]
Sequence = Annotated[int, Field(ge=0, le=2**53 - 1), BeforeValidator(_whole)]
Identity = Annotated[str, Field(pattern=IDENTITY, description="As the service gave it.")]
Signature = Annotated[str, Field(pattern=SIGNATURE, description="Bytes in hex.")]
Hash = Annotated[str, Field(pattern=HASH)]
OrderId = Annotated[str, Field(pattern=ORDER_ID, max_length=32, examples=["A-1027"])]


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, regex_engine="python-re"
    )


class Request(_Model):
    """What callers send: nothing but what is named here, and each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Problem(_Model):
    """What went wrong (RFC 9457), and what to do next."""

    type: str = Field(examples=["urn:fec:problem:invoice-expired"])
    title: str
    status: int
    detail: str
    error: str | None = Field(description="Name of the contract's error, if a contract refused.")
    values: dict[str, Any] = Field(description="What the detail speaks of; whole numbers as text.")
    request_id: str | None = Field(description="To be named when the problem is reported.")


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
    expires_in: Annotated[int, Field(ge=60, le=31_536_000), BeforeValidator(_whole)] = Field(
        default=900, description="Seconds within which it can be paid."
    )


class ActionError(_Model):
    """Why something failed."""

    name: str
    values: dict[str, Any]
    sentence: str


class Action(_Model):
    """Something that was asked of the chain."""

    id: Identity
    kind: str
    state: str = Field(description="requested, sent, done or failed; what failed has changed nothing.")
    transaction_hash: Hash | None
    error: ActionError | None
    created_at: Seconds


class Payment(Action):
    """A shopper's payment that the service sends."""

    payer: Account
    customer: Account


class Refund(Action):
    """Some of an order, or all, on its way back to who paid."""

    invoice_id: Identity
    amount: FecText


class Capture(Action):
    """Orders on their way to being final."""

    order_keys: list[Hash]


class Links(_Model):
    """Where a shopper goes."""

    pay: str = Field(description="Page to pay at; carries the whole signed invoice. The QR code says the same.")
    qr_svg: str
    qr_png: str


class Invoice(_Model):
    """An invoice and where it stands, by the index."""

    id: Identity
    program_id: int
    order_id: str
    order_key: Hash
    amount: FecText
    currency_reference: str
    items: str
    expiry: Seconds = Field(description="Last second at which it can be paid.")
    created_at: Seconds
    merchant_signature: Signature = Field(description="By the program's signer, over the invoice (EIP-712).")
    status: str = Field(description="open, expired, paid (in escrow), captured (final) or refunded (in whole).")
    revision: int
    payer: Account | None
    customer: Account | None
    paid_at: Seconds | None
    return_deadline: Seconds | None = Field(description="When its return window ends; none if it was final at once.")
    refunded: FecOrZero
    to_merchant: FecOrZero | None = Field(description="Once captured, as are the following.")
    burned: FecOrZero | None
    donated: FecOrZero | None
    cause: Account | None
    returned: FecOrZero | None = Field(
        description="Burn share that went back to the payer, as no node could be minted."
    )
    node_id: str | None = Field(description="Token id of the customer's node.")
    node: str | None = Field(description="The node's short name.")
    payment: Payment | None = Field(description="The latest payment that was sent by this service.")
    links: Links


class InvoicePage(_Model):
    """Some invoices, the newest first."""

    items: list[Invoice]
    next: str | None = Field(description="Give it as `before` for the page that follows.")


class RefundPage(_Model):
    """An invoice's refunds, the newest first."""

    items: list[Refund]


class NewRefund(Request):
    """How much to pay back."""

    amount: FecText | None = Field(default=None, description="All that is left, unless given.")


# ------------------------------------------------------------------------- pay


class Quote(_Model):
    """What a payment would do now."""

    tier: int = Field(description="The customer's, from 0.")
    spend: FecOrZero = Field(description="Lifetime spend that the tier follows from.")
    to_merchant: FecOrZero
    donation: FecOrZero = Field(description="What a cause would get, off the merchant's part, if one is picked.")
    principal: FecOrZero = Field(description="What is burned into the customer's node.")
    face: FecOrZero = Field(description="What the node will pay in all, over 100 periods.")
    return_deadline: Seconds
    first_release: Seconds
    last_release: Seconds
    causes: list[Account]


class Signable(_Model):
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


class WalletLink(_Model):
    """A payment for wallets that read EIP-681 and send their own transactions."""

    uri: str = Field(description="Calls transferAndCall of the coupon: the burn cannot be skipped.")


# ------------------------------------------------------------------- the rest


class NewCapture(Request):
    """Which orders to capture."""

    order_keys: list[Hash] | None = Field(
        default=None, min_length=1, max_length=100, description="All that are due, unless named."
    )


class CapturePage(_Model):
    """Captures, the newest first."""

    items: list[Capture]


class Event(_Model):
    """Something that changed."""

    sequence: int
    type: str
    created_at: Seconds
    data: dict[str, Any] = Field(description="The invoice or action as it was right after.")


class EventPage(_Model):
    """Some events, the oldest first."""

    items: list[Event]
    next: int = Field(description="Give it as `after` for what follows, now or later.")


class Nonce(_Model):
    """For one sign-in, within ten minutes."""

    nonce: str
    domain: str
    chain_id: int


class SignIn(Request):
    """A signed EIP-4361 message."""

    program_id: Annotated[int, Field(ge=1, le=2**32 - 1), BeforeValidator(_whole)]
    message: str = Field(min_length=1, max_length=4_000, pattern=TEXT)
    signature: Signature


class SignedIn(_Model):
    """A session: as a cookie, and as a token for those who send none."""

    token: str
    program_id: int
    address: Account
    role: str


class Me(_Model):
    """Who calls."""

    program_id: int
    role: str
    name: str
