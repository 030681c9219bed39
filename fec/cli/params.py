"""What people type, read into what the package takes: amounts, addresses, nodes, durations, dates, shares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from fec.core.durations import DAY, HOUR, MINUTE, WEEK
from fec.core.node_id import NodeId
from fec.i18n import NAMES, _, find
from fec.i18n.errors import FECError
from fec.i18n.parsing import parse_fec
from fec.protocol.addresses import checked_address
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.orders import order_key
from fec.protocol.terms import Tier

_EPOCH = datetime.fromtimestamp(0, UTC)
_SECONDS = {"w": WEEK, "d": DAY, "h": HOUR, "m": MINUTE, "s": 1}
_DURATION = re.compile(r"(?:\d{1,10}[wdhms])+", re.ASCII)
_NODE_NAME = re.compile(r"(?:ADN\s*)?(\d{1,20})-(\d{1,20})", re.ASCII | re.IGNORECASE)
#: Contracts have 32 bits for a program and for most lengths of time, and for whole FEC no more digits than these.
_MOST_32 = (1 << 32) - 1
_WHOLE = re.compile(r"\d{1,28}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9]\d{0,77}|0x[0-9a-fA-F]{1,64}", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?\s*%?", re.ASCII)


class Amount(click.ParamType):
    """An amount of FEC in decimals; gives wei."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Reads `12.5` or `1,250.75`."""
        if isinstance(value, int):
            return value
        try:
            return parse_fec(value)
        except FECError as error:
            self.fail(str(error), param, ctx)


class AddressType(click.ParamType):
    """An account, with its checksum if it has capitals."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Reads 0x and 40 hex digits."""
        try:
            return checked_address(value)
        except FECError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True)
class NodeRef:
    """A node as a person names it: by its full id, or by program and serial."""

    text: str
    token_id: int | None
    name: str


class NodeType(click.ParamType):
    """A node: its short name, such as 3-42, or its token id."""

    name = "node"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> NodeRef:
        """Reads `3-42`, `ADN 3-42`, or a token id in decimals or 0x-hex."""
        if isinstance(value, NodeRef):
            return value
        text = value.strip()
        if match := _NODE_NAME.fullmatch(text):
            return NodeRef(text, None, f"{int(match[1])}-{int(match[2])}")
        try:
            token_id = int(text, 0)
            return NodeRef(text, token_id, NodeId.decode(token_id).name)
        except ValueError:
            self.fail(
                _("{value!r} is not a node. Write its name, such as 3-42, or its full id.", value=value), param, ctx
            )


class Duration(click.ParamType):
    """A length of time; gives seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Reads `7d`, `12h`, `14h24m`, `0s`."""
        if isinstance(value, int):
            return value
        text = value.strip().lower()
        if not _DURATION.fullmatch(text):
            self.fail(
                _(
                    "{value!r} is not a duration. Write weeks, days, hours, minutes and seconds, such as 7d or 14h24m.",
                    value=value,
                ),
                param,
                ctx,
            )
        seconds = sum(int(count) * _SECONDS[unit] for count, unit in re.findall(r"(\d+)([wdhms])", text))
        if seconds > _MOST_32:
            self.fail(_("{value!r} is too long. The maximum is 136 years.", value=value), param, ctx)
        return seconds


class DateTime(click.ParamType):
    """A date, or a date and time; gives seconds since the epoch."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Reads ISO 8601; without an offset, local time."""
        if isinstance(value, int):
            return value
        try:
            parsed = datetime.fromisoformat(value.strip()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                _("{value!r} is not a date. Write it as 2026-01-31 or 2026-01-31T18:30+01:00.", value=value), param, ctx
            )
        seconds = (parsed - _EPOCH) // timedelta(seconds=1)
        if seconds < 0:
            self.fail(
                _("{value!r} is before 1970, when chain time starts. Give a later date.", value=value), param, ctx
            )
        return seconds


class ShareType(click.ParamType):
    """A percentage; gives basis points."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Reads `10`, `12.5`, `12.5%`."""
        if isinstance(value, int):
            return value
        match = _PERCENT.fullmatch(value.strip())
        if match is None:
            self.fail(
                _("{value!r} is not a percentage with at most two decimals. Write it as 12.5%.", value=value),
                param,
                ctx,
            )
        return int(match[1] + (match[2] or "").ljust(2, "0"))


class Label(click.ParamType):
    """A text that fits 32 bytes, or 0x and 64 hex digits."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Checks that it fits."""
        try:
            to_bytes32(value)
        except FECError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class OrderKey(click.ParamType):
    """An order: program and order id, such as 2/A-1027, or its key in hex; gives the key."""

    name = "order"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Reads either."""
        text = value.strip()
        if re.fullmatch(r"0x[0-9a-fA-F]{64}", text):
            return str(text.lower())
        program, order_id = text.partition("/")[::2]
        if not (_WHOLE.fullmatch(program) and order_id):
            self.fail(
                _(
                    "{value!r} is not an order. Write program and order id, such as 2/A-1027, or the order's key.",
                    value=value,
                ),
                param,
                ctx,
            )
        try:
            return order_key(int(program), order_id)
        except FECError as error:
            self.fail(str(error), param, ctx)


class TierType(click.ParamType):
    """A tier: lifetime spend in whole FEC, and the share burned from there on."""

    name = "tier"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Tier:
        """Reads `5000:12.5`."""
        if isinstance(value, Tier):
            return value
        spend, share = value.partition(":")[::2]
        if not (_WHOLE.fullmatch(spend) and share):
            self.fail(
                _(
                    "{value!r} is not a tier. Write spend in whole FEC and percentage burned, such as 5000:12.5.",
                    value=value,
                ),
                param,
                ctx,
            )
        return Tier(int(spend), SHARE.convert(share, param, ctx))


class Whole(click.ParamType):
    """A whole number, in decimals or 0x-hex."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Reads either."""
        if isinstance(value, int):
            return value
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            self.fail(_("{value!r} is not a whole number. Write it in digits.", value=value), param, ctx)
        return int(text, 0)


class RateType(click.ParamType):
    """What one unit of a currency is in FEC; gives the currency's name, empty if there is only one, and wei."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Reads `100` or `USD:100`."""
        if isinstance(value, tuple):
            return value
        currency, colon, rate = value.rpartition(":")
        wei = AMOUNT.convert(rate, param, ctx)
        if not wei or bool(colon) != bool(currency.strip()):
            self.fail(
                _("{value!r} is not a rate. Write the FEC for one unit, such as 100 or USD:100.", value=value),
                param,
                ctx,
            )
        return currency.strip(), wei


class Language(click.ParamType):
    """A language by any of its tags; gives its catalog's name."""

    name = "language"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Reads `ms`, `zh_Hant`, `zh-TW`."""
        found = find(value)
        if found is None:
            names = ", ".join(f"{locale} ({name})" for locale, name in NAMES.items())
            self.fail(
                _("{value!r} is not an available language. Choose one of {names}.", value=value, names=names),
                param,
                ctx,
            )
        return found


AMOUNT = Amount()
ADDRESS = AddressType()
NODE = NodeType()
DURATION = Duration()
DATETIME = DateTime()
SHARE = ShareType()
LABEL = Label()
ORDER = OrderKey()
TIER = TierType()
WHOLE = Whole()
RATE = RateType()
LANGUAGE = Language()
PROGRAM = click.IntRange(1, _MOST_32)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
