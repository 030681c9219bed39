"""Paying: what a shopper's page needs. No key; who knows an invoice's id may see it and pay it."""

from __future__ import annotations

from typing import Annotated, Any

from eth_utils.crypto import keccak
from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from web3 import Web3

from fec.chain.rpc import clear_errors
from fec.i18n.errors import ContractError, InsufficientGasCoin, RPCFailed, RPCUnreachable
from fec.i18n.parsing import parse_fec
from fec.protocol.orders import Order
from fec.protocol.signing import TypedMessage, of_key
from fec.relayer import BudgetSpent, FeesTooHigh, RelayState
from fec.relayer.models import RelayTransaction
from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.actions.guard import subjects
from fec.service.actions.outbox import Call, action_body
from fec.service.context import Service
from fec.service.http import schemas
from fec.service.http.auth import Served
from fec.service.http.language import exact
from fec.service.http.problems import Problem, declared, problem
from fec.service.models import Action, ActionState, Invoice, InvoiceStatus
from fec.service.orders.invoices import PAYMENT, SPEND, any_invoice, if_changed
from fec.service.orders.links import qr_code, signed, wallet_link
from fec.store import writer

#: Neither failed, nor done in a block that was reorganised away and then not taken again.
_MAY_SUCCEED = (Action.state != ActionState.FAILED) & ~exists().where(
    RelayTransaction.id == Action.relay_id,
    (RelayTransaction.state == RelayState.DISPLACED)
    | ((RelayTransaction.state == RelayState.FINAL) & RelayTransaction.succeeded.is_(False)),
)

router = APIRouter(prefix="/v1/pay/{invoice_id}", tags=["pay"])

Customer = Annotated[schemas.Account, Query(description="Who gets the node.")]
Cause = Annotated[schemas.Account | None, Query(description="Cause that receives the merchant's donation.")]
MinPrincipal = Annotated[schemas.FecOrZero, Query(alias="minPrincipal", description="Least node to accept.")]


@router.get("", response_model=schemas.Invoice, responses={**declared(404), 304: {"description": "As the ETag says."}})
def show(
    invoice_id: schemas.Identity,
    service: Served,
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=200)] = None,
) -> Response:
    """Show an invoice to whoever is to pay it; with If-None-Match, only if it has changed."""
    with Session(service.engine) as session:
        return if_changed(service, session, any_invoice(session, invoice_id), known)


@router.get("/quote", response_model=schemas.Quote, responses=declared(403, 404, 409))
def quote(invoice_id: schemas.Identity, service: Served, customer: Customer) -> JSONResponse:
    """Say what a payment by a customer would do now, by the code that a payment runs."""
    invoice = _invoice(service, invoice_id)
    found = service.client.orders.quote(invoice.program_id, invoice.amount, customer)
    return JSONResponse(
        {
            "tier": found.tier,
            "spend": exact(found.spend),
            "toMerchant": exact(found.to_merchant),
            "donation": exact(found.donation),
            "principal": exact(found.principal),
            "face": exact(found.face),
            "returnDeadline": found.return_deadline,
            "firstRelease": found.first_release,
            "lastRelease": found.last_release,
            "causes": list(service.client.terms.get(invoice.program_id).causes),
        }
    )


@router.get("/authorization", response_model=schemas.Signable, responses=declared(404))
def authorization(
    *,
    invoice_id: schemas.Identity,
    service: Served,
    payer: Annotated[schemas.Account, Query(description="Who pays and signs.")],
    customer: Customer,
    min_principal: MinPrincipal = "0",
    cause: Cause = None,
) -> JSONResponse:
    """Say what the payer's wallet is to sign so that the service can send the payment: no gas coin is needed."""
    order = _order(_invoice(service, invoice_id), customer, min_principal, cause)
    orders = service.client.orders
    message = orders.authorization_message(order, payer, 0, order.invoice.expiry + 1)
    return JSONResponse({"order": _document(orders.order_message(order)), "authorization": _document(message)})


@router.get("/wallet", response_model=schemas.WalletLink, responses=declared(404))
def wallet(
    invoice_id: schemas.Identity,
    service: Served,
    customer: Customer,
    min_principal: MinPrincipal = "0",
    cause: Cause = None,
) -> JSONResponse:
    """Give the payment as an EIP-681 address, for a wallet that pays for gas itself. The payer is who sends it."""
    order = _order(_invoice(service, invoice_id), customer, min_principal, cause)
    return JSONResponse({"uri": wallet_link(service, order)})


@router.get(
    "/wallet.svg",
    response_class=Response,
    responses={**declared(404), 200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
)
def wallet_qr(
    invoice_id: schemas.Identity,
    service: Served,
    customer: Customer,
    min_principal: MinPrincipal = "0",
    cause: Cause = None,
) -> Response:
    """Give the payment as an EIP-681 address in a QR code."""
    order = _order(_invoice(service, invoice_id), customer, min_principal, cause)
    return Response(qr_code(wallet_link(service, order), "svg"), media_type="image/svg+xml")


@router.post("/payments", status_code=202, response_model=schemas.Payment, responses=declared(403, 404, 409))
def create(invoice_id: schemas.Identity, body: schemas.NewPayment, service: Served) -> JSONResponse:
    """Send a payment that its payer has signed. Sent again, it is the same payment, and is answered alike."""
    invoice = _invoice(service, invoice_id)
    digest = "0x" + keccak(f"{invoice_id} {body.model_dump_json()}".encode()).hex()
    known = _known(service, invoice, digest)
    if known is not None:
        return JSONResponse(known, 202)
    try:
        number, call, shown = _taken(service, invoice, body, digest)
    except (Problem, ContractError, IntegrityError) as error:
        # The same may have been sent twice at once: then there is but one answer.
        known = _known(service, invoice, digest)
        if known is not None:
            return JSONResponse(known, 202)
        if isinstance(error, IntegrityError):
            raise _under_way() from error
        raise
    push_soon(service, number, call)
    return JSONResponse(shown, 202)


def _taken(
    service: Service, invoice: Invoice, body: schemas.NewPayment, digest: str
) -> tuple[int, Call, dict[str, Any]]:
    """Checks a payment and keeps it; gives its number, its call, and how it is shown."""
    _check_payable(service, invoice)
    check_worth(service, invoice.amount)
    order = _order(invoice, body.customer, body.min_principal, body.cause)
    signature = _checked_signature(service, order, body)
    call = Call(
        "Checkout",
        "payWithAuthorization",
        order.fields,
        body.payer,
        body.valid_after,
        body.valid_before,
        signature,
    )
    # The rest is the contract's to say: expired, paid before, no balance, another signer, quota.
    whom = subjects(("invoice", invoice.number), ("payer", body.payer))
    service.outbox.simulate(call, invoice.program_id, whom)
    with Session(writer(service.engine)) as session, session.begin():
        locked = payable(session, invoice)
        query = select(func.count()).where(Action.invoice_number == invoice.number, Action.kind == PAYMENT)
        attempts = session.scalar(query) or 0
        action = service.outbox.add(
            session,
            PAYMENT,
            call,
            program_id=invoice.program_id,
            details={"payer": body.payer, "customer": body.customer},
            invoice=locked,
            digest=digest,
            request_key=f"pay {invoice.order_key}" + (f" {attempts + 1}" if attempts else ""),
            whom=whom,
        )
        shown = action_body(action)
        events.record(session, [Change(invoice.program_id, invoice.number, "payment.requested", shown)])
        return action.number, call, shown


def check_worth(service: Service, amount: int) -> None:
    """Raises a problem if so little FEC moves that its gas is not worth paying for."""
    if amount < service.settings.least:
        raise problem(
            "too-little",
            "The service pays for gas from {least:fec} on. Send this from a wallet that pays for gas itself.",
            least=service.settings.least,
        )


def push_soon(service: Service, number: int, call: Call) -> None:
    """Hands a new action over now if that is possible; if not, it is tended to later: it is in the database."""
    try:
        service.outbox.push_new(number, call.gas)
    except (RPCUnreachable, RPCFailed, InsufficientGasCoin, FeesTooHigh, BudgetSpent):
        return


def _invoice(service: Service, invoice_id: str) -> Invoice:
    with Session(service.engine) as session:
        return any_invoice(session, invoice_id)


def _order(invoice: Invoice, customer: str, min_principal: str, cause: str | None) -> Order:
    return Order(signed(invoice), invoice.signature, customer, parse_fec(min_principal), cause)


def _document(message: TypedMessage) -> dict[str, Any]:
    """For JSON, whose readers take no large numbers: those of the message as text, which wallets take as well."""
    values = {
        name: str(value) if isinstance(value, int) else value for name, value in message.document["message"].items()
    }
    return {**message.document, "message": values}


def _known(service: Service, invoice: Invoice, digest: str) -> dict[str, Any] | None:
    """The payment, if it was sent before and has not failed."""
    query = select(Action).where(Action.invoice_number == invoice.number, Action.digest == digest, _MAY_SUCCEED)
    with Session(service.engine) as session:
        found = session.scalars(query).first()
        return None if found is None else action_body(found)


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


def payable(session: Session, invoice: Invoice) -> Invoice:
    """An invoice, locked. Raises a problem if a payment of it, from a vault or not, is under way and may succeed."""
    # Locked first: another instance that is at the same invoice has then either finished, or not begun to look.
    locked = session.get_one(Invoice, invoice.number, with_for_update=True)
    under_way = select(Action.number).where(
        Action.invoice_number == invoice.number, Action.kind.in_((PAYMENT, SPEND)), _MAY_SUCCEED
    )
    if session.scalar(under_way.limit(1)) is not None:
        raise _under_way()
    return locked


def _under_way() -> Problem:
    return problem("payment-under-way", "Another payment of this order is under way. Look at the invoice in a moment.")
