"""What becomes of one invoice, as a stream, for the page that it is paid on."""

from __future__ import annotations

import json

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent

from fec.service.context import Served
from fec.service.feed import stream
from fec.service.feed.stream import STREAM, LastEventId
from fec.service.http.problems import declared
from fec.service.http.schemas import Identity
from fec.service.orders.lookup import any_invoice, invoice_model, latest_payments

router = APIRouter(prefix="/v1/pay/{invoice_id}", tags=["events"])


@router.get("/events", response_class=EventSourceResponse, responses={**declared(404), **STREAM})
def follow(invoice_id: Identity, service: Served, last_event_id: LastEventId = None) -> Response:
    """Send an invoice's state, then every change of it as it happens. Anybody who knows the invoice's id may listen."""
    first: list[ServerSentEvent] = []
    with Session(service.engine) as session:
        invoice = any_invoice(session, invoice_id)
        since = stream.latest(session) if last_event_id is None else int(last_event_id)
        if last_event_id is None:
            state = invoice_model(service, invoice, latest_payments(session, [invoice]).get(invoice.number)).dump()
            first.append(ServerSentEvent(json.dumps(state), event="invoice.state", id=str(since)))
    return stream.response(service, since, first=first, invoice_number=invoice.number)
