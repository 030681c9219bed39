"""The same figures once more, slowly and obviously: plain Python over the index's rows, one at a time.

Nothing of `fec.reports` is used here, so that both would have to be wrong in the same way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select

from fec.core import curve
from fec.core.durations import DAY, WEEK
from fec.indexer.models import ClaimRecord, NodeRecord, NodeVersion, TotalsVersion
from fec.indexer.views import view
from fec.protocol.flows import Lots, flows
from fec.protocol.types import Node
from fec.store import reading


@dataclass
class Facts:
    """The index's rows, and the moment."""

    now: int
    orders: list[Any]
    nodes: list[Any]
    claims: list[Any]
    mints: list[Any]
    sales: list[Any]
    """Of them, those settled in programs that have an issuer."""
    programs: list[Any]
    alliances: dict[int, int]
    times: dict[int, int]
    totals: list[Any]

    @classmethod
    def of(cls, engine: Engine) -> Facts:
        with reading(engine) as connection:

            def rows(query: Any) -> list[Any]:
                return list(connection.execute(query))

            programs = rows(select(view("programs_latest")))
            issued = {row.program_id for row in programs if row.issuer is not None}
            times = {row.number: row.timestamp for row in rows(select(_blocks()))}
            created = NodeRecord.__table__
            mints = select(NodeVersion.__table__, created.c.program_id).join(
                created, created.c.token_id == NodeVersion.__table__.c.token_id
            )
            claims = select(ClaimRecord.__table__, created.c.program_id).join(
                created, created.c.token_id == ClaimRecord.__table__.c.token_id
            )
            return cls(
                now=times[max(times)],
                orders=[row for row in rows(select(view("orders_latest"))) if row.amount > row.refunded],
                nodes=[row for row in rows(select(view("nodes_latest"))) if row.owner is not None],
                claims=rows(claims),
                mints=[row for row in rows(mints) if row.cause in ("mint", "settle")],
                sales=[row for row in rows(mints) if row.cause == "settle" and row.program_id in issued],
                programs=programs,
                alliances={
                    row.program_id: row.alliance_id
                    for row in rows(select(view("alliances_latest")))
                    if row.alliance_id is not None
                },
                times=times,
                totals=rows(select(TotalsVersion.__table__)),
            )

    def scope(self, by: str, program_id: int) -> int | None:
        return {"program": program_id, "alliance": self.alliances.get(program_id), "protocol": 0}[by]

    def each(self, rows: Iterable[Any], by: str) -> dict[int, list[Any]]:
        """Rows by scope; without those that are in none."""
        found: dict[int, list[Any]] = defaultdict(list)
        for row in rows:
            key = self.scope(by, row.program_id)
            if key is not None:
                found[key].append(row)
        return found


def _blocks() -> Any:
    from fec.indexer.models import BlockRecord  # noqa: PLC0415

    return BlockRecord.__table__


def net(order: Any) -> int:
    return int(order.amount - order.refunded)


def node(row: Any) -> Node:
    return Node(row.token_id, row.owner, row.principal, row.claimed)


def shoppers(facts: Facts, by: str, active: int) -> dict[tuple[int, str], tuple[Any, ...]]:
    """(scope, shopper): state, orders, settled sales, spend, first and last purchase, and what nodes have.

    That is how many, outstanding, claimable, claimed, and when there was a claim last.
    """
    kinds = (facts.orders, facts.sales, facts.nodes, facts.claims)
    orders, sales, nodes, claims = (facts.each(rows, by) for rows in kinds)
    found = {}
    for scope in {*orders, *sales, *nodes, *claims}:
        people = {row.customer for row in orders[scope]} | {row.owner for row in sales[scope]}
        people |= {row.owner for row in nodes[scope]} | {row.recipient for row in claims[scope]}
        for shopper in people:
            bought = [row for row in orders[scope] if row.customer == shopper]
            settled = [row for row in sales[scope] if row.owner == shopper]
            times = [row.paid_at for row in bought] + [facts.times[row.block_number] for row in settled]
            held = [node(row) for row in nodes[scope] if row.owner == shopper]
            paid = [row for row in claims[scope] if row.recipient == shopper]
            last = max(times, default=None)
            idle = None if last is None else facts.now - last
            state = "never bought"
            if idle is not None:
                state = "active" if idle <= active * DAY else "lapsing" if idle <= 2 * active * DAY else "lapsed"
            found[scope, shopper] = (
                *(state, len(bought), len(settled), sum(map(net, bought))),
                *(min(times, default=None), last),
                *(len(held), sum(each.outstanding for each in held), sum(each.claimable(facts.now) for each in held)),
                *(sum(row.amount for row in paid), max((facts.times[row.block_number] for row in paid), default=None)),
            )
    return found


@dataclass(frozen=True)
class Purchase:
    """An order, or a settled sale, which has no `net`."""

    program_id: int
    shopper: str
    time: int
    place: tuple[int, int]
    net: int = 0


def purchases(facts: Facts, by: str) -> dict[int, list[Purchase]]:
    """Purchases by scope."""
    bought = [Purchase(row.program_id, row.customer, row.paid_at, placed(row), net(row)) for row in facts.orders]
    for row in facts.sales:
        place = (row.block_number, row.log_index)
        bought.append(Purchase(row.program_id, row.owner, facts.times[row.block_number], place))
    return facts.each(bought, by)


def repeat(facts: Facts, by: str, within: int) -> dict[int, tuple[int, ...]]:
    """Scope: shoppers, repeating, purchases, claims, followed, open."""
    bought, claims = purchases(facts, by), facts.each(facts.claims, by)
    found = {}
    for scope in {*bought, *claims}:
        counts = Counter(row.shopper for row in bought[scope])
        followed = undecided = 0
        for claim in claims[scope]:
            time = facts.times[claim.block_number]
            place = (claim.block_number, claim.log_index)
            if any(
                each.shopper == claim.recipient and each.place > place and each.time <= time + within * DAY
                for each in bought[scope]
            ):
                followed += 1
            elif time + within * DAY > facts.now:
                undecided += 1
        repeating = sum(count > 1 for count in counts.values())
        found[scope] = (len(counts), repeating, len(bought[scope]), len(claims[scope]), followed, undecided)
    return found


PLACES: dict[str, tuple[int, int]] = {}


def placed(order: Any) -> tuple[int, int]:
    """Where an order was paid."""
    return PLACES[order.order_key]


def month(timestamp: int) -> int:
    """Months since the year 0."""
    moment = datetime.fromtimestamp(timestamp, UTC)
    return moment.year * 12 + moment.month - 1


def cohorts(facts: Facts, by: str) -> dict[tuple[int, int, int], tuple[int, int, int, int]]:
    """(scope, month, months later): size, buyers, purchases, spend."""
    found = {}
    for scope, bought in purchases(facts, by).items():
        firsts: dict[str, int] = {}
        for each in bought:
            firsts[each.shopper] = min(firsts.get(each.shopper, 10**9), month(each.time))
        for cohort in set(firsts.values()):
            people = {shopper for shopper, first in firsts.items() if first == cohort}
            for age in range(1_000):
                mine = [each for each in bought if each.shopper in people and month(each.time) == cohort + age]
                if mine:
                    buyers = len({each.shopper for each in mine})
                    found[scope, cohort, age] = (len(people), buyers, len(mine), sum(each.net for each in mine))
    return found


def calendar(facts: Facts, by: str) -> dict[tuple[int, int], tuple[int, int]]:
    """(scope, end of a week or the moment): what flows back, and in all; by the curve's own twin."""
    found = {}
    for scope, rows in facts.each(facts.nodes, by).items():
        nodes = [node(row) for row in rows]
        waiting = sum(each.claimable(facts.now) for each in nodes)
        if waiting:
            found[scope, facts.now] = (waiting, waiting)
        last = max(row.start + curve.PERIODS * row.period_length for row in rows)
        weeks = max(last - facts.now, 0) // WEEK + 2
        for flow in flows(Lots.of(nodes), facts.now, WEEK, weeks):
            if flow.amount:
                found[scope, flow.end] = (flow.amount, flow.in_all)
    return found


def supply(facts: Facts) -> dict[int, tuple[int, int, int, int]]:
    """By where each week begins: the time of its last change, supply, burned, outstanding."""
    found = {}
    for row in sorted(facts.totals, key=lambda row: (row.block_number, row.log_index)):
        time = facts.times[row.block_number]
        found[time - (time - 4 * DAY) % WEEK] = (time, row.supply, row.burned, row.outstanding)
    return found


def tiers(facts: Facts, by: str) -> dict[tuple[int, int], tuple[int, int, int, int]]:
    """(scope, basis points): shoppers, orders, spend, burned."""
    found = {}
    for scope, orders in facts.each(facts.orders, by).items():
        last: dict[str, Any] = {}
        for order in sorted(orders, key=placed):
            last[order.customer] = order.burn_bps
        for bps in {row.burn_bps for row in orders}:
            some = [row for row in orders if row.burn_bps == bps]
            shoppers_ = sum(each == bps for each in last.values())
            found[scope, bps] = (shoppers_, len(some), sum(map(net, some)), sum(row.burned or 0 for row in some))
    return found


def summed(rows: Iterable[Any], key: Callable[[Any], Any], amount: Callable[[Any], int]) -> dict[Any, int]:
    """Sums by key."""
    sums: dict[Any, int] = defaultdict(int)
    for row in rows:
        sums[key(row)] += amount(row)
    return dict(sums)
