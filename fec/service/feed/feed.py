"""A merchant's events: as pages from a cursor on, and as a stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse

from fec.service.access.auth import Reader, caller_by
from fec.service.actions import events
from fec.service.context import Served
from fec.service.feed import schemas, stream
from fec.service.feed.stream import STREAM, LastEventId
from fec.service.http.problems import declared

router = APIRouter(prefix="/v1/events", tags=["events"])

After = Annotated[int, Query(ge=0, le=2**53 - 1, description="Number of the last event that is known.")]


@router.get("", responses=declared(401, 403))
def page(
    service: Served, caller: Reader, after: After = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> schemas.EventPage:
    """List what changed after an event, the oldest first. No event is ever missing behind one that was listed."""
    with Session(service.engine) as session:
        found = events.after(session, after, limit, program_id=caller.program_id)
    items = [
        schemas.Event(sequence=event.sequence, type=event.type, created_at=event.created_at, data=event.payload)
        for event in found
    ]
    return schemas.EventPage(items=items, next=found[-1].sequence if found else after)


@router.get("/stream", response_class=EventSourceResponse, responses={**declared(401, 403), **STREAM})
def follow(
    *,
    request: Request,
    service: Served,
    caller: Reader,
    last_event_id: LastEventId = None,
    after: Annotated[int | None, Query(ge=0, le=2**53 - 1)] = None,
) -> Response:
    """Send a merchant's events as they happen, from the one after Last-Event-ID on, or from now on."""
    known = int(last_event_id) if last_event_id is not None else after
    with Session(service.engine) as session:
        since = stream.latest(session) if known is None else known
    token: str = request.state.token

    def allowed() -> bool:
        now = caller_by(service, token)
        return now is not None and now.program_id == caller.program_id

    return stream.response(service, since, program_id=caller.program_id, allowed=allowed)
