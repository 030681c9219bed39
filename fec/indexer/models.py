"""The index's tables. Amounts in wei, times in seconds since the epoch; every row but the cursor's is written once.

A row says what one log said (`events`, and each class that ends in `Record`) or how things stood right after it (each
that ends in `Version`). All carry the
log's place, so that undoing a reorganisation is to delete what lies behind a block.
docs/reference/index.md describes them.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from fec.store.base import AddressText, Base, Hash32Text, JSONValue, TokenIdInt, WeiInt, table

# Rows lie in the order of the chain, which is the order they are written in.
_CLUSTERED = {"sqlite_with_rowid": False}


class _AtLog:
    """A row that one log caused."""

    block_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, sort_order=-2)
    log_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, sort_order=-1)


# ------------------------------------------------------------------ the chain


class CursorRecord(Base):
    """The one row that says how far the index has come; the only one that changes in place."""

    __tablename__ = "cursor"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next_block: Mapped[int]
    block_hash: Mapped[Hash32Text | None]
    """Of the block before `next_block`; none at the very beginning."""
    finalized_block: Mapped[int]
    incomplete_at: Mapped[int | None]
    """Block at which it was found that events are lacking; null where none are known to be."""


class BlockRecord(Base):
    """A block that was seen: each with a log, each near the head, and the last of each range that was read."""

    __tablename__ = "blocks"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[Hash32Text]
    timestamp: Mapped[int]


class EventRecord(_AtLog, Base):
    """One log, decoded. All other tables but `blocks` and `cursor` follow from this one."""

    __tablename__ = "events"
    __table_args__ = (_CLUSTERED,)

    transaction_hash: Mapped[Hash32Text]
    contract: Mapped[str]
    name: Mapped[str]
    arguments: Mapped[JSONValue]
    """Object of arguments by name; numbers as decimal text."""


# ---------------------------------------------------------------------- nodes


class NodeRecord(_AtLog, Base):
    """A node's birth: what its id says. Nodes that were settled together have the place of their settlement."""

    __tablename__ = "nodes"
    __table_args__ = (Index(None, "token_id", unique=True), Index(None, "program_id", "serial"), _CLUSTERED)

    token_id: Mapped[TokenIdInt] = mapped_column(primary_key=True)
    program_id: Mapped[int]
    serial: Mapped[int]
    period_length: Mapped[int]
    start: Mapped[int]
    birth_principal: Mapped[WeiInt]


class NodeVersion(_AtLog, Base):
    """A node as it stood after a log that changed it."""

    __tablename__ = "node_versions"
    __table_args__ = (Index(None, "token_id", "block_number", "log_index"), Index(None, "owner"), _CLUSTERED)

    token_id: Mapped[TokenIdInt] = mapped_column(primary_key=True)
    owner: Mapped[AddressText | None]
    """None once it was merged into another."""
    principal: Mapped[WeiInt]
    claimed: Mapped[WeiInt]
    cause: Mapped[str]
    """mint, transfer, claim; settle (a leaf that is not opened yet) and open; split and part (keeps the rest, came out
    of it); merge and merged (took in, is gone)."""


class NodeTransferRecord(_AtLog, Base):
    """A node had another owner; sender None where it was minted or opened, recipient None where it was merged away."""

    __tablename__ = "node_transfers"
    __table_args__ = (Index(None, "token_id"), _CLUSTERED)

    token_id: Mapped[TokenIdInt]
    sender: Mapped[AddressText | None]
    recipient: Mapped[AddressText | None]


class ClaimRecord(_AtLog, Base):
    """A node paid."""

    __tablename__ = "claims"
    __table_args__ = (Index(None, "token_id"), Index(None, "recipient"), _CLUSTERED)

    token_id: Mapped[TokenIdInt]
    recipient: Mapped[AddressText]
    amount: Mapped[WeiInt]


class SettlementRecord(_AtLog, Base):
    """Nodes were settled, all at once and under one root: those whose birth has the same place."""

    __tablename__ = "settlements"
    __table_args__ = (Index(None, "settlement_id", unique=True), Index(None, "program_id"), _CLUSTERED)

    settlement_id: Mapped[TokenIdInt]
    program_id: Mapped[int]
    period_length: Mapped[int]
    start: Mapped[int]
    first_serial: Mapped[int]
    node_count: Mapped[int]
    """Number of its nodes."""
    total: Mapped[WeiInt]
    """Sum of their principals, which was burned."""
    root: Mapped[Hash32Text]
    branches: Mapped[str]
    """Roots of each 64 leaves, in hex, one after the other: a proof takes 64 hashes of leaves, not all."""


class SettlementRefRecord(_AtLog, Base):
    """A settlement was made through Checkout, with a reference that is used once in a program."""

    __tablename__ = "settlement_refs"
    __table_args__ = (Index(None, "program_id", "ref", unique=True), Index(None, "settlement_id"), _CLUSTERED)

    program_id: Mapped[int]
    ref: Mapped[Hash32Text]
    settlement_id: Mapped[TokenIdInt]
    payer: Mapped[AddressText]


# ------------------------------------------------------------------- programs


class ProgramVersion(_AtLog, Base):
    """A program as it stood at the end of a block that changed it; the log is the last one there that did."""

    __tablename__ = "program_versions"
    __table_args__ = (Index(None, "program_id", "block_number", "log_index"), _CLUSTERED)

    program_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    operator: Mapped[AddressText]
    issuer: Mapped[AddressText | None]
    """None: anybody may mint in it."""
    period_length: Mapped[int]
    origin: Mapped[int]
    quota: Mapped[WeiInt]
    burned: Mapped[WeiInt]
    closed: Mapped[bool]


class TermsVersion(_AtLog, Base):
    """A program's terms, for orders paid from then on."""

    __tablename__ = "terms_versions"
    __table_args__ = (Index(None, "program_id", "block_number", "log_index"), _CLUSTERED)

    program_id: Mapped[int]
    version: Mapped[int]
    signer: Mapped[AddressText]
    treasury: Mapped[AddressText]
    return_window: Mapped[int]
    donation_bps: Mapped[int]
    min_claim: Mapped[WeiInt]
    tiers: Mapped[JSONValue]
    """List of pairs: lifetime spend in whole FEC, burn share in basis points."""
    causes: Mapped[JSONValue]
    """List of accounts."""


class AllianceVersion(_AtLog, Base):
    """A program's alliance from then on; None if it left."""

    __tablename__ = "alliance_versions"
    __table_args__ = (Index(None, "program_id", "block_number", "log_index"), _CLUSTERED)

    program_id: Mapped[int]
    alliance_id: Mapped[int | None]


# --------------------------------------------------------------------- orders


class OrderRecord(_AtLog, Base):
    """An order was paid: what never changes about it."""

    __tablename__ = "orders"
    __table_args__ = (
        Index(None, "order_key", unique=True),
        Index(None, "program_id"),
        Index(None, "customer"),
        _CLUSTERED,
    )

    order_key: Mapped[Hash32Text]
    program_id: Mapped[int]
    order_id: Mapped[str]
    customer: Mapped[AddressText]
    payer: Mapped[AddressText]
    amount: Mapped[WeiInt]
    currency_reference: Mapped[str]
    terms_version: Mapped[int]
    burn_bps: Mapped[int]
    paid_at: Mapped[int]
    return_deadline: Mapped[int | None]
    """None if it was captured at once."""


class OrderVersion(_AtLog, Base):
    """An order as it stood after a log that changed it."""

    __tablename__ = "order_versions"
    __table_args__ = (Index(None, "order_key", "block_number", "log_index"), _CLUSTERED)

    order_key: Mapped[Hash32Text]
    status: Mapped[str]
    """escrowed, captured or refunded."""
    refunded: Mapped[WeiInt]
    token_id: Mapped[TokenIdInt | None]
    to_merchant: Mapped[WeiInt | None]
    burned: Mapped[WeiInt | None]
    donated: Mapped[WeiInt | None]
    cause: Mapped[AddressText | None]
    returned: Mapped[WeiInt | None]


class RefundRecord(_AtLog, Base):
    """Some of an order, or all, was paid back."""

    __tablename__ = "refunds"
    __table_args__ = (Index(None, "order_key"), _CLUSTERED)

    order_key: Mapped[Hash32Text]
    amount: Mapped[WeiInt]
    refunded: Mapped[WeiInt]
    """In all, this one included."""


# -------------------------------------------------------------------- rewards


class RewardBatchVersion(_AtLog, Base):
    """A batch of rewards as it stood after a log that changed it."""

    __tablename__ = "reward_batch_versions"
    __table_args__ = (Index(None, "batch_id", "block_number", "log_index"), _CLUSTERED)

    batch_id: Mapped[int]
    program_id: Mapped[int]
    funder: Mapped[AddressText]
    root: Mapped[Hash32Text]
    amount: Mapped[WeiInt]
    left: Mapped[WeiInt]
    deadline: Mapped[TokenIdInt]
    """As text: the funder may choose any number of 256 bits."""
    reason: Mapped[str]


class RewardRecord(_AtLog, Base):
    """A merchant's node for a shopper was minted: given one by one, or taken out of a batch."""

    __tablename__ = "rewards"
    __table_args__ = (Index(None, "shopper"), Index(None, "program_id"), _CLUSTERED)

    program_id: Mapped[int]
    shopper: Mapped[AddressText]
    token_id: Mapped[TokenIdInt]
    amount: Mapped[WeiInt]
    reason: Mapped[str]
    batch_id: Mapped[int | None]
    batch_index: Mapped[TokenIdInt | None]
    """As text: the funder may choose any number of 256 bits."""


# -------------------------------------------------------------------- custody


class MemberVersion(_AtLog, Base):
    """A member's vault as it stood after a log about it."""

    __tablename__ = "member_versions"
    __table_args__ = (Index(None, "vault", "block_number", "log_index"), Index(None, "brand"), _CLUSTERED)

    vault: Mapped[AddressText]
    brand: Mapped[AddressText]
    member_id: Mapped[Hash32Text]
    enrolled: Mapped[bool]
    deployed: Mapped[bool]


class SpendRecord(_AtLog, Base):
    """A member spent out of their vault; the order that was paid has the same transaction."""

    __tablename__ = "spends"
    __table_args__ = (Index(None, "vault"), _CLUSTERED)

    vault: Mapped[AddressText]
    program_id: Mapped[int]
    order_id: Mapped[str]
    amount: Mapped[WeiInt]


class WithdrawalRecord(_AtLog, Base):
    """A member took nodes and coins out of their vault."""

    __tablename__ = "withdrawals"
    __table_args__ = (Index(None, "vault"), _CLUSTERED)

    vault: Mapped[AddressText]
    recipient: Mapped[AddressText]
    token_ids: Mapped[JSONValue]
    """List of decimal texts."""
    amount: Mapped[WeiInt]


# ---------------------------------------------------------------------- coins


class CoinTransferRecord(_AtLog, Base):
    """FEC moved; sender None where it was created, recipient None where it was burned."""

    __tablename__ = "coin_transfers"
    __table_args__ = (Index(None, "sender"), Index(None, "recipient"), _CLUSTERED)

    sender: Mapped[AddressText | None]
    recipient: Mapped[AddressText | None]
    amount: Mapped[WeiInt]


class TotalsVersion(_AtLog, Base):
    """The protocol's books at the end of a block that changed them; the log is the last one there that did."""

    __tablename__ = "totals_versions"
    __table_args__ = (_CLUSTERED,)

    supply: Mapped[WeiInt]
    burned: Mapped[WeiInt]
    outstanding: Mapped[WeiInt]
    """Sum over all nodes of face less claimed."""


#: Everything that follows from the events, and is made anew by a rebuild.
DERIVED = tuple(
    table(model)
    for model in (
        NodeRecord,
        NodeVersion,
        NodeTransferRecord,
        ClaimRecord,
        SettlementRecord,
        SettlementRefRecord,
        ProgramVersion,
        TermsVersion,
        AllianceVersion,
        OrderRecord,
        OrderVersion,
        RefundRecord,
        RewardBatchVersion,
        RewardRecord,
        MemberVersion,
        SpendRecord,
        WithdrawalRecord,
        CoinTransferRecord,
        TotalsVersion,
    )
)
