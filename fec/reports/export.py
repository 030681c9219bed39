"""An index as a folder of Parquet files: what all reports read, on whichever engine.

Amounts are decimal(38, 0) in wei, token ids text, times seconds since the epoch, as in the index. The database is read
in one transaction, so that all tables are of one block; `manifest.json` says which, and is written last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi
import adbc_driver_sqlite.dbapi
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from sqlalchemy import Boolean, Column, Engine, Integer, Table

from fec import store
from fec.indexer.database import check_complete, cursor_of
from fec.indexer.errors import IndexMissing
from fec.indexer.models import (
    AllianceVersion,
    BlockRecord,
    ClaimRecord,
    EventRecord,
    NodeRecord,
    NodeVersion,
    OrderRecord,
    OrderVersion,
    ProgramVersion,
    RefundRecord,
    RewardRecord,
    TermsVersion,
    TotalsVersion,
)
from fec.reports.errors import ExportInvalid
from fec.store.base import table
from fec.store.deployment import DeploymentRecord
from fec.store.types import Int64, Wei

MANIFEST = "manifest.json"
#: Makes what an older version exported unreadable for a newer one that needs more.
FORMAT = 1
#: Fits any amount, and any sum of fewer than 2^31 of them: the cap is below 2^95, and 2^126 < 10^38.
WEI = pa.decimal128(38, 0)

#: The tables that reports need; of the events, only where each one is.
_MODELS = (
    AllianceVersion,
    BlockRecord,
    ClaimRecord,
    NodeRecord,
    NodeVersion,
    OrderRecord,
    OrderVersion,
    ProgramVersion,
    RefundRecord,
    RewardRecord,
    TermsVersion,
    TotalsVersion,
)
_EVENT_COLUMNS = ("block_number", "log_index", "transaction_hash")


@dataclass(frozen=True)
class Manifest:
    """Which index an export was made of, and at which block."""

    format: int
    chain_id: int
    fec: str
    adn: str
    block: int
    block_hash: str
    """Of that block."""
    timestamp: int
    """Of that block, in seconds since the epoch."""
    finalized_block: int
    rows: dict[str, int]
    """Number of rows by table."""


def export(engine: Engine, folder: Path) -> Manifest:
    """Writes an index into a folder, which is made if need be; what an earlier export left there is replaced.

    An SQLite file must not be in use by other threads of this process meanwhile; other processes do no harm.

    Raises IndexMissing if nothing is indexed yet, IndexIncomplete if events are known to be lacking, ExportInvalid if
    the folder holds other files.
    """
    _prepare(folder)
    with store.reading(engine) as connection:
        cursor_of(connection)  # raises IndexMissing, in words
        check_complete(connection)
    with _arrow(engine) as cursor:
        place, deployment = _place(cursor)
        rows = {}
        for model in _MODELS:
            source = table(model)
            rows[source.name] = _write(cursor, source, tuple(source.columns.keys()), folder)
        rows["events"] = _write(cursor, table(EventRecord), _EVENT_COLUMNS, folder)
    manifest = Manifest(FORMAT, **deployment, **place, rows=rows)
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n")
    return manifest


def manifest_of(folder: Path) -> Manifest:
    """What an export says of itself. Raises ExportInvalid if it is none, or one of another version."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
        missing = [name for name in manifest.rows if not (folder / f"{name}.parquet").is_file()]
    except (OSError, ValueError, TypeError) as error:
        raise ExportInvalid(
            "{folder} is not an export of an index: {reason}. Make one with `fec report export {folder}`.",
            folder=folder,
            reason=error,
        ) from error
    if manifest.format != FORMAT or missing:
        raise ExportInvalid(
            "The export in {folder} is incomplete, or of another version. Make it again with `fec report export "
            "{folder}`.",
            folder=folder,
        )
    return manifest


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = {f"{table(model).name}.parquet" for model in _MODELS} | {"events.parquet", MANIFEST}
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in names)
    if foreign:
        raise ExportInvalid(
            "{folder} contains other files ({name}). Name an empty folder for the export.",
            folder=folder,
            name=foreign[0],
        )
    (folder / MANIFEST).unlink(missing_ok=True)


@contextmanager
def _arrow(engine: Engine) -> Iterator[Any]:
    """A cursor that gives Arrow, in one transaction with one snapshot of the database."""
    if engine.dialect.name == "sqlite":
        # The driver brings an SQLite of its own. Two in one process do not see each other's locks, and the first to
        # close would take the log of writes away from under the other: the engine lets go of the file meanwhile.
        engine.dispose()
        connection = adbc_driver_sqlite.dbapi.connect(engine.url.database)
        begin = "SELECT 1"
    else:
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = adbc_driver_postgresql.dbapi.connect(url)
        begin = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    with closing(connection), closing(connection.cursor()) as cursor:
        cursor.execute(begin)
        if engine.dialect.name == "sqlite":
            cursor.fetchall()
        yield cursor


def _place(cursor: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    cursor.execute(
        "SELECT c.next_block - 1, b.hash, b.timestamp, c.finalized_block"
        " FROM cursor c JOIN blocks b ON b.number = c.next_block - 1"
    )
    row = cursor.fetchone()
    if row is None:
        raise IndexMissing("The index has not reached the contracts' deployment yet. Continue with `fec index run`.")
    place = dict(zip(("block", "block_hash", "timestamp", "finalized_block"), row, strict=True))
    cursor.execute(f"SELECT chain_id, fec, adn FROM {table(DeploymentRecord).name}")  # noqa: S608 (no input in it)
    return place, dict(zip(("chain_id", "fec", "adn"), cursor.fetchone(), strict=True))


def _write(cursor: Any, source: Table, names: tuple[str, ...], folder: Path) -> int:
    """One table, some rows at a time; the number of its rows."""
    columns = [source.columns[name] for name in names]
    schema = pa.schema([(column.name, _type(column)) for column in columns])
    key = ", ".join(column.name for column in source.primary_key if column.name in names)
    selected = ", ".join(map(_selected, columns))
    cursor.execute(f"SELECT {selected} FROM {source.name} ORDER BY {key}")  # noqa: S608 (no input in it)
    written = 0
    path = folder / f"{source.name}.parquet"
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:  # type: ignore[no-untyped-call]
        for batch in cursor.fetch_record_batch():
            arrays = [
                _array(array, column, field.type)
                for array, column, field in zip(batch.columns, columns, schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            written += batch.num_rows
    return written


def _type(column: Column[Any]) -> pa.DataType:
    if isinstance(column.type, Wei):
        return WEI
    if isinstance(column.type, Boolean):
        return pa.bool_()
    return pa.int64() if _is_integer(column) else pa.string()


def _is_integer(column: Column[Any]) -> bool:
    return isinstance(column.type, type(Int64) | Integer)


def _selected(column: Column[Any]) -> str:
    """How a column is asked for: SQLite has no types, so none may begin with a page of nulls."""
    if _is_integer(column):
        return f"coalesce({column.name}, -1)"
    if isinstance(column.type, Boolean):
        return f"CAST({column.name} AS INTEGER)"
    return f"coalesce(CAST({column.name} AS TEXT), '')"


def _array(array: pa.Array, column: Column[Any], kind: pa.DataType) -> pa.Array:
    if column.nullable:
        nothing = pa.scalar(-1 if _is_integer(column) else "", array.type)
        missing = pa.compute.equal(array, nothing)  # type: ignore[attr-defined]
        none = pa.scalar(None, array.type)
        array = pa.compute.if_else(missing, none, array)  # type: ignore[attr-defined]
    return array.cast(kind)
