"""Opens a database, with transactions for reading (one snapshot) and writing (one at a time)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from fec.store.errors import DatabaseInvalid, DatabaseUnreachable
from fec.store.functions import add_functions

#: How long one writer waits for another on SQLite.
_BUSY_SECONDS = 60
_CONNECT_SECONDS = 10
_WRITES = "fec_writes"
_PEN = "fec_pen"
_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


def open_database(where: str | Path, *, make: bool = True) -> Engine:
    """Opens a database: the path of an SQLite file, or a sqlite:/// or postgresql:// address.

    A file that is not there is made, unless told otherwise. Raises DatabaseInvalid for an address of another kind,
    DatabaseUnreachable if it cannot be opened.
    """
    url = _url(where)
    if url.get_backend_name() == "sqlite":
        if not make and not Path(str(url.database)).exists():
            raise DatabaseUnreachable(
                "There is no database {path}. Make it with `fec index run`, or name another.", path=url.database
            )
        engine = create_engine(url)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "checkin", _lay_down)
        event.listen(engine, "invalidate", _lay_down)
    else:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_SECONDS})
    try:
        engine.connect().close()
    except DBAPIError as error:
        engine.dispose()
        shown = url.render_as_string(hide_password=True)
        raise DatabaseUnreachable(
            "The database {shown} cannot be opened: {reason}. Check the address; for PostgreSQL, that its server runs.",
            shown=shown,
            reason=" ".join(str(error.orig).split()).rstrip("."),
        ) from error
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read-only transaction with one snapshot of the database, whatever others commit meanwhile."""
    options: dict[str, Any] = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write, committed at the end. On SQLite it has the only pen from its beginning on."""
    with writer(engine).begin() as connection:
        yield connection


def writer(engine: Engine) -> Engine:
    """The same database for sessions that write: on SQLite they wait at the beginning, rather than fail midway."""
    return engine.execution_options(**{_WRITES: True})


def _url(where: str | Path) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
        backend = url.get_backend_name()
        if backend in ("postgresql", "postgres"):
            return url.set(drivername="postgresql+psycopg")
        if backend == "sqlite" and url.database not in (None, "", ":memory:"):
            return url
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise DatabaseInvalid(
            "{where!r} is not a database address. Write postgresql://user@host/name, or the path of a file.",
            where=_PASSWORD.sub(r"\1***@", where),
        ) from error
    shown = url.render_as_string(hide_password=True)
    raise DatabaseInvalid(
        "{shown!r} is neither an SQLite file nor a PostgreSQL server. Name one of these.", shown=shown
    )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # Python's driver would begin transactions when it sees fit, and not before reads or DDL.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        # A signed transaction is on the disk before it is sent: a power cut must not lose it.
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    add_functions(connection)


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql("BEGIN")
        return
    # Within a process writers queue up here: in the database's own queue they would sleep and try again.
    kept = connection.connection.info
    if _PEN not in kept:
        pen = _pen_of(str(connection.engine.url.database))
        pen.acquire()
        kept[_PEN] = pen
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lay_down(_: Any, record: Any, *__: Any) -> None:
    pen = record.info.pop(_PEN, None)
    if pen is not None:
        pen.release()


@cache
def _pen_of(_: str) -> Lock:
    """One for each file: only who has it writes."""
    return Lock()
