"""Invoices: made and signed for a merchant, listed, looked at."""

from __future__ import annotations

import secrets
import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.core.durations import DAY
from fec.i18n.parsing import parse_fec
from fec.indexer.models import OrderRecord
from fec.indexer.views import view
from fec.protocol.orders import Invoice as SignedInvoice
from fec.service.access.auth import Reader, Seller
from fec.service.actions.events import Change
from fec.service.actions.idempotency import Answer, Effect, Fingerprint, OptionalKey
from fec.service.context import Served, Service
from fec.service.http.images import PNG, SVG, Kind, qr_response
from fec.service.http.problems import declared, problem
from fec.service.http.rows import Before, ByOrder, Limit, following, newest
from fec.service.http.schemas import Identity
from fec.service.models import Invoice, InvoiceStatus
from fec.service.orders import schemas
from fec.service.orders.links import short_link
from fec.service.orders.lookup import any_invoice, if_changed, invoice_model, latest_payments, own_invoice
from fec.service.sales.models import Sale

router = APIRouter(prefix="/v1/invoices", tags=["invoices"])

_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It is as the ETag given says."}}
_ETAG = {"ETag": {"description": "Changes with every change of the invoice.", "schema": {"type": "string"}}}


@router.post("", status_code=201, response_model=schemas.Invoice, responses=declared(401, 403, 409))
def create(
    body: schemas.NewInvoice, service: Served, caller: Seller, fingerprint: Fingerprint, key: OptionalKey = None
) -> JSONResponse:
    """Make an invoice, signed by the service's key."""

    def prepare() -> Invoice:
        _check_signer(service, caller.program_id)
        invoice = SignedInvoice(
            caller.program_id,
            body.order_id,
            parse_fec(body.amount),
            body.currency_reference,
            service.client.now() + body.expires_in,
        )
        return Invoice(
            id=secrets.token_urlsafe(16),
            program_id=invoice.program_id,
            order_id=invoice.order_id,
            order_key=invoice.key,
            amount=invoice.amount,
            currency_reference=invoice.currency_reference,
            items=body.items,
            expiry=invoice.expiry,
            signature=service.signer.sign_message(service.client.orders.invoice_message(invoice)),
            created_at=int(time.time()),
            revision=1,
            closed=False,
            status=InvoiceStatus.OPEN,
            refunded=0,
        )

    def commit(session: Session, invoice: Invoice) -> Effect:
        _check_new(session, invoice)
        session.add(invoice)
        session.flush()
        body = invoice_model(service, invoice, None).dump()
        return Effect(Answer(201, body), [Change(invoice.program_id, invoice.number, "invoice.created", body)])

    return service.idempotency.do(caller.program_id, key, fingerprint, prepare, commit).response()


@router.get("", responses=declared(401, 403))
def page(
    *,
    service: Served,
    caller: Reader,
    limit: Limit = 50,
    before: Before = None,
    status: Annotated[InvoiceStatus | None, Query()] = None,
    order_id: ByOrder = None,
) -> schemas.InvoicePage:
    """List invoices, the newest first."""
    query = select(Invoice).where(Invoice.program_id == caller.program_id)
    if status is not None:
        query = query.where(Invoice.status == status)
    if order_id is not None:
        query = query.where(Invoice.order_id == order_id)
    with Session(service.engine) as session:
        invoices = newest(session, query, Invoice.number, limit, before)
        payments = latest_payments(session, invoices)
    items = [invoice_model(service, invoice, payments.get(invoice.number)) for invoice in invoices]
    return schemas.InvoicePage(items=items, next=following(invoices, limit))


@router.get(
    "/{invoice_id}",
    response_model=schemas.Invoice,
    responses={**declared(401, 403, 404), **_NOT_MODIFIED, 200: {"headers": _ETAG}},
)
def one(
    invoice_id: Identity,
    service: Served,
    caller: Reader,
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=200)] = None,
) -> Response:
    """Show an invoice; with If-None-Match, only if it has changed."""
    with Session(service.engine) as session:
        invoice = own_invoice(session, caller, invoice_id)
        return if_changed(service, session, invoice, known)


@router.get("/{invoice_id}/qr.svg", response_class=Response, responses={**declared(404), **SVG})
def qr_svg(invoice_id: Identity, service: Served) -> Response:
    """Show the QR code of an invoice's pay page, as SVG. Anybody who knows the invoice's id may see it."""
    return _qr(service, invoice_id, "svg")


@router.get("/{invoice_id}/qr.png", response_class=Response, responses={**declared(404), **PNG})
def qr_png(invoice_id: Identity, service: Served) -> Response:
    """Show the QR code of an invoice's pay page, as PNG. Anybody who knows the invoice's id may see it."""
    return _qr(service, invoice_id, "png")


def _qr(service: Service, invoice_id: str, kind: Kind) -> Response:
    with Session(service.engine) as session:
        link = short_link(service, any_invoice(session, invoice_id))
    return qr_response(link, kind, f"private, max-age={DAY}")


def _check_signer(service: Service, program_id: int) -> None:
    """Raises a problem unless the program's terms name this service's key: nobody could pay what it signs."""
    terms = view("terms_latest")
    with Session(service.engine) as session:
        signer = session.scalar(select(terms.c.signer).where(terms.c.program_id == program_id))
    if signer != service.signer.address:
        # The index may be a moment behind the chain.
        signer = service.client.terms.get(program_id).signer
    if signer != service.signer.address:
        raise problem(
            "not-the-signer",
            "The signer of program {program} is {signer}, and this service signs as {own}. Set the program's terms "
            "again with --signer {own}, or start the service with the key of {signer}.",
            program=program_id,
            signer=signer,
            own=service.signer.address,
        )


def _check_new(session: Session, invoice: Invoice) -> None:
    known = session.scalars(select(Invoice).where(Invoice.order_key == invoice.order_key)).one_or_none()
    if known is not None:
        raise problem(
            "order-id-taken",
            "Order {order} has the invoice {id}. Show that one, or choose another order id.",
            order=invoice.order_id,
            id=known.id,
        )
    if session.scalar(select(Sale.order_key).where(Sale.order_key == invoice.order_key)) is not None:
        raise problem(
            "order-id-taken",
            "Order {order} is recorded as a sale that was paid elsewhere. Choose another order id.",
            order=invoice.order_id,
        )
    if session.scalar(select(OrderRecord.order_key).where(OrderRecord.order_key == invoice.order_key)) is not None:
        raise problem(
            "order-already-paid", "Order {order} was paid before. Choose another order id.", order=invoice.order_id
        )
