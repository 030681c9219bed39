"""Events: as pages from a cursor on, and as server-sent events that go on where they were left."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from fec.service.actions import events
from fec.service.context import Service
from fec.service.http import schemas
from fec.service.http.auth import Reader, Served, caller_by
from fec.service.http.problems import declared
from fec.service.models import ServiceEvent
from fec.service.orders.invoices import any_invoice, invoice_body, latest_payments

router = APIRouter(tags=["events"])

_PAGE = 100
_LOOK_SECONDS = 0.1
_PING_SECONDS = 15
_ALLOWED_SECONDS = 1

After = Annotated[int, Query(ge=0, le=2**53 - 1, description="Number of the last event that is known.")]
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", pattern="^[0-9]{1,15}$", description="As browsers send it by themselves.")
]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, each with its number as its id.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get("/v1/events", response_model=schemas.EventPage, responses=declared(401, 403))
def page(
    service: Served, caller: Reader, after: After = 0, limit: Annotated[int, Query(ge=1, le=500)] = _PAGE
) -> JSONResponse:
    """List what changed after an event, the oldest first. No event is ever missing behind one that was listed."""
    with Session(service.engine) as session:
        found = events.after(session, after, limit, program_id=caller.program_id)
    shown = [events.shown(event) for event in found]
    return JSONResponse({"items": shown, "next": found[-1].sequence if found else after})


@router.get("/v1/events/stream", response_class=EventSourceResponse, responses={**declared(401, 403), **_STREAM})
def stream(
    request: Request,
    service: Served,
    caller: Reader,
    last_event_id: LastEventId = None,
    after: Annotated[int | None, Query(ge=0, le=2**53 - 1)] = None,
) -> Response:
    """Send a merchant's events as they happen, from the one after Last-Event-ID on, or from now on."""
    known = int(last_event_id) if last_event_id is not None else after
    with Session(service.engine) as session:
        since = _latest(session) if known is None else known
    token: str = request.state.token

    def allowed() -> bool:
        now = caller_by(service, token)
        return now is not None and now.program_id == caller.program_id

    return _response(_events(service, since, [], program_id=caller.program_id, allowed=allowed))


@router.get("/v1/pay/{invoice_id}/events", response_class=EventSourceResponse, responses={**declared(404), **_STREAM})
def invoice_stream(invoice_id: schemas.Identity, service: Served, last_event_id: LastEventId = None) -> Response:
    """Send an invoice's state, then every change of it as it happens. For whoever knows the invoice's id."""
    first: list[ServerSentEvent] = []
    with Session(service.engine) as session:
        invoice = any_invoice(session, invoice_id)
        since = _latest(session) if last_event_id is None else int(last_event_id)
        if last_event_id is None:
            shown = invoice_body(service, invoice, latest_payments(session, [invoice]).get(invoice.number))
            first.append(ServerSentEvent(json.dumps(shown), event="invoice.state", id=str(since)))
    return _response(_events(service, since, first, invoice_number=invoice.number))


def _latest(session: Session) -> int:
    return session.scalar(select(func.max(ServiceEvent.sequence))) or 0


def _response(content: AsyncIterator[ServerSentEvent]) -> Response:
    return EventSourceResponse(content, ping=_PING_SECONDS, headers={"Cache-Control": "no-store"})


async def _events(
    service: Service,
    since: int,
    first: list[ServerSentEvent],
    *,
    program_id: int | None = None,
    invoice_number: int | None = None,
    allowed: Callable[[], bool] = lambda: True,
) -> AsyncIterator[ServerSentEvent]:
    def read() -> list[tuple[int, str, str]]:
        with Session(service.engine) as session:
            found = events.after(session, since, _PAGE, program_id=program_id, invoice_number=invoice_number)
            return [(event.sequence, event.type, json.dumps(event.payload)) for event in found]

    looked, asked_at = -1, anyio.current_time()
    service.metrics.streams.inc()
    try:
        for item in first:
            yield item
        while not service.stopping:
            # A key may be revoked, and an operator replaced, while somebody listens.
            if anyio.current_time() >= asked_at + _ALLOWED_SECONDS:
                asked_at = anyio.current_time()
                if not await run_in_threadpool(allowed):
                    return
            latest = service.latest_event
            if latest == looked:
                await anyio.sleep(_LOOK_SECONDS)
                continue
            found = await run_in_threadpool(read)
            for sequence, kind, data in found:
                since = sequence
                yield ServerSentEvent(data, event=kind, id=str(sequence))
            if len(found) < _PAGE:
                looked = latest
    finally:
        service.metrics.streams.dec()
