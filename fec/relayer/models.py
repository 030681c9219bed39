"""The relayer's tables."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fec.store.base import AddressText, Base, Hash32Text, WeiInt


class RelayState(StrEnum):
    """How far a request has come."""

    PENDING = "pending"
    """Signed and kept; no block has it yet."""
    INCLUDED = "included"
    """In a block that may still be reorganised away."""
    FINAL = "final"
    """In a block that is deep enough; `succeeded` says how it ended there."""
    DISPLACED = "displaced"
    """Can never be in a block: something else used its nonce, which only another holder of the key can bring about."""


class RelayAccount(Base):
    """A key that sends. Its row is locked while a nonce is taken."""

    __tablename__ = "relay_accounts"

    address: Mapped[AddressText] = mapped_column(primary_key=True)
    next_nonce: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    """Nonces that the chain had used when it was looked at last."""
    moved_at: Mapped[int] = mapped_column(default=0)
    """When that number changed last, in seconds since the epoch."""


class RelayTransaction(Base):
    """One request: a call that is sent once."""

    __tablename__ = "relay_transactions"
    __table_args__ = (
        UniqueConstraint("sender", "nonce"),
        CheckConstraint("state IN ('pending', 'included', 'final', 'displaced')", name="state"),
        Index(None, "sender", "state"),
        Index(None, "sender", "day", "purse"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_key: Mapped[str] = mapped_column(Text, unique=True)
    """What is asked for, in the words of who asks: the same key is never sent twice."""
    sender: Mapped[AddressText] = mapped_column(ForeignKey("relay_accounts.address"))
    nonce: Mapped[int]
    recipient: Mapped[AddressText]
    data: Mapped[str] = mapped_column(Text)
    gas: Mapped[int]
    state: Mapped[RelayState] = mapped_column(Text)
    succeeded: Mapped[bool | None]
    transaction_hash: Mapped[Hash32Text | None]
    """Of the attempt that is in a block."""
    block_number: Mapped[int | None]
    block_hash: Mapped[Hash32Text | None]
    requested_at: Mapped[int]
    day: Mapped[int]
    """Day of UTC, counted since the epoch, to whose budget it belongs."""
    purse: Mapped[str | None] = mapped_column(Text)
    """For whom it is sent: their budget for the day bounds it, besides the key's own."""
    offered_gwei: Mapped[int]
    """What its gas may cost, rounded up to gwei of the chain's coin."""
    cost_gwei: Mapped[int | None]
    """What its block took."""
    refused: Mapped[str | None] = mapped_column(Text)
    """Why no node will ever take it: from then on, its nonce is offered to a transfer of nothing."""


class RelayShare(Base):
    """One call of a transaction that makes many: its share of what that costs, and how it ended."""

    __tablename__ = "relay_shares"

    transaction_id: Mapped[int] = mapped_column(
        ForeignKey("relay_transactions.id"), primary_key=True, autoincrement=False
    )
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Among the calls, from 0."""
    purse: Mapped[str] = mapped_column(Text)
    """For whom it is sent."""
    gas: Mapped[int]
    """What it may use."""
    gwei: Mapped[int]
    """Its share, by that gas, of what its transaction offers, and then of what its block took; rounded up."""
    reason: Mapped[str | None] = mapped_column(Text)
    """What it reverted with in its block, in hex; None if it went through, or no block has it."""


class RelayAttempt(Base):
    """One signed form of a request. Later ones offer more for the same nonce: at most one comes into a block."""

    __tablename__ = "relay_attempts"

    hash: Mapped[Hash32Text] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("relay_transactions.id"), index=True)
    raw: Mapped[str] = mapped_column(Text)
    max_fee: Mapped[WeiInt]
    tip: Mapped[WeiInt]
    signed_at: Mapped[int]
    filler: Mapped[bool] = mapped_column(default=False)
    """A transfer of nothing, which uses the nonce of a request that was refused for ever."""
