"""Validates the data of charts: amounts, times, rows. Errors name the place in the data.

Amounts are decimals as text or integers, exact; a chart draws them in millionths, since a pixel needs no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from fec.charts.errors import ChartDataInvalid

#: Decimals that amounts may have, and those that charts show.
DECIMALS = 18
CHART_DECIMALS = 6
MILLISECONDS = 1_000
_WEI_PER_MILLIONTH: int = 10 ** (DECIMALS - CHART_DECIMALS)
_AMOUNT = re.compile(rf"(-)?(\d+)(?:\.(\d{{1,{DECIMALS}}}))?", re.ASCII)

Row = Mapping[str, Any]
Data = Mapping[str, Any]


def rows(data: Data, key: str) -> list[Row]:
    """A list of objects. Raises ChartDataInvalid."""
    if not isinstance(data, Mapping):
        raise ChartDataInvalid("The data of a chart must be an object that contains {key!r}.", key=key)
    found = data.get(key)
    if not isinstance(found, Sequence) or isinstance(found, str) or not all(isinstance(row, Mapping) for row in found):
        raise ChartDataInvalid("The data must contain {key!r}, a list of objects.", key=key)
    return list(found)


def amount(row: Row, key: str, place: str = "", *, signed: bool = False, otherwise: str | None = None) -> int:
    """An amount in units of 10⁻¹⁸. Raises ChartDataInvalid."""
    value = _value(row, key, place, otherwise)
    match = _AMOUNT.fullmatch(str(value))
    if match is None or isinstance(value, float | bool) or (match[1] and not signed):
        raise ChartDataInvalid(
            '{key} is {value!r}. It must be an amount as text, such as "12.5".', key=f"{place}{key}", value=str(value)
        )
    size = int(match[2] + (match[3] or "").ljust(DECIMALS, "0"))
    return -size if match[1] else size


def whole_number(row: Row, key: str, place: str = "") -> int:
    """A whole number, from 0. Raises ChartDataInvalid."""
    value = _value(row, key, place, None)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ChartDataInvalid("{key} is {value!r}. It must be a whole number.", key=f"{place}{key}", value=str(value))
    return value


def text(row: Row, key: str, place: str = "", otherwise: str | None = None) -> str:
    """A text. Raises ChartDataInvalid."""
    value = _value(row, key, place, otherwise)
    if not isinstance(value, str):
        raise ChartDataInvalid("{key} is {value!r}. It must be text.", key=f"{place}{key}", value=str(value))
    return value


def timestamp(row: Row, key: str, place: str = "") -> int:
    """Seconds since the epoch, from those or from ISO 8601 (UTC unless it says otherwise). Raises ChartDataInvalid."""
    value = _value(row, key, place, None)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ChartDataInvalid(
            "{key} is {value!r}. It must be a date or time, such as 2026-01-05 or 2026-01-05T12:00:00Z.",
            key=f"{place}{key}",
            value=str(value),
        ) from error
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def each(data: Data, key: str) -> Iterator[tuple[Row, str]]:
    """Rows of a list, each with its place in words of the data: `points[3].`."""
    return ((row, f"{key}[{number}].") for number, row in enumerate(rows(data, key)))


def millionths(value: int) -> int:
    """An exact amount in millionths, as charts show it."""
    return value // _WEI_PER_MILLIONTH


def check_order(items: Sequence[Any], key: Callable[[Any], int], name: str) -> None:
    """Raises ChartDataInvalid unless times increase."""
    times = [key(item) for item in items]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ChartDataInvalid(
            "The times of {name} do not increase. Sort the rows by time, with one row for each time.", name=name
        )


def _value(row: Row, key: str, place: str, otherwise: Any) -> Any:
    if key in row:
        return row[key]
    if otherwise is None:
        raise ChartDataInvalid("The data must contain {key}.", key=f"{place}{key}")
    return otherwise
