"""Sales that were paid elsewhere: many recorded in one transaction with their events, then answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert

from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.actions.idempotency import Answer, claimed, fingerprint
from fec.service.context import Service
from fec.service.gathering.request import Plain
from fec.service.models import IdempotencyRecord
from fec.service.sales import schemas
from fec.service.sales.book import Book, open_books
from fec.service.sales.lookup import claim_of, sale_model
from fec.service.sales.recording import Recorded, ToRecord, entry_of, record
from fec.store import writing
from fec.store.base import table

_RECORD = insert(table(IdempotencyRecord))


@dataclass(frozen=True)
class Asked:
    """A sale that is to be recorded."""

    program_id: int
    by: str
    body: schemas.NewSale
    key: str | None
    fingerprint: str


async def create(service: Service, request: Plain) -> Answer | None:
    """Records a sale; None if it is not plain: refused, known before, or not by an API key."""
    caller = await request.recorder(service)
    if caller is None:
        return None
    body = schemas.NewSale.model_validate_json(request.body)
    asked = Asked(caller.program_id, caller.name, body, request.key, fingerprint("POST", "/v1/sales", request.body))
    with service.idempotency.alone(asked.program_id, asked.key):
        return await service.gatherer("sales", record_all, _merchant).ask(asked)


def _merchant(asked: Asked) -> int:
    return asked.program_id


def record_all(service: Service, asked: Sequence[Asked]) -> list[Answer | None]:
    """An answer for each sale that is new; None where something needs a closer look."""
    books = open_books(service, {one.program_id for one in asked})
    with writing(service.engine) as connection:
        answers = _keep(service, connection, asked, books)
    return [answers.get(place) for place in range(len(asked))]


def _keep(
    service: Service, connection: Connection, asked: Sequence[Asked], books: dict[int, Book]
) -> dict[int, Answer]:
    keyed = [(place, (one.program_id, one.key)) for place, one in enumerate(asked) if one.key is not None]
    free = claimed(connection, [key for _, key in keyed])
    taken = {place for (place, _), is_free in zip(keyed, free, strict=True) if not is_free}
    places = [place for place in range(len(asked)) if place not in taken]
    sales = [ToRecord(books[one.program_id], one.by, entry_of(one.body)) for one in map(asked.__getitem__, places)]
    answers: dict[int, Answer] = {}
    changes: list[Change] = []
    records: list[dict[str, Any]] = []
    for place, made in zip(places, record(service, connection, sales), strict=True):
        if not isinstance(made, Recorded) or made.known:
            continue
        one = asked[place]
        # What is kept and told has no claim code; what is answered has.
        body = sale_model(service, made.row, None, codes=False).dump()
        answers[place] = Answer(201, {**body, "claim": claim_of(service, made.row, codes=True)})
        changes.append(Change(one.program_id, None, "sale.recorded", body))
        if one.key is not None:
            records.append(
                {
                    "program_id": one.program_id,
                    "key": one.key,
                    "fingerprint": one.fingerprint,
                    "status": 201,
                    "body": body,
                    "created_at": made.row.created_at,
                }
            )
    if records:
        connection.execute(_RECORD, records)
    events.write(connection, changes)
    return answers
