"""Money of shops' own currencies: in millionths of a unit, as whole numbers."""

from __future__ import annotations

#: Millionths in a unit.
MILLION = 10**6
_PLACES = 6


def parse_money(text: str) -> int:
    """Millionths of a unit, from plain decimals with at most six places, as the API takes them."""
    whole, _, fraction = text.partition(".")
    return int(whole) * MILLION + int(fraction.ljust(_PLACES, "0") or "0")


def exact_money(millionths: int) -> str:
    """Exact decimals, with two places at least where there are any."""
    whole, rest = divmod(millionths, MILLION)
    if not rest:
        return str(whole)
    return f"{whole}.{f'{rest:06}'.rstrip('0'):0<2}"


def value_of(millionths: int, rate: int) -> int:
    """Wei of FEC that money comes to, at a rate in wei for a unit, which is a multiple of a million."""
    return millionths * (rate // MILLION)
