"""Charts of a shop: what flows back when, cohorts, and how its liability rolls forward."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from fec.charts.contents import ChartContents, date_expression, scale
from fec.charts.errors import ChartDataInvalid
from fec.charts.inputs import MILLISECONDS, Data, amount, each, millionths, text, timestamp, whole_number
from fec.core.durations import DAY
from fec.core.shares import BASIS_POINTS
from fec.i18n import _, percent

#: Bars at most, before they are put together by the week, month or year.
_BARS = 120
#: Columns at most that have their figures written in.
_WRITTEN = 16
_CELL = 44


def flowback(data: Data) -> ChartContents:
    """`{"releases": [{"time", "amount", "claimed"?}]}`: what is released when, and what of it is claimed; in FEC."""
    releases = []
    for row, place in each(data, "releases"):
        released, claimed = amount(row, "amount", place), amount(row, "claimed", place, otherwise="0")
        if claimed > released:
            raise ChartDataInvalid("{place} has more claimed than released. Correct the data.", place=place.rstrip("."))
        releases.append((timestamp(row, "time", place), released, claimed))
    step, every = _step([when for when, _released, _claimed in releases])
    bars: dict[int, list[int]] = {}
    for when, released, claimed in releases:
        bar = bars.setdefault(_begin(when, step), [0, 0])
        bar[0] += claimed
        bar[1] += released - claimed
    most = max((millionths(sum(bar)) for bar in bars.values()), default=0)
    unit, counted = scale(most, "FEC")
    kinds = (_("claimed already"), _("not yet claimed"))
    return ChartContents(
        datasets={
            "bars": [
                {
                    "time": begin * MILLISECONDS,
                    "end": _end(begin, step) * MILLISECONDS,
                    "what": what,
                    "from": millionths(low),
                    "to": millionths(high),
                }
                for begin, (claimed, left) in sorted(bars.items())
                for what, low, high in zip(kinds, (0, claimed), (claimed, claimed + left), strict=True)
                if high > low
            ]
        },
        words={
            "title": _("Flow-back through time"),
            "subtitle": [every, _shape()],
            "counted": counted,
            "kinds": kinds,
        },
        values={"unit": unit, "date": date_expression("MMMd" if step == "day" else "yMMM")},
        empty=not bars,
    )


def _shape() -> str:
    return _(
        "1,000 burned pay 3.83 in period 1 and 479.84 in period 100; the 1,000 are back in period 55, half of the "
        "10,000 in period 86"
    )


def _step(times: list[int]) -> tuple[str, str]:
    """The length of time that a bar covers, and its label."""
    span = (max(times) - min(times)) // DAY if times else 0
    if span < _BARS:
        return "day", _("FEC released per day")
    if span < _BARS * 7:
        return "week", _("FEC released per week")
    if span < _BARS * 30:
        return "month", _("FEC released per month")
    return "year", _("FEC released per year")


def _begin(when: int, step: str) -> int:
    day = datetime.fromtimestamp(when, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if step == "week":
        day -= timedelta(days=day.weekday())
    elif step == "month":
        day = day.replace(day=1)
    elif step == "year":
        day = day.replace(month=1, day=1)
    return int(day.timestamp())


def _end(begin: int, step: str) -> int:
    """The bar's end: the next one's beginning, since no step is longer than a year and a day."""
    return _begin(begin + {"day": 1, "week": 7, "month": 31, "year": 366}[step] * DAY, step)


def cohorts(data: Data) -> ChartContents:
    """`{"cohorts": [{"cohort", "period", "share"}], "measure"?, "every"?}`; shares in basis points.

    A row for each cohort, a column for each period since it began, from 0. What is measured is `returning` shoppers
    or purchases out of `flowBack`; periods are called by `every`: `week`, `month`, `year` or just `period`.
    """
    measure = text(data, "measure", otherwise="returning")
    titles = {
        "returning": (
            _("Retention by cohort"),
            _("Share of each cohort's shoppers who bought again, by time since their first purchase"),
        ),
        "flowBack": (
            _("Purchases paid from flow-back"),
            _("Share of each cohort's purchases that was paid with flow-back, by time since joining"),
        ),
    }
    if measure not in titles:
        raise ChartDataInvalid(
            "measure is {value!r}. It must be one of {known}.", value=measure, known=", ".join(titles)
        )
    spans = {
        "week": _("weeks since the start"),
        "month": _("months since the start"),
        "year": _("years since the start"),
        "period": _("periods since the start"),
    }
    every = text(data, "every", otherwise="period")
    if every not in spans:
        raise ChartDataInvalid("every is {value!r}. It must be one of {known}.", value=every, known=", ".join(spans))
    cells = []
    for row, place in each(data, "cohorts"):
        share = whole_number(row, "share", place)
        if share > BASIS_POINTS:
            raise ChartDataInvalid(
                "{key} is {value!r}. It must be at most 10000 basis points.", key=f"{place}share", value=share
            )
        cells.append((text(row, "cohort", place), whole_number(row, "period", place), share))
    columns = len({period for _cohort, period, _share in cells})
    title, subtitle = titles[measure]
    return ChartContents(
        datasets={
            "cells": [
                {
                    "cohort": cohort,
                    "period": period,
                    "share": share,
                    "label": percent(share // 100 * 100) if columns <= _WRITTEN else "",
                }
                for cohort, period, share in cells
            ]
        },
        words={"title": title, "subtitle": subtitle, "period": spans[every], "cohort": _("cohort")},
        values={
            "shares": json.dumps([percent(share) for share in range(0, BASIS_POINTS + 1, BASIS_POINTS // 4)]),
            "width": max(columns, 6) * _CELL if columns <= _WRITTEN else 760,
            "height": max(len({cohort for cohort, _period, _share in cells}), 3) * 32,
        },
        empty=not cells,
    )


def liability(data: Data) -> ChartContents:
    """`{"unit": "USD", "periods": [{"label", "opening", "accrued", "redeemed", "breakage", "closing", "adjusted"?}]}`.

    `opening + accrued + adjusted − redeemed − breakage = closing` for each, and the next opening is its closing.
    """
    unit_name = text(data, "unit", otherwise="FEC")
    kinds = {
        "accrued": _("accrued"),
        "adjusted": _("estimate changed"),
        "redeemed": _("redeemed"),
        "breakage": _("breakage"),
    }
    bars: list[dict[str, Any]] = []
    balances: list[dict[str, Any]] = []
    before: int | None = None
    for row, place in each(data, "periods"):
        label = text(row, "label", place)
        opening, closing = (amount(row, name, place, signed=True) for name in ("opening", "closing"))
        moves = {
            "accrued": amount(row, "accrued", place),
            "adjusted": amount(row, "adjusted", place, signed=True, otherwise="0"),
            "redeemed": -amount(row, "redeemed", place),
            "breakage": -amount(row, "breakage", place),
        }
        if opening + sum(moves.values()) != closing or before not in (None, opening):
            raise ChartDataInvalid(
                "{place} does not roll forward. Opening + accrued + adjusted − redeemed − breakage must equal "
                "closing, and closing must equal the next opening.",
                place=place.rstrip("."),
            )
        before = closing
        bars += [
            {"label": label, "what": kinds[name], "rank": rank, "amount": millionths(value)}
            for rank, (name, value) in enumerate(moves.items())
        ]
        balances.append({"label": label, "amount": millionths(closing)})
    used = [name for name in kinds if name != "adjusted" or any(b["amount"] for b in bars if b["what"] == kinds[name])]
    most = max((abs(item["amount"]) for item in (*bars, *balances)), default=0)
    unit, counted = scale(most, unit_name)
    colours = {"accrued": "pale", "adjusted": "paper", "redeemed": "strong", "breakage": "middle"}
    return ChartContents(
        datasets={"bars": [bar for bar in bars if bar["what"] in {kinds[name] for name in used}], "balances": balances},
        words={
            "title": _("Liability roll-forward"),
            "subtitle": _("opening + accrued − redeemed − breakage = closing; the line is the closing balance"),
            "counted": counted,
            "kinds": [kinds[name] for name in used],
            "balance": _("closing balance"),
        },
        values={"unit": unit, "colours": [f"${colours[name]}" for name in used]},
        empty=not balances,
    )
