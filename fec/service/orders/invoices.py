"""Invoices: made and signed for a merchant, listed, shown."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fec.core.node_id import NodeId
from fec.i18n.parsing import parse_fec
from fec.indexer.models import OrderRecord
from fec.indexer.views import view
from fec.protocol.orders import Invoice as SignedInvoice
from fec.service.actions.events import Change
from fec.service.actions.outbox import action_body
from fec.service.context import Service
from fec.service.http import schemas
from fec.service.http.auth import Caller, Reader, Seller, Served
from fec.service.http.idempotency import Answer, Effect, Fingerprint, OptionalKey
from fec.service.http.language import exact
from fec.service.http.problems import declared, problem
from fec.service.models import Action, Invoice, InvoiceStatus
from fec.service.orders.links import pay_link, qr_code

router = APIRouter(prefix="/v1/invoices", tags=["invoices"])

PAYMENT = "payment"
#: A payment out of a member's vault.
SPEND = "spend"
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
            settled=False,
            status=InvoiceStatus.OPEN,
            refunded=0,
        )

    def commit(session: Session, invoice: Invoice) -> Effect:
        _check_new(session, invoice)
        session.add(invoice)
        session.flush()
        shown = invoice_body(service, invoice, None)
        return Effect(Answer(201, shown), [Change(invoice.program_id, invoice.number, "invoice.created", shown)])

    return service.idempotency.do(caller.program_id, key, fingerprint, prepare, commit)


@router.get("", response_model=schemas.InvoicePage, responses=declared(401, 403))
def page(
    *,
    service: Served,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**53 - 1, description="`next` of the page before.")] = None,
    status: Annotated[InvoiceStatus | None, Query()] = None,
    order_id: Annotated[str | None, Query(alias="orderId", min_length=1, max_length=32, pattern="^[ -~]*$")] = None,
) -> JSONResponse:
    """List invoices, the newest first."""
    query = select(Invoice).where(Invoice.program_id == caller.program_id)
    if before is not None:
        query = query.where(Invoice.number < before)
    if status is not None:
        query = query.where(Invoice.status == status)
    if order_id is not None:
        query = query.where(Invoice.order_id == order_id)
    with Session(service.engine) as session:
        invoices = session.scalars(query.order_by(Invoice.number.desc()).limit(limit)).all()
        payments = latest_payments(session, invoices)
    shown = [invoice_body(service, invoice, payments.get(invoice.number)) for invoice in invoices]
    following = str(invoices[-1].number) if len(invoices) == limit else None
    return JSONResponse({"items": shown, "next": following})


@router.get(
    "/{invoice_id}",
    response_model=schemas.Invoice,
    responses={**declared(401, 403, 404), **_NOT_MODIFIED, 200: {"headers": _ETAG}},
)
def one(
    invoice_id: schemas.Identity,
    service: Served,
    caller: Reader,
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=200)] = None,
) -> Response:
    """Show an invoice; with If-None-Match, only if it has changed."""
    with Session(service.engine) as session:
        invoice = own_invoice(session, caller, invoice_id)
        return if_changed(service, session, invoice, known)


_SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}}
_PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/{invoice_id}/qr.svg", response_class=Response, responses={**declared(404), **_SVG})
def qr_svg(invoice_id: schemas.Identity, service: Served) -> Response:
    """Show the QR code of an invoice's pay page, as SVG. For whoever knows the invoice's id."""
    return _qr(service, invoice_id, "svg", "image/svg+xml")


@router.get("/{invoice_id}/qr.png", response_class=Response, responses={**declared(404), **_PNG})
def qr_png(invoice_id: schemas.Identity, service: Served) -> Response:
    """Show the QR code of an invoice's pay page, as PNG. For whoever knows the invoice's id."""
    return _qr(service, invoice_id, "png", "image/png")


def _qr(service: Service, invoice_id: str, kind: str, media_type: str) -> Response:
    with Session(service.engine) as session:
        link = pay_link(service, any_invoice(session, invoice_id))
    return Response(qr_code(link, kind), media_type=media_type, headers={"Cache-Control": "private, max-age=86400"})


# ------------------------------------------------------------------- shared


def any_invoice(session: Session, invoice_id: str) -> Invoice:
    """The invoice of an id, whoever asks. Raises a problem if there is none."""
    invoice = session.scalars(select(Invoice).where(Invoice.id == invoice_id)).one_or_none()
    if invoice is None:
        raise problem("not-found", "There is no invoice {id} here. Check the id.", id=invoice_id)
    return invoice


def own_invoice(session: Session, caller: Caller, invoice_id: str) -> Invoice:
    """A merchant's own invoice. Raises a problem if there is none."""
    invoice = any_invoice(session, invoice_id)
    if invoice.program_id != caller.program_id:
        raise problem("not-found", "There is no invoice {id} here. Check the id.", id=invoice_id)
    return invoice


def if_changed(service: Service, session: Session, invoice: Invoice, known: str | None) -> Response:
    """An invoice with its ETag; nothing but that if the reader knows it already."""
    tag = f'"{invoice.id}.{invoice.revision}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if known is not None and tag in [part.strip().removeprefix("W/") for part in known.split(",")]:
        return Response(status_code=304, headers=headers)
    payment = latest_payments(session, [invoice]).get(invoice.number)
    return JSONResponse(invoice_body(service, invoice, payment), headers=headers)


def latest_payments(session: Session, invoices: Sequence[Invoice]) -> dict[int, Action]:
    """The latest payment of each invoice that has one, by the invoice's number."""
    numbers = [invoice.number for invoice in invoices]
    latest = select(func.max(Action.number)).where(Action.invoice_number.in_(numbers), Action.kind == PAYMENT)
    found = session.scalars(select(Action).where(Action.number.in_(latest.group_by(Action.invoice_number))))
    return {action.invoice_number: action for action in found if action.invoice_number is not None}


def invoice_body(service: Service, invoice: Invoice, payment: Action | None) -> dict[str, Any]:
    """An invoice as readers get it."""
    base = f"{service.settings.public_url}/v1/invoices/{invoice.id}"
    return {
        "id": invoice.id,
        "programId": invoice.program_id,
        "orderId": invoice.order_id,
        "orderKey": invoice.order_key,
        "amount": exact(invoice.amount),
        "currencyReference": invoice.currency_reference,
        "items": invoice.items,
        "expiry": invoice.expiry,
        "createdAt": invoice.created_at,
        "merchantSignature": invoice.signature,
        "status": InvoiceStatus(invoice.status).value,
        "revision": invoice.revision,
        "payer": invoice.payer,
        "customer": invoice.customer,
        "paidAt": invoice.paid_at,
        "returnDeadline": invoice.return_deadline,
        "refunded": exact(invoice.refunded),
        "toMerchant": _exact(invoice.to_merchant),
        "burned": _exact(invoice.burned),
        "donated": _exact(invoice.donated),
        "cause": invoice.cause,
        "returned": _exact(invoice.returned),
        "nodeId": None if invoice.token_id is None else str(invoice.token_id),
        "node": None if invoice.token_id is None else NodeId.decode(invoice.token_id).name,
        "payment": None if payment is None else action_body(payment),
        "links": {"pay": pay_link(service, invoice), "qrSvg": f"{base}/qr.svg", "qrPng": f"{base}/qr.png"},
    }


def _exact(wei: int | None) -> str | None:
    return None if wei is None else exact(wei)


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
    if session.scalar(select(OrderRecord.order_key).where(OrderRecord.order_key == invoice.order_key)) is not None:
        raise problem(
            "order-already-paid", "Order {order} was paid before. Choose another order id.", order=invoice.order_id
        )
