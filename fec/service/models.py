"""The service's own tables. Amounts in wei, times in seconds since the epoch.

What an invoice says of its order follows from the index (reconcile.py); what was asked of the chain is an action
(outbox.py); every change of either is an event, written in the same transaction (events.py).
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from fec.store.base import AddressText, Base, Hash32Text, JSONValue, TokenIdInt, WeiInt


class Role(StrEnum):
    """What a key may do: a cashier sells and refunds, a manager does all of it, an accountant reads."""

    CASHIER = "cashier"
    MANAGER = "manager"
    ACCOUNTANT = "accountant"


class InvoiceStatus(StrEnum):
    """Where an invoice stands, by the index."""

    OPEN = "open"
    EXPIRED = "expired"
    PAID = "paid"
    """In escrow; it can be refunded until its return window ends, and captured from then on."""
    CAPTURED = "captured"
    REFUNDED = "refunded"
    """All of it."""


class ActionState(StrEnum):
    """How far something that was asked of the chain has come."""

    REQUESTED = "requested"
    """Kept; not signed yet."""
    SENT = "sent"
    """Signed, and sent until a block has it."""
    DONE = "done"
    FAILED = "failed"
    """Refused by the contract, or reverted in its block: it has changed nothing."""


class Merchant(Base):
    """A program that this service serves."""

    __tablename__ = "merchants"

    program_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int]


class ApiKey(Base):
    """A key for a merchant's machines; only its keyed hash is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint("role IN ('cashier', 'manager', 'accountant')", name="role"),
        Index(None, "program_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    role: Mapped[Role] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[int]
    revoked_at: Mapped[int | None]
    sales: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it may record sales that were paid elsewhere."""


class SignInNonce(Base):
    """A nonce that one sign-in may use, once."""

    __tablename__ = "sign_in_nonces"

    nonce: Mapped[str] = mapped_column(Text, primary_key=True)
    expires_at: Mapped[int]


class SignInSession(Base):
    """A person who has signed in as a program's operator; only the token's keyed hash is kept."""

    __tablename__ = "sign_in_sessions"

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    address: Mapped[AddressText]
    expires_at: Mapped[int]


class IdempotencyRecord(Base):
    """What a request with an Idempotency-Key was answered; written in the transaction of its effect."""

    __tablename__ = "idempotency_records"

    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[Hash32Text]
    """Of method, path and body."""
    status: Mapped[int]
    body: Mapped[JSONValue]
    created_at: Mapped[int]


class Invoice(Base):
    """An order that a merchant asks for, signed, and how it stands."""

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'expired', 'paid', 'captured', 'refunded')", name="status"),
        Index(None, "program_id", "number"),
        Index(None, "closed", "status", "expiry"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    """Cannot be guessed: who knows it may see the invoice and pay it."""
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    order_id: Mapped[str] = mapped_column(Text)
    order_key: Mapped[Hash32Text] = mapped_column(unique=True)
    amount: Mapped[WeiInt]
    currency_reference: Mapped[str] = mapped_column(Text)
    items: Mapped[str] = mapped_column(Text)
    expiry: Mapped[int]
    signature: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int]
    revision: Mapped[int]
    """Grows with every change that a reader can see."""
    closed: Mapped[bool]
    """Nothing can happen to it any more, not even by a reorganisation."""
    status: Mapped[InvoiceStatus] = mapped_column(Text)
    payer: Mapped[AddressText | None]
    customer: Mapped[AddressText | None]
    paid_at: Mapped[int | None]
    return_deadline: Mapped[int | None]
    burn_bps: Mapped[int | None]
    refunded: Mapped[WeiInt]
    token_id: Mapped[TokenIdInt | None]
    to_merchant: Mapped[WeiInt | None]
    burned: Mapped[WeiInt | None]
    donated: Mapped[WeiInt | None]
    cause: Mapped[AddressText | None]
    returned: Mapped[WeiInt | None]


class Action(Base):
    """Something that was asked of the chain, in the transaction that answered who asked."""

    __tablename__ = "actions"
    __table_args__ = (
        CheckConstraint("state IN ('requested', 'sent', 'done', 'failed')", name="state"),
        Index(None, "state"),
        Index(None, "program_id", "kind", "number"),
        Index(None, "invoice_number", "kind"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    kind: Mapped[str] = mapped_column(Text)
    """pay, refund, capture, …"""
    request_key: Mapped[str] = mapped_column(Text, unique=True)
    """Under which the relayer sends it once."""
    invoice_number: Mapped[int | None] = mapped_column(ForeignKey("invoices.number"))
    digest: Mapped[Hash32Text | None]
    """Of what a shopper sent: who sends the same again gets the same answer."""
    subjects: Mapped[JSONValue]
    """List of those for whom its failure would be counted."""
    details: Mapped[JSONValue]
    """What readers are told of it; amounts as text."""
    contract: Mapped[str] = mapped_column(Text)
    function: Mapped[str] = mapped_column(Text)
    arguments: Mapped[JSONValue]
    state: Mapped[ActionState] = mapped_column(Text)
    relay_id: Mapped[int | None] = mapped_column(ForeignKey("relay_transactions.id"))
    relay_place: Mapped[int | None]
    """Its place among the calls, if that transaction makes many."""
    transaction_hash: Mapped[Hash32Text | None]
    error: Mapped[JSONValue | None]
    """Why it failed: the contract's error, its values, and a sentence."""
    busy_until: Mapped[int]
    """Until when the process that hands it to the relayer has it for itself."""
    created_at: Mapped[int]


class Strikes(Base):
    """What failed in its block for an invoice, payer, member, shopper or address on the network; and what is open."""

    __tablename__ = "strikes"

    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    open: Mapped[int]
    failures: Mapped[int]
    failed_at: Mapped[int]
    until: Mapped[int]
    """Before it, nothing more is sent."""


class CaptureClaim(Base):
    """An order that a capture under way is going to make final: two captures never name the same one."""

    __tablename__ = "capture_claims"

    order_key: Mapped[Hash32Text] = mapped_column(primary_key=True)
    action_number: Mapped[int] = mapped_column(ForeignKey("actions.number"), index=True)


class ServiceEvent(Base):
    """Something changed. Written once; numbers follow the order of the commits, so that no reader misses one."""

    __tablename__ = "service_events"
    __table_args__ = (Index(None, "program_id", "sequence"), Index(None, "invoice_number", "sequence"))

    sequence: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    invoice_number: Mapped[int | None] = mapped_column(ForeignKey("invoices.number"))
    type: Mapped[str] = mapped_column(Text)
    payload: Mapped[JSONValue]
    created_at: Mapped[int]


class ReconcileCursor(Base):
    """The one row that says up to which block the invoices follow the index; who moves it locks it."""

    __tablename__ = "reconcile_cursor"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    block_number: Mapped[int]
    block_hash: Mapped[Hash32Text | None]


class WebhookEndpoint(Base):
    """Where a merchant's events are sent, how far that has come, and who is at it. Its secrets are kept nowhere."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (Index(None, "program_id", "number"), Index(None, "enabled", "next_attempt_at"))

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    url: Mapped[str] = mapped_column(Text)
    types: Mapped[JSONValue | None]
    """List of the types of events that are sent; None for all."""
    secret_version: Mapped[int]
    previous_until: Mapped[int | None]
    """Until when events are signed under the version before as well."""
    cursor: Mapped[int]
    """Number of the last event that was delivered."""
    enabled: Mapped[bool]
    failures: Mapped[int]
    """Attempts that failed since the last one that did not."""
    failing_since: Mapped[int | None]
    next_attempt_at: Mapped[int]
    lease: Mapped[str | None] = mapped_column(Text)
    """A random word of the process that is at it: only that one may write the result."""
    leased_until: Mapped[int]
    """After it, the process that was at it is thought to have crashed."""
    created_at: Mapped[int]


class WebhookAttempt(Base):
    """An attempt to send an event to an endpoint, and its result."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index(None, "endpoint_number", "number"), Index(None, "attempted_at"))

    number: Mapped[int] = mapped_column(primary_key=True)
    endpoint_number: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.number", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int | None]
    """The event's number; None for a test."""
    type: Mapped[str] = mapped_column(Text)
    attempted_at: Mapped[int]
    duration_ms: Mapped[int]
    status: Mapped[int | None]
    """What the endpoint answered, if it did."""
    error: Mapped[str | None] = mapped_column(Text)
    """Why it is no delivery, in a word; None if it is one."""


class RewardBatch(Base):
    """Rewards for many shoppers, funded by one action under one Merkle root."""

    __tablename__ = "reward_batches"
    __table_args__ = (Index(None, "program_id", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    root: Mapped[Hash32Text]
    total: Mapped[WeiInt]
    count: Mapped[int]
    deadline: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    action_number: Mapped[int] = mapped_column(ForeignKey("actions.number"), unique=True)
    created_at: Mapped[int]


class RewardEntry(Base):
    """One shopper's reward in a batch, and the proof that it is in there."""

    __tablename__ = "reward_entries"
    __table_args__ = (Index(None, "shopper"),)

    batch_number: Mapped[int] = mapped_column(
        ForeignKey("reward_batches.number"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The reward's index in the batch, from 0."""
    shopper: Mapped[AddressText]
    amount: Mapped[WeiInt]
    proof: Mapped[JSONValue]
    """Hashes in hex, from the leaf's neighbour up."""
    action_number: Mapped[int | None] = mapped_column(ForeignKey("actions.number"))
    """What was asked of the chain last, to have it taken."""


class BrandMember(Base):
    """A member that a merchant announced: a hash, of which nobody here knows what it is of."""

    __tablename__ = "brand_members"
    __table_args__ = (UniqueConstraint("program_id", "member_id"), Index(None, "member_id"))

    number: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    member_id: Mapped[Hash32Text]
    vault: Mapped[AddressText]
    action_number: Mapped[int] = mapped_column(ForeignKey("actions.number"))
    created_at: Mapped[int]
