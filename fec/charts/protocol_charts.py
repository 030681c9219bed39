"""Charts of the protocol: the payout curve, supply and what is owed, the fan of many runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fec.charts.contents import ChartContents, date_expression, scale
from fec.charts.errors import ChartDataInvalid
from fec.charts.inputs import CHART_DECIMALS, MILLISECONDS, Data, amount, check_order, each, millionths, text, timestamp
from fec.core import curve
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY
from fec.i18n import _
from fec.i18n import amount as written

ONE_ADN = 1_000 * WEI_PER_FEC
#: Room above the cap for its name.
_ABOVE = (112, 100)


def milestones(principal: int = ONE_ADN) -> list[tuple[int, str]]:
    """The four periods that tell the curve's shape, and what to say of each."""
    whole_number = curve.face(principal)
    back = curve.period_when_released(principal, principal)
    half = curve.period_when_released(principal, whole_number // 2)
    first, last = (curve.released(principal, k) - curve.released(principal, k - 1) for k in (1, curve.PERIODS))
    burned, face = written(principal), written(whole_number)
    return [
        (1, _("period {period} pays {amount}", period=1, amount=written(first, 4))),
        (back, _("period {period}: the {burned} burned are back", period=back, burned=burned)),
        (half, _("period {period}: half of the {face}", period=half, face=face)),
        (
            curve.PERIODS,
            _(
                "period {period} pays {amount}: all {face}",
                period=curve.PERIODS,
                amount=written(last, 4),
                face=face,
            ),
        ),
    ]


def payout(data: Data) -> ChartContents:
    """`{"principal": "1000"}`: the payout curve of a node; of one ADN by default."""
    principal = amount(data, "principal", otherwise="1000")

    def point(period: int) -> dict[str, Any]:
        return {"period": period, "released": millionths(curve.released(principal, period))}

    face = millionths(curve.face(principal))
    return ChartContents(
        datasets={
            "curve": [point(period) for period in range(curve.PERIODS + 1)],
            "milestones": [{**point(period), "label": label} for period, label in milestones(principal)]
            if principal
            else [],
        },
        words={
            "title": _(
                "{burned:fec} burned pay {face:fec} back, most of it late",
                burned=principal,
                face=curve.face(principal),
            ),
            "subtitle": _(
                "Released after each of the 100 periods, in FEC. Each period releases 5 % more than the one before"
            ),
            "period": _("period"),
        },
        values={
            "unit": 10**CHART_DECIMALS,
            "top": max(face * 105 // 100, 1),
            "ticks": [0, *(face * part // 100 for part in (10, 25, 50, 75, 100))],
        },
        empty=not principal,
    )


def supply(data: Data) -> ChartContents:
    """`{"points": [{"time", "supply", "outstanding"}], "cap"?, "events"?: [{"time", "name"}]}`.

    Amounts in FEC; an event's name is `budgetEnds`, `lastBasket`, or any text.
    """
    points = [
        (timestamp(row, "time", place), amount(row, "supply", place), amount(row, "outstanding", place))
        for row, place in each(data, "points")
    ]
    check_order(points, lambda point: int(point[0]), "points")
    if len(points) == 1:
        points.append((points[0][0] + DAY, *points[0][1:]))
    ceiling = _cap(data)
    if ceiling and any(millionths(exists + owed) > ceiling for _time, exists, owed in points):
        raise ChartDataInvalid(
            "Supply plus outstanding is above the cap, which is impossible. Check where the data comes from."
        )
    top = max([ceiling, *(millionths(exists + owed) for _time, exists, owed in points), 1])
    unit, counted = scale(top, "FEC")
    kinds = (_("supply: FEC that exist"), _("outstanding: FEC still owed"))
    return ChartContents(
        datasets={
            "points": [
                {"time": when * MILLISECONDS, "what": what, "rank": rank, "amount": millionths(value)}
                for when, *values in points
                for rank, (what, value) in enumerate(zip(kinds, values, strict=True))
            ],
            "cap": _cap_label(ceiling, points),
            "events": _events(data, points, ceiling or top),
        },
        words={
            "title": _("Supply and outstanding never pass the cap"),
            "subtitle": _("supply + outstanding = genesis supply + 9 × burned. No price of FEC is promised"),
            "counted": counted,
            "kinds": kinds,
        },
        values={"unit": unit, "date": _date(points), "top": top * _ABOVE[0] // _ABOVE[1]},
        empty=not points,
    )


def fan(data: Data) -> ChartContents:
    """`{"fan": [{"time", "low", "lower", "middle", "upper", "high"}], "cap"?}`: percentiles 5, 25, 50, 75, 95.

    Of the supply, in FEC, at each step of many runs.
    """
    names = ("low", "lower", "middle", "upper", "high")
    points = []
    for row, place in each(data, "fan"):
        values = [amount(row, name, place) for name in names]
        points.append((timestamp(row, "time", place), values))
    check_order(points, lambda point: int(point[0]), "fan")
    if len(points) == 1:
        points.append((points[0][0] + DAY, points[0][1]))
    ceiling = _cap(data)
    top = max([ceiling, *(millionths(values[-1]) for _time, values in points), 1])
    unit, counted = scale(top, "FEC")
    return ChartContents(
        datasets={
            "fan": [
                {"time": when * MILLISECONDS, **dict(zip(names, map(millionths, values), strict=True))}
                for when, values in points
            ],
            "cap": _cap_label(ceiling, points),
        },
        words={
            "title": _("Range of the supply"),
            "subtitle": _(
                "Runs of one scenario with different random draws. The cap holds in all of them. No price of FEC is "
                "promised"
            ),
            "counted": counted,
            "wide": _("90 of 100 runs"),
            "narrow": _("50 of 100 runs"),
            "middle": _("middle run"),
            "bands": [_("90 of 100 runs"), _("50 of 100 runs")],
        },
        values={"unit": unit, "date": _date(points), "top": top * _ABOVE[0] // _ABOVE[1]},
        empty=not points,
    )


def _date(points: Sequence[Any]) -> str:
    """Days at the axis if there are few, or else months."""
    span = points[-1][0] - points[0][0] if points else 0
    return date_expression("MMMd" if span < 120 * DAY else "yMMM")


def _cap(data: Data) -> int:
    return millionths(amount(data, "cap", otherwise="0"))


def _cap_label(ceiling: int, points: Sequence[Any]) -> list[dict[str, Any]]:
    if not ceiling or not points:
        return []
    label = _("cap: {cap} FEC", cap=written(ceiling * 10**12))
    return [{"time": points[0][0] * MILLISECONDS, "amount": ceiling, "label": label}]


def _events(data: Data, points: Sequence[Any], height: int) -> list[dict[str, Any]]:
    if not points or "events" not in data:
        return []
    known = {"budgetEnds": _("budget ends"), "lastBasket": _("last basket")}
    first, last = points[0][0], points[-1][0]
    found = []
    for row, place in each(data, "events"):
        when, name = timestamp(row, "time", place), text(row, "name", place)
        late = (when - first) * 3 > (last - first) * 2
        label = {"amount": height, "label": known.get(name, name), "align": "right" if late else "left"}
        found.append({"time": when * MILLISECONDS, **label})
    return found
