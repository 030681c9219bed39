"""What a chart is made of beside its specification: rows, texts in the reader's language, single values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fec.charts.reading import DRAWN
from fec.i18n import _, current

_ONE = 10**DRAWN


@dataclass(frozen=True)
class Drawing:
    """A chart's contents. Amounts in rows are drawn in millionths."""

    datasets: Mapping[str, Sequence[Mapping[str, Any]]]
    words: Mapping[str, str | Sequence[str]]
    """What stands where the specification has `@name`."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What stands where the specification has `#name`."""
    empty: bool = False
    """Whether there is nothing to be seen."""


def scale(most: int, unit: str) -> tuple[int, str]:
    """In what an axis that goes up to `most` millionths of a unit counts, and what to write beside it.

    Chinese counts in ten thousands and hundred millions.
    """
    steps = (
        [(10**8, _("hundred million {unit}", unit=unit)), (10**4, _("ten thousand {unit}", unit=unit))]
        if current().startswith("zh")
        else [
            (10**9, _("billion {unit}", unit=unit)),
            (10**6, _("million {unit}", unit=unit)),
            (10**3, _("thousand {unit}", unit=unit)),
        ]
    )
    return next(((step * _ONE, name) for step, name in steps if most >= step * _ONE), (_ONE, unit))
