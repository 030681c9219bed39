"""Orders: what Checkout takes and returns.

Amounts in wei, times in seconds since the epoch, shares in basis points.
Ids, references and reasons are 32 bytes on the chain; here they are text of at most 32 bytes, or 0x and 64 hex digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_hash.auto import keccak

from fec.core.node_id import NodeId
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.bytes32 import from_hex, to_bytes32
from fec.protocol.types import Payout, Receipt


@dataclass(frozen=True)
class Invoice:
    """What the merchant asks for, and signs."""

    program_id: int
    order_id: str
    """The merchant's own id of the order; it can be paid once."""
    amount: int
    currency_reference: str
    """What the amount stands for, in the merchant's words, such as "USD 12.34"."""
    expiry: int
    """Last second at which it can be paid."""

    @property
    def key(self) -> str:
        """The order's key at Checkout, as hex: keccak256(abi.encode(programId, orderId))."""
        return order_key(self.program_id, self.order_id)


def order_key(program_id: int, order_id: str) -> str:
    """Key of an order at Checkout, as hex. Raises InvalidArgument if the order id does not fit."""
    return "0x" + keccak(program_id.to_bytes(32) + to_bytes32(order_id)).hex()


@dataclass(frozen=True)
class Order:
    """An invoice with the merchant's signature, and the shopper's choices."""

    invoice: Invoice
    merchant_signature: str
    """Hex."""
    customer: str
    """Who gets the node and the credit towards tiers."""
    min_principal: int = 0
    """Least principal of the node that the shopper accepts."""
    cause: str | None = None
    """Where the merchant's donation goes, from the program's list."""

    @property
    def key(self) -> str:
        """The order's key at Checkout, as hex."""
        return self.invoice.key

    @property
    def amount(self) -> int:
        """FEC to pay."""
        return self.invoice.amount

    @property
    def fields(self) -> tuple[Any, ...]:
        """The contracts' struct. Raises InvalidArgument if a text does not fit, or an address is none."""
        return (
            self.invoice.program_id,
            to_bytes32(self.invoice.order_id),
            self.invoice.amount,
            to_bytes32(self.invoice.currency_reference),
            self.invoice.expiry,
            checked_address(self.customer),
            self.min_principal,
            checked_address(self.cause or ADDRESS_ZERO),
            from_hex(self.merchant_signature),
        )


@dataclass(frozen=True)
class Quote:
    """What a payment would do now."""

    terms_version: int
    tier: int
    """Index of the customer's tier."""
    spend: int
    """Lifetime spend that the tier follows from."""
    to_merchant: int
    """What the merchant receives when no cause is picked."""
    donation: int
    """What a cause would receive, off `to_merchant`, when one is picked."""
    principal: int
    """What is burned."""
    face: int
    """What the node will pay in all."""
    return_deadline: int
    """Until when the order can be refunded; the node is minted from then on. Now, if at once."""
    start: int
    """Beginning of the node's first period."""
    first_release: int
    last_release: int
    min_claim: int

    def given(self, cause: str | None) -> tuple[int, int]:
        """What the merchant receives and what the cause does; with the principal, they add up to the amount."""
        return (self.to_merchant, 0) if cause is None else (self.to_merchant - self.donation, self.donation)


class OrderStatus(IntEnum):
    """Where an order stands."""

    UNPAID = 0
    ESCROWED = 1
    CAPTURED = 2
    REFUNDED = 3


@dataclass(frozen=True)
class PaidOrder:
    """What Checkout keeps of an order.

    Of one captured at once that is status, payer, terms and time; the rest is zero or None.
    """

    key: str
    status: OrderStatus
    payer: str | None
    """Who paid, and is paid back."""
    customer: str | None
    cause: str | None
    program_id: int
    terms_version: int
    burn_bps: int
    paid_at: int
    return_deadline: int
    """From when on it can be captured, and no longer refunded."""
    amount: int
    refunded: int

    @property
    def escrowed(self) -> int:
        """What Checkout still holds of it."""
        return self.amount - self.refunded if self.status is OrderStatus.ESCROWED else 0


@dataclass(frozen=True)
class Permit:
    """An allowance for Checkout, signed (ERC-2612)."""

    deadline: int
    """Last second at which it is valid."""
    signature: str


@dataclass(frozen=True)
class Authorization:
    """A payment signed by the shopper, to be sent by anybody (ERC-3009)."""

    payer: str
    valid_after: int
    """It is valid after this second."""
    valid_before: int
    """It is valid before this second."""
    signature: str


@dataclass(frozen=True)
class Capture:
    """An order is final: all that was left of it, to the wei."""

    order_key: str
    token_id: int | None
    """The customer's node; None if it could not be minted, and `returned` went to the payer."""
    to_merchant: int
    burned: int
    donated: int
    cause: str | None
    returned: int

    @property
    def id(self) -> NodeId | None:
        """What the node's id says."""
        return None if self.token_id is None else NodeId.decode(self.token_id)


@dataclass(frozen=True)
class OrderHistory:
    """An order's whole story: where it stands, and what Checkout's logs say of how it was paid and where it went."""

    state: PaidOrder
    program_id: int
    order_id: str
    """The merchant's own id of it."""
    currency_reference: str
    customer: str
    amount: int
    burn_bps: int
    capture: Capture | None
    """Where the coins went, once it is captured."""

    @property
    def key(self) -> str:
        """Under which Checkout keeps it."""
        return self.state.key


@dataclass(frozen=True)
class Paid:
    """An order was paid."""

    receipt: Receipt
    order_key: str
    order_id: str
    payer: str
    customer: str
    amount: int
    burn_bps: int
    return_deadline: int | None
    """When its return window ends; None if there is none and it is final already."""
    capture: Capture | None
    """Where the coins went, if it is final already."""
    claimed: tuple[Payout, ...]
    """What was claimed from nodes first."""

    @property
    def token_id(self) -> int | None:
        """The customer's node; None if it is minted only after the return window."""
        return None if self.capture is None else self.capture.token_id


@dataclass(frozen=True)
class Captured:
    """Orders were captured; those that were final before are not listed."""

    receipt: Receipt
    captures: tuple[Capture, ...]


@dataclass(frozen=True)
class Refunded:
    """Some of an order, or all, was paid back."""

    receipt: Receipt
    order_key: str
    amount: int
    refunded_in_all: int
