"""Refunds: some of an order or all of it, back to who paid, while its return window is open."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.i18n.parsing import parse_fec
from fec.service.actions.events import Change
from fec.service.actions.outbox import Call, action_body
from fec.service.http import schemas
from fec.service.http.auth import Reader, Seller, Served
from fec.service.http.idempotency import Answer, Effect, Fingerprint, RequiredKey
from fec.service.http.language import exact
from fec.service.http.problems import declared, problem
from fec.service.models import Action, Invoice
from fec.service.orders.invoices import own_invoice
from fec.service.orders.payments import push_soon

router = APIRouter(prefix="/v1/invoices/{invoice_id}/refunds", tags=["refunds"])

REFUND = "refund"


@router.post("", status_code=202, response_model=schemas.Refund, responses=declared(401, 403, 404, 409))
def create(
    *,
    invoice_id: schemas.Identity,
    body: schemas.NewRefund,
    service: Served,
    caller: Seller,
    fingerprint: Fingerprint,
    key: RequiredKey,
) -> JSONResponse:
    """Pay back some of an order, or all. Each key is one refund, however often it is sent."""
    with Session(service.engine) as session:
        invoice = own_invoice(session, caller, invoice_id)
    asked: list[tuple[int, Call]] = []

    def prepare() -> tuple[int, Call]:
        order = service.client.orders.get(invoice.order_key)
        left = order.amount - order.refunded
        if body.amount is None and not left:
            raise problem("refund-impossible", "Nothing of order {order} is left to refund.", order=invoice.order_id)
        amount = left if body.amount is None else parse_fec(body.amount)
        call = Call("Checkout", "refund", invoice.order_key, amount)
        service.outbox.simulate(call, invoice.program_id)
        return amount, call

    def commit(session: Session, prepared: tuple[int, Call]) -> Effect:
        amount, call = prepared
        details = {"invoiceId": invoice.id, "amount": exact(amount)}
        action = service.outbox.add(
            session,
            REFUND,
            call,
            program_id=invoice.program_id,
            details=details,
            invoice=session.get_one(Invoice, invoice.number, with_for_update=True),
        )
        asked.append((action.number, call))
        shown = action_body(action)
        return Effect(Answer(202, shown), [Change(invoice.program_id, invoice.number, "refund.requested", shown)])

    answer = service.idempotency.do(caller.program_id, key, fingerprint, prepare, commit)
    for number, call in asked:
        push_soon(service, number, call)
    return answer


@router.get("", response_model=schemas.RefundPage, responses=declared(401, 403, 404))
def page(invoice_id: schemas.Identity, service: Served, caller: Reader) -> JSONResponse:
    """List an invoice's refunds, the newest first."""
    with Session(service.engine) as session:
        invoice = own_invoice(session, caller, invoice_id)
        query = select(Action).where(Action.invoice_number == invoice.number, Action.kind == REFUND)
        found = session.scalars(query.order_by(Action.number.desc())).all()
    return JSONResponse({"items": [action_body(action) for action in found]})


@router.get("/{refund_id}", response_model=schemas.Refund, responses=declared(401, 403, 404))
def one(invoice_id: schemas.Identity, refund_id: schemas.Identity, service: Served, caller: Reader) -> JSONResponse:
    """Show how far a refund has come."""
    with Session(service.engine) as session:
        invoice = own_invoice(session, caller, invoice_id)
        query = select(Action).where(
            Action.id == refund_id, Action.invoice_number == invoice.number, Action.kind == REFUND
        )
        found = session.scalars(query).one_or_none()
        if found is None:
            raise problem("not-found", "There is no refund {id} of this invoice. Check the id.", id=refund_id)
        shown: dict[str, Any] = action_body(found)
    return JSONResponse(shown)
