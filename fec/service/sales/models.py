"""Tables of sales that were paid elsewhere. FEC in wei, money in millionths of its unit, times in seconds."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from fec.store.base import AddressText, Base, Hash32Text, JSONValue, TokenIdInt, WeiInt


class SaleState(StrEnum):
    """Where a sale stands."""

    HELD = "held"
    """Waits for a manager's approval."""
    PENDING = "pending"
    """Is settled once its return window is over, if it has an owner by then."""
    BATCHED = "batched"
    """In a settlement that is being sent."""
    SETTLED = "settled"
    RETURNED = "returned"
    """All of it, before it was settled."""
    REFUSED = "refused"
    """It will not be settled; `reason` says why."""
    LAPSED = "lapsed"
    """Its claim code ended before anybody used it."""


class SaleReason(StrEnum):
    """Why a sale will not be settled."""

    NOT_APPROVED = "not-approved"
    ORDER_PAID = "order-paid"
    TOO_SMALL = "too-small"


class Grouping(StrEnum):
    """What becomes one node in a settlement."""

    SALE = "sale"
    SHOPPER = "shopper"


class SaleProgram(Base):
    """How a program takes and settles sales that were paid elsewhere."""

    __tablename__ = "sale_programs"
    __table_args__ = (CheckConstraint("\"group\" IN ('sale', 'shopper')", name="group"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"), primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(Text)
    """Of sales that name none."""
    return_window: Mapped[int]
    period: Mapped[int]
    """Sales whose return window has ended by the end of such a period, counted from 1970, are settled after it."""
    claim_window: Mapped[int]
    """How long a claim code can be used."""
    group: Mapped[Grouping] = mapped_column(Text)
    day_bound: Mapped[int | None]
    """Most that one API key may record in a day of UTC: all currencies at the rate of their day, in the program's."""
    approval_above: Mapped[int | None]
    """A sale above it waits for a manager; in the program's currency, as before."""
    file_settlements: Mapped[int]
    """How many settlements by `fec settle` a manager knows of: by more than these, sales may be settled already."""
    missing: Mapped[JSONValue | None]
    """What the last round lacked to settle all that was due."""


class SaleRate(Base):
    """What a currency's unit is worth from a moment on. Written once."""

    __tablename__ = "sale_rates"

    program_id: Mapped[int] = mapped_column(
        ForeignKey("sale_programs.program_id"), primary_key=True, autoincrement=False
    )
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rate: Mapped[WeiInt]
    """Wei of FEC; a multiple of a million."""


class SaleBatch(Base):
    """Sales that are settled together, written before their settlement is sent."""

    __tablename__ = "sale_batches"
    __table_args__ = (Index(None, "program_id", "number"), Index(None, "closed"))

    number: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    ref: Mapped[Hash32Text]
    """Follows from the sales and the leaves: the same batch has the same one, and a program settles it once."""
    leaves: Mapped[int]
    total: Mapped[WeiInt]
    donations: Mapped[JSONValue]
    """Wei of FEC as text, by cause."""
    action_number: Mapped[int] = mapped_column(ForeignKey("actions.number"), unique=True)
    settlement_id: Mapped[TokenIdInt | None]
    closed: Mapped[bool]
    """Nothing can happen to it any more, not even by a reorganisation."""
    created_at: Mapped[int]


class Sale(Base):
    """A sale that was paid elsewhere."""

    __tablename__ = "sales"
    __table_args__ = (
        CheckConstraint(
            "state IN ('held', 'pending', 'batched', 'settled', 'returned', 'refused', 'lapsed')", name="state"
        ),
        Index(None, "program_id", "number"),
        Index(None, "program_id", "state", "due_at"),
        Index(None, "owner"),
        Index(None, "batch_number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("sale_programs.program_id"))
    order_id: Mapped[str] = mapped_column(Text)
    order_key: Mapped[Hash32Text] = mapped_column(unique=True)
    currency: Mapped[str] = mapped_column(Text)
    amount: Mapped[int]
    returned: Mapped[int]
    rate: Mapped[WeiInt]
    """Wei of FEC for a unit of the currency, by the rate of its day."""
    value: Mapped[WeiInt]
    """Wei of FEC that the amount comes to, without what was returned."""
    paid_by: Mapped[str] = mapped_column(Text)
    sold_at: Mapped[int]
    items: Mapped[str] = mapped_column(Text)
    cause: Mapped[AddressText | None]
    owner: Mapped[AddressText | None]
    code_hash: Mapped[Hash32Text | None] = mapped_column(unique=True)
    """Of its claim code, if it was recorded without an owner."""
    code_ends_at: Mapped[int | None]
    bound_at: Mapped[int | None]
    state: Mapped[SaleState] = mapped_column(Text)
    reason: Mapped[SaleReason | None] = mapped_column(Text)
    due_at: Mapped[int]
    """When its return window ends."""
    recorded_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int]
    batch_number: Mapped[int | None] = mapped_column(ForeignKey("sale_batches.number"))
    leaf: Mapped[int | None]
    """Place of its node in the settlement, from 0."""
    leaf_principal: Mapped[WeiInt | None]
    """That node's principal: of all sales that are in it."""
    burn_bps: Mapped[int | None]
    principal: Mapped[WeiInt | None]
    """What is burned for this sale."""
    chain_spend: Mapped[WeiInt | None]
    """What the owner had spent by the contract, when the burn share was chosen."""
    own_spend: Mapped[WeiInt | None]
    """What the service had settled for the owner by then."""


class SaleLog(Base):
    """What was done about sales, by whom. Written once, never changed or deleted."""

    __tablename__ = "sale_log"
    __table_args__ = (Index(None, "sale_number"), Index(None, "program_id", "number"))

    number: Mapped[int] = mapped_column(primary_key=True)
    program_id: Mapped[int] = mapped_column(ForeignKey("merchants.program_id"))
    sale_number: Mapped[int | None] = mapped_column(ForeignKey("sales.number"))
    """None where a program's settings or rates were changed."""
    at: Mapped[int]
    by: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    details: Mapped[JSONValue]


class SaleDay(Base):
    """What an API key has recorded on a day of UTC, in a program that bounds it."""

    __tablename__ = "sale_days"

    program_id: Mapped[int] = mapped_column(
        ForeignKey("sale_programs.program_id"), primary_key=True, autoincrement=False
    )
    by: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counted since the epoch."""
    amount: Mapped[int]
