"""Data for each chart: some, one row, none."""

from __future__ import annotations

from typing import Any

from fec.core.durations import WEEK

MONDAY = 1_767_571_200

Data = dict[str, Any]


def supply(count: int) -> Data:
    points = [
        {"time": MONDAY + n * WEEK, "supply": f"{1_000 + 10 * n}", "outstanding": f"{5 * n}.000000000000000001"}
        for n in range(count)
    ]
    events = [{"time": MONDAY, "name": "budgetEnds"}] if count else []
    return {"cap": "10000", "points": points, "events": events}


def fan(count: int) -> Data:
    names = ("low", "lower", "middle", "upper", "high")
    points = [
        {"time": f"2026-01-{5 + n:02}", **{name: f"{100 + n * rank}" for rank, name in enumerate(names)}}
        for n in range(count)
    ]
    return {"cap": "1000", "fan": points}


def flowback(count: int) -> Data:
    return {
        "releases": [
            {"time": MONDAY + n * WEEK, "amount": f"{n + 1}.5", "claimed": "1" if n % 2 else "0"} for n in range(count)
        ]
    }


def cohorts(count: int) -> Data:
    cells = [
        {"cohort": f"2026-{n + 1:02}", "period": period, "share": 10_000 // (period + 1)}
        for n in range(count)
        for period in range(count - n)
    ]
    return {"cohorts": cells, "every": "month"}


def liability(count: int) -> Data:
    periods = [
        {
            "label": f"2026 Q{n + 1}",
            "opening": f"{n * 70}.25",
            "accrued": "100.00",
            "redeemed": "20.01",
            "breakage": "9.99",
            "closing": f"{(n + 1) * 70}.25",
        }
        for n in range(count)
    ]
    return {"unit": "USD", "periods": periods}


MAKERS = {"supply": supply, "fan": fan, "flowback": flowback, "cohorts": cohorts, "liability": liability}


def sample(name: str, count: int = 4) -> Data:
    """Data of a chart with so many rows."""
    return {"principal": "1000" if count else "0"} if name == "payout" else MAKERS[name](count)
