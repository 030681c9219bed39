"""Sales as they are found, locked, and given to readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.core.settlement_id import SettlementId
from fec.indexer.models import SettlementRefRecord
from fec.protocol.settlements import FILE_MARK
from fec.service.access.auth import Caller
from fec.service.context import Service
from fec.service.http.problems import problem
from fec.service.http.rows import one_row
from fec.service.sales import schemas
from fec.service.sales.codes import claim_link
from fec.service.sales.models import Sale, SaleBatch, SaleProgram, SaleState
from fec.service.sales.money import exact_money


def own_sale(session: Session, caller: Caller, sale_id: str, *, lock: bool = False) -> Sale:
    """A merchant's own sale. Raises a problem if there is none."""
    query = select(Sale).where(Sale.id == sale_id, Sale.program_id == caller.program_id)
    missing = problem("not-found", "There is no sale with id {id} here. Check the id.", id=sale_id)
    return one_row(session, query.with_for_update() if lock else query, missing)


def batches_of(session: Session, sales: Iterable[Any]) -> dict[int, SaleBatch]:
    """The batches that sales, or rows of their table, are in, by number."""
    numbers = {sale.batch_number for sale in sales if sale.batch_number is not None}
    return {batch.number: batch for batch in session.scalars(select(SaleBatch).where(SaleBatch.number.in_(numbers)))}


def sale_models(service: Service, session: Session, sales: Sequence[Any], *, codes: bool) -> list[schemas.Sale]:
    """Sales, or rows of their table, as readers get them; with their claim codes for those who may have them."""
    batches = batches_of(session, sales)
    return [sale_model(service, sale, batches.get(sale.batch_number), codes=codes) for sale in sales]


def sale_model(service: Service, sale: Any, batch: SaleBatch | None, *, codes: bool) -> schemas.Sale:
    """A sale, or a row of its table, as readers get it."""
    return schemas.Sale(
        id=sale.id,
        program_id=sale.program_id,
        order_id=sale.order_id,
        order_key=sale.order_key,
        amount=exact_money(sale.amount),
        returned=exact_money(sale.returned),
        currency=sale.currency,
        rate=exact_fec(sale.rate),
        value=exact_fec(sale.value),
        paid_by=sale.paid_by,
        sold_at=sale.sold_at,
        items=sale.items,
        cause=sale.cause,
        customer=sale.owner,
        state=SaleState(sale.state),
        reason=sale.reason,
        due_at=sale.due_at,
        recorded_by=sale.recorded_by,
        created_at=sale.created_at,
        claim=_claim(service, sale, codes=codes),
        settled=None if batch is None else _settled(sale, batch),
    )


def file_settlements(session: Session, program_id: int) -> int:
    """How many settlements `fec settle` has made in a program, by the index: of which sales, nobody knows here."""
    # Of one length and in lower case: between these two are those with the mark.
    least, most = ("0x" + FILE_MARK.ljust(32, fill).hex() for fill in (b"\x00", b"\xff"))
    query = select(func.count()).where(
        SettlementRefRecord.program_id == program_id, SettlementRefRecord.ref.between(least, most)
    )
    return session.scalar(query) or 0


def settles_at(program: SaleProgram, due_at: int, now: int) -> int:
    """When a sale is settled that is due at a moment, if it has an owner by now: at the end of a period."""
    latest = max(due_at, now)
    return latest + -latest % program.period


def claim_of(service: Service, sale: Any, *, codes: bool) -> dict[str, Any] | None:
    """How a sale without an owner finds one, for JSON; with its code for those who may have it."""
    found = _claim(service, sale, codes=codes)
    return None if found is None else found.dump()


def usable_link(service: Service, sale: Any) -> str | None:
    """The link of a claim code that somebody can still use; None where there is none."""
    usable = sale.code_hash is not None and sale.owner is None and sale.state in (SaleState.HELD, SaleState.PENDING)
    return claim_link(service, sale.id, sale.program_id) if usable else None


def _claim(service: Service, sale: Any, *, codes: bool) -> schemas.Claim | None:
    if sale.code_hash is None:
        return None
    return schemas.Claim(
        link=usable_link(service, sale) if codes else None,
        ends_at=sale.code_ends_at,
        used_at=sale.bound_at,
    )


def _settled(sale: Any, batch: SaleBatch) -> schemas.SettledSale:
    node = None
    if batch.settlement_id is not None:
        settlement = SettlementId.decode(batch.settlement_id)
        node = settlement.node(sale.leaf, sale.leaf_principal)
    return schemas.SettledSale(
        ref=batch.ref,
        settlement_id=None if batch.settlement_id is None else str(batch.settlement_id),
        index=sale.leaf,
        node_id=None if node is None else str(node.token_id),
        node=None if node is None else node.name,
        principal=exact_fec(sale.principal),
        burn_bps=sale.burn_bps,
        chain_spend=exact_fec(sale.chain_spend),
        own_spend=exact_fec(sale.own_spend),
    )
