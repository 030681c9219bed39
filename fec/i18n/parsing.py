"""Reads what people type."""

from __future__ import annotations

import re

from fec.core.amounts import DECIMALS
from fec.i18n.errors import InvalidAmount

#: More would not fit the 256 bits that contracts have for an amount.
_MOST_DIGITS = 58


_AMOUNT = re.compile(r"(?P<whole>\d+|\d{1,3}(?:,\d{3})+)(?:\.(?P<fraction>\d+))?", re.ASCII)


def parse_fec(text: str) -> int:
    """Reads an amount of FEC, such as `12.5` or `1,250.75`; returns wei.

    Raises InvalidAmount for anything else: signs, exponents, more than 18 decimals, misplaced separators.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise InvalidAmount(
            "{text!r} is not an amount of FEC. Write it in digits, such as 12.5 or 1,250.75.", text=text
        )
    fraction = match["fraction"] or ""
    if len(match["whole"]) > _MOST_DIGITS:
        raise InvalidAmount("{start!r} … is more FEC than can exist. Give a smaller amount.", start=text[:_MOST_DIGITS])
    if len(fraction) > DECIMALS:
        raise InvalidAmount(
            "{text!r} has {count} decimals, but FEC has {most}. Give fewer decimals.",
            text=text,
            count=len(fraction),
            most=DECIMALS,
        )
    return int(match["whole"].replace(",", "") + fraction.ljust(DECIMALS, "0"))
