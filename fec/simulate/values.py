"""The kinds of value that a scenario has: how each is written, as the integer that it is. Exact both ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from fec.core.amounts import exact_fec
from fec.core.durations import DAY, HOUR, MINUTE, WEEK
from fec.i18n.errors import InvalidAmount
from fec.i18n.parsing import parse_fec
from fec.simulate.errors import ScenarioInvalid

HUNDRED = 100
#: A quota that grows by whatever is burned, as long as the budget has it.
ANY = -1

_SECONDS = {"w": WEEK, "d": DAY, "h": HOUR, "m": MINUTE, "s": 1}
_DURATION = re.compile(r"(?:\d+[wdhms])+", re.ASCII)
_HUNDREDTHS = re.compile(r"(\d+)(?:\.(\d{1,2}))?", re.ASCII)
_COUNT = re.compile(r"\d+|\d{1,3}(?:,\d{3})+", re.ASCII)


@dataclass(frozen=True)
class ValueKind:
    """A kind of value."""

    read: Callable[[str], int]
    """From text; raises ValueError."""
    write: Callable[[int], str]
    """Back to text that reads as the same."""
    example: str


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise ValueError(text)
    return int(text.replace(",", ""))


def _hundredths(text: str) -> int:
    match = _HUNDREDTHS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1] + (match[2] or "").ljust(2, "0"))


def _plain(hundredths: int) -> str:
    whole, rest = divmod(hundredths, HUNDRED)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") if rest else str(whole)


def _duration(text: str) -> int:
    if not _DURATION.fullmatch(text):
        raise ValueError(text)
    return sum(int(count) * _SECONDS[unit] for count, unit in re.findall(r"(\d+)([wdhms])", text))


def _written_duration(seconds: int) -> str:
    parts = []
    for unit, length in list(_SECONDS.items())[1:]:
        count, seconds = divmod(seconds, length)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def _day(text: str) -> int:
    day = date.fromisoformat(text)
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


COUNT = ValueKind(_count, str, "1000")
#: FEC, in wei.
AMOUNT = ValueKind(parse_fec, exact_fec, "12.5")
#: FEC or `any`, in wei.
QUOTA = ValueKind(
    lambda text: ANY if text == "any" else parse_fec(text), lambda wei: "any" if wei == ANY else exact_fec(wei), "any"
)
#: A part of a whole, in basis points.
SHARE = ValueKind(lambda text: _hundredths(text.removesuffix("%").strip()), lambda bps: f"{_plain(bps)}%", "12.5%")
#: Decimals of at most two places, in hundredths: money, or a count on average.
DECIMAL = ValueKind(_hundredths, _plain, "62.76")
#: In seconds.
DURATION = ValueKind(_duration, _written_duration, "7d")
#: Midnight in UTC, in seconds since the epoch.
DATE = ValueKind(_day, lambda moment: f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}", "2026-01-05")


def read(kind: ValueKind, key: str, value: Any) -> int:
    """Reads the value of a key, as TOML or a command line has it. Raises ScenarioInvalid."""
    try:
        return kind.read(str(value).strip())
    except (ValueError, OverflowError, InvalidAmount) as error:
        raise ScenarioInvalid(
            "{key} cannot be {value!r}. Write it like {example}.", key=key, value=str(value), example=kind.example
        ) from error
