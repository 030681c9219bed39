"""Small scenarios for tests."""

from __future__ import annotations

from typing import Any

from fec.simulate import Scenario, load


def small(**changes: str) -> Scenario:
    """Twelve shoppers at a few shops for a year, of whom all else is as by default; keys with `__` for dots."""
    base = {
        "years": "1",
        "step": "7d",
        "coupon.cap": "1000000",
        "coupon.genesis": "100000",
        "coupon.elsewhere": "0",
        "shoppers.first": "12",
        "shoppers.market": "40",
        "shoppers.baskets": "20",
        "merchants.shops.first": "3",
        "merchants.shops.market": "3",
    }
    return load().changed({**base, **{key.replace("__", "."): value for key, value in changes.items()}})


def several(record: dict[str, Any], **merchants: dict[str, str]) -> Scenario:
    """A scenario's record with other kinds of merchant, each given by what differs from its first."""
    pattern = next(iter(record["merchants"].values()))
    kinds = {name: {**pattern, **each} for name, each in merchants.items()}
    return Scenario.from_record({**record, "merchants": kinds, "spread": {}})


def mixed() -> Scenario:
    """All that a run can have at once: two kinds of shop, one that buys from itself, quotas, forgotten nodes."""
    record = small(
        shoppers__claims="80%", shoppers__extra="25%", shoppers__churn="40%", shoppers__imitators="150%"
    ).record
    return several(
        record,
        weekly={"share": "60%", "quota": "any", "burn": "10%"},
        quick={"share": "30%", "quota": "900", "period": "60h", "burn": "12.5%"},
        washers={
            "share": "10%",
            "quota": "500",
            "period": "30d",
            "wash": "333.333333333333333333",
            "burn": "10.01%",
            "first": "1",
            "market": "1",
        },
    )
