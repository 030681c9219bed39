"""Who shops: what their nodes have yet to pay and have paid, who is lapsing, who comes back, who does after a claim."""

from __future__ import annotations

from typing import Any

import ibis

from fec.core.curve import FACE_MULTIPLE
from fec.core.durations import DAY
from fec.i18n import N_, Message
from fec.reports.calendar import SHAPE, steps
from fec.reports.cohorts import SETTLED_SALES
from fec.reports.data import SCOPES, WEI, Data, Scope, total, wei
from fec.reports.table import Column, Report, share

#: How shoppers stand, by the days since their last purchase.
STATES = (N_("active"), N_("lapsing"), N_("lapsed"), N_("never bought"))
_ACTIVE, _LAPSING, _LAPSED, _NEVER = STATES


def known(data: Data, scope: Scope, active: int = 30) -> Any:
    """One row for each scope and shopper: who has bought there, holds nodes of it, or was paid by them.

    Columns: scope, shopper, orders, settled (sales), spend, first, last (purchase; null if none), nodes, outstanding
    (face less claimed), claimable, claimed, last_claim (null if none), state: active within `active` days of a
    purchase, lapsing within twice as many.
    """
    now = data.cutoff.timestamp
    purchases = data.scoped(data.purchases, scope)
    bought = purchases.group_by("scope", "shopper").agg(
        orders=(~purchases.settled).sum(),
        settled=purchases.settled.sum(),
        spend=total(purchases.net),
        first=purchases.time.min(),
        last=purchases.time.max(),
    )
    nodes = data.scoped(data.nodes.filter(lambda t: t.owner.notnull()), scope)
    held = nodes.group_by("scope", shopper=nodes.owner).agg(
        nodes=nodes.count(), outstanding=total((nodes.principal * FACE_MULTIPLE).cast(WEI) - nodes.claimed)
    )
    flowing = data.scoped(steps(data), scope)
    flowing = flowing.filter(flowing.time == now)
    waiting = flowing.group_by("scope", shopper=flowing.owner).agg(claimable=total(flowing.amount))
    claims = data.scoped(data.claims, scope)
    paid = claims.group_by("scope", shopper=claims.recipient).agg(
        claimed=total(claims.amount), last_claim=claims.time.max()
    )
    keys = [part.select("scope", "shopper") for part in (bought, held, paid)]
    rows = ibis.union(*keys, distinct=True)
    for part in (bought, held, waiting, paid):
        rows = rows.left_join(part, ["scope", "shopper"])
        rows = rows.drop([name for name in rows.columns if name.endswith("_right")])
    idle = now - rows["last"]
    state = ibis.cases(
        (rows["last"].isnull(), _NEVER),
        (idle <= active * DAY, _ACTIVE),
        (idle <= 2 * active * DAY, _LAPSING),
        else_=_LAPSED,
    )
    nothing = {
        name: rows[name].fill_null(wei(0)).cast(WEI) for name in ("spend", "outstanding", "claimable", "claimed")
    }
    counts = {name: rows[name].fill_null(0).cast("int64") for name in ("orders", "settled", "nodes")}
    return rows.mutate(**nothing, **counts, state=state)


def shoppers(data: Data, scope: Scope, active: int = 30) -> Report:
    """Each shopper; most outstanding first."""
    names = (
        *("scope", "shopper", "state", "orders", "settled", "spend", "first", "last"),
        *("nodes", "outstanding", "claimable", "claimed", "last_claim"),
    )
    rows = known(data, scope, active).select(*names).order_by("scope", ibis.desc("outstanding"), "shopper")
    columns = (
        Column("scope", SCOPES[scope.by], "number"),
        Column("shopper", N_("Shopper"), "address"),
        Column("state", N_("State"), "word"),
        Column("orders", N_("Orders"), "number"),
        Column("settled", N_("Settled sales"), "number"),
        Column("spend", N_("Spent"), "wei"),
        Column("first_purchase", N_("First purchase"), "time"),
        Column("last_purchase", N_("Last purchase"), "time"),
        Column("nodes", N_("Nodes"), "number"),
        Column("outstanding", N_("Outstanding"), "wei"),
        Column("claimable", N_("Claimable"), "wei"),
        Column("claimed", N_("Claimed"), "wei"),
        Column("last_claim", N_("Last claim"), "time"),
    )
    return Report("shoppers", Message("Shoppers"), columns, data.rows(rows), _notes(active))


def overview(data: Data, scope: Scope, active: int = 30) -> Report:
    """Each scope in a line: shoppers by state, orders, settled sales, spend, average of those who spent, and nodes."""
    rows = known(data, scope, active)
    sums = rows.group_by("scope").agg(
        shoppers=(rows.orders + rows.settled > 0).sum(),
        active=(rows.state == _ACTIVE).sum(),
        lapsing=(rows.state == _LAPSING).sum(),
        lapsed=(rows.state == _LAPSED).sum(),
        orders=rows.orders.sum(),
        settled=rows.settled.sum(),
        spend=total(rows.spend),
        paying=(rows.orders > 0).sum(),
        outstanding=total(rows.outstanding),
        claimable=total(rows.claimable),
        claimed=total(rows.claimed),
    )
    found = [(*row[:8], row[7] // row[8] if row[8] else None, *row[9:]) for row in data.rows(sums.order_by("scope"))]
    columns = (
        Column("scope", SCOPES[scope.by], "number"),
        Column("shoppers", N_("Shoppers"), "number"),
        Column("active", N_("Active"), "number"),
        Column("lapsing", N_("Lapsing"), "number"),
        Column("lapsed", N_("Lapsed"), "number"),
        Column("orders", N_("Orders"), "number"),
        Column("settled", N_("Settled sales"), "number"),
        Column("spend", N_("Spent"), "wei"),
        Column("arpu", N_("Per shopper"), "wei"),
        Column("outstanding", N_("Outstanding"), "wei"),
        Column("claimable", N_("Claimable"), "wei"),
        Column("claimed", N_("Claimed"), "wei"),
    )
    return Report("overview", Message("Overview"), columns, found, _notes(active))


def repeat(data: Data, scope: Scope, within: int = 30) -> Report:
    """Who buys again; and how many claims were followed by a purchase of who was paid, within so many days.

    A purchase in the claim's own transaction counts: what flowed back was spent at once. A claim that is younger and
    was not followed yet is open, and left out of the share.
    """
    purchases = data.scoped(data.purchases, scope)
    each = purchases.group_by("scope", "shopper").agg(purchases=purchases.count())
    buyers = each.group_by("scope").agg(
        shoppers=each.count(), repeating=(each.purchases > 1).sum(), purchases=each.purchases.sum()
    )
    claims = data.scoped(data.claims, scope)
    paid = claims.select("scope", "block_number", "log_index", "time", shopper="recipient")
    placed = purchases.select("scope", "placed_block", "placed_log", "shopper", bought="time")
    pairs = paid.inner_join(placed, ["scope", "shopper"])
    after = (pairs.placed_block > pairs.block_number) | (
        (pairs.placed_block == pairs.block_number) & (pairs.placed_log > pairs.log_index)
    )
    pairs = pairs.filter(after & (pairs.bought <= pairs.time + within * DAY))
    followed = pairs.select("scope", "block_number", "log_index").distinct().mutate(followed=1)
    marked = paid.left_join(followed, ["scope", "block_number", "log_index"])
    was = marked.followed.notnull()
    flows = marked.group_by("scope").agg(
        claims=marked.count(),
        followed=was.sum(),
        open=(~was & (marked.time + within * DAY > data.cutoff.timestamp)).sum(),
    )
    bought = {row[0]: row[1:] for row in data.rows(buyers)}
    flowed = {row[0]: row[1:] for row in data.rows(flows)}
    found = []
    for key in sorted(bought.keys() | flowed.keys()):
        people, repeating, count = bought.get(key, (0, 0, 0))
        claimed, again, undecided = flowed.get(key, (0, 0, 0))
        shares = share(repeating, people), share(again, claimed - undecided)
        found.append((key, people, repeating, shares[0], count, claimed, again, undecided, shares[1]))
    columns = (
        Column("scope", SCOPES[scope.by], "number"),
        Column("shoppers", N_("Shoppers"), "number"),
        Column("repeating", N_("Bought again"), "number"),
        Column("repeat_share", N_("Share"), "share"),
        Column("purchases", N_("Purchases"), "number"),
        Column("claims", N_("Claims"), "number"),
        Column("followed", N_("Followed by a purchase"), "number"),
        Column("open", N_("Still open"), "number"),
        Column("followed_share", N_("Share followed"), "share"),
    )
    note = Message(
        "Followed by a purchase: claims whose recipient bought within {days} days. Still open: more recent claims "
        "without a purchase so far.",
        days=within,
    )
    return Report("repeat", Message("Repeat purchases"), columns, found, (note, SETTLED_SALES, SHAPE))


def _notes(active: int) -> tuple[Message, ...]:
    states = Message(
        "Active: bought within {active} days. Lapsing: within {lapsing} days. Outstanding: everything that the "
        "shopper's nodes have yet to pay.",
        active=active,
        lapsing=2 * active,
    )
    return states, SETTLED_SALES, SHAPE
