"""Invoices: many made and signed, kept in one transaction with their events, then answered."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from sqlalchemy import Connection, insert, select

from fec.chain.rpc import next_time
from fec.i18n.parsing import parse_fec
from fec.indexer.models import OrderRecord
from fec.indexer.views import view
from fec.protocol.orders import Invoice as SignedInvoice
from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.actions.idempotency import Answer, claimed, fingerprint
from fec.service.context import Service
from fec.service.gathering.request import Plain
from fec.service.models import IdempotencyRecord, Invoice, InvoiceStatus
from fec.service.orders import schemas
from fec.service.orders.lookup import invoice_model
from fec.service.sales.models import Sale
from fec.store import writing
from fec.store.base import table
from fec.store.bulk import insert_new

_INVOICES = table(Invoice)
_UNPAID = dict.fromkeys(column.name for column in _INVOICES.c if column.nullable)
_RECORD = insert(table(IdempotencyRecord))


@dataclass(frozen=True)
class Asked:
    """An invoice that is asked for."""

    program_id: int
    body: schemas.NewInvoice
    key: str | None
    fingerprint: str


async def create(service: Service, request: Plain) -> Answer | None:
    """Makes an invoice, signed by the service's key; None if it is not plain."""
    caller = await request.seller(service)
    if caller is None:
        return None
    body = schemas.NewInvoice.model_validate_json(request.body)
    asked = Asked(caller.program_id, body, request.key, fingerprint("POST", "/v1/invoices", request.body))
    with service.idempotency.alone(asked.program_id, asked.key):
        return await service.gatherer("invoices", make_all, _merchant).ask(asked)


def _merchant(asked: Asked) -> int:
    return asked.program_id


def make_all(service: Service, asked: Sequence[Asked]) -> list[Answer | None]:
    """An invoice for each; None where the signer, the order id or the key need a closer look."""
    signers = view("terms_latest").c
    query = select(signers.program_id).where(
        signers.program_id.in_({one.program_id for one in asked}), signers.signer == service.signer.address
    )
    with service.engine.connect() as connection:
        ours = set(connection.scalars(query))
    now = next_time(service.web3)
    rows = {place: _row(service, one, now) for place, one in enumerate(asked) if one.program_id in ours}
    with writing(service.engine) as connection:
        answers = _keep(service, connection, asked, rows)
    return [answers.get(place) for place in range(len(asked))]


def _row(service: Service, asked: Asked, now: int) -> dict[str, object]:
    body = asked.body
    invoice = SignedInvoice(
        asked.program_id, body.order_id, parse_fec(body.amount), body.currency_reference, now + body.expires_in
    )
    return {
        **_UNPAID,
        "id": secrets.token_urlsafe(16),
        "program_id": invoice.program_id,
        "order_id": invoice.order_id,
        "order_key": invoice.key,
        "amount": invoice.amount,
        "currency_reference": invoice.currency_reference,
        "items": body.items,
        "expiry": invoice.expiry,
        "signature": service.signer.sign_message(service.client.orders.invoice_message(invoice)),
        "created_at": int(time.time()),
        "revision": 1,
        "closed": False,
        "status": InvoiceStatus.OPEN,
        "refunded": 0,
    }


def _keep(
    service: Service, connection: Connection, asked: Sequence[Asked], rows: dict[int, dict[str, object]]
) -> dict[int, Answer]:
    """Keeps invoices, answers and events; gives the answer of each that is new, by its place."""
    keyed = [(place, (asked[place].program_id, key)) for place in rows if (key := asked[place].key) is not None]
    free = claimed(connection, [key for _, key in keyed])
    for (place, _), is_free in zip(keyed, free, strict=True):
        if not is_free:
            del rows[place]
    keys = [row["order_key"] for row in rows.values()]
    paid = set(connection.scalars(select(OrderRecord.order_key).where(OrderRecord.order_key.in_(keys))))
    paid |= set(connection.scalars(select(Sale.order_key).where(Sale.order_key.in_(keys))))
    new = {place: row for place, row in rows.items() if row["order_key"] not in paid}
    if not new:
        return {}
    numbers = dict(map(tuple, insert_new(connection, _INVOICES, list(new.values()), ["id", "number"])))
    answers: dict[int, Answer] = {}
    changes, records = [], []
    for place, row in new.items():
        number = numbers.get(row["id"])
        if number is None:
            # The order has an invoice already.
            continue
        one = asked[place]
        body = invoice_model(service, SimpleNamespace(**row, number=number), None).dump()
        answers[place] = Answer(201, body)
        changes.append(Change(one.program_id, number, "invoice.created", body))
        if one.key is not None:
            records.append(
                {
                    "program_id": one.program_id,
                    "key": one.key,
                    "fingerprint": one.fingerprint,
                    "status": 201,
                    "body": body,
                    "created_at": row["created_at"],
                }
            )
    if records:
        connection.execute(_RECORD, records)
    events.write(connection, changes)
    return answers
