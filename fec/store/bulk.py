"""Writing many rows at once, column by column, by the fastest way that each database has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, Table
from sqlalchemy.engine import Dialect

from fec.store.types import ColumnType

#: What stands for something else in PostgreSQL's text format of COPY.
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_NULL = r"\N"
#: Values of one statement on SQLite, which takes 32,766.
_PARAMETERS = 8_000


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows whose values are in the order of the table's columns. Raises as `insert_columns` does."""
    insert_columns(connection, table, list(zip(*rows, strict=True)))


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], returning: Sequence[str]
) -> Sequence[Sequence[Any]]:
    """Inserts rows, each with the same names of columns, without those of which something unique is there already.

    Gives some columns of those that are new, as the database keeps them. Raises as `insert_columns` does.
    """
    if not rows:
        return []
    names = list(rows[0])
    is_sqlite = connection.dialect.name == "sqlite"
    prepare = _prepared if is_sqlite else _unquoted
    columns = [prepare(table.c[name], [row[name] for row in rows], connection.dialect) for name in names]
    each = zip(*columns, strict=True)
    listed, given = (", ".join(f'"{name}"' for name in some) for some in (names, returning))
    source = (
        f"VALUES ({', '.join('?' * len(names))})"
        if is_sqlite
        else f'SELECT {listed} FROM json_populate_recordset(NULL::"{table.name}", %s)'  # noqa: S608 (own names)
    )
    statement = f'INSERT INTO "{table.name}" ({listed}) {source} ON CONFLICT DO NOTHING RETURNING {given}'
    cursor = connection.connection.cursor()
    if is_sqlite:
        found = [row for values in each for row in cursor.execute(statement, values)]
    else:
        # One parameter: thousands, and a statement that names each, take the driver longer than all the rest.
        texts = json.dumps([dict(zip(names, values, strict=True)) for values in each])
        found = cursor.execute(statement, (texts,)).fetchall()
    cursor.close()
    return found


def insert_columns(
    connection: Connection,
    table: Table,
    columns: Sequence[Sequence[Any]],
    *,
    names: Sequence[str] | None = None,
    encoded: bool = False,
) -> None:
    """Inserts rows given as the table's columns, or as those with these `names`; with COPY where there is that.

    Each column has the same number of values. If they are `encoded`, they are what the database keeps already, such as
    amounts as digits and JSON as text. Raises TypeError or ValueError for a value that is not of its column's type;
    raises what the database's driver raises.
    """
    if not columns or not columns[0]:
        return
    dialect = connection.dialect
    into = [*table.columns] if names is None else [table.c[name] for name in names]
    prepared = [
        values if encoded else _prepared(column, values, dialect) for column, values in zip(into, columns, strict=True)
    ]
    listed = ", ".join(f'"{column.name}"' for column in into)
    cursor = connection.connection.cursor()
    if dialect.name == "postgresql":
        fields = [_fields(column, values) for column, values in zip(into, prepared, strict=True)]
        with cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
            copy.write("\n".join(map("\t".join, zip(*fields, strict=True))) + "\n")
    else:
        _insert_sqlite(cursor, f'INSERT INTO "{table.name}" ({listed}) VALUES ', prepared)  # noqa: S608 (own names)
    cursor.close()


def _insert_sqlite(cursor: Any, insert: str, columns: Sequence[Sequence[Any]]) -> None:
    """Many rows in a statement: while it runs, other threads do too. One by one they would stop it at each row."""
    width, count = len(columns), len(columns[0])
    row = f"({', '.join('?' * width)})"
    at_once = _PARAMETERS // width
    values = list(chain.from_iterable(zip(*columns, strict=True)))
    whole = count // at_once * at_once * width
    many = insert + ", ".join([row] * at_once)
    for start in range(0, whole, at_once * width):
        cursor.execute(many, values[start : start + at_once * width])
    cursor.executemany(insert + row, [values[start : start + width] for start in range(whole, len(values), width)])


def _unquoted(column: Column[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """Values as the database keeps them, but for JSON, which is part of JSON here."""
    return values if isinstance(column.type, JSON) else _prepared(column, values, dialect)


def _prepared(column: Column[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    if isinstance(column.type, ColumnType):
        return column.type.bind_column(values)
    if isinstance(column.type, JSON):
        return [json.dumps(value) for value in values]
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    return values if convert is None else [convert(value) for value in values]


def _fields(column: Column[Any], values: Sequence[Any]) -> Sequence[str]:
    """Values of a column in PostgreSQL's text format of COPY."""
    if isinstance(column.type, ColumnType | Integer):
        # Digits, and no more than they are.
        texts = values if isinstance(column.type, ColumnType) else [*map(str, values)]
        return (
            texts
            if None not in values
            else [_NULL if value is None else text for value, text in zip(values, texts, strict=True)]
        )
    texts = [None if value is None else str(value) for value in values]
    if _SPECIAL.search("".join(filter(None, texts))):
        texts = [text and text.translate(_ESCAPES) for text in texts]
    return [_NULL if text is None else text for text in texts]
