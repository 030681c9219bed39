"""Writing many rows at once, by the fastest way that each database has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows whose values are in the order of the table's columns; with COPY where the database has it."""
    if not rows:
        return
    values = _prepared(table, connection.dialect, rows)
    cursor = connection.connection.cursor()
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if connection.dialect.name == "postgresql":
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in values:
                copy.write_row(row)
    else:
        places = ", ".join("?" for _ in table.columns)
        cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', values)  # noqa: S608 (own names)
    cursor.close()


def _prepared(table: Table, dialect: Dialect, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, convert in _converters(table, dialect.name, dialect):
        columns[place] = [convert(value) for value in columns[place]]
    return list(zip(*columns, strict=True))


@cache
def _converters(table: Table, _: str, dialect: Dialect) -> list[tuple[int, Callable[[Any], Any]]]:
    """Of the columns whose type has one, place and conversion."""
    found = ((place, column.type.dialect_impl(dialect).bind_processor(dialect)) for place, column in enumerate(table.c))
    return [(place, convert) for place, convert in found if convert is not None]
