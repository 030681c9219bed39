"""What a chart is made of beside its specification: rows, texts in the reader's language, single values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from babel.dates import get_month_names

from fec.charts.inputs import CHART_DECIMALS
from fec.i18n import _, current

_ONE = 10**CHART_DECIMALS


@dataclass(frozen=True)
class ChartContents:
    """A chart's contents. Amounts in rows are in millionths."""

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


def date_expression(skeleton: str) -> str:
    """A Vega expression for an axis of times that says them as the language does: `yMMM` or `MMMd` of CLDR.

    (d3's names of months belong to the whole process: after a chart in one language the next would have its months.)
    """
    locale = Locale.parse(current())
    pattern = locale.datetime_skeletons[skeleton].pattern
    months = [get_month_names("abbreviated", "format", locale)[month] for month in range(1, 13)]
    parts = {
        "y": "utcyear(datum.value)",
        "MMM": f"{json.dumps(months)}[utcmonth(datum.value)]",
        "M": "(utcmonth(datum.value) + 1)",
        "d": "utcdate(datum.value)",
    }
    pieces = re.findall("MMM|[yMd]|[^yMd]+", pattern)
    return " + ".join(['""', *(parts.get(piece) or json.dumps(piece) for piece in pieces)])
