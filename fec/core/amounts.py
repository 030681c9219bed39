"""Amounts of FEC as people write them, and in wei. Exact both ways; no floats."""

from __future__ import annotations

DECIMALS = 18
WEI_PER_FEC = 10**DECIMALS


def format_fec(wei: int, decimals: int | None = None) -> str:
    """Writes wei as FEC with thousands separators.

    Exact, without trailing zeros, unless `decimals` is given: then exactly that many (0 to 18), rounded down, so that
    no amount shown is above the true one. Raises ValueError for a negative amount or another number of decimals.
    """
    if wei < 0:
        raise ValueError(f"{wei} wei is negative; amounts of FEC are not.")
    whole, rest = divmod(wei, WEI_PER_FEC)
    fraction = str(rest).zfill(DECIMALS)
    if decimals is None:
        fraction = fraction.rstrip("0")
    elif 0 <= decimals <= DECIMALS:
        fraction = fraction[:decimals]
    else:
        raise ValueError(f"FEC is shown with 0 to {DECIMALS} decimals, not {decimals}.")
    return f"{whole:,}.{fraction}" if fraction else f"{whole:,}"


def exact_fec(wei: int) -> str:
    """Writes wei as exact decimals of FEC for machines: without separators. Raises ValueError for a negative amount."""
    return format_fec(wei).replace(",", "")
