"""What programs do: how much is burned at which tier, what is given away, and how long the quota lasts."""

from __future__ import annotations

import ibis

from fec.core.durations import DAY
from fec.core.shares import burn_up
from fec.i18n import N_, Message
from fec.reports.calendar import SHAPE
from fec.reports.data import SCOPES, WEI, Data, Scope, total, wei
from fec.reports.table import Column, Report, share


def tiers(data: Data, scope: Scope) -> Report:
    """Orders by the share that was burned of them, which is what a tier is."""
    orders = data.scoped(data.orders, scope)
    mix = orders.group_by("scope", "burn_bps").agg(
        orders=orders.count(), spend=total(orders.net), burned=total(orders.burned.fill_null(wei(0)))
    )
    newest = ibis.window(group_by=["scope", "customer"], order_by=[ibis.desc("placed_block"), ibis.desc("placed_log")])
    last = orders.mutate(age=ibis.row_number().over(newest))
    last = last.filter(last.age == 0).group_by("scope", "burn_bps").agg(shoppers=lambda t: t.count())
    rows = mix.left_join(last, ["scope", "burn_bps"])
    rows = rows.select("scope", "burn_bps", "orders", "spend", "burned", shoppers=rows.shoppers.fill_null(0))
    found = data.rows(rows.order_by("scope", "burn_bps"))
    spends: dict[int, int] = {}
    for row in found:
        spends[row[0]] = spends.get(row[0], 0) + row[3]
    found = [(*row[:2], row[5], *row[2:4], share(row[3], spends[row[0]]), row[4]) for row in found]
    columns = (
        Column("scope", SCOPES[scope.by], "number"),
        Column("burn_share", N_("Burn share"), "share"),
        Column("shoppers", N_("Shoppers"), "number"),
        Column("orders", N_("Orders"), "number"),
        Column("spend", N_("Spent"), "wei"),
        Column("spend_share", N_("Share"), "share"),
        Column("burned", N_("Burned"), "wei"),
    )
    notes = (
        Message("Each shopper counts at the tier of their last order. Amounts in escrow are not burned yet."),
        Message("Sales settled later are left out: what share of them was burned is not on the chain."),
    )
    return Report("tiers", Message("Tiers"), columns, found, (*notes, SHAPE))


def donations(data: Data, scope: Scope) -> Report:
    """What orders gave to causes, by cause."""
    orders = data.scoped(data.orders, scope)
    given = orders.filter(orders.donated > 0)
    sums = given.group_by("scope", "cause").agg(
        orders=given.count(), shoppers=given.customer.nunique(), donated=total(given.donated)
    )
    columns = (
        Column("scope", SCOPES[scope.by], "number"),
        Column("cause", N_("Cause"), "address"),
        Column("orders", N_("Orders"), "number"),
        Column("shoppers", N_("Shoppers"), "number"),
        Column("donated", N_("Donated"), "wei"),
    )
    rows = data.rows(sums.order_by("scope", ibis.desc("donated"), "cause"))
    return Report("donations", Message("Donations"), columns, rows)


def quota(data: Data, scope: Scope, window: int = 28) -> Report:
    """Each program's quota: how much is burned and reserved, and when the rest is used up at the pace of late.

    The pace is what was burned in the last `window` days, in whatever way. At none, there is no end to tell.
    """
    now = data.cutoff.timestamp
    mints = data.mints.filter(data.mints.time > now - window * DAY)
    late = mints.group_by("program_id").agg(late=total(mints.principal))
    orders = data.orders.filter(data.orders.status == "escrowed")
    reserved: dict[int, int] = {}
    for program_id, net, burn_bps in data.rows(orders.select("program_id", "net", "burn_bps")):
        reserved[program_id] = reserved.get(program_id, 0) + burn_up(net, burn_bps)
    programs = data.scoped(data.programs, Scope("alliance" if scope.by == "alliance" else "program", scope.only))
    rows = programs.left_join(late, "program_id")
    rows = rows.select("program_id", "quota", "burned", "closed", late=rows.late.fill_null(wei(0)).cast(WEI))
    found = []
    for program_id, left, burned, closed, pace in data.rows(rows.order_by("program_id")):
        escrowed = reserved.get(program_id, 0)
        free = max(left - escrowed, 0)
        end = None if closed or not pace else now + free * window * DAY // pace
        state = _CLOSED if closed else _USED_UP if not left else _OPEN
        used = share(burned, burned + left)
        found.append((program_id, state, burned, escrowed, left, used, pace // window, end))
    columns = (
        Column("program", N_("Program"), "number"),
        Column("state", N_("State"), "word"),
        Column("burned", N_("Burned"), "wei"),
        Column("escrowed", N_("In escrow"), "wei"),
        Column("left", N_("Quota left"), "wei"),
        Column("used", N_("Used"), "share"),
        Column("pace", N_("Per day"), "wei"),
        Column("ends", N_("Runs out"), "time"),
    )
    note = Message(
        "In escrow: what orders burn when they are captured. Runs out: at the daily average of the last {days} days.",
        days=window,
    )
    return Report("quota", Message("Quotas"), columns, found, (note,))


#: How a program stands.
STATES = (N_("open"), N_("used up"), N_("closed"))
_OPEN, _USED_UP, _CLOSED = STATES
