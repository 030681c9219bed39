"""Invoices as they are found, locked, and given to readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_hash.auto import keccak
from fastapi import Response
from fastapi.responses import JSONResponse
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.core.node_id import NodeId
from fec.i18n.parsing import parse_fec
from fec.protocol.orders import Invoice as SignedInvoice
from fec.protocol.orders import Order
from fec.relayer import RelayState
from fec.relayer.models import RelayShare, RelayTransaction
from fec.service.access.auth import Caller
from fec.service.context import Service
from fec.service.http.language import exact_or_none
from fec.service.http.problems import Problem, problem
from fec.service.http.rows import one_row
from fec.service.models import Action, ActionState, Invoice, InvoiceStatus
from fec.service.orders import schemas
from fec.service.orders.links import pay_link, short_link
from fec.store.base import table

PAYMENT = "payment"
#: A payment out of a member's vault.
SPEND = "spend"

_IS_FINAL = RelayTransaction.state == RelayState.FINAL
#: One that failed among many calls; if all of them did, each is sent once more by itself.
_FAILED_AMONG_MANY = exists().where(
    RelayShare.transaction_id == Action.relay_id,
    RelayShare.place == Action.relay_place,
    RelayShare.reason.is_not(None),
    RelayTransaction.id == Action.relay_id,
    _IS_FINAL,
)
#: Neither failed, nor done in a block that was reorganised away and then not taken again.
MAY_SUCCEED = (
    (Action.state != ActionState.FAILED)
    & ~exists().where(
        RelayTransaction.id == Action.relay_id,
        (RelayTransaction.state == RelayState.DISPLACED)
        | (_IS_FINAL & RelayTransaction.succeeded.is_(False) & Action.relay_place.is_(None)),
    )
    & ~_FAILED_AMONG_MANY
)


def any_invoice(session: Session, invoice_id: str) -> Invoice:
    """The invoice of an id, of any merchant. Raises a problem if there is none."""
    return one_row(session, select(Invoice).where(Invoice.id == invoice_id), _unknown(invoice_id))


def own_invoice(session: Session, caller: Caller, invoice_id: str) -> Invoice:
    """A merchant's own invoice. Raises a problem if there is none."""
    query = select(Invoice).where(Invoice.id == invoice_id, Invoice.program_id == caller.program_id)
    return one_row(session, query, _unknown(invoice_id))


def payable(session: Session, invoice: Invoice) -> Invoice:
    """An invoice, locked. Raises a problem if a payment of it, from a vault or not, is under way and may succeed."""
    # Locked first: another instance that is at the same invoice has then either finished, or not begun to look.
    locked = session.get_one(Invoice, invoice.number, with_for_update=True)
    under_way = select(Action.number).where(
        Action.invoice_number == invoice.number, Action.kind.in_((PAYMENT, SPEND)), MAY_SUCCEED
    )
    if session.scalar(under_way.limit(1)) is not None:
        raise problem(
            "payment-under-way", "Another payment of this order is under way. Look at the invoice in a moment."
        )
    return locked


def check_worth(service: Service, amount: int) -> None:
    """Raises a problem if so little FEC moves that its gas is not worth paying for."""
    if amount < service.settings.min_payment:
        raise problem(
            "too-little",
            "The service pays for gas from {least:fec} on. Send this from a wallet that pays for gas itself.",
            least=service.settings.min_payment,
        )


def order_of(invoice: Any, customer: str, min_principal: str, cause: str | None) -> Order:
    """The order that an invoice, or a row of its table, and a shopper's choices make."""
    signed = SignedInvoice(
        invoice.program_id, invoice.order_id, invoice.amount, invoice.currency_reference, invoice.expiry
    )
    return Order(signed, invoice.signature, customer, parse_fec(min_principal), cause)


def digest_of(invoice_id: str, body: schemas.NewPayment) -> str:
    """What tells a payment that is sent again from another one."""
    return "0x" + keccak(f"{invoice_id} {body.model_dump_json()}".encode()).hex()


def if_changed(service: Service, session: Session, invoice: Invoice, known: str | None) -> Response:
    """An invoice with its ETag; nothing but that if the reader knows it already."""
    tag = f'"{invoice.id}.{invoice.revision}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if known is not None and tag in [part.strip().removeprefix("W/") for part in known.split(",")]:
        return Response(status_code=304, headers=headers)
    payment = latest_payments(session, [invoice]).get(invoice.number)
    return JSONResponse(invoice_model(service, invoice, payment).dump(), headers=headers)


def latest_payments(session: Session, invoices: Sequence[Any]) -> dict[int, Any]:
    """Of invoices or rows of their table, the row of the latest payment of each that has one, by its number."""
    numbers = [invoice.number for invoice in invoices]
    latest = select(func.max(Action.number)).where(Action.invoice_number.in_(numbers), Action.kind == PAYMENT)
    found = session.execute(select(table(Action)).where(Action.number.in_(latest.group_by(Action.invoice_number))))
    return {action.invoice_number: action for action in found if action.invoice_number is not None}


def invoice_model(service: Service, invoice: Any, payment: Any) -> schemas.Invoice:
    """An invoice, or a row of its table, as readers get it."""
    base = f"{service.settings.public_url}/v1/invoices/{invoice.id}"
    node = None if invoice.token_id is None else NodeId.decode(invoice.token_id)
    return schemas.Invoice(
        id=invoice.id,
        program_id=invoice.program_id,
        order_id=invoice.order_id,
        order_key=invoice.order_key,
        amount=exact_fec(invoice.amount),
        currency_reference=invoice.currency_reference,
        items=invoice.items,
        expiry=invoice.expiry,
        created_at=invoice.created_at,
        merchant_signature=invoice.signature,
        status=InvoiceStatus(invoice.status),
        revision=invoice.revision,
        payer=invoice.payer,
        customer=invoice.customer,
        paid_at=invoice.paid_at,
        return_deadline=invoice.return_deadline,
        refunded=exact_fec(invoice.refunded),
        to_merchant=exact_or_none(invoice.to_merchant),
        burned=exact_or_none(invoice.burned),
        donated=exact_or_none(invoice.donated),
        cause=invoice.cause,
        returned=exact_or_none(invoice.returned),
        node_id=None if invoice.token_id is None else str(invoice.token_id),
        node=None if node is None else node.name,
        payment=None if payment is None else schemas.Payment.of(payment),
        links=schemas.Links(
            pay=pay_link(service, invoice),
            short=short_link(service, invoice),
            qr_svg=f"{base}/qr.svg",
            qr_png=f"{base}/qr.png",
        ),
    )


def _unknown(invoice_id: str) -> Problem:
    return problem("not-found", "There is no invoice with id {id} here. Check the id.", id=invoice_id)
