"""Rows for an answer: one, or a page of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar

from fastapi import Query
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from fec.service.http.problems import Problem

Limit = Annotated[int, Query(ge=1, le=200)]
ByOrder = Annotated[str | None, Query(alias="orderId", min_length=1, max_length=32, pattern="^[ -~]*$")]
Before = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="`next` of the page before.")]


class Numbered(Protocol):
    """A row with a number that grows."""

    number: int


Row = TypeVar("Row")


def one_row(session: Session, query: Select[Row], missing: Problem) -> Row:
    """The row of a query, which has one at most. Raises the problem if it has none."""
    found = session.scalars(query).one_or_none()
    if found is None:
        raise missing
    return found


def newest(
    session: Session, query: Select[Row], number: InstrumentedAttribute[int], limit: int, before: int | None
) -> Sequence[Row]:
    """Rows of a query, those with the highest number first; those below `before`, if that is given."""
    if before is not None:
        query = query.where(number < before)
    return session.scalars(query.order_by(number.desc()).limit(limit)).all()


def following(rows: Sequence[Numbered], limit: int) -> str | None:
    """What to give as `before` for the page that follows these rows; None if they are the last ones."""
    return str(rows[-1].number) if len(rows) == limit else None
