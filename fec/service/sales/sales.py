"""Sales that were paid elsewhere: recorded, listed, returned and approved, until they are settled."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.service.access.auth import Caller, Manager, Reader, Recorder
from fec.service.actions.events import Change
from fec.service.actions.idempotency import Answer, Effect, Fingerprint, OptionalKey, RequiredKey
from fec.service.context import Served, Service
from fec.service.http.images import PNG, SVG, Kind, qr_response
from fec.service.http.problems import Problem, declared, problem
from fec.service.http.rows import Before, ByOrder, Limit, following, newest
from fec.service.http.schemas import Account, Identity
from fec.service.sales import schemas
from fec.service.sales.book import Book, open_book
from fec.service.sales.lookup import own_sale, sale_model, sale_models, usable_link
from fec.service.sales.models import Sale, SaleLog, SaleReason, SaleState
from fec.service.sales.money import exact_money, parse_money, value_of
from fec.service.sales.recording import Done, ToRecord, entry_of, log, record

router = APIRouter(prefix="/v1/sales", tags=["sales"])

#: What can still be changed.
_OPEN = (SaleState.HELD, SaleState.PENDING)


@router.post("", status_code=201, response_model=schemas.Sale, responses=declared(401, 403, 409))
def create(
    body: schemas.NewSale, service: Served, caller: Recorder, fingerprint: Fingerprint, key: OptionalKey = None
) -> JSONResponse:
    """Record a sale that was paid elsewhere. An order is one sale, however often it is sent."""
    entry = entry_of(body)

    def commit(session: Session, book: Book) -> Effect:
        [found] = record(service, session.connection(), [ToRecord(book, caller.name, entry)])
        if isinstance(found, Problem):
            raise found
        [sale] = sale_models(service, session, [found.row], codes=False)
        recorded = Change(caller.program_id, None, "sale.recorded", sale.dump())
        return Effect(Answer(201, sale.dump()), [] if found.known else [recorded])

    answer = service.idempotency.do(
        caller.program_id, key, fingerprint, lambda: open_book(service, caller.program_id), commit
    )
    return _with_code(service, answer).response()


@router.get("", responses=declared(401, 403))
def page(
    *,
    service: Served,
    caller: Reader,
    limit: Limit = 50,
    before: Before = None,
    state: Annotated[SaleState | None, Query()] = None,
    order_id: ByOrder = None,
    customer: Annotated[Account | None, Query()] = None,
    unclaimed: Annotated[bool, Query(description="Only those whose claim code nobody has used.")] = False,
) -> schemas.SalePage:
    """List sales, the newest first."""
    query = select(Sale).where(Sale.program_id == caller.program_id)
    if state is not None:
        query = query.where(Sale.state == state)
    if order_id is not None:
        query = query.where(Sale.order_id == order_id)
    if customer is not None:
        query = query.where(Sale.owner == customer)
    if unclaimed:
        query = query.where(Sale.owner.is_(None), Sale.state.in_(_OPEN))
    with Session(service.engine) as session:
        found = newest(session, query, Sale.number, limit, before)
        items = sale_models(service, session, found, codes=caller.sales)
    return schemas.SalePage(items=items, next=following(found, limit))


@router.get("/{sale_id}", responses=declared(401, 403, 404))
def one(sale_id: Identity, service: Served, caller: Reader) -> schemas.Sale:
    """Show a sale, and its claim link to those who may record sales."""
    with Session(service.engine) as session:
        return sale_models(service, session, [own_sale(session, caller, sale_id)], codes=caller.sales)[0]


@router.get("/{sale_id}/qr.svg", response_class=Response, responses={**declared(401, 403, 404, 409), **SVG})
def qr_svg(sale_id: Identity, service: Served, caller: Recorder) -> Response:
    """Show the QR code of a sale's claim page, as SVG, for the receipt."""
    return _qr(service, caller, sale_id, "svg")


@router.get("/{sale_id}/qr.png", response_class=Response, responses={**declared(401, 403, 404, 409), **PNG})
def qr_png(sale_id: Identity, service: Served, caller: Recorder) -> Response:
    """Show the QR code of a sale's claim page, as PNG, for the receipt."""
    return _qr(service, caller, sale_id, "png")


def _qr(service: Service, caller: Caller, sale_id: str, kind: Kind) -> Response:
    with Session(service.engine) as session:
        sale = own_sale(session, caller, sale_id)
    link = usable_link(service, sale)
    if link is None:
        raise problem(
            "code-used",
            "Order {order} has no claim code that can be used: it has an owner, or will not be settled.",
            order=sale.order_id,
        )
    # Who has the picture has the sale: nobody keeps it on the way.
    return qr_response(link, kind, "no-store")


@router.get("/{sale_id}/log", responses=declared(401, 403, 404))
def history(sale_id: Identity, service: Served, caller: Reader) -> schemas.Log:
    """List all that was done about a sale, by whom, the oldest first."""
    with Session(service.engine) as session:
        sale = own_sale(session, caller, sale_id)
        found = session.scalars(select(SaleLog).where(SaleLog.sale_number == sale.number).order_by(SaleLog.number))
        items = [schemas.LogEntry(at=row.at, by=row.by, what=row.what, details=row.details) for row in found]
    return schemas.Log(items=items)


@router.post("/{sale_id}/returns", status_code=201, response_model=schemas.Sale, responses=declared(401, 403, 404, 409))
def give_back(
    *,
    sale_id: Identity,
    body: schemas.NewReturn,
    service: Served,
    caller: Recorder,
    fingerprint: Fingerprint,
    key: RequiredKey,
) -> JSONResponse:
    """Take a sale out before it is settled, or some of it. Each key is one return, however often it is sent."""

    def commit(session: Session, now: int) -> Effect:
        sale = own_sale(session, caller, sale_id, lock=True)
        _check_open(sale)
        left = sale.amount - sale.returned
        amount = left if body.amount is None else parse_money(body.amount)
        if amount > left:
            raise problem(
                "sale-refused",
                "Only {currency} {left} of order {order} are left to return. Ask for that at most.",
                currency=sale.currency,
                left=exact_money(left),
                order=sale.order_id,
            )
        sale.returned += amount
        sale.value = value_of(sale.amount - sale.returned, sale.rate)
        if sale.returned == sale.amount:
            sale.state = SaleState.RETURNED
        details = {"amount": exact_money(amount), "value": exact_fec(sale.value)}
        return _changed(service, session, sale, Done(sale.program_id, caller.name, "returned", now), **details)

    answer = service.idempotency.do(caller.program_id, key, fingerprint, service.client.now, commit)
    return _with_code(service, answer).response()


@router.post(
    "/{sale_id}/approval", status_code=201, response_model=schemas.Sale, responses=declared(401, 403, 404, 409)
)
def approve(
    *,
    sale_id: Identity,
    body: schemas.Approval,
    service: Served,
    caller: Manager,
    fingerprint: Fingerprint,
    key: OptionalKey = None,
) -> JSONResponse:
    """Approve a sale that waits for a manager, or refuse it."""

    def commit(session: Session, now: int) -> Effect:
        sale = own_sale(session, caller, sale_id, lock=True)
        if sale.state != SaleState.HELD:
            raise problem(
                "sale-final",
                "Order {order} does not wait for approval: it is {state}.",
                order=sale.order_id,
                state=SaleState(sale.state).value,
            )
        if body.approved:
            sale.state = SaleState.PENDING
        else:
            sale.state, sale.reason = SaleState.REFUSED, SaleReason.NOT_APPROVED
        what = "approved" if body.approved else "refused"
        return _changed(service, session, sale, Done(sale.program_id, caller.name, what, now))

    answer = service.idempotency.do(caller.program_id, key, fingerprint, service.client.now, commit)
    return answer.response()


def _check_open(sale: Sale) -> None:
    """Raises a problem if a sale can no longer be returned."""
    if sale.state in (SaleState.BATCHED, SaleState.SETTLED):
        raise problem(
            "sale-final",
            "Order {order} is settled, or is being settled: its node is the shopper's, and nobody can take it back. "
            "Pay money back at the till as you do without FEC.",
            order=sale.order_id,
        )
    if sale.state not in _OPEN:
        raise problem(
            "sale-final",
            "Nothing of order {order} is left to return: it is {state}.",
            order=sale.order_id,
            state=SaleState(sale.state).value,
        )


def _changed(service: Service, session: Session, sale: Sale, done: Done, **details: str) -> Effect:
    """What has happened to a sale: in its log, as an event, as the answer."""
    session.flush()
    log(session.connection(), done, [sale.number], **details)
    told = sale_model(service, sale, None, codes=False).dump()
    return Effect(Answer(201, told), [Change(sale.program_id, None, f"sale.{done.what}", told)])


def _with_code(service: Service, answer: Answer) -> Answer:
    """An answer with the link of the claim code, which is kept nowhere."""
    with Session(service.engine) as session:
        sale = session.scalars(select(Sale).where(Sale.id == answer.body["id"])).one()
        now = sale_models(service, session, [sale], codes=True)[0]
    claim = None if now.claim is None else now.claim.dump()
    return Answer(answer.status, {**answer.body, "claim": claim}, answer.replayed)
