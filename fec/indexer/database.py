"""The index in its database: each change is one transaction that moves the cursor, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Text, case, cast, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fec.indexer.errors import IndexIncomplete, IndexMissing, Reorganised
from fec.indexer.events import Events, in_turn, restore
from fec.indexer.logs import Stretch
from fec.indexer.models import DERIVED, BlockRecord, CursorRecord, EventRecord
from fec.indexer.projection import Projection
from fec.indexer.settled import SETTLED_DIGITS
from fec.indexer.state import State
from fec.indexer.views import view
from fec.store import reading, writing
from fec.store.base import table
from fec.store.bulk import insert_columns, insert_rows
from fec.store.deployment import DeploymentRecord

#: Events that a rebuild takes at a time.
_REBUILD_EVENTS = 10_000
#: Rows that are read at a time where not all are wanted.
_ROWS = 1_000


@dataclass(frozen=True)
class Cursor:
    """How far the index has come."""

    next_block: int
    block_hash: str | None
    """Of the block before `next_block`; None at the very beginning."""
    finalized_block: int

    @property
    def block(self) -> int:
        """The last block that is indexed."""
        return self.next_block - 1


class IndexDatabase:
    """The index of one database."""

    def __init__(self, engine: Engine) -> None:
        """Takes a database that belongs to a deployment."""
        self._engine = engine

    def begin(self) -> None:
        """Puts the cursor at the deployment's first block, unless it is somewhere already."""
        with writing(self._engine) as connection:
            first = connection.execute(select(DeploymentRecord.first_block)).scalar_one()
            start = {"id": 1, "next_block": first, "block_hash": None, "finalized_block": first - 1}
            added = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            connection.execute(added(table(CursorRecord)).values(start).on_conflict_do_nothing())

    def cursor(self) -> Cursor:
        """How far the index has come. Raises IndexMissing if it was never begun."""
        with reading(self._engine) as connection:
            return cursor_of(connection)

    def add(self, stretch: Stretch, finalized: int, depth: int) -> Cursor:
        """Adds what was read of the chain.

        Blocks without events are forgotten once they are `depth` behind. Raises Reorganised if the index is not where
        the stretch begins any more, IndexInconsistent if an event does not fit.
        """
        before = (stretch.first, stretch.parent_hash)
        with writing(self._engine) as connection:
            self._expect(connection, before)
            insert_rows(connection, table(BlockRecord), stretch.blocks)
            insert_columns(connection, table(EventRecord), _columns(stretch.events), encoded=True)
            _project(connection, stretch.events, {number: time for number, _, time in stretch.blocks})
            _clear(connection, stretch.first - depth, stretch.last - depth)
            after = Cursor(stretch.last + 1, stretch.last_hash, min(finalized, stretch.last))
            _move(connection, after)
        return after

    def finalize(self, before: Cursor, finalized: int) -> Cursor:
        """Notes up to where the chain is final. Raises Reorganised if somebody else moved the cursor."""
        after = Cursor(before.next_block, before.block_hash, min(finalized, before.block))
        if after != before:
            with writing(self._engine) as connection:
                self._expect(connection, (before.next_block, before.block_hash))
                _move(connection, after)
        return after

    def hashes(self, below: int, count: int) -> list[tuple[int, str]]:
        """The `count` highest blocks that are kept up to and with `below`: number and hash, highest first."""
        query = select(BlockRecord.number, BlockRecord.hash).where(BlockRecord.number <= below)
        query = query.order_by(BlockRecord.number.desc()).limit(count)
        with reading(self._engine) as connection:
            return [(row.number, row.hash) for row in connection.execute(query)]

    def last_event_block(self, below: int) -> tuple[int, str | None]:
        """The last block up to and with `below` of which it is known that it has logs, and its hash.

        Where no event is indexed that is the deployment's first block, whose hash is not known.
        """
        with reading(self._engine) as connection:
            query = select(BlockRecord.number, BlockRecord.hash).join(
                EventRecord, EventRecord.block_number == BlockRecord.number
            )
            row = connection.execute(
                query.where(BlockRecord.number <= below).order_by(BlockRecord.number.desc()).limit(1)
            ).one_or_none()
            if row is not None:
                return row.number, row.hash
            return connection.execute(select(DeploymentRecord.first_block)).scalar_one(), None

    def has_events_behind(self, block: int) -> bool:
        """Whether events of later blocks are indexed."""
        with reading(self._engine) as connection:
            return bool(connection.scalar(select(exists().where(EventRecord.block_number > block))))

    def totals(self) -> tuple[int, int, int]:
        """Supply, burned and outstanding, in wei; zeros where nothing is indexed."""
        with reading(self._engine) as connection:
            row = connection.execute(select(view("totals_latest"))).one_or_none()
            return (0, 0, 0) if row is None else (row.supply, row.burned, row.outstanding)

    def note_incomplete(self, block: int | None) -> None:
        """Notes that events are known to be lacking, found out at a block; or, with None, that none are."""
        with writing(self._engine) as connection:
            connection.execute(
                update(CursorRecord)
                .where(func.coalesce(CursorRecord.incomplete_at, -1) != (-1 if block is None else block))
                .values(incomplete_at=block)
            )

    def undo(self, before: Cursor, last: int, last_hash: str | None) -> Cursor:
        """Forgets what lies behind a block of that hash. Raises Reorganised if somebody else moved the cursor."""
        after = Cursor(last + 1, last_hash, min(before.finalized_block, last))
        with writing(self._engine) as connection:
            self._expect(connection, (before.next_block, before.block_hash))
            for name in (*DERIVED, table(EventRecord)):
                connection.execute(delete(name).where(name.c.block_number > last))
            connection.execute(delete(BlockRecord).where(BlockRecord.number > last))
            _move(connection, after)
        return after

    def undo_all(self, before: Cursor) -> Cursor:
        """Forgets everything. Raises Reorganised if somebody else moved the cursor."""
        with reading(self._engine) as connection:
            first = connection.execute(select(DeploymentRecord.first_block)).scalar_one()
        return self.undo(before, first - 1, None)

    def rebuild(self) -> Iterator[int]:
        """Makes everything anew from the events, in one transaction; gives the number of events taken so far."""
        with writing(self._engine) as connection:
            cursor_of(connection, lock=True)
            for name in DERIVED:
                connection.execute(delete(name))
            taken = 0
            for events in _stored(connection):
                bounds = BlockRecord.number.between(events.block_numbers[0], events.block_numbers[-1])
                times = connection.execute(select(BlockRecord.number, BlockRecord.timestamp).where(bounds))
                _project(connection, events, {row.number: row.timestamp for row in times})
                taken += len(events)
                yield taken

    def _expect(self, connection: Connection, place: tuple[int, str | None]) -> None:
        cursor = cursor_of(connection, lock=True)
        if (cursor.next_block, cursor.block_hash) != place:
            raise Reorganised(
                "The index goes on at block {actual}, not at {expected}: it was moved meanwhile.",
                actual=cursor.next_block,
                expected=place[0],
            )


def cursor_of(connection: Connection, *, lock: bool = False) -> Cursor:
    """How far the index has come; with `lock`, nobody else moves it until the transaction ends. Raises IndexMissing."""
    query = select(CursorRecord.next_block, CursorRecord.block_hash, CursorRecord.finalized_block)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise IndexMissing("The database has no index yet. Make it with `fec index run`.")
    return Cursor(*row)


def check_complete(connection: Connection) -> None:
    """Raises IndexIncomplete if the index is known to lack events."""
    block = connection.execute(select(CursorRecord.incomplete_at)).scalar_one_or_none()
    if block is not None:
        raise IndexIncomplete(block)


def _move(connection: Connection, cursor: Cursor) -> None:
    connection.execute(
        update(CursorRecord).values(
            next_block=cursor.next_block, block_hash=cursor.block_hash, finalized_block=cursor.finalized_block
        )
    )


def _columns(events: Events) -> Sequence[Sequence[Any]]:
    """Columns of `EventRecord`, as the database keeps them."""
    rows = in_turn((group.kind, group.places, group.arguments_json()) for group in events.groups)
    return (
        *(events.block_numbers, events.log_indexes, events.transaction_hashes),
        *([kind.contract for _, kind, _ in rows], [kind.name for _, kind, _ in rows], [text for *_, text in rows]),
    )


def _project(connection: Connection, events: Events, times: dict[int, int]) -> None:
    projection = Projection(State(connection, events), times)
    projection.take(events)
    for model, columns in projection.columns.items():
        insert_columns(connection, table(model), columns, encoded=True)
    for model, rows in projection.rows.items():
        insert_rows(connection, table(model), rows)


def _clear(connection: Connection, first: int, last: int) -> None:
    """Blocks without events say nothing but where the chain went; far behind the head nobody asks any more."""
    has_events = exists().where(EventRecord.block_number == BlockRecord.number)
    connection.execute(delete(BlockRecord).where(BlockRecord.number.between(first, last), ~has_events))


def _stored(connection: Connection) -> Iterator[Events]:
    """All events, some whole blocks at a time."""
    done = -1
    while True:
        last = _last_of_some(connection, done)
        if last is None:
            return
        bounds = EventRecord.block_number.between(done + 1, last)
        query = select(table(EventRecord)).where(bounds).order_by(EventRecord.block_number, EventRecord.log_index)
        yield Events.of(restore(*row) for row in connection.execute(query))
        done = last


def _last_of_some(connection: Connection, done: int) -> int | None:
    """The last of the blocks behind one whose events are as many as are taken at a time; None if there are none."""
    leaves = func.length(cast(EventRecord.arguments, Text)) // SETTLED_DIGITS
    size = case((EventRecord.name == "NodesSettled", leaves), else_=1)
    later = select(EventRecord.block_number, size).where(EventRecord.block_number > done)
    query = later.order_by(EventRecord.block_number, EventRecord.log_index)
    last, taken = None, 0
    with connection.execution_options(yield_per=_ROWS).execute(query) as rows:
        for number, each in rows:
            last, taken = number, taken + each
            if taken >= _REBUILD_EVENTS:
                break
    return last
