"""Invoices follow the index: where what an invoice said last differs from what the index says, both the invoice and an
event that says so are written, in one transaction. Nothing is lost in a crash; a reorganisation is a further event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import bindparam, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fec.indexer.database import cursor_of
from fec.indexer.models import BlockRecord, OrderVersion
from fec.indexer.views import as_of
from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.context import Service
from fec.service.models import Invoice, InvoiceStatus, ReconcileCursor
from fec.service.orders.lookup import invoice_model, latest_payments
from fec.store import writer
from fec.store.base import table

#: What an invoice repeats of its order.
_FACTS = (
    "payer",
    "customer",
    "paid_at",
    "return_deadline",
    "burn_bps",
    "refunded",
    "token_id",
    "to_merchant",
    "burned",
    "donated",
    "cause",
    "returned",
)
_STATUS = {
    "escrowed": InvoiceStatus.PAID,
    "captured": InvoiceStatus.CAPTURED,
    "refunded": InvoiceStatus.REFUNDED,
}
_RANK = {
    InvoiceStatus.OPEN: 0,
    InvoiceStatus.EXPIRED: 0,
    InvoiceStatus.PAID: 1,
    InvoiceStatus.REFUNDED: 2,
    InvoiceStatus.CAPTURED: 2,
}
_UNPAID: dict[str, Any] = {**dict.fromkeys(_FACTS), "refunded": 0}


@dataclass(frozen=True)
class _Block:
    """The block that invoices are to follow."""

    number: int
    hash: str
    timestamp: int


def reconcile(service: Service) -> int:
    """Brings all invoices in step with the index, as of the block that has enough confirmations; gives the events."""
    with Session(writer(service.engine)) as session, session.begin():
        before = _locked(session)
        cursor = cursor_of(session.connection())
        now = _last_block(session, cursor.block - service.settings.confirmations)
        if now is None or (before.block_number, before.block_hash) == (now.number, now.hash):
            return 0
        follows = _hash(session, before.block_number) == before.block_hash and before.block_number < now.number
        changes = list(_changes(service, session, now, before.block_number if follows else None))
        before.block_number, before.block_hash = now.number, now.hash
        events.record(session, changes)
        return len(changes)


def close(service: Service) -> None:
    """Marks the invoices to which nothing can happen any more, so that nobody looks at them again."""
    with Session(writer(service.engine)) as session, session.begin():
        _locked(session)
        block = cursor_of(session.connection()).finalized_block
        time = session.scalar(select(func.max(BlockRecord.timestamp)).where(BlockRecord.number <= block))
        session.connection().execute(_CLOSE, {"block": block, "time": time or 0})


def _locked(session: Session) -> ReconcileCursor:
    """The row of how far invoices follow; others wait until this transaction ends."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(ReconcileCursor).values(id=1, block_number=0, block_hash=None).on_conflict_do_nothing())
    return session.get_one(ReconcileCursor, 1, with_for_update=True)


def _last_block(session: Session, number: int) -> _Block | None:
    """The last block that is kept at or before a number."""
    query = select(BlockRecord).where(BlockRecord.number <= number).order_by(BlockRecord.number.desc()).limit(1)
    found = session.scalars(query).one_or_none()
    return None if found is None else _Block(found.number, found.hash, found.timestamp)


def _hash(session: Session, number: int) -> str | None:
    return session.scalar(select(BlockRecord.hash).where(BlockRecord.number == number))


def _changes(service: Service, session: Session, now: _Block, since: int | None) -> Iterator[Change]:
    """Changes invoices; gives what is to be told. `since` is the last block looked at, if the chain goes on from it."""
    candidates = select(table(Invoice)).where(~Invoice.closed)
    if since is not None:
        moved = select(OrderVersion.order_key).where(OrderVersion.block_number.between(since + 1, now.number))
        overdue = (Invoice.status == InvoiceStatus.OPEN) & (Invoice.expiry < now.timestamp)
        candidates = candidates.where(or_(Invoice.order_key.in_(moved), overdue))
    rows = session.execute(candidates.order_by(Invoice.number).with_for_update())
    invoices = [SimpleNamespace(**row._mapping) for row in rows]
    orders = _orders(session, [invoice.order_key for invoice in invoices], now.number)
    changed = []
    for invoice in invoices:
        types = _update(invoice, orders.get(invoice.order_key), now)
        if types:
            changed.append((invoice, types))
    if changed:
        values = [{name: getattr(invoice, name) for name in _CHANGED} for invoice, _ in changed]
        session.connection().execute(
            _UPDATE, [{**each, "which": invoice.number} for each, (invoice, _) in zip(values, changed, strict=True)]
        )
    payments = latest_payments(session, [invoice for invoice, _ in changed])
    for invoice, types in changed:
        body = invoice_model(service, invoice, payments.get(invoice.number)).dump()
        for kind in types:
            yield Change(invoice.program_id, invoice.number, kind, body)


def _orders(session: Session, keys: Sequence[str], block: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for first in range(0, len(keys), 500):
        rows = session.execute(_ORDERS, {"block": block, "keys": keys[first : first + 500]}).mappings()
        found |= {row["order_key"]: row for row in rows}
    return found


def _update(invoice: Any, order: Any, now: _Block) -> list[str]:
    """Has an invoice say what the index says; gives the types of the events that follow."""
    if order is None:
        status = InvoiceStatus.EXPIRED if now.timestamp > invoice.expiry else InvoiceStatus.OPEN
        facts = _UNPAID
    else:
        status = _STATUS[order["status"]]
        facts = {name: order[name] for name in _FACTS}
    was = InvoiceStatus(invoice.status)
    old = {name: getattr(invoice, name) for name in _FACTS}
    if (status, facts) == (was, old):
        return []
    types = _types(was, old, status, facts)
    invoice.status = status
    for name, value in facts.items():
        setattr(invoice, name, value)
    invoice.revision += 1
    return types


def _types(was: InvoiceStatus, old: dict[str, Any], status: InvoiceStatus, facts: dict[str, Any]) -> list[str]:
    """What happened, in order: an invoice may have been paid, refunded in part and captured since the last look."""
    same_payment = (old["payer"], old["paid_at"]) == (facts["payer"], facts["paid_at"])
    went_back = _RANK[status] < _RANK[was] or (_RANK[was] > 0 and not same_payment)
    if went_back or facts["refunded"] < old["refunded"]:
        return ["invoice.reorganised"]
    types = []
    if _RANK[status] > 0 and _RANK[was] == 0:
        types.append("invoice.paid")
    if facts["refunded"] > old["refunded"]:
        types.append("invoice.refunded")
    if status == InvoiceStatus.CAPTURED and was != status:
        types.append("invoice.captured")
    if status == InvoiceStatus.EXPIRED and was != status:
        types.append("invoice.expired")
    return types or ["invoice.reorganised"]


def _orders_at_moment() -> Any:
    orders = as_of("orders", bindparam("block"))
    return orders.where(orders.selected_columns.order_key.in_(bindparam("keys", expanding=True)))


def _closing() -> Any:
    orders = as_of("orders", bindparam("block")).subquery()
    ended = exists().where(orders.c.order_key == Invoice.order_key, orders.c.status.in_(("captured", "refunded")))
    final = Invoice.status.in_((InvoiceStatus.CAPTURED, InvoiceStatus.REFUNDED)) & ended
    over = (Invoice.status == InvoiceStatus.EXPIRED) & (Invoice.expiry < bindparam("time"))
    return update(Invoice).where(~Invoice.closed, or_(over, final)).values(closed=True)


#: What of an invoice changes here.
_CHANGED = ("status", "revision", *_FACTS)
_UPDATE = (
    update(table(Invoice))
    .where(table(Invoice).c.number == bindparam("which"))
    .values({name: bindparam(name) for name in _CHANGED})
)
_ORDERS, _CLOSE = _orders_at_moment(), _closing()
