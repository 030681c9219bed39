"""Reports as the data that `fec chart` draws: supply, flowback, cohorts, liability (docs/reference/charts.md)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fec.reports.dates import Every, day
from fec.reports.errors import NothingToReport
from fec.reports.liability import Statement
from fec.reports.pools import Movement
from fec.reports.table import Report
from fec.reports.value_formats import exact_text

#: Spans that the chart has words for.
_SPANS = ("week", "month", "year")
#: Of a date's letters, those that say which month or year it is.
_LENGTHS = {"month": 7, "year": 4}


def supply(report: Report) -> dict[str, Any]:
    """What exists and what is owed at the end of each stretch."""
    names = ("supply", "outstanding")
    points = [
        {"time": row["time"], **{name: exact_text(row[name], "wei") for name in names}} for row in report.records()
    ]
    return {"points": points}


def flowback(calendar: Report) -> dict[str, Any]:
    """A calendar's rows, of all scopes together; what can be claimed already is at the cut-off."""
    sums: dict[int, int] = defaultdict(int)
    for row in calendar.records():
        sums[row["begin"]] += row["amount"]
    return {"releases": [{"time": time, "amount": exact_text(sums[time], "wei")} for time in sorted(sums)]}


def cohorts(report: Report, every: Every) -> dict[str, Any]:
    """One scope's cohorts and the share of each that bought. Raises NothingToReport if there are several scopes."""
    records = list(report.records())
    if len({row["scope"] for row in records}) > 1:
        raise NothingToReport("A chart shows the cohorts of one scope. Give --by protocol or --program.")
    length = _LENGTHS.get(every)
    found = [{"cohort": day(row["cohort"])[:length], "period": row["age"], "share": row["retained"]} for row in records]
    return {"cohorts": found, "measure": "returning", "every": every if every in _SPANS else "period"}


def liability(statement: Statement) -> dict[str, Any]:
    """How the balance of all scopes together rolls forward."""
    sums: dict[int, Movement] = defaultdict(Movement)
    for line in statement.lines:
        sums[line.interval.begin] += line.movement
    places = statement.policy.places

    def money(value: int) -> str:
        return exact_text(value, "money", places)

    periods = [
        {
            "label": day(begin),
            "opening": money(movement_between.opening),
            "accrued": money(movement_between.accrued),
            "redeemed": money(movement_between.redeemed),
            "breakage": money(movement_between.breakage),
            "adjusted": money(-movement_between.catch_up),
            "closing": money(movement_between.closing),
        }
        for begin, movement_between in sorted(sums.items())
    ]
    return {"unit": statement.policy.currency or "FEC", "periods": periods}
