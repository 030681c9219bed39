"""Refunds: some of an order or all of it, back to who paid, while its return window is open."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.i18n.parsing import parse_fec
from fec.protocol import calls
from fec.service.access.auth import Reader, Seller
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.idempotency import Fingerprint, RequiredKey
from fec.service.context import Served
from fec.service.http.problems import declared, problem
from fec.service.http.rows import one_row
from fec.service.http.schemas import Identity
from fec.service.models import Action, Invoice
from fec.service.orders import schemas
from fec.service.orders.lookup import own_invoice

router = APIRouter(prefix="/v1/invoices/{invoice_id}/refunds", tags=["refunds"])

REFUND = "refund"


@router.post("", status_code=202, response_model=schemas.Refund, responses=declared(401, 403, 404, 409))
def create(
    *,
    invoice_id: Identity,
    body: schemas.NewRefund,
    service: Served,
    caller: Seller,
    fingerprint: Fingerprint,
    key: RequiredKey,
) -> JSONResponse:
    """Pay back some of an order, or all. Each key is one refund, however often it is sent."""
    with Session(service.engine) as session:
        invoice = own_invoice(session, caller, invoice_id)

    def prepare() -> Wanted:
        order = service.client.orders.get(invoice.order_key)
        left = order.amount - order.refunded
        if body.amount is None and not left:
            raise problem("refund-impossible", "Nothing of order {order} is left to refund.", order=invoice.order_id)
        amount = left if body.amount is None else parse_fec(body.amount)
        details = schemas.RefundDetails(invoice_id=invoice.id, amount=exact_fec(amount))
        return Wanted(calls.refund(invoice.order_key, amount), details)

    def keep(session: Session, add: Add) -> Action:
        return add(invoice=session.get_one(Invoice, invoice.number, with_for_update=True))

    asked = ActionRequest(REFUND, caller.program_id, key, fingerprint)
    return service.asking.ask(asked, prepare, lambda _, action: schemas.Refund.of(action), keep=keep).response()


@router.get("", responses=declared(401, 403, 404))
def page(invoice_id: Identity, service: Served, caller: Reader) -> schemas.RefundPage:
    """List an invoice's refunds, the newest first."""
    with Session(service.engine) as session:
        invoice = own_invoice(session, caller, invoice_id)
        query = select(Action).where(Action.invoice_number == invoice.number, Action.kind == REFUND)
        found = session.scalars(query.order_by(Action.number.desc())).all()
    return schemas.RefundPage(items=[schemas.Refund.of(action) for action in found])


@router.get("/{refund_id}", responses=declared(401, 403, 404))
def one(invoice_id: Identity, refund_id: Identity, service: Served, caller: Reader) -> schemas.Refund:
    """Show how far a refund has come."""
    with Session(service.engine) as session:
        invoice = own_invoice(session, caller, invoice_id)
        query = select(Action).where(
            Action.id == refund_id, Action.invoice_number == invoice.number, Action.kind == REFUND
        )
        missing = problem(
            "not-found", "Invoice {invoice} has no refund with id {id}. Check the id.", invoice=invoice_id, id=refund_id
        )
        return schemas.Refund.of(one_row(session, query, missing))
