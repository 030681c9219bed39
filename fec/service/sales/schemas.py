"""Sales that were paid elsewhere, over the wire. Money is in units of its own currency, as text; FEC is exact."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from fec.core.durations import DAY, YEAR
from fec.service.actions.schemas import Action, Details
from fec.service.http.schemas import (
    CODE,
    CURRENCY,
    MONEY,
    PAID_BY,
    RATE,
    TEXT,
    Account,
    AsOf,
    Fec,
    Hash,
    Identity,
    Model,
    OrderId,
    Request,
    Seconds,
    Signature,
    Signer,
    whole,
)
from fec.service.sales.models import Grouping, SaleReason, SaleState

Window = Annotated[int, Field(ge=0, le=YEAR), BeforeValidator(whole)]
Period = Annotated[int, Field(ge=60, le=YEAR), BeforeValidator(whole)]
ClaimWindow = Annotated[int, Field(ge=60, le=10 * YEAR), BeforeValidator(whole)]
Money = Annotated[
    str,
    Field(pattern=MONEY, max_length=17, examples=["12.50"], description="In units of the currency, not zero."),
]
Currency = Annotated[str, Field(pattern=CURRENCY, examples=["MYR"], description="Code of a currency.")]
PaidBy = Annotated[str, Field(pattern=PAID_BY, examples=["cash"], description="How it was paid: cash, card, wechat, …")]
Code = Annotated[str, Field(pattern=CODE, description="A claim code, as it stands behind the # of its link.")]
Items = Annotated[str, Field(max_length=2_000, pattern=TEXT, description="What was sold, for the shop's own use.")]


class NewSaleProgram(Request):
    """How a program takes sales that were paid elsewhere."""

    currency: Currency
    return_window: Window = Field(default=14 * DAY, description="Seconds after a sale in which it can be returned.")
    period: Period = Field(
        default=DAY, description="Seconds between settlements; they end on its multiples since 1970."
    )
    claim_window: ClaimWindow = Field(default=180 * DAY, description="Seconds in which a claim code can be used.")
    group: Grouping = Field(
        default=Grouping.SALE,
        strict=False,
        description="A node for each sale, or one for a shopper's sales of a settlement.",
    )
    day_bound: Money | None = Field(
        default=None,
        description="Most that one API key may record in a day of UTC, in this currency; others count by their rates.",
    )
    approval_above: Money | None = Field(
        default=None, description="A sale above it waits for a manager; in this currency, others by their rates."
    )


class Missing(Model):
    """What was lacking to settle all sales that are due."""

    what: str = Field(
        description="`balance` and `allowance` are those of the service's key, `quota` the program's. `file`: sales of "
        "the program were settled with `fec settle`. See that none of them is recorded here, then send the settings "
        "once more."
    )
    needed: Fec
    available: Fec
    sales: int = Field(description="Sales that wait for it.")


class SaleProgram(Model):
    """How a program takes sales that were paid elsewhere, and what is lacking to settle those that are due."""

    currency: str
    return_window: int
    period: int
    claim_window: int
    group: Grouping
    day_bound: str | None
    approval_above: str | None
    missing: Missing | None = Field(description="Null if all that was due last time could be settled.")
    next_settlement: Seconds = Field(description="When sales that are due by then are settled.")


class NewRate(Request):
    """What a unit of a currency is worth from a moment on, until the next rate."""

    currency: Currency
    since: Seconds
    rate: str = Field(
        pattern=RATE, max_length=23, examples=["100"], description="FEC for one unit, with at most 12 decimals."
    )


class Rate(Model):
    """What a unit of a currency is worth from a moment on, until the next rate."""

    currency: str
    since: Seconds
    rate: Fec


class RatePage(Model):
    """A program's rates, the latest first."""

    items: list[Rate]


class NewSale(Request):
    """A sale that was paid elsewhere."""

    order_id: OrderId
    amount: Money
    currency: Currency | None = Field(default=None, description="The program's, unless given.")
    paid_by: PaidBy
    sold_at: Seconds | None = Field(default=None, description="Now, unless given.")
    customer: Account | None = Field(
        default=None, description="Who gets the node: an account or a vault; without one, the sale has a claim code."
    )
    items: Items = ""
    cause: Account | None = Field(default=None, description="One of the causes of the program's terms.")


class Claim(Model):
    """How a sale without an owner finds one."""

    link: str | None = Field(description="For the receipt. Only callers who may record sales see it.")
    ends_at: Seconds = Field(description="Until when it can be used.")
    used_at: Seconds | None


class SettledSale(Model):
    """What became of a sale in its settlement."""

    ref: Hash
    settlement_id: str | None = Field(description="Null until a block has the settlement.")
    index: int = Field(description="Place of the node in the settlement, from 0.")
    node_id: str | None
    node: str | None
    principal: Fec = Field(description="FEC burned for this sale.")
    burn_bps: int = Field(description="Burn share, by both spends together.")
    chain_spend: Fec = Field(description="What the owner had spent by the contract.")
    own_spend: Fec = Field(description="What this service had settled for the owner, on top of it.")


class Sale(Model):
    """A sale that was paid elsewhere."""

    id: Identity
    program_id: int
    order_id: str
    order_key: Hash
    amount: str
    returned: str = Field(description="Of the amount.")
    currency: str
    rate: Fec = Field(description="FEC for a unit of the currency on the day of the sale.")
    value: Fec = Field(description="FEC that the amount comes to, without what was returned.")
    paid_by: str
    sold_at: Seconds
    items: str
    cause: Account | None
    customer: Account | None = Field(
        description="Null while nobody has used its claim code: pending, and nobody's yet."
    )
    state: SaleState
    reason: SaleReason | None
    due_at: Seconds = Field(description="When its return window ends. It is settled after the period in which it does.")
    recorded_by: str
    created_at: Seconds
    claim: Claim | None
    settled: SettledSale | None


class SalePage(Model):
    """Some sales, the newest first."""

    items: list[Sale]
    next: str | None = Field(description="Give it as `before` for the page that follows; null on the last one.")


class RowProblem(Model):
    """Why a row of a file was not recorded."""

    line: int
    kind: str
    sentence: str


class SaleFile(Model):
    """What became of a file's rows."""

    rows: int
    recorded: int
    known: int = Field(description="Recorded before, with the same values.")
    refused: int
    problems: list[RowProblem] = Field(description="What is wrong with the first 1,000 refused rows.")


class NewReturn(Request):
    """A return before settlement."""

    amount: Money | None = Field(default=None, description="All that is left, unless given.")


class Approval(Request):
    """A manager's word on a sale that waits for it."""

    approved: bool


class LogEntry(Model):
    """Something that was done about a sale."""

    at: Seconds
    by: str
    what: str
    details: dict[str, Any]


class Log(Model):
    """All that was done about a sale, the oldest first."""

    items: list[LogEntry]


# ------------------------------------------------------------------ claim codes


class NewLook(Request):
    """A claim code to look at."""

    code: Code
    owner: Account | None = Field(
        default=None, description="Who would own the sale: with it, what is to be signed is told."
    )


class Claimed(Model):
    """The sale of a claim code, as who has the code may see it."""

    program_id: int
    shop: str
    amount: str
    currency: str
    value: Fec
    sold_at: Seconds
    due_at: Seconds
    settles_at: Seconds = Field(description="When it is settled, if somebody owns it by then.")
    ends_at: Seconds = Field(description="Until when the code can be used.")
    state: SaleState
    owner: Account | None
    expected: Fec | None = Field(description="Principal of the node, if it were settled now for this owner.")
    sentence: str = Field(description="What that means, in the reader's language.")
    document: dict[str, Any] | None = Field(description="What the owner's key is to sign (EIP-712).")


class NewBinding(Request):
    """A signature that makes an account or a vault the owner of a sale."""

    code: Code
    owner: Account = Field(description="The account, or the member's vault.")
    signature: Signature = Field(description="Of the account; of one of the vault's signers, if the owner is a vault.")
    signer: Signer | None = Field(default=None, description="Who signs, if the owner is a vault.")
    salt: Hash | None = Field(default=None, description="The vault's salt, if it is its first signer who signs.")
    brand: Account | None = Field(default=None, description="Of the vault; the service's, unless given.")


# ----------------------------------------------------------------- settlements


class SettlementDetails(Details):
    """What a settlement burns, and for how many."""

    ref: Hash
    sales: int
    leaves: int
    total: Fec


class DonationDetails(Details):
    """What a cause gets for the sales of a settlement."""

    ref: Hash
    cause: Account
    amount: Fec


class PendingSale(Model):
    """A sale that is not settled yet, as its owner may see it."""

    program_id: int
    amount: str
    currency: str
    value: Fec
    expected: Fec = Field(description="Principal of its node, by what its owner has spent until now.")
    sold_at: Seconds
    settles_at: Seconds


class PendingSales(Model):
    """An account's sales that are not settled yet, the oldest first: promises of shops, not yet on the chain."""

    items: list[PendingSale]
    sentence: str


class SettledTotals(Model):
    """All settlements of all programs together."""

    settlements: int
    nodes: int
    principal: Fec = Field(description="Of all settled nodes: what was burned for them.")
    unopened: int = Field(description="Nodes that nobody has opened.")
    unopened_principal: Fec


class Settlement(Model):
    """Nodes under one root. The chain has all of it: `settlementOf` of the contract ADN, and its event NodesSettled."""

    settlement_id: str
    program_id: int
    block: int
    nodes: int
    principal: Fec
    unopened: int
    unopened_principal: Fec
    start: Seconds = Field(description="Beginning of the first period of its nodes.")
    root: Hash


class SettlementPage(Model):
    """Settlements of all programs, the latest first, and all of them together."""

    totals: SettledTotals
    items: list[Settlement]
    next: str | None = Field(description="Give it as `before` for the page that follows; null on the last one.")
    as_of: AsOf


# ------------------------------------------------------------- unopened nodes


class UnopenedNode(Model):
    """A settled node that nobody has opened, and the leaf that opens it for good."""

    node_id: str
    node: str
    program_id: int
    settlement_id: str
    index: int
    owner: Account
    principal: Fec
    claimable: Fec
    proof: list[Hash]


class UnopenedNodes(Model):
    """An account's settled nodes that nobody has opened."""

    items: list[UnopenedNode] = Field(
        description="Of programs that this service serves, the oldest first; 200 at most."
    )
    others: int = Field(description="Of other programs: anybody can settle dust for anybody. They are not shown.")
    block: int = Field(description="Last block that the index had.")


class OpeningDetails(Details):
    """Which node is opened, and for whom."""

    owner: Account
    node_id: str
    node: str
    due: Fec = Field(description="What the owner is paid at least.")


class Opening(Action, OpeningDetails):
    """A node that the service opens and claims from, for its owner."""


class Openings(Model):
    """What was asked for."""

    items: list[Opening]
