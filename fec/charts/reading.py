"""Reads the data of charts: amounts, moments, rows. What is wrong is said with its place.

Amounts are decimals as text or integers, exact; a chart draws them in millionths, since a pixel needs no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from fec.charts.errors import ChartDataInvalid

#: Decimals that amounts may have, and those that are drawn.
DECIMALS = 18
DRAWN = 6
MILLISECONDS = 1_000
_NOT_DRAWN: int = 10 ** (DECIMALS - DRAWN)
_AMOUNT = re.compile(rf"(-)?(\d+)(?:\.(\d{{1,{DECIMALS}}}))?", re.ASCII)

Row = Mapping[str, Any]
Data = Mapping[str, Any]


def rows(data: Data, key: str) -> list[Row]:
    """A list of objects. Raises ChartDataInvalid."""
    if not isinstance(data, Mapping):
        raise ChartDataInvalid("The data of a chart is an object with {key!r} in it.", key=key)
    found = data.get(key)
    if not isinstance(found, Sequence) or isinstance(found, str) or not all(isinstance(row, Mapping) for row in found):
        raise ChartDataInvalid("The data has no {key!r}, which is a list of objects.", key=key)
    return list(found)


def amount(row: Row, key: str, place: str = "", *, signed: bool = False, otherwise: str | None = None) -> int:
    """An amount in units of 10⁻¹⁸. Raises ChartDataInvalid."""
    value = _value(row, key, place, otherwise)
    match = _AMOUNT.fullmatch(str(value))
    if match is None or isinstance(value, float | bool) or (match[1] and not signed):
        raise ChartDataInvalid(
            '{key} is {value!r}; it is an amount as text, such as "12.5".', key=f"{place}{key}", value=str(value)
        )
    size = int(match[2] + (match[3] or "").ljust(DECIMALS, "0"))
    return -size if match[1] else size


def whole(row: Row, key: str, place: str = "") -> int:
    """A whole number, from 0. Raises ChartDataInvalid."""
    value = _value(row, key, place, None)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ChartDataInvalid("{key} is {value!r}; it is a whole number.", key=f"{place}{key}", value=str(value))
    return value


def text(row: Row, key: str, place: str = "", otherwise: str | None = None) -> str:
    """A text. Raises ChartDataInvalid."""
    value = _value(row, key, place, otherwise)
    if not isinstance(value, str):
        raise ChartDataInvalid("{key} is {value!r}; it is a text.", key=f"{place}{key}", value=str(value))
    return value


def moment(row: Row, key: str, place: str = "") -> int:
    """Seconds since the epoch, from those or from ISO 8601 (UTC unless it says otherwise). Raises ChartDataInvalid."""
    value = _value(row, key, place, None)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ChartDataInvalid(
            "{key} is {value!r}; it is a moment, such as 2026-01-05 or 2026-01-05T12:00:00Z.",
            key=f"{place}{key}",
            value=str(value),
        ) from error
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def each(data: Data, key: str) -> Iterator[tuple[Row, str]]:
    """Rows of a list, each with its place in words of the data: `points[3].`."""
    return ((row, f"{key}[{number}].") for number, row in enumerate(rows(data, key)))


def drawn(value: int) -> int:
    """An exact amount as it is drawn: in millionths."""
    return value // _NOT_DRAWN


def in_order(items: Sequence[Any], key: Callable[[Any], int], name: str) -> None:
    """Raises ChartDataInvalid unless moments rise."""
    moments = [key(item) for item in items]
    if any(later <= earlier for earlier, later in pairwise(moments)):
        raise ChartDataInvalid("The moments of {name} do not rise. Sort them, and keep one row for each.", name=name)


def _value(row: Row, key: str, place: str, otherwise: Any) -> Any:
    if key in row:
        return row[key]
    if otherwise is None:
        raise ChartDataInvalid("The data has no {key}.", key=f"{place}{key}")
    return otherwise
