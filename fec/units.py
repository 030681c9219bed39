"""Amounts of FEC as people write them, and in wei. Exact both ways; no floats."""

from __future__ import annotations

import re

from fec.exceptions import InvalidAmount

DECIMALS = 18
WEI_PER_FEC = 10**DECIMALS

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
        raise InvalidAmount("{start!r} … is more FEC than there can be.", start=text[:_MOST_DIGITS])
    if len(fraction) > DECIMALS:
        raise InvalidAmount(
            "{text!r} has {count} decimals; FEC has {most}.", text=text, count=len(fraction), most=DECIMALS
        )
    return int(match["whole"].replace(",", "") + fraction.ljust(DECIMALS, "0"))


def format_fec(wei: int, decimals: int | None = None) -> str:
    """Writes wei as FEC with thousands separators.

    Exact, without trailing zeros, unless `decimals` is given: then exactly that many (0 to 18), rounded down, so that
    nobody is shown more than there is. Raises InvalidAmount for a negative amount or another number of decimals.
    """
    if wei < 0:
        raise InvalidAmount("{wei} wei is negative; amounts of FEC are not.", wei=wei)
    whole, rest = divmod(wei, WEI_PER_FEC)
    fraction = str(rest).zfill(DECIMALS)
    if decimals is None:
        fraction = fraction.rstrip("0")
    elif 0 <= decimals <= DECIMALS:
        fraction = fraction[:decimals]
    else:
        raise InvalidAmount("FEC is shown with 0 to {most} decimals, not {decimals}.", most=DECIMALS, decimals=decimals)
    return f"{whole:,}.{fraction}" if fraction else f"{whole:,}"
