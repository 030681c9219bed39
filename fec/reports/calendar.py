"""The flow-back calendar: what nodes let go and when, for the rest of their lives, exact by the curve.

Nobody's claims are foreseen: what is released counts where it is released. So the amounts of a calendar, with what can
be claimed already, add up to face less claimed of its nodes, to the wei.
"""

from __future__ import annotations

from typing import Any, Literal

import ibis

from fec.core.curve import PERIODS
from fec.core.durations import DAY
from fec.i18n import N_, Message
from fec.reports.cohorts import cohorts_of
from fec.reports.curve_expression import growths, released, with_limbs
from fec.reports.data import SCOPES, WEI, Data, Scope, total, wei
from fec.reports.dates import Every, interval_of
from fec.reports.table import Column, Report

Split = Literal["cohort", "shopper"]

SHAPE = Message("Nodes pay slowly at first: the burned amount is back in period 55, half of the total in period 86.")
EXACT = Message(
    "Exact by the curve, for the nodes at the cut-off. These amounts can be claimed if nobody claims earlier."
)


def steps(data: Data) -> Any:
    """What is released when: program_id, owner, time, amount, for each end of a period that brings anything.

    What can be claimed already has the cut-off as its `time`.
    """
    now = data.cutoff.timestamp
    alive = data.nodes.filter(lambda t: t.owner.notnull())
    elapsed = ((ibis.greatest(now - alive.start, 0)) // alive.period_length).cast("int64")
    alive = with_limbs(alive.mutate(elapsed=ibis.least(elapsed, PERIODS)))
    pairs = alive.cross_join(growths(data))
    pairs = pairs.filter(pairs.period >= pairs.elapsed)
    claimable = ibis.greatest(released(pairs) - pairs.claimed, wei(0)).cast(WEI)
    alike = ["program_id", "owner", "start", "period_length", "elapsed", "period"]
    sums = pairs.group_by(alike).agg(in_all=total(claimable))
    before = sums.in_all.lag().over(ibis.window(group_by=alike[:4], order_by="period")).fill_null(wei(0))
    current = sums.period == sums.elapsed
    rows = sums.select(
        "program_id",
        "owner",
        time=ibis.ifelse(current, now, sums.start + sums.period * sums.period_length).cast("int64"),
        amount=(sums.in_all - before).cast(WEI),
    )
    rows = rows.group_by("program_id", "owner", "time").agg(amount=total(rows.amount))
    return data.materialise("steps", rows.filter(rows.amount > 0))


def last_time(data: Data) -> int:
    """When the last of all nodes has paid in full, or the cut-off if that is past or there is none."""
    [(found,)] = data.rows(steps(data).agg(time=lambda t: t.time.max()))
    return data.cutoff.timestamp if found is None else int(found)


def calendar(
    data: Data, scope: Scope, every: Every = "week", *, split: Split | None = None, shopper: str | None = None
) -> Report:
    """What flows back in each day, week, month, quarter or year, by scope, and by cohort or shopper if that is wanted.

    The first row of each is what can be claimed already; its `begin` and `end` are the cut-off.
    """
    rows = data.scoped(steps(data), scope)
    if shopper is not None:
        rows = rows.filter(rows.owner == shopper)
    keys = ["scope"]
    columns = [Column("scope", SCOPES[scope.by], "number")]
    if split == "shopper":
        rows, keys = rows.mutate(shopper=rows.owner), [*keys, "shopper"]
        columns.append(Column("shopper", N_("Shopper"), "address"))
    elif split == "cohort":
        firsts = cohorts_of(data, scope, "month").select("scope", "cohort", owner="shopper")
        rows, keys = rows.left_join(firsts, ["scope", "owner"]), [*keys, "cohort"]
        columns.append(Column("cohort", N_("First purchase"), "day"))
    now = data.cutoff.timestamp
    days = data.calendar(now, last_time(data), every)
    placed = rows.mutate(day=rows.time // DAY).inner_join(days, "day")
    waiting = placed.time == now
    placed = placed.mutate(
        begin=ibis.ifelse(waiting, now, ibis.greatest(placed.begin, now)),
        end=ibis.ifelse(waiting, now, placed.end),
    )
    sums = placed.group_by([*keys, "begin", "end"]).agg(
        amount=total(placed.amount), shoppers=placed.owner.nunique().cast("int64")
    )
    running = ibis.window(group_by=keys, order_by=["begin", "end"], preceding=None, following=0)
    sums = sums.mutate(in_all=sums.amount.sum().over(running).cast(WEI))
    chosen = [*keys, "begin", "end", "amount", "in_all", "shoppers"]
    columns += [
        Column("begin", N_("From"), "time"),
        Column("end", N_("Until"), "time"),
        Column("amount", N_("Flows back"), "wei"),
        Column("in_all", N_("Total so far"), "wei"),
        Column("shoppers", N_("Shoppers"), "number"),
    ]
    ordered = sums.select(chosen).order_by([*keys, "begin", "end"])
    return Report("calendar", Message("Flow-back calendar"), tuple(columns), data.rows(ordered), (EXACT, SHAPE))


def arrivals(data: Data, scope: Scope, at_least: int, every: Every = "week") -> Report:
    """Who to greet: shoppers to whom at least so many wei flow back in the day, week, … after the present one."""
    now = data.cutoff.timestamp
    ahead = interval_of(interval_of(now, every).end, every)
    rows = data.scoped(steps(data), scope)
    soon = rows.filter((rows.time >= ahead.begin) & (rows.time < ahead.end))
    soon = soon.group_by("scope", "owner").agg(amount=total(soon.amount), first=soon.time.min())
    soon = soon.filter(soon.amount >= wei(at_least))
    before = rows.filter(rows.time < ahead.begin)
    before = before.group_by("scope", "owner").agg(waiting=total(before.amount))
    purchases = data.scoped(data.purchases, scope)
    bought = purchases.group_by("scope", owner=purchases.shopper).agg(last_purchase=purchases.time.max())
    found = soon.left_join(before, ["scope", "owner"]).drop("scope_right", "owner_right")
    found = found.left_join(bought, ["scope", "owner"])
    found = found.select(
        "scope", "owner", "amount", "first", "last_purchase", waiting=found.waiting.fill_null(wei(0)).cast(WEI)
    ).order_by("scope", ibis.desc("amount"), "owner")
    columns = (
        Column("scope", SCOPES[scope.by], "number"),
        Column("shopper", N_("Shopper"), "address"),
        Column("amount", N_("Flows back"), "wei"),
        Column("first", N_("First date"), "time"),
        Column("last_purchase", N_("Last purchase"), "time"),
        Column("waiting", N_("Claimable before"), "wei"),
    )
    title = Message(
        "Shoppers to greet from {begin:date}: at least {at_least:fec} flows back to each",
        begin=ahead.begin,
        at_least=at_least,
    )
    return Report("arrivals", title, columns, data.rows(found), (EXACT, SHAPE))
