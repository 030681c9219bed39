"""Drives the chain: signs in worker processes, sends and mines block after block, and checks each by its logs."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing import get_context, parent_process
from typing import Any

from fec.protocol.refusals import decode_revert
from fec.protocol.relays import failures
from fec.replay.book import Book, topics
from fec.replay.encode import Ground, UnsignedTransaction, content, sign_all
from fec.replay.errors import ReplayFailed
from fec.replay.pipeline import Pipeline, Ticket

#: Transactions signed in one piece of work, and blocks' worth of pieces that are signed ahead.
PIECE = 200
_AHEAD = 3
#: Transactions between two looks at the logs.
CHECKED_AT_ONCE = 400
#: Seconds of quiet that show that nothing of a run that was killed is still on its way.
_QUIET = 0.2


@dataclass(frozen=True)
class PlannedTransaction:
    """A transaction to be: who sends, and what. Without a key the chain's own node signs for `sender`."""

    sender: bytes
    job: UnsignedTransaction
    what: str
    """The logs that show it done, with commas between them: event and order key each; empty if none does."""


@dataclass(frozen=True)
class PlannedBlock:
    """A block to be, at a time in seconds since the epoch; with 0 right after the one before."""

    time: int
    requests: tuple[PlannedTransaction, ...]


@dataclass
class Spent:
    """Nanoseconds."""

    signing: int = 0
    """Of processor time, in the workers."""
    waited_for_signing: int = 0
    """Of the run, until a piece of work was there."""


@dataclass
class _Mined:
    sent: Ticket
    mined: Ticket
    requests: tuple[PlannedTransaction, ...]


@dataclass
class Driver:
    """The chain under control: nothing is mined but by it."""

    pipeline: Pipeline
    ground: Ground
    book: Book
    workers: int
    clock: int = 0
    """Time of the latest block, in seconds since the epoch."""
    height: int = 0
    lateness: int = 0
    """By how many seconds a block came later than it should have, at most."""
    spent: Spent = field(default_factory=Spent)
    nonces: dict[bytes, int] = field(default_factory=dict)

    def take_over(self) -> None:
        """Switches automatic mining off, and waits until nothing of an earlier run is on its way."""
        # The workers come up while the chain is read.
        self._pool.submit(sign_all, self.ground, [])
        self.pipeline.result("evm_setAutomine", False)
        before = -1
        while before != self.height:
            before = self.height
            self.pipeline.result("anvil_dropAllTransactions")
            time.sleep(_QUIET)
            block = self.pipeline.result("eth_getBlockByNumber", "latest", False)
            self.height, self.clock = int(block["number"], 16), int(block["timestamp"], 16)

    def let_go(self) -> None:
        """Ends the workers, and switches automatic mining on."""
        self._pool.shutdown(cancel_futures=True)
        self.pipeline.result("evm_setAutomine", True)

    def learn_nonces(self, accounts: Iterable[bytes]) -> None:
        """Asks the chain for the next nonces of accounts that are not known yet."""
        unknown = [account for account in dict.fromkeys(accounts) if account not in self.nonces]
        calls = [("eth_getTransactionCount", ("0x" + account.hex(), "latest")) for account in unknown]
        self.nonces |= {account: int(count, 16) for account, count in zip(unknown, self._many(calls), strict=True)}

    def views(self, calls: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """Answers of views, each named by contract and calldata; refusals are among them."""
        return [
            answer
            for some in _pieces(calls, CHECKED_AT_ONCE)
            for answer in self.pipeline.answers(
                self.pipeline.post([("eth_call", ({"to": to, "data": data}, "latest")) for to, data in some])
            )
        ]

    def give_gas_coin(self, accounts: Iterable[bytes], amount: int) -> None:
        """Lets accounts have gas coin, out of nowhere."""
        self._many([("anvil_setBalance", ("0x" + account.hex(), hex(amount))) for account in accounts])

    def logs(self, first_block: int, last_block: int, step: int = 500) -> Iterator[list[dict[str, Any]]]:
        """Checkout's logs that count, in pieces of so many blocks."""
        for first in range(first_block, last_block + 1, step):
            found: list[dict[str, Any]]
            (found,) = self.pipeline.results([self._logs(first, min(first + step - 1, last_block))])
            yield found

    def run(self, batches: Iterable[PlannedBlock], progress: Callable[[int], object]) -> None:
        """Sends and mines blocks, signing ahead; `progress` gets the number of transactions of each piece checked.

        Raises ReplayFailed if something is not as it should be, RPCFailed, RPCUnreachable.
        """
        flying: deque[_Mined] = deque()
        first, flown = self.height + 1, 0
        for batch, signed in self._signed(batches):
            flying.append(self._mine(batch, signed))
            flown += len(batch.requests)
            if flown >= CHECKED_AT_ONCE:
                self._check(flying, first, progress)
                first, flown = self.height + 1, 0
        self._check(flying, first, progress)

    # ------------------------------------------------------------------- parts

    @cached_property
    def _pool(self) -> Executor:
        if self.workers:
            return ProcessPoolExecutor(self.workers, get_context("spawn"), _watch_parent)
        return ThreadPoolExecutor(1)

    def _signed(self, batches: Iterable[PlannedBlock]) -> Iterator[tuple[PlannedBlock, list[str]]]:
        """Each block with its transactions signed; some pieces ahead of who asks."""
        waiting: deque[tuple[list[PlannedBlock], Future[tuple[list[str], int]]]] = deque()
        for piece in _by_size(batches):
            jobs = [request.job for batch in piece for request in batch.requests if request.job.key]
            waiting.append((piece, self._pool.submit(sign_all, self.ground, jobs)))
            if len(waiting) > _AHEAD * max(self.workers, 1):
                yield from self._ready(*waiting.popleft())
        while waiting:
            yield from self._ready(*waiting.popleft())

    def _ready(
        self, piece: list[PlannedBlock], work: Future[tuple[list[str], int]]
    ) -> Iterator[tuple[PlannedBlock, list[str]]]:
        before = time.perf_counter_ns()
        try:
            signed, spent = work.result()
        except BrokenExecutor as error:
            raise ReplayFailed(
                "A process that signs has ended: {reason}. Run the same command again: it continues where it stopped.",
                reason=error,
            ) from error
        self.spent.waited_for_signing += time.perf_counter_ns() - before
        self.spent.signing += spent
        left = iter(signed)
        for batch in piece:
            yield batch, [next(left) for request in batch.requests if request.job.key]

    def _mine(self, batch: PlannedBlock, signed: list[str]) -> _Mined:
        left = iter(signed)
        sends = [
            ("eth_sendRawTransaction", (next(left),))
            if request.job.key
            else ("eth_sendTransaction", (_unsigned(request),))
            for request in batch.requests
        ]
        # Blocks have rising times, also after what a run needs before its first.
        moment = max(batch.time, self.clock + 1)
        if batch.time:
            self.lateness = max(self.lateness, moment - batch.time)
        sent = self.pipeline.post(sends)
        mined = self.pipeline.post([("evm_mine", (hex(moment),))])
        self.clock, self.height = moment, self.height + 1
        return _Mined(sent, mined, batch.requests)

    def _check(self, flying: deque[_Mined], first: int, progress: Callable[[int], object]) -> None:
        """Makes sure that all blocks are there and did what they should, by their logs."""
        if not flying:
            return
        found = self.pipeline.post([("eth_blockNumber", ()), self._logs(first, self.height)])
        requests: list[tuple[PlannedTransaction, str]] = []
        unseen: list[tuple[PlannedTransaction, str]] = []
        while flying:
            block = flying.popleft()
            for request, answer in zip(block.requests, self.pipeline.answers(block.sent), strict=True):
                if "error" in answer:
                    raise _failed(request, request.what, answer["error"].get("message"))
                (requests if request.what else unseen).append((request, answer["result"]))
            for answer in self.pipeline.answers(block.mined):
                if "error" in answer:
                    raise ReplayFailed(
                        "The chain mined no block: {reason}. Run the same command again: it continues where it "
                        "stopped.",
                        reason=answer["error"].get("message"),
                    )
        height, logs = self.pipeline.answers(found)
        if "error" in logs or int(height["result"], 16) != self.height:
            raise ReplayFailed("Somebody else mines on this chain. Let the replay have it for itself, and start again.")
        self.book.read(logs["result"])
        self._compare(requests, logs["result"])
        receipts = self._many([("eth_getTransactionReceipt", (tx_hash,)) for _, tx_hash in unseen])
        for (request, _), receipt in zip(unseen, receipts, strict=True):
            if receipt is None or receipt["status"] != "0x1":
                raise _failed(request, "", self._refusal(request))
        progress(len(requests) + len(unseen))

    def _compare(self, requests: Sequence[tuple[PlannedTransaction, str]], logs: Sequence[Mapping[str, Any]]) -> None:
        names = topics()
        seen = Counter(f"{names[log['topics'][0]]} {log['topics'][1]}" for log in logs)
        for request, tx_hash in requests:
            for place, what in enumerate(request.what.split(",")):
                if not seen[what]:
                    raise _failed(request, what, self._reason(request, place, tx_hash))
                seen[what] -= 1

    def _reason(self, request: PlannedTransaction, place: int, tx_hash: str) -> Any:
        """Why a transaction, or what is at a place in it, was not carried out."""
        if request.job.bills:
            (receipt,) = self._many([("eth_getTransactionReceipt", (tx_hash,))])
            failed = failures(receipt["logs"], self.ground.relay).get(place)
            if failed is not None:
                return failed.message
        return self._refusal(request)

    def _refusal(self, request: PlannedTransaction) -> Any:
        """What the chain says to a transaction now that it did not carry out."""
        to, data = content(self.ground, request.job)
        gas = hex(request.job.gas)
        call = {"from": "0x" + request.sender.hex(), "to": "0x" + to.hex(), "data": "0x" + data.hex(), "gas": gas}
        (answer,) = self.pipeline.answers(self.pipeline.post([("eth_call", (call, "latest"))]))
        error = answer.get("error", {})
        data = error.get("data")
        if isinstance(data, str) and data.startswith("0x"):
            return decode_revert(bytes.fromhex(data[2:])).message
        return error.get("message", "it would go well now")

    def _logs(self, first: int, last: int) -> tuple[str, tuple[dict[str, Any]]]:
        address = self.ground.checkout
        wanted = {"fromBlock": hex(first), "toBlock": hex(last), "address": address, "topics": [list(topics())]}
        return "eth_getLogs", (wanted,)

    def _many(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        return [result for some in _pieces(calls, CHECKED_AT_ONCE) for result in self.pipeline.results(some)]


def _pieces(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[first : first + size] for first in range(0, len(items), size))


def _by_size(batches: Iterable[PlannedBlock]) -> Iterator[list[PlannedBlock]]:
    """Blocks in pieces of work."""
    piece: list[PlannedBlock] = []
    size = 0
    for batch in batches:
        piece.append(batch)
        size += len(batch.requests)
        if size >= PIECE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _failed(request: PlannedTransaction, what: str, reason: Any) -> ReplayFailed:
    return ReplayFailed(
        "The chain did not carry out a transaction ({what}): {reason}. What is on the chain stays.",
        what=what.partition(",")[0] or "0x" + request.job.data[:4].hex(),
        reason=reason,
    )


def _unsigned(request: PlannedTransaction) -> dict[str, str]:
    job = request.job
    return {
        "from": "0x" + request.sender.hex(),
        "to": "0x" + job.to.hex(),
        "data": "0x" + job.data.hex(),
        "gas": hex(job.gas),
        "nonce": hex(job.nonce),
    }


def _watch_parent() -> None:
    """Ends a worker whose parent was killed: nobody else would."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
