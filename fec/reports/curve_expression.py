"""The release curve as an Ibis expression: exact to the wei, in integers of 64 bits, on any engine.

`released(P, k) = floor(F · g / D)`, with the face F = 10·P < 2^95 < 10^30, `g = growth_down(k)` and `D = FULL_GROWTH`,
as `fec.core.curve` has them. F · g has up to 226 bits. So F is cut into five limbs of six decimal digits, F = Σ fᵢ·bⁱ
with b = 10^6, and for each k and i the table of growths holds

    bⁱ · g = Qᵢ · D + Rᵢ    and    ρᵢ = ceil(10^48 · Rᵢ / D),

from which    released = Σ fᵢ·Qᵢ + floor(S / 10^48)    with    S = Σ fᵢ·ρᵢ.

That is exact. S / 10^48 is never below x = Σ fᵢ·Rᵢ / D, and above it by less than 5·b·10^-48 = 5·10^-42. The fraction
of x is a multiple of 1/D > 3·10^-40, so that it is at most 1 − 1/D: the little that is added never reaches the next
integer.

Qᵢ ≤ 10^24 and ρᵢ < 10^48 are kept as limbs of twelve digits, two and four of them (and 10^12 itself, at k = 100). A
column Σ fᵢ·limb is below 5·10^6·10^12 = 5·10^18, and what is carried into it below 5·10^6 + 1: both fit 63 bits.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from fec.core.curve import FACE_MULTIPLE, FULL_GROWTH, PERIODS, growth_down
from fec.reports.data import WEI, Data

_LIMBS = 5
_DIGITS = 6
_WIDE_DIGITS = 12
_WIDE = 10**_WIDE_DIGITS
_WHOLES, _FRACTIONS = 2, 4


def growths(data: Data) -> Any:
    """The table of growths: `period` from 0 to 100, and of each limb the parts that `released` takes."""
    columns: dict[str, list[int]] = {"period": list(range(PERIODS + 1))}
    for limb in range(_LIMBS):
        for period in range(PERIODS + 1):
            whole, rest = divmod(10 ** (_DIGITS * limb) * growth_down(period), FULL_GROWTH)
            fraction = -(-rest * _WIDE**_FRACTIONS // FULL_GROWTH)
            for place, part in enumerate(reversed(divmod(whole, _WIDE))):
                columns.setdefault(f"whole_{place}_{limb}", []).append(part)
            for place in range(_FRACTIONS):
                columns.setdefault(f"fraction_{place}_{limb}", []).append(fraction // _WIDE**place % _WIDE)
    return data.small(columns)


def with_limbs(nodes: Any) -> Any:
    """Nodes, and the limbs of their faces: `limb_0` … `limb_4`."""
    digits = (nodes.principal * FACE_MULTIPLE).cast(WEI).cast("string").lpad(_LIMBS * _DIGITS, "0")
    return nodes.mutate(
        {f"limb_{limb}": digits.substr((_LIMBS - 1 - limb) * _DIGITS, _DIGITS).cast("int64") for limb in range(_LIMBS)}
    )


def released(row: Any) -> Any:
    """What a node has let go after a period, in wei: of a row that joins `with_limbs` and `growths`."""
    carried: Any = 0
    for place in range(_FRACTIONS):
        carried = _over(_column(row, f"fraction_{place}") + carried)
    low, high = (_column(row, f"whole_{place}") for place in range(_WHOLES))
    return ((low + carried).cast(WEI) + high.cast(WEI) * _WIDE).cast(WEI)


def _column(row: Any, name: str) -> Any:
    return reduce(add, (row[f"limb_{limb}"] * row[f"{name}_{limb}"] for limb in range(_LIMBS)))


def _over(column: Any) -> Any:
    """A column by 10^12, rounded down. Engines divide in floats: of a multiple, the nearest integer is the quotient."""
    return ((column - column % _WIDE) / _WIDE).round().cast("int64")
