"""What reports are made of: the tables of an export as of one cut-off, as Ibis expressions.

    with opened(folder) as data: …                          # an export, on DuckDB; or engine="spark"
    with of_index(store.open_database("shop.sqlite")) as data: …   # straight from an index

Everything here and in the reports is written once and runs on either engine. Amounts are decimal(38, 0) in wei. An
amount is below 2^95, the cap's bound, and a table has fewer than 2^31 rows, so that no sum reaches 2^126 < 10^38;
should one ever, both engines raise an error rather than round or wrap.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import ibis
import pyarrow as pa
from sqlalchemy import Engine as Database

from fec.core.durations import DAY
from fec.i18n import N_
from fec.indexer.views import SETTLED
from fec.reports import spark
from fec.reports.dates import Cutoff, Every, intervals
from fec.reports.errors import CutoffUnknown, NothingToReport
from fec.reports.export import Manifest, export, manifest_of

T = TypeVar("T")

Engine = Literal["duckdb", "spark"]
By = Literal["program", "alliance", "protocol"]
WEI = "decimal(38, 0)"
#: The one scope when all is taken together.
PROTOCOL = 0


#: What a scope's numbers are numbers of.
SCOPES = {"program": N_("Program"), "alliance": N_("Alliance"), "protocol": N_("All")}


@dataclass(frozen=True)
class Scope:
    """What a report's figures are added up by, and which one alone is wanted."""

    by: By = "program"
    only: int | None = None
    """Number of a program or an alliance; None: each of them."""


def total(column: Any) -> Any:
    """The sum of amounts, none of them being zero."""
    return column.sum().fill_null(0).cast(WEI)


def wei(value: Any) -> Any:
    """An expression, or an int, as an amount."""
    if isinstance(value, int):
        return ibis.literal(str(value)).cast(WEI)
    return value.cast(WEI)


class Data:
    """An export as of a cut-off, on one engine. Tables are cached on first use."""

    def __init__(self, folder: Path, engine: Engine = "duckdb", *, block: int | None = None, time: int | None = None):
        """Takes an export and the cut-off: a block, or seconds since the epoch; else the export's own last block.

        Raises ExportInvalid, MomentUnknown, EngineMissing.
        """
        self.manifest: Manifest = manifest_of(folder)
        self.engine: Engine = engine
        self._folder = folder
        self._backend: Any = ibis.duckdb.connect() if engine == "duckdb" else spark.connect()
        self._tables: dict[str, Any] = {}
        self._cached: dict[str, Any] = {}
        self.cutoff = self._cutoff(block, time)

    def close(self) -> None:
        """Lets go of what was kept."""
        if self.engine == "duckdb":
            self._backend.disconnect()
        else:
            # The session outlives this.
            for table in self._tables.values():
                spark.drop_table(self._backend, table.get_name())

    # ------------------------------------------------------------------- as they stood

    @cached_property
    def blocks(self) -> Any:
        """Blocks up to the cut-off: number, hash, timestamp."""
        return self._read("blocks").filter(lambda t: t.number <= self.cutoff.block)

    @cached_property
    def nodes(self) -> Any:
        """Nodes: token_id, owner (null once merged away), principal, claimed, program_id, start, period_length."""
        created = self._read("nodes").select("token_id", "program_id", "serial", "period_length", "start")
        return self._materialise("nodes", self._latest("node_versions", "token_id").inner_join(created, "token_id"))

    @cached_property
    def mints(self) -> Any:
        """New nodes, minted or settled: place, cause, token_id, program_id, start, owner then, principal, time."""
        created = self._read("nodes").select("token_id", "program_id", "start")
        minted = self._up_to_cutoff("node_versions").filter(lambda t: t.cause.isin(["mint", SETTLED]))
        minted = minted.select("block_number", "log_index", "cause", "token_id", "owner", "principal")
        minted = minted.inner_join(created, "token_id")
        return self._materialise("mints", self._timed(minted))

    @cached_property
    def claims(self) -> Any:
        """What nodes paid: place, token_id, recipient, amount, program_id, start, time."""
        created = self._read("nodes").select("token_id", "program_id", "start")
        return self._materialise("claims", self._timed(self._up_to_cutoff("claims").inner_join(created, "token_id")))

    @cached_property
    def programs(self) -> Any:
        """Programs: program_id, operator, issuer, period_length, origin, quota (left), burned, closed."""
        return self._materialise("programs", self._latest("program_versions", "program_id"))

    @cached_property
    def alliances(self) -> Any:
        """Programs that are in an alliance: program_id, alliance_id."""
        latest = self._latest("alliance_versions", "program_id").select("program_id", "alliance_id")
        return self._materialise("alliances", latest.filter(latest.alliance_id.notnull()))

    @cached_property
    def orders(self) -> Any:
        """Orders not taken back in full: what is in the index's `orders_latest`, and `net`, amount less refunded.

        `placed_block` and `placed_log` say where it was paid; `block_number` and `log_index` where it last changed.
        """
        created = self._read("orders").rename(placed_block="block_number", placed_log="log_index")
        orders = self._latest("order_versions", "order_key").inner_join(created, "order_key")
        orders = orders.mutate(net=(orders.amount - orders.refunded).cast(WEI))
        return self._materialise("orders", orders.filter(orders.net > 0))

    @cached_property
    def purchases(self) -> Any:
        """Orders not taken back in full, and sales settled later: program_id, shopper, time, net, settled, and where.

        A settled sale counts as made when it was settled; it has no `net`, for the chain does not know what it cost.
        In a program without an issuer anybody can settle for anybody, so that nothing settled there is a sale.
        """
        issued = self.programs.filter(lambda t: t.issuer.notnull()).select("program_id")
        settled = self.mints.filter(lambda t: t.cause == SETTLED).inner_join(issued, "program_id")
        parts = (
            self.orders.select(
                *("program_id", "placed_block", "placed_log", "net"),
                shopper="customer",
                time="paid_at",
                settled=ibis.literal(False),
            ),
            settled.select(
                "program_id",
                "time",
                placed_block="block_number",
                placed_log="log_index",
                net=ibis.null(WEI),
                shopper="owner",
                settled=ibis.literal(True),
            ),
        )
        names = ("program_id", "shopper", "time", "net", "settled", "placed_block", "placed_log")
        return self._materialise("purchases", ibis.union(*(part.select(*names) for part in parts)))

    @cached_property
    def totals(self) -> Any:
        """The protocol's own books: supply, burned, outstanding; no row if nothing happened yet."""
        place = ibis.window(order_by=[ibis.desc("block_number"), ibis.desc("log_index")])
        rows = self._up_to_cutoff("totals_versions").mutate(age=ibis.row_number().over(place))
        return rows.filter(rows.age == 0).drop("age")

    @cached_property
    def totals_through_time(self) -> Any:
        """The books at the end of each block that changed them: place, supply, burned, outstanding, time."""
        return self._materialise("totals_through_time", self._timed(self._up_to_cutoff("totals_versions")))

    def transactions(self, table: Any) -> Any:
        """A table with a place, joined with the hash of the transaction that is there."""
        events = self._read("events").select("block_number", "log_index", "transaction_hash")
        return table.inner_join(events, ["block_number", "log_index"])

    # ---------------------------------------------------------------------- parts

    def scoped(self, table: Any, scope: Scope) -> Any:
        """A table with a program_id, and the `scope` that each row belongs to."""
        if scope.by == "program":
            table = table.mutate(scope=table.program_id)
        elif scope.by == "alliance":
            members = self.alliances.select("program_id", scope="alliance_id")
            table = table.inner_join(members, "program_id")
        else:
            table = table.mutate(scope=ibis.literal(PROTOCOL, "int64"))
        return table if scope.only is None else table.filter(table.scope == scope.only)

    def calendar(self, begin: int, end: int, every: Every) -> Any:
        """Days from one time to another: `day` since the epoch, and `begin`, `end` and `number` of their interval."""
        rows = [
            (day, interval.begin, interval.end, number)
            for number, interval in enumerate(intervals(begin, end, every))
            for day in range(interval.begin // DAY, interval.end // DAY)
        ]
        names = ("day", "begin", "end", "number")
        return self.small({name: [row[place] for row in rows] for place, name in enumerate(names)})

    def small(self, columns: dict[str, list[Any]], kinds: dict[str, pa.DataType] | None = None) -> Any:
        """An in-memory table to join with; integers by default."""
        arrays = {name: pa.array(values, (kinds or {}).get(name, pa.int64())) for name, values in columns.items()}
        return ibis.memtable(pa.table(arrays))

    def rows(self, expression: Any) -> list[tuple[Any, ...]]:
        """The rows of an expression; amounts as ints."""
        engine = self._backend
        found = engine.to_pyarrow(expression) if self.engine == "duckdb" else spark.arrow(engine, expression)
        columns = [column.to_pylist() for column in found.columns]
        for place, field in enumerate(found.schema):
            if pa.types.is_decimal(field.type):
                columns[place] = [None if value is None else int(value) for value in columns[place]]
        return list(zip(*columns, strict=True))

    def materialise(self, name: str, expression: Any) -> Any:
        """An expression that several reports build on, worked out once."""
        if name not in self._tables:
            self._materialise(name, expression)
        return self._tables[name]

    def cached(self, name: str, make: Callable[[], T]) -> T:
        """Something else that several reports build on, made once."""
        if name not in self._cached:
            self._cached[name] = make()
        return cast(T, self._cached[name])

    def check(self, scope: Scope) -> None:
        """Raises NothingToReport if the program or alliance that is wanted is not there."""
        if scope.only is None or scope.by == "protocol":
            return
        programs = self.scoped(self.programs.select("program_id"), scope)
        if not self.rows(programs.limit(1)):
            raise NothingToReport(
                "There is no program {number} at block {block}. `fec program list` shows them."
                if scope.by == "program"
                else "There is no alliance {number} at block {block}. `fec alliance show` names a program's.",
                number=scope.only,
                block=self.cutoff.block,
            )

    def _read(self, name: str) -> Any:
        key = f"parquet/{name}"
        if key not in self._tables:
            path = str(self._folder / f"{name}.parquet")
            # Spark's names are those of its session, which outlives this.
            self._tables[key] = self._backend.read_parquet(path, table_name=ibis.util.gen_name(name))
        return self._tables[key]

    def _materialise(self, name: str, expression: Any) -> Any:
        # Not Ibis's own cache: what refers to it keeps it no longer than its author.
        made = ibis.util.gen_name(name)
        if self.engine == "duckdb":
            self._tables[name] = self._backend.create_table(made, expression, temp=True)
        else:
            self._tables[name] = spark.materialise(self._backend, made, expression)
        return self._tables[name]

    def _up_to_cutoff(self, name: str) -> Any:
        return self._read(name).filter(lambda t: t.block_number <= self.cutoff.block)

    def _timed(self, table: Any) -> Any:
        times = self._read("blocks").select(block_number="number", time="timestamp")
        return table.inner_join(times, "block_number")

    def _latest(self, name: str, key: str) -> Any:
        """The last version of each key: what `fec.indexer.views.as_of` is in SQL."""
        newest = ibis.window(group_by=key, order_by=[ibis.desc("block_number"), ibis.desc("log_index")])
        rows = self._up_to_cutoff(name).mutate(age=ibis.row_number().over(newest))
        return rows.filter(rows.age == 0).drop("age")

    def _cutoff(self, block: int | None, time: int | None) -> Cutoff:
        manifest = self.manifest
        number, timestamp, hash_ = manifest.block, manifest.timestamp, manifest.block_hash
        if (block is not None and block > number) or (time is not None and time > timestamp):
            raise CutoffUnknown(
                "The index ends at block {number} of {timestamp:date}. Name an earlier date, or run `fec index run`.",
                number=number,
                timestamp=timestamp,
            )
        if block is not None or time is not None:
            blocks = self._read("blocks")
            before = blocks.filter(blocks.number <= block if block is not None else blocks.timestamp <= time)
            found = self.rows(before.order_by(ibis.desc("number")).limit(1).select("number", "timestamp", "hash"))
            if not found:
                raise CutoffUnknown("The contracts were not deployed yet at that time. Name a later date or block.")
            number, timestamp, hash_ = found[0]
        return Cutoff(
            chain_id=manifest.chain_id,
            fec=manifest.fec,
            block=number,
            block_hash=hash_,
            block_timestamp=timestamp,
            timestamp=timestamp if time is None else time,
            finalized=number <= manifest.finalized_block,
        )


@contextmanager
def opened(
    folder: Path, engine: Engine = "duckdb", *, block: int | None = None, time: int | None = None
) -> Iterator[Data]:
    """An export as of a cut-off; see `Data`."""
    data = Data(folder, engine, block=block, time=time)
    try:
        yield data
    finally:
        data.close()


@contextmanager
def of_index(
    database: Database, engine: Engine = "duckdb", *, block: int | None = None, time: int | None = None
) -> Iterator[Data]:
    """An index as it is now, by way of an export that nobody keeps. Raises what `export` and `Data` do."""
    with tempfile.TemporaryDirectory(prefix="fec-export-") as folder:
        export(database, Path(folder))
        with opened(Path(folder), engine, block=block, time=time) as data:
            yield data
