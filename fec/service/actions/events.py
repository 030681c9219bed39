"""What has changed, in the order of the commits: written with each change, read by streams and webhooks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.orm import Session

from fec.service.models import ServiceEvent

#: Any number, the same for all: only one transaction at a time is between numbering its events and its commit.
_LOCK = 0xFEC_E7E47
_INSERT = insert(ServiceEvent)


@dataclass(frozen=True)
class Change:
    """An event to be written."""

    program_id: int
    invoice_number: int | None
    type: str
    payload: dict[str, Any]


def record(session: Session, changes: Iterable[Change]) -> None:
    """Writes events, as the last thing that a transaction does: others wait until it ends.

    Numbers follow the order of the commits, as else a reader could see 8, move on, and never see 7.
    """
    session.flush()
    write(session.connection(), changes)


def write(connection: Connection, changes: Iterable[Change]) -> None:
    """The same, for a transaction without a session."""
    now = int(time.time())
    rows = [
        {
            "program_id": change.program_id,
            "invoice_number": change.invoice_number,
            "type": change.type,
            "payload": change.payload,
            "created_at": now,
        }
        for change in changes
    ]
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(_INSERT, rows)


def after(
    session: Session, sequence: int, limit: int, *, program_id: int | None = None, invoice_number: int | None = None
) -> Sequence[ServiceEvent]:
    """The events that follow a number, oldest first, of a program or an invoice if named."""
    query = select(ServiceEvent).where(ServiceEvent.sequence > sequence)
    if program_id is not None:
        query = query.where(ServiceEvent.program_id == program_id)
    if invoice_number is not None:
        query = query.where(ServiceEvent.invoice_number == invoice_number)
    return session.scalars(query.order_by(ServiceEvent.sequence).limit(limit)).all()
