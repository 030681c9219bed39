"""A purchase history: the rows of a file, checked, exact, in the order of time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from eth_hash.auto import keccak

from fec.i18n import Message
from fec.i18n.errors import InvalidArgument
from fec.protocol.bytes32 import LENGTH, to_bytes32
from fec.protocol.flows import MONDAY
from fec.replay import files
from fec.replay.errors import BadRows

#: The store of a file that names none.
ONLY_STORE = "store"
#: The grid of all programs: Monday, 5 January 1970. Nothing can be bought before.
ORIGIN = MONDAY
#: Checkout keeps times in 40 bits.
_LATEST = 1 << 40
_EPOCH = datetime.fromtimestamp(0, UTC)
_AMOUNT = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d+|\d{1,3}(?:,\d{3})+)(?:\.(?P<fraction>\d+))?", re.ASCII)
_SECONDS = re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True)
class Columns:
    """Names of a file's columns. Without one for stores or currencies there is one; without ids, rows get their own."""

    shopper: str
    time: str
    amount: str
    store: str | None = None
    order_id: str | None = None
    currency: str | None = None
    """Where the file has several: `fec settle` alone reads it."""

    @property
    def names(self) -> list[str]:
        """Those that there are."""
        named = (self.shopper, self.time, self.amount, self.store, self.order_id, self.currency)
        return [name for name in named if name is not None]


@dataclass(frozen=True, slots=True)
class Row:
    """A purchase, or a return."""

    line: int
    time: int
    """When, in seconds since the epoch."""
    shopper: str
    store: str
    amount: int
    """FEC in wei; negative for what was returned."""
    reference: str
    """What the amount stands for, in the file's own currency."""
    order_id: str
    """Order id at Checkout; empty for a return."""


@dataclass(frozen=True)
class History:
    """All rows of a file that move money."""

    rows: tuple[Row, ...]
    """By time; those of one second in the file's order."""
    zeros: tuple[int, ...]
    """Lines whose amount is zero: there is nothing to pay."""


class RowProblem(Exception):
    """What is wrong with a row."""

    def __init__(self, message: Message) -> None:
        """Takes it in words."""
        super().__init__(message)
        self.message = message


def read(path: Path, columns: Columns, *, rate: int, currency: str = "", places: int = 2) -> History:
    """Reads a whole file. `rate` is the FEC for one unit of its currency, in wei; `currency` that unit's name.

    `places` are the decimals of amounts that a Parquet file has as doubles. Raises BadRows with all that is wrong,
    InvalidArgument if the file cannot be read or lacks a column, ReplayRefused if pyarrow is missing.
    """
    rows: list[Row] = []
    problems: list[Message] = []
    for line, cells in files.cells(path, columns.names, columns.amount, places):
        try:
            rows.append(_row(line, cells, columns, rate, currency))
        except RowProblem as problem:
            problems.append(Message("line {line}: {problem}", line=line, problem=problem.message))
    paid = [row for row in rows if row.amount]
    named = list(_named(paid)) if columns.order_id is None else paid
    problems += _twice(named)
    if problems:
        raise BadRows(path, problems)
    return History(
        rows=tuple(sorted(named, key=lambda row: row.time)),
        zeros=tuple(row.line for row in rows if not row.amount),
    )


def _row(line: int, cells: Sequence[str | Message], columns: Columns, rate: int, currency: str) -> Row:
    texts: list[str] = []
    for cell in cells:
        if isinstance(cell, Message):
            raise RowProblem(cell)
        texts.append(cell.strip())
    shopper, time, amount = texts[:3]
    rest = iter(texts[3:])
    store = ONLY_STORE if columns.store is None else next(rest)
    order_id = "" if columns.order_id is None else next(rest)
    if not shopper or not store:
        raise RowProblem(Message("shopper or store is empty; give each row both"))
    wei = wei_of(amount, rate)
    reference = f"{currency} {amount}".strip()
    if len(reference.encode()) > LENGTH:
        raise RowProblem(Message("{reference!r} does not fit 32 bytes; shorten it", reference=reference))
    if columns.order_id is not None and wei > 0:
        check_id(order_id)
    return Row(line, time_of(time), shopper, store, wei, reference, order_id if wei > 0 else "")


def wei_of(text: str, rate: int) -> int:
    """FEC in wei for an amount of a currency in decimals, exact; `rate` is the wei for one unit. Raises RowProblem."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise RowProblem(
            Message("{text!r} is no amount; write it in digits, such as 12.34, or -12.34 for a return", text=text)
        )
    fraction = (match["fraction"] or "").rstrip("0")
    digits = int(match["whole"].replace(",", "") + fraction)
    wei, rest = divmod(digits * rate, int("1" + "0" * len(fraction)))
    if rest:
        raise RowProblem(
            Message("{text!r} at this rate is no whole number of wei; round it, or choose another rate", text=text)
        )
    return -wei if match["sign"] == "-" else wei


def time_of(text: str) -> int:
    """Seconds since the epoch of a time as files have it. Raises RowProblem."""
    if _SECONDS.fullmatch(text):
        seconds = int(text)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise RowProblem(
                Message(
                    "{text!r} is no time; write it as 2026-01-31T18:30:00+01:00 or in seconds since 1970", text=text
                )
            ) from error
        # Without an offset: UTC, so that the same file gives the same chain everywhere.
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(seconds=1)
    if not ORIGIN <= seconds < _LATEST:
        raise RowProblem(Message("{text!r} is out of range; times count in seconds from 5 January 1970 on", text=text))
    return seconds


def check_id(order_id: str) -> None:
    """Raises RowProblem for what cannot be an order id."""
    if not order_id:
        raise RowProblem(Message("its order id is empty; give each purchase one, or name no column for them"))
    try:
        to_bytes32(order_id)
    except InvalidArgument as error:
        raise RowProblem(error.message) from error


def _named(rows: list[Row]) -> Iterator[Row]:
    """Gives purchases ids that follow from what they are, so that the next run knows them again."""
    seen: Counter[tuple[object, ...]] = Counter()
    for row in rows:
        if row.amount > 0:
            what = (row.time, row.shopper, row.store, row.amount)
            seen[what] += 1
            yield replace(row, order_id="0x" + keccak(repr((*what, seen[what])).encode()).hex())
        else:
            yield row


def _twice(rows: list[Row]) -> Iterator[Message]:
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.order_id and first.setdefault((row.store, row.order_id), row.line) != row.line:
            yield Message(
                "line {line}: order {order_id!r} of store {store!r} is on line {first} already; an order is paid once",
                line=row.line,
                order_id=row.order_id,
                store=row.store,
                first=first[row.store, row.order_id],
            )
