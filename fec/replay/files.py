"""The cells of a CSV or Parquet file as text, with the number of each row."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from fec.i18n import Message
from fec.i18n.errors import InvalidArgument
from fec.replay.errors import ReplayRefused

#: A row's number, and its cells or what is wrong with one of them.
Cells = tuple[int, Sequence[str | Message]]

#: How a Parquet file begins.
PARQUET = b"PAR1"
#: What csv says at the end of a file with a quote that is still open.
_OPEN_QUOTE = "unexpected end of data"
#: Digits enough for any double.
_PRECISION = 1_100
#: A double stands for a decimal if it is nearer to it than this part of the last place.
_NEARNESS = 1_000


def cells(path: Path, names: Sequence[str], amount: str, places: int) -> Iterator[Cells]:
    """The named columns of each row, in the file's order. A CSV's rows are numbered by lines, Parquet's from 1.

    Doubles of a Parquet file's column `amount` become exact decimals of `places` places.
    Raises InvalidArgument if a column is not there or the file is no such file, ReplayRefused if pyarrow is missing.
    """
    with path.open("rb") as file:
        is_parquet = file.read(len(PARQUET)) == PARQUET
    return _parquet(path, names, amount, places) if is_parquet else _csv(path, names)


def whole(path: Path, rows: Iterator[Cells]) -> Iterator[Cells]:
    """The rows of a file; if a CSV ends in the middle of its last line, what is wrong with that one in its place."""
    before: Cells | None = None
    for row in rows:
        if before is not None:
            yield before
        before = row
    if before is None:
        return
    if not isinstance(before[1][0], Message) and _is_cut(path):
        reason = Message(
            "the file ends in the middle of this line, as if it was cut off; get the whole file, or end it with a line "
            "break"
        )
        yield before[0], [reason]
    else:
        yield before


def _is_cut(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(len(PARQUET))
        file.seek(-1, os.SEEK_END)
        return file.read(1) not in (b"\n", b"\r") and start != PARQUET


def exact(value: float, places: int) -> str | Message:
    """The decimal of so many places that a double stands for, or what is wrong with it."""
    problem = Message("the double {value} is no amount of {places} decimals", value=repr(value), places=places)
    number = Decimal(value)
    if not number.is_finite():
        return problem
    with localcontext(prec=_PRECISION):
        place = Decimal(1).scaleb(-places)
        rounded = number.quantize(place)
        return problem if abs(number - rounded) * _NEARNESS > place else f"{rounded:f}"


def _csv(path: Path, names: Sequence[str]) -> Iterator[Cells]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, [])
            places = [_place(path, header, name) for name in names]
            while (row := _next(rows)) is not None:
                if isinstance(row, Message):
                    yield rows.line_num, [row]
                elif len(row) == len(header):
                    yield rows.line_num, [row[place] for place in places]
                elif row:
                    found = Message("it has {count} cells, the header {most}", count=len(row), most=len(header))
                    yield rows.line_num, [found]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidArgument(
            "{path} is not CSV in UTF-8: {reason}. Save it as such, or as Parquet.", path=path, reason=error
        ) from error


def _next(rows: Any) -> list[str] | Message | None:
    """The next row, or what is wrong with the last one; None at the end."""
    begun = rows.line_num + 1
    try:
        return next(rows, None)
    except csv.Error as error:
        if str(error) != _OPEN_QUOTE:
            raise
        return Message(
            "the quote opened on line {begun} is not closed, as if the file was cut off; get the whole file",
            begun=begun,
        )


def _place(path: Path, header: Sequence[str], name: str) -> int:
    if header.count(name) != 1:
        raise InvalidArgument(
            "{path} has no column {name!r}, or several; it has: {columns}. Columns are named in its first line.",
            path=path,
            name=name,
            columns=", ".join(header),
        )
    return header.index(name)


def _parquet(path: Path, names: Sequence[str], amount: str, places: int) -> Iterator[Cells]:
    try:
        import pyarrow as arrow  # noqa: PLC0415
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise ReplayRefused(
            "Parquet is read with pyarrow, which is not installed: pip install pyarrow. Or save {path} as CSV.",
            path=path,
        ) from error
    try:
        with parquet.ParquetFile(path) as file:  # type: ignore[no-untyped-call]
            for name in names:
                _place(path, file.schema_arrow.names, name)
            number = 0
            for batch in file.iter_batches(columns=list(dict.fromkeys(names))):
                columns = [_texts(arrow, batch.column(name), places if name == amount else None) for name in names]
                for row in zip(*columns, strict=True):
                    number += 1
                    yield number, row
    except arrow.ArrowException as error:
        raise InvalidArgument(
            "{path} is not a Parquet file: {reason}. Save it as Parquet, or as CSV.", path=path, reason=error
        ) from error


def _texts(arrow: Any, column: Any, places: int | None) -> list[str | Message]:
    kind = column.type
    if arrow.types.is_timestamp(kind) or arrow.types.is_date(kind):
        # To whole seconds since the epoch, down.
        seconds = arrow.timestamp("s", tz=getattr(kind, "tz", None))
        column = column.cast(seconds, safe=False).cast(arrow.int64())
    if arrow.types.is_floating(kind):
        if places is not None:
            return ["" if value is None else exact(value, places) for value in column.to_pylist()]
        # Numbers of people and stores, which some tools keep as doubles as soon as one is missing.
        return [
            "" if value is None else f"{value:.0f}" if value % 1 == 0 else str(value) for value in column.to_pylist()
        ]
    if arrow.types.is_decimal(kind):
        return ["" if value is None else f"{value:f}" for value in column.to_pylist()]
    return ["" if value is None else str(value) for value in column.to_pylist()]
