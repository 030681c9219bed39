"""Follows a chain: reads what is new, undoes what was reorganised away, and keeps the index in step."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from sqlalchemy import Engine

from fec import store
from fec.chain.deployments import Deployment
from fec.chain.jsonrpc import Endpoint, Patience
from fec.i18n.errors import FECError, WrongAnswer, WrongNetwork
from fec.indexer.database import Cursor, IndexDatabase
from fec.indexer.errors import IndexIncomplete, IndexInconsistent, LogsPruned, Reorganised
from fec.indexer.events import Decoder
from fec.indexer.logs import Chain, Heads, LogSettings, Stretch
from fec.indexer.reads import Reads

#: Hashes that are compared at a time when the common ancestor is looked for.
_HASHES = 100
#: Looks at an endpoint that is behind the index, until it is believed that the chain got shorter.
_LOOKS = 5

#: Objects that Python makes before it looks for cycles among them, while a stretch is read.
_OBJECTS = 100_000

Progress = Callable[[Cursor, Heads, int], object]


class Indexer:
    """Keeps one deployment's index in one database. Several may work on one database: they take turns.

    indexer = Indexer(engine, "http://127.0.0.1:8545", deployment)
    indexer.sync()
    """

    def __init__(
        self,
        engine: Engine,
        url: str,
        deployment: Deployment,
        *,
        settings: LogSettings = LogSettings(),  # noqa: B008 (frozen)
        patience: Patience = Patience(),  # noqa: B008 (frozen)
    ) -> None:
        """Makes the tables if need be, and sees that database, deployment and chain belong together.

        Raises WrongDatabase, DatabaseOutdated, WrongNetwork, DeploymentMissing, RPCUnreachable, RPCFailed.
        """
        self._endpoint = Endpoint(url, failures=patience, limits=patience)
        self._deployment = deployment
        self._chain = Chain(self._endpoint, Decoder(deployment), settings)
        self._depth = settings.depth
        self._compared = False
        """Whether the sums were the chain's when the last event was in."""
        self._check_network(deployment["chainId"])
        store.upgrade(engine)
        with store.writing(engine) as connection:
            store.bind(connection, deployment)
        self.database = IndexDatabase(engine)
        self.database.begin()

    def close(self) -> None:
        """Ends the connection to the chain."""
        self._endpoint.close()

    def sync(self, progress: Progress | None = None) -> Cursor:
        """Indexes up to the chain's head; gives how far that is. `progress` hears of each step, with its events.

        Raises RPCUnreachable, RPCFailed or WrongAnswer once the patience is at its end: what is indexed stays, and the
        next call goes on from there. Raises LogsPruned if the endpoint does not have the logs any more that come next,
        IndexIncomplete if the sums at the end are not the chain's, IndexInconsistent.
        """
        pauses = self._endpoint.patience.pauses()
        while True:
            heads = self._chain.heads()
            cursor = self.database.cursor()
            if not heads.is_told:
                # What was final stays so: an endpoint that said it once may not know it the next time.
                heads = replace(heads, finalized=max(heads.finalized, cursor.finalized_block))
            try:
                if self._rewound(cursor, heads):
                    continue
                if cursor.next_block > heads.latest.number:
                    cursor = self.database.finalize(cursor, heads.finalized)
                    if not self._compared:
                        self._compare_totals(cursor)
                    return cursor
                if cursor.block_hash is None or heads.latest.number - cursor.block > self._depth:
                    self._check_logs_are_kept(cursor.block)
                for after, events in self._advance(cursor, heads):
                    pauses = self._endpoint.patience.pauses()
                    self._compared = self._compared and events == 0
                    if progress is not None:
                        progress(after, heads, events)
            except Reorganised as error:
                # The chain has another branch, or another indexer was faster: look again.
                pause = next(pauses, None)
                if pause is None:
                    raise WrongAnswer(
                        "The RPC endpoint contradicts itself again and again. Try another one. {reason}", reason=error
                    ) from error
                self._endpoint.wait(pause)
            except IndexInconsistent:
                self.database.note_incomplete(cursor.block)
                raise

    def rollback(self, block: int) -> Cursor:
        """Forgets everything behind a block, or behind the last kept block before it; gives how far the index is then.

        Raises LogsPruned, and forgets nothing, if the endpoint could not give it again.
        """
        cursor = self.database.cursor()
        kept = self.database.hashes(min(block, cursor.block), 1)
        return self._forget(cursor, *(kept[0] if kept else (None, None)))

    def follow(self, stop: threading.Event, seconds: int, failed: Callable[[FECError], object]) -> None:
        """Syncs until told to stop, again after so many seconds; `failed` hears of errors, which stop nothing."""
        while not stop.is_set():
            try:
                self.sync()
            except FECError as error:
                failed(error)
            stop.wait(seconds)

    # ----------------------------------------------------------------- forward

    def _advance(self, cursor: Cursor, heads: Heads) -> Iterator[tuple[Cursor, int]]:
        """Adds everything up to the head; while one stretch is written, the next one is read."""
        with ThreadPoolExecutor(1) as reader, _collector_relaxed():
            reading: Future[Stretch] | None = reader.submit(
                self._chain.stretch, cursor.next_block, cursor.block_hash, heads
            )
            while reading is not None:
                stretch, reading = reading.result(), None
                if stretch.last < heads.latest.number:
                    reading = reader.submit(self._chain.stretch, stretch.last + 1, stretch.last_hash, heads)
                yield self.database.add(stretch, heads.finalized, self._depth), len(stretch.events)

    # -------------------------------------------------------------------- back

    def _rewound(self, cursor: Cursor, heads: Heads) -> bool:
        """Undoes what is not part of the chain any more; says whether there was anything to look at again."""
        if cursor.block_hash is None:
            return False
        if cursor.block > heads.latest.number:
            return self._rewound_to_shorter(cursor, heads)
        header = heads.latest
        if cursor.block < heads.latest.number:
            [found] = self._chain.headers([cursor.block])
            if found is None:
                raise Reorganised(
                    "The RPC endpoint had block {latest}, but has no block {number}. Try another endpoint.",
                    latest=heads.latest.number,
                    number=cursor.block,
                )
            header = found
        if header.hash == cursor.block_hash:
            return False
        self._undo(cursor, cursor.block - 1)
        return True

    def _rewound_to_shorter(self, cursor: Cursor, heads: Heads) -> bool:
        """The chain ends before the index does. If that is all, the endpoint is most often just late: it gets time."""
        latest = heads.latest
        if self.database.hashes(latest.number, 1) == [(latest.number, latest.hash)]:
            for pause in islice(self._endpoint.patience.pauses(), _LOOKS):
                self._endpoint.wait(pause)
                if self._chain.heads().latest != latest:
                    return True
        self._undo(cursor, heads.latest.number)
        return True

    def _undo(self, cursor: Cursor, below: int) -> None:
        """Back to the highest block that the index and the chain have in common."""
        while kept := self.database.hashes(below, _HASHES):
            headers = self._chain.headers([number for number, _ in kept])
            for (number, block_hash), header in zip(kept, headers, strict=True):
                if header is not None and header.hash == block_hash:
                    self._forget(cursor, number, block_hash)
                    return
            below = kept[-1][0] - 1
        self._forget(cursor, None, None)

    def _forget(self, cursor: Cursor, last: int | None, last_hash: str | None) -> Cursor:
        """Forgets what lies behind a block, or everything, provided that it can be read again.

        What is near the head always can.
        """
        end = -1 if last is None else last
        if cursor.block - end > self._depth and self.database.has_events_behind(end):
            self._check_logs_are_kept(end)
        self._compared = False
        return self.database.undo_all(cursor) if last is None else self.database.undo(cursor, last, last_hash)

    # ------------------------------------------------------------ what is there

    def _check_logs_are_kept(self, last: int) -> None:
        """Raises LogsPruned unless the endpoint has the logs of the last block up to `last` that has some.

        Nodes throw away the oldest first: with these, those of all later blocks are there. Without, a search of blocks
        that are thrown away finds nothing, and nobody says so.
        """
        number, block_hash = self.database.last_event_block(last)
        if not self._chain.keeps_logs_of(number, block_hash):
            raise LogsPruned(number)

    def _compare_totals(self, cursor: Cursor) -> None:
        """Raises IndexIncomplete, and notes it, if supply, burned and outstanding are not what the chain says."""
        if cursor.block_hash is None:
            return
        on_chain = Reads(self._endpoint, self._deployment, cursor.block_hash).totals()
        indexed = self.database.totals()
        if on_chain is None or self.database.cursor().block_hash != cursor.block_hash:
            # It cannot be told, or somebody else went on meanwhile: the next look compares.
            return
        self._compared = on_chain == indexed
        self.database.note_incomplete(None if self._compared else cursor.block)
        if not self._compared:
            raise IndexIncomplete(cursor.block)

    def _check_network(self, chain_id: int) -> None:
        [found] = self._endpoint.patiently(lambda: self._endpoint.results([("eth_chainId", [])]))
        if int(found, 16) != chain_id:
            raise WrongNetwork(chain_id, int(found, 16))


@contextmanager
def _collector_relaxed() -> Iterator[None]:
    """What is read ends by counting references. Looking for reference cycles after every 700 objects of some hundred
    thousand takes a third of the time. The threshold is the process's: cycles of others are found too, later."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
