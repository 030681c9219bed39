"""What is due to be settled, and what each sale burns: the burn share is that of the tier by both spends together.

The contract knows what a customer has spent in FEC. What the service has settled for them comes on top: a settlement
gives no credit on the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_hash.auto import keccak
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from fec.chain.gas import MOST_GAS
from fec.core.amounts import WEI_PER_FEC, exact_fec
from fec.core.shares import burn_up, donation_down
from fec.protocol.orders import OrderStatus
from fec.protocol.settlements import LEAST_PRINCIPAL, SERVICE_MARK, Leaf, marked_ref, pack
from fec.protocol.terms import Terms, Tier
from fec.service.actions.bounds import GAS_PER_LEAF, GAS_PER_SETTLEMENT
from fec.service.context import Service
from fec.service.models import Invoice, InvoiceStatus
from fec.service.sales.models import Grouping, Sale, SaleBatch, SaleProgram, SaleState
from fec.service.sales.recording import pieces
from fec.store.base import table
from fec.store.functions import wei_sum

#: So many fit into the 128 KiB that a transaction may have.
MOST_LEAVES = 4_080
#: Sales that are looked at for one batch, where a shopper's sales are settled together.
_MOST_SALES = 20_000
#: What is read of the chain in one request.
_READS = 500

_SALES = table(Sale)


@dataclass
class Share:
    """What one sale burns, and why."""

    sale: Any
    burn_bps: int
    principal: int
    donated: int
    chain_spend: int
    own_spend: int
    leaf: int = -1


@dataclass
class Plan:
    """A batch that is to be settled."""

    program_id: int
    shares: list[Share] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    donations: dict[str, int] = field(default_factory=dict)
    too_small: list[Any] = field(default_factory=list)
    """Sales that burn less than a node can have."""
    paid: list[Any] = field(default_factory=list)
    """Sales whose order was paid on the chain."""
    missing: dict[str, Any] | None = None
    """What is lacking to settle the rest, for readers."""

    @property
    def total(self) -> int:
        """Wei of FEC that it burns."""
        return sum(leaf.principal for leaf in self.leaves)

    @property
    def ref(self) -> str:
        """The batch's reference: it follows from the sales and the leaves, so that the same batch has the same one."""
        keys = b"".join(bytes.fromhex(share.sale.order_key[2:]) for share in self.shares)
        digest = keccak(self.program_id.to_bytes(32) + keccak(keys) + keccak(pack(self.leaves)))
        return marked_ref(SERVICE_MARK, digest)


def due_sales(session: Session, program: SaleProgram, now: int) -> Sequence[Any]:
    """A program's sales that can be settled now, the oldest first: each has an owner, and no invoice that is open."""
    until = now - now % program.period
    open_invoice = exists().where(Invoice.order_key == Sale.order_key, Invoice.status == InvoiceStatus.OPEN)
    query = (
        select(_SALES)
        .where(
            Sale.program_id == program.program_id,
            Sale.state == SaleState.PENDING,
            Sale.owner.is_not(None),
            Sale.due_at <= until,
            ~open_invoice,
        )
        .order_by(Sale.sold_at, Sale.number)
    )
    most = MOST_LEAVES if program.group == Grouping.SALE else _MOST_SALES
    return session.execute(query.limit(most + 1)).all()


def plan(service: Service, program: SaleProgram, due: Sequence[Any]) -> Plan | None:
    """What of the sales that are due is settled next: what fits into a transaction and what can be paid.

    None if nothing has changed since not even the oldest one could be paid: the chain is then asked about none of them.
    """
    found = Plan(program.program_id)
    terms = service.client.terms.get(program.program_id)
    bounds = _available(service, program.program_id)
    least = burn_up(due[0].value, terms.tiers[0].burn_bps)
    told = (program.missing or {}).get("what"), (program.missing or {}).get("available")
    short = [bound for bound in bounds if bound.needed(least, 0) > bound.available]
    if any((bound.what, exact_fec(max(0, bound.available))) == told for bound in short):
        return None
    paid = _paid_on_chain(service, [sale.order_key for sale in due])
    found.paid = [sale for sale in due if sale.order_key in paid]
    left = [sale for sale in due if sale.order_key not in paid]
    shares = _shares(service, program.program_id, terms, left)
    by_owner = program.group == Grouping.SHOPPER
    if by_owner:
        # Those that are too little may still become more, with the shopper's next sales.
        principals = _principals(shares)
        shares = [share for share in shares if principals[share.sale.owner] >= LEAST_PRINCIPAL]
    else:
        found.too_small = [share.sale for share in shares if share.principal < LEAST_PRINCIPAL]
        shares = [share for share in shares if share.principal >= LEAST_PRINCIPAL]
    _fill(found, shares, bounds, _most_leaves(service), by_owner=by_owner)
    return found


def own_spends(session: Session, program_id: int, owners: Sequence[str]) -> dict[str, int]:
    """What the service has settled for each owner, or is settling, in wei."""
    spends: dict[str, int] = {}
    for some in pieces(sorted(set(owners))):
        query = select(Sale.owner, wei_sum(_SALES.c.value)).where(
            Sale.program_id == program_id,
            Sale.owner.in_(some),
            Sale.state.in_((SaleState.BATCHED, SaleState.SETTLED)),
        )
        spends |= {str(owner): int(spend) for owner, spend in session.execute(query.group_by(Sale.owner))}
    return spends


def burn_bps(tiers: Sequence[Tier], spend: int) -> int:
    """Burn share of the tier that a spend in wei has reached."""
    return max(tier.burn_bps for tier in tiers if tier.min_spend * WEI_PER_FEC <= spend)


def _shares(service: Service, program_id: int, terms: Terms, sales: Sequence[Any]) -> list[Share]:
    owners = list(dict.fromkeys(sale.owner for sale in sales))
    chain: dict[str, int] = {}
    for some in pieces(owners, _READS):
        chain |= dict(zip(some, service.client.terms.spends(program_id, some), strict=True))
    with Session(service.engine) as session:
        own = own_spends(session, program_id, owners)
    found = []
    for sale in sales:
        before = own.get(sale.owner, 0)
        bps = burn_bps(terms.tiers, chain[sale.owner] + before)
        donated = 0 if sale.cause is None else donation_down(sale.value, terms.donation_bps)
        found.append(Share(sale, bps, burn_up(sale.value, bps), donated, chain[sale.owner], before))
        own[sale.owner] = before + sale.value
    return found


def _paid_on_chain(service: Service, keys: Sequence[str]) -> set[str]:
    """The keys of orders that the chain knows as paid, as of now: the index may be behind."""
    paid: set[str] = set()
    for some in pieces(keys, _READS):
        states = service.client.orders.states(some)
        paid |= {state.key for state in states if state.status is not OrderStatus.UNPAID}
    return paid


def _fill(found: Plan, shares: Sequence[Share], bounds: Sequence[_Bound], most: int, *, by_owner: bool) -> None:
    """Puts sales into a plan, the oldest first, as long as they fit and can be paid; says what is lacking for more."""
    owners: set[str] = set()
    burned = donated = 0
    taken: list[Share] = []
    for count, share in enumerate(shares):
        owners.add(share.sale.owner)
        if (len(owners) if by_owner else count + 1) > most:
            break
        burned, donated = burned + share.principal, donated + share.donated
        lacking = next((bound for bound in bounds if bound.needed(burned, donated) > bound.available), None)
        if lacking is not None:
            rest = shares[count:]
            more = sum(each.principal for each in rest[1:]), sum(each.donated for each in rest[1:])
            needed = lacking.needed(burned, donated) + lacking.needed(*more)
            found.missing = {"what": lacking.what, "needed": needed, "available": lacking.available, "sales": len(rest)}
            break
        taken.append(share)
    principals = _principals(taken) if by_owner else {}
    # What was cut off may have left a shopper with less than a node can have.
    found.shares = [share for share in taken if not by_owner or principals[share.sale.owner] >= LEAST_PRINCIPAL]
    places: dict[str, int] = {}
    for count, share in enumerate(found.shares):
        share.leaf = places.setdefault(share.sale.owner, len(places)) if by_owner else count
        if share.leaf == len(found.leaves):
            found.leaves.append(Leaf(share.sale.owner, principals.get(share.sale.owner, share.principal)))
        if share.donated:
            found.donations[share.sale.cause] = found.donations.get(share.sale.cause, 0) + share.donated


def _principals(shares: Sequence[Share]) -> dict[str, int]:
    """What sales burn together, by owner."""
    sums: dict[str, int] = {}
    for share in shares:
        sums[share.sale.owner] = sums.get(share.sale.owner, 0) + share.principal
    return sums


@dataclass(frozen=True)
class _Bound:
    """Something that may run out."""

    what: str
    available: int
    needed: Callable[[int, int], int]
    """Of it, for what is burned and what is donated."""


def _available(service: Service, program_id: int) -> list[_Bound]:
    """What can be spent now: without what settlements that are on their way will take."""
    key = service.signer.address
    with Session(service.engine) as session:
        underway = session.scalars(select(SaleBatch).where(~SaleBatch.closed, SaleBatch.settlement_id.is_(None))).all()
        promised = sum(batch.total for batch in underway)
        donations = _open_donations(session)
    program = service.client.programs.get(program_id)
    reserved = service.client.terms.reserved(program_id)
    return [
        _Bound("balance", service.client.balance(key) - promised - donations, lambda burned, given: burned + given),
        _Bound("allowance", service.client.orders.allowance(key) - promised, lambda burned, _: burned),
        _Bound("quota", program.quota - reserved, lambda burned, _: burned),
    ]


def _open_donations(session: Session) -> int:
    """What is still to be given to causes for batches that are not closed."""
    found = session.scalars(select(SaleBatch.donations).where(~SaleBatch.closed))
    return sum(int(amount) for donations in found for amount in donations.values())


def _most_leaves(service: Service) -> int:
    """Leaves of one settlement: what 128 KiB, a transaction's gas and the block take."""
    block = service.client.orders.block_gas()
    return max(1, min(MOST_LEAVES, (min(MOST_GAS, block) - GAS_PER_SETTLEMENT) // GAS_PER_LEAF))
