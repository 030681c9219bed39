"""Formats sentences, amounts, numbers, times and durations in the current language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from string import Formatter
from typing import Any

from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import get_decimal_symbol, get_group_symbol

from fec.core.amounts import format_fec
from fec.core.durations import DAY, HOUR
from fec.core.node_id import NodeId
from fec.i18n.catalogs import SOURCE, catalog, current, use
from fec.i18n.readable import one_line


def N_(sentence: str) -> str:  # noqa: N802 (gettext's own name)
    """Marks a sentence for translation that `_` or an error puts into a language later."""
    return sentence


def _(sentence: str, /, **values: Any) -> str:
    """A sentence in the language spoken now, its values in their places. Without values, braces are text."""
    return _fill(catalog(current()).gettext(sentence) if sentence else "", values)


def ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
    """The sentence for one or for many, whatever plurals the language has; `{count:number}` in it is the count."""
    return _fill(catalog(current()).ngettext(one, many, count), {"count": count, **values})


class Message(str):
    """English text that can be translated when it is printed."""

    msgid: str
    """The sentence in English, with places for values."""
    values: dict[str, Any]

    def __new__(cls, msgid: str, /, **values: Any) -> Message:
        """Takes the sentence and its values; of errors other than this package's, just what they say."""
        values = {name: str(value) if _is_foreign(value) else value for name, value in values.items()}
        with use(SOURCE):
            message = super().__new__(cls, _fill(msgid, values))
        message.msgid = msgid
        message.values = values
        return message

    def localized(self, locale: str | None = None) -> str:
        """The text in a language, or in the one spoken now."""
        with use(locale or current()):
            return _(self.msgid, **self.values)


def number(value: int) -> str:
    """An integer with the separators of the language."""
    return _separated(f"{value:,}")


def amount(wei: int, decimals: int | None = None) -> str:
    """Wei as FEC, exact, with the separators of the language; `decimals` as in `fec.core.amounts.format_fec`."""
    return _separated(format_fec(wei, decimals))


def decimal(value: int, places: int) -> str:
    """An integer of a currency's smallest unit with its decimals, exact, with the separators of the language."""
    whole, rest = divmod(abs(value), 10**places)
    fraction = f".{rest:0{places}}" if places else ""
    return ("-" if value < 0 else "") + _separated(f"{whole:,}{fraction}")


def _separated(text: str) -> str:
    # By text: Babel's format_decimal counts in decimals of 28 digits, and the cap has 29 in wei.
    locale = current()
    return text.translate({ord(","): get_group_symbol(locale), ord("."): get_decimal_symbol(locale)})


def percent(basis_points: int) -> str:
    """A share: `12.5 %`."""
    whole, rest = divmod(basis_points, 100)
    return _("{share} %", share=_separated(f"{whole}.{rest:02}".rstrip("0").rstrip(".")))


def local(timestamp: int, *, short: bool = False) -> str:
    """A time, in seconds since the epoch, in local time to the minute; ISO 8601 in English. `short` has no offset."""
    try:
        when = datetime.fromtimestamp(timestamp, UTC).astimezone()
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return f"{timestamp} s"
    if current() == SOURCE:
        return when.strftime("%Y-%m-%d %H:%M") if short else when.isoformat(" ", "minutes")
    if short:
        return f"{format_skeleton('yMd', when, locale=current())} {format_datetime(when, 'HH:mm', locale=current())}"
    return f"{format_date(when, locale=current())} {format_datetime(when, 'HH:mm ZZZZ', locale=current())}"


def duration(seconds: int) -> str:
    """A length of time in words: `7 days`, `14 hours 24 minutes`."""
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, 60)
    parts = [
        ngettext("{count:number} day", "{count:number} days", days) if days else "",
        ngettext("{count:number} hour", "{count:number} hours", hours) if hours else "",
        ngettext("{count:number} minute", "{count:number} minutes", minutes) if minutes else "",
        ngettext("{count:number} second", "{count:number} seconds", rest) if rest or not seconds else "",
    ]
    return " ".join(filter(None, parts))


def _node(token_id: int) -> str:
    try:
        return f"ADN {NodeId.decode(token_id).name}"
    except ValueError:
        return _("node {token_id}", token_id=token_id)


_PLACES: dict[str, Callable[[int], str]] = {
    "fec": lambda wei: f"{amount(wei)} FEC",
    "number": number,
    "percent": percent,
    "node": _node,
    "date": local,
    "duration": duration,
}


class _Words(Formatter):
    """Shows values as people read them, those that are sentences themselves in the language spoken now.

    Text that others may have written becomes one line that no terminal obeys.
    """

    def format_field(self, value: Any, format_spec: str) -> str:
        """Formats one value."""
        if show := _PLACES.get(format_spec):
            return show(value)
        if localized := getattr(value, "localized", None):
            return str(localized())
        if isinstance(value, list):
            return "; ".join(self.format_field(item, "") for item in value)
        shown = str(super().format_field(value, format_spec))
        return one_line(shown) if isinstance(value, str) or _is_foreign(value) else shown


def _is_foreign(value: Any) -> bool:
    return isinstance(value, BaseException) and not hasattr(value, "localized")


def _fill(sentence: str, values: Mapping[str, Any]) -> str:
    return _Words().vformat(sentence, (), values) if values else sentence
