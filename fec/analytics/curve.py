"""The release curve as an Ibis expression: exact to the wei, on engines whose numbers end at 38 digits.

`released(P, k) = floor(F · g / D)`, with the face F = 10·P < 2^95 < 10^32, `g = growth_down(k)` and `D = FULL_GROWTH`,
as `fec.schedule` has them. F · g has up to 226 bits. So F is cut into four limbs of eight decimal digits,
F = Σ fᵢ·bⁱ with b = 10^8, and for each k and i the table of growths holds

    bⁱ · g = Qᵢ · D + Rᵢ,    ρᵢ = ceil(10^50 · Rᵢ / D),    ρᵢ = hᵢ · 10^25 + lᵢ,

from which    released = Σ fᵢ·Qᵢ + floor(S / 10^50)   with   S = Σ fᵢ·ρᵢ.

That is exact. S / 10^50 is never below x = Σ fᵢ·Rᵢ / D, and above it by less than 4·b·10^-50 = 4·10^-42. The fraction
of x is a multiple of 1/D > 3·10^-40, so that it is at most 1 − 1/D: the little that is added never reaches the next
integer. And floor(S / 10^50) = floor((Σ fᵢ·hᵢ + floor(Σ fᵢ·lᵢ / 10^25)) / 10^25), whose numbers have 34 digits
at most; h and l are kept as decimals of 25 places, where dividing by 10^25 costs nothing.
"""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

import ibis
import pyarrow as pa

from fec.analytics.data import WEI, Data
from fec.schedule import FACE_MULTIPLE, FULL_GROWTH, PERIODS, growth_down

_LIMBS = 4
_DIGITS = 8
_PLACES = 25
_FRACTION = f"decimal(38, {_PLACES})"


def growths(data: Data) -> Any:
    """The table of growths: `period` from 0 to 100, and for each limb `whole`, `high` and `low`."""
    columns: dict[str, list[Any]] = {"period": list(range(PERIODS + 1))}
    kinds: dict[str, pa.DataType] = {}
    for limb in range(_LIMBS):
        parts = [_parts(limb, period) for period in range(PERIODS + 1)]
        for place, (name, kind) in enumerate(_KINDS):
            columns[f"{name}_{limb}"] = [part[place] for part in parts]
            kinds[f"{name}_{limb}"] = kind
    return data.small(columns, kinds)


def with_limbs(nodes: Any) -> Any:
    """Nodes, and the limbs of their faces: `limb_0` … `limb_3`."""
    digits = (nodes.principal * FACE_MULTIPLE).cast(WEI).cast("string").lpad(_LIMBS * _DIGITS, "0")
    return nodes.mutate(
        {
            f"limb_{limb}": digits.substr((_LIMBS - 1 - limb) * _DIGITS, _DIGITS).cast(f"decimal({_DIGITS}, 0)")
            for limb in range(_LIMBS)
        }
    )


def released(row: Any) -> Any:
    """What a node has let go after a period, in wei: of a row that joins `with_limbs` and `growths`."""
    last = ibis.literal("0." + "1".zfill(_PLACES)).cast(f"decimal({_PLACES}, {_PLACES})")
    low = _sum(row, "low").cast(_FRACTION).floor().cast(f"decimal({_DIGITS + 2}, 0)")
    fraction = (_sum(row, "high") + low * last).cast(_FRACTION).floor().cast(WEI)
    return (_sum(row, "whole") + fraction).cast(WEI)


def _sum(row: Any, name: str) -> Any:
    return reduce(add, (row[f"limb_{limb}"] * row[f"{name}_{limb}"] for limb in range(_LIMBS)))


_KINDS = (
    ("whole", pa.decimal128((_LIMBS - 1) * _DIGITS + 1, 0)),
    ("high", pa.decimal128(_PLACES, _PLACES)),
    ("low", pa.decimal128(_PLACES, _PLACES)),
)


def _parts(limb: int, period: int) -> tuple[Decimal, Decimal, Decimal]:
    whole, rest = divmod(10 ** (_DIGITS * limb) * growth_down(period), FULL_GROWTH)
    high, low = divmod(-(-rest * 10 ** (2 * _PLACES) // FULL_GROWTH), 10**_PLACES)
    return Decimal(whole), Decimal(high).scaleb(-_PLACES), Decimal(low).scaleb(-_PLACES)
