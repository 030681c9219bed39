"""Values of reports as people read them, in the language spoken now, and as machines do: exact, alike everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fec.core.amounts import exact_fec
from fec.i18n import _, amount, decimal, local, number, percent
from fec.reports.dates import day
from fec.reports.table import Kind

#: Decimals of FEC in tables, where columns are to be compared; files are exact.
_TABLE_DECIMALS = 2
#: Printed where there is no value.
NO_VALUE = "–"


def display_text(value: Any, kind: Kind, places: int = 2) -> str:
    """A value for people; amounts rounded down to what a table compares. `places`: decimals of the currency."""
    if value is None:
        return NO_VALUE
    if kind == "money":
        return decimal(value, places)
    return _SHOWN.get(kind, str)(value)


def exact_text(value: Any, kind: Kind, places: int = 2) -> str:
    """A value for files: FEC and money as exact decimals without separators, times in UTC, shares as basis points."""
    if value is None:
        return ""
    if kind == "money":
        whole, rest = divmod(abs(value), 10**places)
        return ("-" if value < 0 else "") + (f"{whole}.{rest:0{places}}" if places else str(whole))
    return _PLAIN.get(kind, str)(value)


def json_value(value: Any, kind: Kind, places: int = 2) -> Any:
    """A value for JSON: like `plain`, but counts are numbers, estimates floats, and no value is null."""
    if value is None or kind in ("number", "share", "estimate"):
        return value
    return exact_text(value, kind, places)


def _utc(timestamp: int) -> str:
    try:
        return datetime.fromtimestamp(timestamp, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return str(timestamp)


_SHOWN: dict[Kind, Callable[[Any], str]] = {
    "wei": lambda value: amount(value, _TABLE_DECIMALS),
    "share": percent,
    "time": lambda value: local(value, short=True),
    "day": day,
    "number": number,
    "estimate": "{:,.2f}".format,
    "word": _,
}
_PLAIN: dict[Kind, Callable[[Any], str]] = {
    "wei": exact_fec,
    "time": _utc,
    "day": day,
    "estimate": "{:.6f}".format,
}
