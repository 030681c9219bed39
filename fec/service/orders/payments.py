"""Paying: what a shopper's page needs, without an API key. Anybody who knows an invoice's id may see it and pay it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from web3 import Web3

from fec.chain.rpc import clear_errors
from fec.core.amounts import exact_fec
from fec.protocol import calls
from fec.protocol.orders import Authorization, Order, Quote
from fec.protocol.signing import of_key
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.guard import subjects
from fec.service.context import Served, Service
from fec.service.http.images import SVG, qr_response
from fec.service.http.problems import declared, problem
from fec.service.http.schemas import Account, Identity
from fec.service.http.typed_data import document
from fec.service.models import Action, Invoice, InvoiceStatus
from fec.service.orders import schemas
from fec.service.orders.links import wallet_link
from fec.service.orders.lookup import (
    MAY_SUCCEED,
    PAYMENT,
    any_invoice,
    check_worth,
    digest_of,
    if_changed,
    order_of,
    payable,
)
from fec.service.orders.schemas import Cause, MinPrincipal

router = APIRouter(prefix="/v1/pay/{invoice_id}", tags=["pay"])

Customer = Annotated[Account, Query(description="Who gets the node.")]


@router.get("", response_model=schemas.Invoice, responses={**declared(404), 304: {"description": "As the ETag says."}})
def show(
    invoice_id: Identity,
    service: Served,
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=200)] = None,
) -> Response:
    """Show an invoice to who is to pay it; with If-None-Match, only if it has changed."""
    with Session(service.engine) as session:
        return if_changed(service, session, any_invoice(session, invoice_id), known)


@router.get("/quote", responses=declared(403, 404, 409))
def quote(invoice_id: Identity, service: Served, customer: Customer) -> schemas.Quote:
    """Say what a payment by a customer would do now, by the code that a payment runs."""
    invoice = _invoice(service, invoice_id)
    found = service.client.orders.quote(invoice.program_id, invoice.amount, customer)
    return quote_model(found, service.client.terms.get(invoice.program_id).causes)


def quote_model(found: Quote, causes: Sequence[str]) -> schemas.Quote:
    """A quote as readers get it."""
    return schemas.Quote(
        tier=found.tier,
        spend=exact_fec(found.spend),
        to_merchant=exact_fec(found.to_merchant),
        donation=exact_fec(found.donation),
        principal=exact_fec(found.principal),
        face=exact_fec(found.face),
        return_deadline=found.return_deadline,
        first_release=found.first_release,
        last_release=found.last_release,
        causes=list(causes),
    )


@router.get("/authorization", responses=declared(404, 409))
def authorization(
    *,
    invoice_id: Identity,
    service: Served,
    payer: Annotated[Account, Query(description="Who pays and signs.")],
    customer: Customer,
    min_principal: MinPrincipal = "0",
    cause: Cause = None,
) -> schemas.Signable:
    """Say what the payer's wallet is to sign so that the service can send the payment: no gas coin is needed."""
    orders = service.client.orders
    order = order_of(_invoice(service, invoice_id), customer, min_principal, cause)
    orders.check_customer(customer)
    message = orders.authorization_message(order, payer, 0, order.invoice.expiry + 1)
    return schemas.Signable(order=document(orders.order_message(order)), authorization=document(message))


@router.get("/wallet", responses=declared(404, 409))
def wallet(
    invoice_id: Identity,
    service: Served,
    customer: Customer,
    min_principal: MinPrincipal = "0",
    cause: Cause = None,
) -> schemas.WalletLink:
    """Give the payment as an EIP-681 address, for a wallet that pays for gas itself. The payer is who sends it."""
    return schemas.WalletLink(uri=_wallet_link(service, invoice_id, customer, min_principal, cause))


@router.get(
    "/wallet.svg",
    response_class=Response,
    responses={**declared(404, 409), **SVG},
)
def wallet_qr(
    invoice_id: Identity,
    service: Served,
    customer: Customer,
    min_principal: MinPrincipal = "0",
    cause: Cause = None,
) -> Response:
    """Give the payment as an EIP-681 address in a QR code."""
    link = _wallet_link(service, invoice_id, customer, min_principal, cause)
    return qr_response(link, "svg", "no-store")


@router.post("/payments", status_code=202, response_model=schemas.Payment, responses=declared(403, 404, 409))
def create(invoice_id: Identity, body: schemas.NewPayment, service: Served) -> JSONResponse:
    """Send a payment that its payer has signed. Sent again, it is the same payment, and is answered alike."""
    invoice = _invoice(service, invoice_id)
    digest = digest_of(invoice_id, body)

    def prepare() -> Wanted:
        _check_payable(service, invoice)
        check_worth(service, invoice.amount)
        order = order_of(invoice, body.customer, body.min_principal, body.cause)
        service.client.orders.check_customer(body.customer)
        signature = _checked_signature(service, order, body)
        authorization = Authorization(body.payer, body.valid_after, body.valid_before, signature)
        # The rest is the contract's to say: expired, paid before, no balance, another signer, quota.
        call = calls.pay_with_authorization(order, authorization)
        return Wanted(call, schemas.PaymentDetails(payer=body.payer, customer=body.customer))

    def known(session: Session) -> Action | None:
        """The same payment, if it was sent before and has not failed."""
        query = select(Action).where(Action.invoice_number == invoice.number, Action.digest == digest, MAY_SUCCEED)
        return session.scalars(query).first()

    def keep(session: Session, add: Add) -> Action:
        locked = payable(session, invoice)
        query = select(func.count()).where(Action.invoice_number == invoice.number, Action.kind == PAYMENT)
        attempts = session.scalar(query) or 0
        request_key = f"pay {invoice.order_key}" + (f" {attempts + 1}" if attempts else "")
        return add(invoice=locked, digest=digest, request_key=request_key)

    whom = subjects(("invoice", invoice.number), ("payer", body.payer))
    asked = ActionRequest(PAYMENT, invoice.program_id, whom=whom)
    return service.asking.ask(
        asked, prepare, lambda _, action: schemas.Payment.of(action), keep=keep, known=known
    ).response()


def _wallet_link(service: Service, invoice_id: str, customer: str, min_principal: str, cause: str | None) -> str:
    """Raises CustomerRefusesNodes: a wallet that sends it by itself is not asked again."""
    order = order_of(_invoice(service, invoice_id), customer, min_principal, cause)
    service.client.orders.check_customer(customer)
    return wallet_link(service, order)


def _invoice(service: Service, invoice_id: str) -> Invoice:
    with Session(service.engine) as session:
        return any_invoice(session, invoice_id)


def _check_payable(service: Service, invoice: Invoice) -> None:
    if invoice.status not in (InvoiceStatus.OPEN, InvoiceStatus.EXPIRED):
        raise problem(
            "order-already-paid", "Order {order} was paid before. Nothing is to be done.", order=invoice.order_id
        )
    if service.client.now() > invoice.expiry:
        raise problem(
            "invoice-expired",
            "The invoice could be paid until {expiry:date}. Ask the merchant for a new one.",
            expiry=invoice.expiry,
        )


def _checked_signature(service: Service, order: Order, body: schemas.NewPayment) -> str:
    """The payer's signature as contracts take it; a contract's own is judged by the simulation.

    Raises a problem if the payer has no code and did not sign.
    """
    message = service.client.orders.authorization_message(order, body.payer, body.valid_after, body.valid_before)
    signature = of_key(body.payer, message.hash, body.signature)
    if signature is not None:
        return signature
    with clear_errors():
        code = service.web3.eth.get_code(Web3.to_checksum_address(body.payer))
    if not code:
        raise problem(
            "payment-not-signed",
            "{payer} did not sign this payment of this order. Sign what /authorization gives for the same choices.",
            payer=body.payer,
        )
    return body.signature
