"""Results for machines: JSON and CSV. Amounts are exact decimals of FEC as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from fec.simulate.result import Cohort, Point, Result
from fec.simulate.values import AMOUNT, DATE
from fec.simulate.verdicts import times, verdicts

_AMOUNTS = {
    "sales",
    "by_flow_back",
    "burned",
    "received",
    "supply",
    "outstanding",
    "budget",
    "quota",
    "wash_burned",
    "wash_received",
}


def camel(name: str) -> str:
    """A field's name as JSON has it."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def moment(seconds: int) -> str:
    """ISO 8601 in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def point_record(point: Point) -> dict[str, Any]:
    """A step or a year."""
    record: dict[str, Any] = {}
    for each in fields(Point):
        value = getattr(point, each.name)
        record[camel(each.name)] = AMOUNT.write(value) if each.name in _AMOUNTS else value
    return {**record, "time": moment(point.time)}


def summary_record(result: Result) -> dict[str, Any]:
    """A run in a few figures; what a sweep keeps of each."""
    last, returns = result.years[-1], [cohort.real_return for cohort in result.shoppers]
    return {
        "budgetEnds": _day(result.budget_ended),
        "burned": AMOUNT.write(result.burned),
        "supply": AMOUNT.write(last.supply),
        "outstanding": AMOUNT.write(last.outstanding),
        "budgetLeft": AMOUNT.write(last.budget),
        "shoppers": last.shoppers,
        "sales": AMOUNT.write(sum(point.sales for point in result.points)),
        "byFlowBack": AMOUNT.write(sum(point.by_flow_back for point in result.points)),
        "withoutQuota": sum(point.without_quota for point in result.points),
        "withoutCoins": sum(point.without_coins for point in result.points),
        "finalSupply": AMOUNT.write(result.final_supply),
        "paidUntil": DATE.write(result.paid_until),
        "realReturn": [None if value is None else times(value) for value in returns],
        "washBurned": AMOUNT.write(result.wash.burned),
        "washReceived": AMOUNT.write(result.wash.received),
    }


def result_record(result: Result) -> dict[str, Any]:
    """A run whole; the charts `supply` and `cohorts` take it as it is."""
    return {
        "scenario": result.scenario.record,
        "summary": summary_record(result),
        "verdicts": [{"name": each.name, "message": str(each.message)} for each in verdicts(result)],
        "years": [point_record(year) for year in result.years],
        "joined": [_joined(cohort) for cohort in result.shoppers],
        "cap": AMOUNT.write(result.scenario.coupon.cap),
        "events": [{"time": moment(result.budget_ended), "name": "budgetEnds"}] if result.budget_ended else [],
        "measure": "flowBack",
        "every": "year",
        "cohorts": list(_cohorts(result)),
        "points": [point_record(point) for point in result.points],
    }


def _joined(cohort: Cohort) -> dict[str, Any]:
    """What those who joined in one year burned and got back, to the end of payback."""
    returned = cohort.real_return
    return {
        "year": cohort.year + 1,
        "shoppers": cohort.joined,
        "burned": AMOUNT.write(cohort.burned),
        "received": AMOUNT.write(cohort.received),
        "realReturn": None if returned is None else times(returned),
    }


def _cohorts(result: Result) -> Iterator[dict[str, Any]]:
    """Of each year's newcomers, what part of their purchases flow-back paid for, year by year."""
    first = datetime.fromtimestamp(result.scenario.start, UTC).year
    for cohort in result.shoppers:
        for year in range(result.scenario.years):
            share = cohort.by_flow_back(year)
            if share is not None:
                yield {"cohort": str(first + cohort.year), "period": year - cohort.year, "share": share}


def rows(points: Sequence[Point]) -> Iterator[list[Any]]:
    """Lines of a CSV file, names first."""
    yield [camel(each.name) for each in fields(Point)]
    yield from (list(point_record(point).values()) for point in points)


def _day(seconds: int | None) -> str | None:
    return None if seconds is None else DATE.write(seconds)
