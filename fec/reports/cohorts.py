"""Cohorts: shoppers by when they first bought, and how they went on."""

from __future__ import annotations

from typing import Any

from fec.core.durations import DAY
from fec.i18n import N_, Message
from fec.reports.data import SCOPES, Data, Scope, total
from fec.reports.dates import Every
from fec.reports.table import Column, Report, share

SETTLED_SALES = Message(
    "Sales settled later count as purchases of the day on which they were settled. What they cost is not on the "
    "chain, so it is in no amount."
)


def cohorts_of(data: Data, scope: Scope, every: Every) -> Any:
    """Each shopper's first purchase in a scope: scope, shopper, cohort (where its stretch begins), number (of it)."""
    purchases = data.scoped(data.purchases, scope)
    firsts = purchases.group_by("scope", "shopper").agg(first=purchases.time.min())
    days = _days(data, every).select("day", cohort="begin", number="number")
    return firsts.mutate(day=firsts["first"] // DAY).inner_join(days, "day").drop("day", "first")


def cohorts(data: Data, scope: Scope, every: Every = "month") -> Report:
    """For each cohort and each day, week, month, … since: who bought, how often, for how much."""
    purchases = data.scoped(data.purchases, scope).select("scope", "shopper", "time", "net")
    days = _days(data, every).select("day", at="number")
    placed = purchases.mutate(day=purchases.time // DAY).inner_join(days, "day")
    rows = placed.inner_join(cohorts_of(data, scope, every), ["scope", "shopper"])
    sums = rows.group_by("scope", "cohort", age=(rows["at"] - rows.number).cast("int64")).agg(
        buyers=rows.shopper.nunique(), purchases=rows.count(), spend=total(rows.net)
    )
    found, sizes, spent = [], {}, 0
    for key, cohort, age, buyers, count, spend in data.rows(sums.order_by("scope", "cohort", "age")):
        if age == 0:  # all of a cohort buy at its beginning
            sizes[key, cohort], spent = buyers, 0
        spent += spend
        size = sizes[key, cohort]
        found.append((key, cohort, size, age, buyers, share(buyers, size), count, spend, spent // size))
    columns = (
        Column("scope", SCOPES[scope.by], "number"),
        Column("cohort", N_("First purchase"), "day"),
        Column("size", N_("Shoppers"), "number"),
        Column("age", AGES[every], "number"),
        Column("buyers", N_("Buying"), "number"),
        Column("retained", N_("Share"), "share"),
        Column("purchases", N_("Purchases"), "number"),
        Column("spend", N_("Spent"), "wei"),
        Column("arpu", N_("Per shopper so far"), "wei"),
    )
    return Report("cohorts", Message("Cohorts by first purchase"), columns, found, (SETTLED_SALES,))


def _days(data: Data, every: Every) -> Any:
    purchases = data.purchases
    [(first,)] = data.rows(purchases.agg(first=purchases.time.min()))
    now = data.cutoff.timestamp
    return data.calendar(now if first is None else first, now, every)


#: What the ages of cohorts are counted in.
AGES = {
    "day": N_("Days later"),
    "week": N_("Weeks later"),
    "month": N_("Months later"),
    "quarter": N_("Quarters later"),
    "year": N_("Years later"),
}
