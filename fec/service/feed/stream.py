"""Server-sent events: what changes, as it happens, from where a reader left off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

import anyio
from fastapi import Header, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from fec.service.actions import events
from fec.service.context import Service
from fec.service.http.callers import current_caller
from fec.service.models import ServiceEvent

_AT_ONCE = 100
_LOOK_SECONDS = 0.1
_PING_SECONDS = 15
_ALLOWED_SECONDS = 1

LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", pattern="^[0-9]{1,15}$", description="As browsers send it by themselves.")
]
#: What an operation that answers with a stream says of it.
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, each with its number as its id.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def latest(session: Session) -> int:
    """Number of the last event; 0 before the first."""
    return session.scalar(select(func.max(ServiceEvent.sequence))) or 0


def response(
    service: Service,
    since: int,
    *,
    first: Sequence[ServerSentEvent] = (),
    program_id: int | None = None,
    invoice_number: int | None = None,
    allowed: Callable[[], bool] = lambda: True,
) -> Response:
    """A stream of the events after a number, of a program or an invoice, with something to say first.

    It ends as soon as its reader is not `allowed` to read it any more. Raises a problem if the caller, or the program's
    merchant, listens to too many.
    """
    caller = current_caller.get() if program_id is None else f"program {program_id}"
    service.guard.check_streams(caller)
    content = _events(
        service, since, first, caller=caller, program_id=program_id, invoice_number=invoice_number, allowed=allowed
    )
    return EventSourceResponse(content, ping=_PING_SECONDS, headers={"Cache-Control": "no-store"})


async def _events(
    service: Service,
    since: int,
    first: Sequence[ServerSentEvent],
    *,
    caller: str,
    program_id: int | None,
    invoice_number: int | None,
    allowed: Callable[[], bool],
) -> AsyncIterator[ServerSentEvent]:
    def read() -> list[tuple[int, str, str]]:
        with Session(service.engine) as session:
            found = events.after(session, since, _AT_ONCE, program_id=program_id, invoice_number=invoice_number)
            return [(event.sequence, event.type, json.dumps(event.payload)) for event in found]

    looked, asked_at = -1, anyio.current_time()
    service.metrics.streams.inc()
    service.guard.listens(caller)
    try:
        for item in first:
            yield item
        while not service.stopping:
            # A key may be revoked, and an operator replaced, while somebody listens.
            if anyio.current_time() >= asked_at + _ALLOWED_SECONDS:
                asked_at = anyio.current_time()
                if not await run_in_threadpool(allowed):
                    return
            newest = service.latest_event
            if newest == looked:
                await anyio.sleep(_LOOK_SECONDS)
                continue
            found = await run_in_threadpool(read)
            for sequence, kind, data in found:
                since = sequence
                yield ServerSentEvent(data, event=kind, id=str(sequence))
            if len(found) < _AT_ONCE:
                looked = newest
    finally:
        service.guard.left(caller)
        service.metrics.streams.dec()
