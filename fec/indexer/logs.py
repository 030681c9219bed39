"""Reading a chain: ranges of its logs together with the blocks they are in, as one consistent story or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import lt
from typing import Any

from eth_hash.auto import keccak

from fec.chain.errors import RateLimited, Refused
from fec.chain.jsonrpc import CALLS_PER_REQUEST, Call, Endpoint
from fec.chain.spans import Span
from fec.i18n.errors import RPCFailed, RPCUnreachable, WrongAnswer
from fec.indexer.errors import Reorganised
from fec.indexer.events import Decoder, Events
from fec.indexer.settled import SETTLED_DIGITS, check_leaves

#: Blocks whose headers make one request.
_NEAR_BLOCKS = CALLS_PER_REQUEST
_BLOOM_BITS = 2048

#: A block as a log says it: number, hash, and timestamp where that is said.
_Block = tuple[int, str, int | None]


@dataclass(frozen=True)
class LogSettings:
    """How a chain is read."""

    depth: int = 128
    """Blocks behind the head that are kept one by one, each checked against its neighbours."""
    blocks: int = 64
    """Blocks in the first range; what is taken and how much it holds decide on the next ones."""
    logs: int = 8_000
    """Logs that a range should have, more or less: they are held in memory at once."""


@dataclass(frozen=True)
class Header:
    """What is needed of a block's header."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    bloom: int | None
    """What may have been emitted in it; None where that is not known: a zero bloom with transactions proves nothing."""


@dataclass(frozen=True)
class Heads:
    """Where the chain ends now, and up to where it will not change any more."""

    latest: Header
    finalized: int
    is_told: bool = True
    """Whether the endpoint said what is final; else `finalized` is what depth says."""


@dataclass(frozen=True)
class Stretch:
    """Blocks `first` to `last` and everything that the contracts emitted in them."""

    first: int
    last: int
    parent_hash: str | None
    last_hash: str
    blocks: list[tuple[int, str, int]]
    """Number, hash and timestamp of each block that is to be kept."""
    events: Events

    @property
    def size(self) -> int:
        """Number of logs; those with leaves count as many that take as much memory."""
        settled = self.events.group("ADN", "NodesSettled")
        leaves = 0 if settled is None else sum(map(len, settled.columns[-1]))
        return len(self.events) + leaves // SETTLED_DIGITS


class Chain:
    """One deployment's contracts on one chain."""

    def __init__(self, endpoint: Endpoint, decoder: Decoder, settings: LogSettings) -> None:
        """Takes the endpoint, who takes logs apart, and how to read."""
        self._endpoint = endpoint
        self._decoder = decoder
        self._settings = settings
        self._span = Span(settings.blocks, settings.logs)
        self._blooms = [_bloom_of(address) for address in decoder.addresses]

    def heads(self) -> Heads:
        """Where the chain ends. Raises RPCUnreachable, RPCFailed, WrongAnswer."""
        return self._endpoint.patiently(self._heads)

    def headers(self, numbers: Sequence[int]) -> list[Header | None]:
        """Headers of blocks by number, None for those that the chain does not have. Raises as `heads` does."""
        calls = [_block(number) for number in numbers]
        found = self._endpoint.patiently(lambda: self._endpoint.results(calls))
        return [None if block is None else _header(block) for block in found]

    def stretch(self, first: int, parent_hash: str | None, heads: Heads) -> Stretch:
        """The blocks from `first` on, as many as the endpoint gives at once.

        Raises Reorganised if `first` does not follow the block with the hash `parent_hash`; raises as `heads` does.
        """
        settled = min(heads.finalized, heads.latest.number - self._settings.depth)

        def read() -> Stretch:
            while True:
                size = self._span.blocks
                if first <= settled:
                    last, read = min(first + size - 1, settled), self._read_settled
                else:
                    last, read = min(first + min(size, _NEAR_BLOCKS) - 1, heads.latest.number), self._read_near
                try:
                    stretch = read(first, last, parent_hash)
                except _TooMuch:
                    self._span.refused(last - first + 1)
                    continue
                self._span.took(last - first + 1, stretch.size)
                return stretch

        return self._endpoint.patiently(read)

    def keeps_logs_of(self, number: int, block_hash: str | None) -> bool:
        """Whether the endpoint gives logs of a block that is known to have some.

        Raises Reorganised if the chain has another block there; raises as `heads` does.
        """

        def look() -> bool:
            if self._search(number, number):
                return True
            header = _present(self._endpoint.results([_block(number)])[0], number)
            if block_hash not in (None, header.hash):
                raise Reorganised("Block {number} is another one than was indexed.", number=number)
            wanted = {"blockHash": header.hash, "address": self._decoder.addresses}
            return bool(self._endpoint.results([("eth_getLogs", [wanted])])[0])

        return self._endpoint.patiently(look)

    # ----------------------------------------------------------------- reading

    def _heads(self) -> Heads:
        latest, finalized = self._endpoint.ask(
            [("eth_getBlockByNumber", ["latest", False]), ("eth_getBlockByNumber", ["finalized", False])]
        )
        if isinstance(latest, Refused):
            raise latest
        head = _present(latest, "latest")
        if finalized is None or isinstance(finalized, Refused):
            # Chains without finality, where depth is all there is.
            return Heads(head, max(head.number - self._settings.depth, 0), is_told=False)
        return Heads(head, min(_header(finalized).number, head.number))

    def _read_settled(self, first: int, last: int, parent_hash: str | None) -> Stretch:
        """Blocks that do not change any more: their logs say which ones they are."""
        logs, seen, headers = self._logs_and_headers(first, last, sorted({first, last}))
        self._check_link(headers[0], parent_hash)
        if left_out := self._overlooked(headers, seen):
            raise WrongAnswer(
                "The RPC endpoint has logs of block {number}, but left them out of a search. Try another endpoint.",
                number=int(left_out[0]["blockNumber"], 16),
            )
        hashes = {header.number: header.hash for header in headers}
        times = {header.number: header.timestamp for header in headers}
        for number, block_hash, time in seen:
            if hashes.setdefault(number, block_hash) != block_hash:
                raise _two_blocks(number, hashes[number], block_hash)
            if time is not None:
                times.setdefault(number, time)
        missing = sorted(hashes.keys() - times.keys())
        for number, block in zip(missing, self._endpoint.results([_block(number) for number in missing]), strict=True):
            header = _present(block, number)
            if header.hash != hashes[number]:
                raise _two_blocks(number, hashes[number], header.hash)
            times[number] = header.timestamp
        blocks = [(number, hashes[number], times[number]) for number in sorted(hashes)]
        return Stretch(first, last, parent_hash, headers[-1].hash, blocks, self._events(logs))

    def _read_near(self, first: int, last: int, parent_hash: str | None) -> Stretch:
        """Blocks that may still change: every header, each the child of the one before; every log in one of them."""
        logs, seen, headers = self._logs_and_headers(first, last, range(first, last + 1))
        self._check_link(headers[0], parent_hash)
        for parent, child in pairwise(headers):
            if child.parent_hash != parent.hash:
                raise WrongAnswer(
                    "Block {child} is no child of block {parent}: the branches are mixed. Try another endpoint.",
                    child=child.number,
                    parent=parent.number,
                )
        hashes = {header.number: header.hash for header in headers}
        for number, block_hash, _ in seen:
            if hashes[number] != block_hash:
                raise WrongAnswer(
                    "A log is in block {hash}, which is not in this branch. Try another endpoint.", hash=block_hash
                )
        logs += self._overlooked(headers, seen)
        blocks = [(header.number, header.hash, header.timestamp) for header in headers]
        return Stretch(first, last, parent_hash, headers[-1].hash, blocks, self._events(logs))

    def _overlooked(self, headers: Iterable[Header], seen: Iterable[_Block]) -> list[Mapping[str, Any]]:
        """Logs of blocks that may have some, by their bloom filter, but had none in the answer.

        A node that lags behind answers a search beyond its head with what it has and says nothing of the rest. By its
        hash, a block is searched or refused.
        """
        hashes = {block_hash for _, block_hash, _ in seen}
        suspects = [
            header.hash
            for header in headers
            if header.hash not in hashes and (header.bloom is None or self._is_in(header.bloom))
        ]
        calls: list[Call] = [
            ("eth_getLogs", [{"blockHash": block_hash, "address": self._decoder.addresses}]) for block_hash in suspects
        ]
        return [log for found in self._endpoint.results(calls) for log in found]

    def _is_in(self, bloom: int) -> bool:
        return any(bloom & bits == bits for bits in self._blooms)

    def _logs_and_headers(
        self, first: int, last: int, numbers: Sequence[int]
    ) -> tuple[list[Mapping[str, Any]], set[_Block], list[Header]]:
        logs = self._search(first, last)
        seen = _blocks_of(logs, first, last)
        if seen is None:
            bad = next(log for log in logs if _blocks_of([log], first, last) is None)
            raise WrongAnswer(
                "This is no log of blocks {first} to {last}: {answer!r:.200}. Try another endpoint.",
                first=first,
                last=last,
                answer=bad,
            )
        blocks = self._endpoint.results([_block(number) for number in numbers])
        return logs, seen, [_present(block, number) for number, block in zip(numbers, blocks, strict=True)]

    def _search(self, first: int, last: int) -> list[Mapping[str, Any]]:
        """Logs of blocks. Raises _TooMuch for more blocks, or more logs, than the endpoint gives at once."""
        wanted = {"fromBlock": hex(first), "toBlock": hex(last), "address": self._decoder.addresses}
        try:
            [logs] = self._endpoint.ask([("eth_getLogs", [wanted])])
        except RateLimited:
            raise
        except (RPCUnreachable, RPCFailed):
            # It may have been too much to answer in time, or is refused without a word.
            self._span.refused(last - first + 1)
            raise
        if isinstance(logs, Refused):
            if first == last:
                raise logs
            raise _TooMuch
        if not isinstance(logs, list):
            raise WrongAnswer("These are no logs: {answer!r:.100}. Try another endpoint.", answer=logs)
        return logs

    def _check_link(self, header: Header, parent_hash: str | None) -> None:
        if parent_hash is not None and header.parent_hash != parent_hash:
            raise Reorganised(
                "Block {number} does not follow {parent_hash}, up to which the index goes.",
                number=header.number,
                parent_hash=parent_hash,
            )

    def _events(self, logs: Sequence[Mapping[str, Any]]) -> Events:
        events = self._decoder.decode(logs)
        places = [*zip(events.block_numbers, events.log_indexes, strict=True)]
        if not all(map(lt, places, places[1:])):
            number, index = next(before for before, after in pairwise(places) if before == after)
            raise WrongAnswer("Two logs {index} in block {number}. Try another endpoint.", index=index, number=number)
        for event in events.of_kind("ADN", "NodesSettled"):
            check_leaves(event)
        return events


class _TooMuch(Exception):
    """The endpoint does not search so many blocks at once, or would find more logs than it gives."""


def _block(number: int) -> Call:
    return "eth_getBlockByNumber", [hex(number), False]


def _two_blocks(number: int, one: str, other: str) -> WrongAnswer:
    return WrongAnswer(
        "Two blocks {number} at once: {one} and {other}. Try another endpoint.", number=number, one=one, other=other
    )


def _present(block: Any, number: int | str) -> Header:
    if block is None:
        raise WrongAnswer("The RPC endpoint says that there is no block {number}. Try another endpoint.", number=number)
    header = _header(block)
    if number not in ("latest", header.number):
        raise WrongAnswer(
            "Block {found} came in place of block {number}. Try another endpoint.", found=header.number, number=number
        )
    return header


def _blocks_of(logs: Iterable[Any], first: int, last: int) -> set[_Block] | None:
    """Blocks that logs are in; None if one of them is none of the blocks `first` to `last`, or not any more."""
    try:
        said = {(log["blockNumber"], log["blockHash"], log.get("blockTimestamp"), log.get("removed")) for log in logs}
        blocks = {
            (int(number, 16), block_hash, None if time is None else int(time, 16))
            for number, block_hash, time, _ in said
        }
        within = all(first <= number <= last and bool(block_hash) for number, block_hash, _ in blocks)
        return blocks if within and not any(removed for *_, removed in said) else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _header(block: Any) -> Header:
    try:
        return Header(
            number=int(block["number"], 16),
            hash=block["hash"],
            parent_hash=block["parentHash"],
            timestamp=int(block["timestamp"], 16),
            bloom=_bloom_in(block),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WrongAnswer("This is no block: {answer!r:.200}. Try another endpoint.", answer=block) from error


def _bloom_in(block: Mapping[str, Any]) -> int | None:
    found = block.get("logsBloom")
    bloom = int(found, 16) if found not in (None, "0x") else 0
    return None if bloom == 0 and block.get("transactions") != [] else bloom


def _bloom_of(address: str) -> int:
    """Bits of a header's bloom filter that a log of this contract sets (Yellow Paper, 4.3.1)."""
    digest = keccak(bytes.fromhex(address.removeprefix("0x")))
    bits = 0
    for place in (0, 2, 4):
        bits |= 1 << int.from_bytes(digest[place : place + 2]) % _BLOOM_BITS
    return bits
