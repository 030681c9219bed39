"""Points liability: what is owed for nodes in the books of merchants, from log entries to journal entries.

Two policies, to choose from and to label. `material-right` is IFRS 15 and ASC 606: part of each sale is set aside, and
becomes revenue as points are redeemed. `provision` is what small shops do: a rate of revenue, settled at the end of the
year.

Points are the FEC that nodes pay, all of it promised when the node is minted; they count as redeemed when they are
claimed, since from then on they are coins like any other. Escrowed orders are in no figure: until they are captured
nothing is sold. Sales settled later bring points from their settlement on, opened or not, but no price: the chain knows
what was burned for them, and neither what they cost nor what share of it that is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from typing import Literal

from fec.core.amounts import WEI_PER_FEC
from fec.core.curve import FACE_MULTIPLE
from fec.reports.data import PROTOCOL, Data, Scope
from fec.reports.dates import Cutoff, Every, Interval, interval_of, intervals
from fec.reports.pools import (
    Estimates,
    Movement,
    Pool,
    Year,
    allocate_to_points,
    apportion,
    divide_half_even,
    movement_between,
    provision_between,
)

PolicyName = Literal["material-right", "provision"]
Bearer = Literal["merchant", "protocol"]
EntryKind = Literal["accrued", "redeemed", "breakage", "catch_up"]


_ALL_REDEEMED = Estimates.constant(Fraction(1))


@dataclass(frozen=True)
class Policy:
    """How points are accounted for: each field is a choice that the report states."""

    rate: int
    """Wei for one unit of the currency: what prices and points are converted at."""
    name: PolicyName = "material-right"
    bearer: Bearer = "merchant"
    """Who makes good for points: the merchant, who takes them for goods, or the protocol alone, which mints them."""
    currency: str = ""
    places: int = 2
    """Decimals of the currency's smallest unit, which the books are kept in."""
    point_price: Fraction = Fraction(1)
    """Stand-alone price of one FEC that flows back, in FEC at checkout: 1 where shops accept it at par."""
    estimates: Estimates = _ALL_REDEEMED
    """Share of points expected to be redeemed; for `material-right`."""
    provision_rate: Fraction = Fraction(3, 200)
    """Of revenue; for `provision`. 1.5 %, in the middle of the 1 to 2 % that are usual."""

    def money(self, wei: int) -> int:
        """An amount in the currency's smallest unit, half to even."""
        return divide_half_even(wei * 10**self.places, self.rate)


#: Books in FEC itself, to two decimals, where no rate is known.
IN_FEC = Policy(rate=WEI_PER_FEC, currency="FEC")


@dataclass(frozen=True)
class Fact:
    """A log entry that moves the books, or an estimate that does: then place and hash are none."""

    time: int
    block_number: int | None
    log_index: int | None
    transaction_hash: str | None
    program_id: int
    year: int
    """When the year begins that its pool is of."""
    wei: int
    """FEC promised or paid; of an estimate, none."""
    money: int = 0
    """What was set aside of a sale, or its revenue."""
    price: int = 0
    """What the merchant received of a sale, in money."""


@dataclass(frozen=True)
class Entry:
    """A part of a figure, and the log entry behind it."""

    scope: int
    interval: Interval
    kind: EntryKind
    fact: Fact
    money: int


@dataclass(frozen=True)
class Line:
    """One stretch of a scope's roll-forward."""

    scope: int
    interval: Interval
    movement: Movement
    price: int
    """What sales of the stretch brought in, in money."""
    points: int
    """What nodes have yet to pay at its end, in wei."""


@dataclass(frozen=True)
class Statement:
    """The points liability of some programs at a cut-off."""

    cutoff: Cutoff
    policy: Policy
    scope: Scope
    lines: Sequence[Line]
    entries: Sequence[Entry]


def statement(data: Data, scope: Scope, policy: Policy, every: Every = "month") -> Statement:
    """Makes the accountant's report. Raises NothingToReport if there is no such program."""
    data.check(scope)
    books = _Books(data, scope, policy, every)
    lines, entries = books.close()
    return Statement(data.cutoff, policy, scope, lines, entries)


def combined(statement: Statement) -> Statement:
    """The same books for all their programs as one: figures and entries of the protocol."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for line in statement.lines:
        lines[line.interval.begin].append(replace(line, scope=PROTOCOL))
    added = [_added(parts) for _, parts in sorted(lines.items())]
    entries = sorted(
        (replace(entry, scope=PROTOCOL) for entry in statement.entries), key=lambda entry: entry.interval.begin
    )
    return replace(statement, scope=Scope("protocol"), lines=added, entries=entries)


@dataclass
class _Account:
    """All facts of one pool, in order of the chain."""

    sales: list[Fact]
    mints: list[Fact]
    claims: list[Fact]


class _CumulativeSums:
    """Cumulative sums of facts by time."""

    def __init__(self, facts: Sequence[Fact], name: str) -> None:
        self._times = [fact.time for fact in facts]
        self._sums = [0, *accumulate(getattr(fact, name) for fact in facts)]

    def until(self, end: int) -> int:
        return int(self._sums[bisect_right(self._times, end - 1)])


class _Books:
    def __init__(self, data: Data, scope: Scope, policy: Policy, every: Every) -> None:
        self._data = data
        self._policy = policy
        members = data.scoped(data.programs.select("program_id"), scope).select("program_id", "scope")
        self._scopes: dict[int, int] = dict(data.rows(members))
        self._accounts: dict[tuple[int, int], _Account] = defaultdict(lambda: _Account([], [], []))
        self._read()
        times = [fact.time for each in self._accounts.values() for fact in (*each.sales, *each.mints, *each.claims)]
        now = data.cutoff.timestamp
        self._intervals = list(intervals(min(times, default=now), now, every))

    def close(self) -> tuple[list[Line], list[Entry]]:
        """All lines by scope and time, and all entries."""
        lines: dict[tuple[int, int], list[Line]] = defaultdict(list)
        entries: list[Entry] = []
        close = self._rights if self._policy.name == "material-right" else self._provisions
        for program_id, scope in sorted(self._scopes.items()):
            mine = {year: account for (id_, year), account in sorted(self._accounts.items()) if id_ == program_id}
            for line, behind in close(program_id, scope, mine):
                lines[scope, line.interval.begin].append(line)
                entries += behind
        added = [_added(parts) for _, parts in sorted(lines.items())]
        return added, sorted(entries, key=lambda entry: (entry.scope, entry.interval.begin))

    # ---------------------------------------------------------------- the policies

    def _rights(self, program_id: int, scope: int, accounts: dict[int, _Account]) -> Iterator[tuple[Line, list[Entry]]]:
        estimates = self._policy.estimates
        for year, account in accounts.items():
            sums = [
                *(_CumulativeSums(account.sales, "money"), _CumulativeSums(account.mints, "wei")),
                *(_CumulativeSums(account.claims, "wei"), _CumulativeSums(account.sales, "price")),
            ]
            before, sold = Pool(), 0
            for interval in self._intervals:
                deferred, issued, redeemed, price = (each.until(interval.end) for each in sums)
                if not issued and not price:
                    continue
                last = min(interval.end - 1, self._data.cutoff.timestamp)
                after = Pool(deferred, issued, redeemed, estimates.at(last))
                movement = movement_between(before, after)
                line = Line(scope, interval, movement, price - sold, issued - redeemed)
                none = Fact(last, None, None, None, program_id, year, 0)
                yield line, list(_entries(line, account, none))
                before, sold = after, price

    def _provisions(
        self, program_id: int, scope: int, accounts: dict[int, _Account]
    ) -> Iterator[tuple[Line, list[Entry]]]:
        whole = _Account(
            *(_ordered(fact for each in accounts.values() for fact in getattr(each, name)) for name in _NAMES)
        )
        sums = [
            *(_CumulativeSums(whole.sales, "money"), _CumulativeSums(whole.claims, "wei")),
            *(_CumulativeSums(whole.sales, "price"), _CumulativeSums(whole.mints, "wei")),
        ]
        now, policy = self._data.cutoff.timestamp, self._policy
        value = 0 if policy.bearer == "protocol" else policy.point_price
        before, began, sold = Year(), (0, 0), 0
        for interval in self._intervals:
            revenue, claimed, price, issued = (each.until(interval.end) for each in sums)
            year = interval_of(interval.begin, "year")
            if interval.begin == year.begin:
                before, began = Year(), (sums[0].until(year.begin), sums[1].until(year.begin))
            over = interval.end >= year.end and now >= year.end - 1
            redeemed = policy.money(int((claimed - began[1]) * value)) if over else 0
            after = Year(revenue - began[0], redeemed, over)
            movement = provision_between(before, after, policy.provision_rate)
            if price or issued:
                line = Line(scope, interval, movement, price - sold, issued - claimed)
                none = Fact(min(interval.end - 1, now), None, None, None, program_id, year.begin, 0)
                yield line, list(_entries(line, whole, none, settles=year if over else None))
            before, sold = after, price

    # ------------------------------------------------------------------- the facts

    def _read(self) -> None:
        for name, facts in (("sales", self._sales()), ("mints", self._mints()), ("claims", self._claims())):
            for fact in facts:
                if fact.program_id in self._scopes:
                    getattr(self._accounts[fact.program_id, fact.year], name).append(fact)

    def _sales(self) -> Iterator[Fact]:
        """Captured orders, where they were captured."""
        data, policy = self._data, self._policy
        orders = data.orders.filter(data.orders.status == "captured")
        starts = data.nodes.select("token_id", "start")
        times = data.blocks.select(block_number="number", time="timestamp")
        rows = data.transactions(orders).inner_join(times, "block_number").left_join(starts, "token_id")
        rows = rows.select(*_WHERE, "program_id", "start", "net", "to_merchant", "burned")
        right = policy.name == "material-right" and policy.bearer == "merchant"
        scale = 10**policy.places
        for time, block, log, tx, program_id, start, net, received, burned in data.rows(
            rows.order_by("block_number", "log_index")
        ):
            price = policy.money(received)
            year = interval_of(time if start is None else start, "year").begin
            points = burned * FACE_MULTIPLE
            if right:
                expected = policy.estimates.at(time)
                part = allocate_to_points(received, net, points * policy.point_price, expected)
                money = divide_half_even(part.numerator * scale, part.denominator * policy.rate)
            else:
                money = 0 if policy.bearer == "protocol" else price
            yield Fact(time, block, log, tx, program_id, year, points, money, price)

    def _mints(self) -> Iterator[Fact]:
        data = self._data
        rows = data.transactions(data.mints).select(*_WHERE, "program_id", "start", "principal")
        for time, block, log, tx, program_id, start, principal in data.rows(rows.order_by("block_number", "log_index")):
            yield Fact(time, block, log, tx, program_id, interval_of(start, "year").begin, principal * FACE_MULTIPLE)

    def _claims(self) -> Iterator[Fact]:
        data = self._data
        rows = data.transactions(data.claims).select(*_WHERE, "program_id", "start", "amount")
        for time, block, log, tx, program_id, start, amount in data.rows(rows.order_by("block_number", "log_index")):
            yield Fact(time, block, log, tx, program_id, interval_of(start, "year").begin, amount)


_WHERE = ("time", "block_number", "log_index", "transaction_hash")
_NAMES = ("sales", "mints", "claims")


def _ordered(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: (fact.block_number, fact.log_index))


def _added(lines: Sequence[Line]) -> Line:
    movement = sum((line.movement for line in lines), Movement())
    first = lines[0]
    return Line(
        first.scope, first.interval, movement, sum(line.price for line in lines), sum(line.points for line in lines)
    )


def _entries(line: Line, account: _Account, none: Fact, *, settles: Interval | None = None) -> Iterator[Entry]:
    """The log entries behind a movement, each with its part of the figure; the parts add up to it.

    Redemptions and breakage are apportioned by wei to the claims of the stretch, or of the year that is settled in it.
    What no log entry is behind, such as another estimate, is `none`.
    """
    interval, movement = line.interval, line.movement

    def parts(kind: EntryKind, figure: int, facts: Sequence[Fact], weights: Sequence[int]) -> Iterator[Entry]:
        if not figure:
            return
        if not any(weights):
            facts, weights = [none], [1]
        for fact, part in zip(facts, apportion(figure, weights), strict=True):
            yield Entry(line.scope, interval, kind, fact, part)

    sales = _between(account.sales, interval)
    weights = [fact.money for fact in sales]
    yield from parts("accrued", movement.accrued, sales, weights)
    claims = _between(account.claims, settles or interval)
    weights = [fact.wei for fact in claims]
    yield from parts("redeemed", movement.redeemed, claims, weights)
    yield from parts("breakage", movement.breakage, claims, weights)
    yield from parts("catch_up", movement.catch_up, [], [])


def _between(facts: Sequence[Fact], interval: Interval) -> Sequence[Fact]:
    times = [fact.time for fact in facts]
    return facts[bisect_right(times, interval.begin - 1) : bisect_right(times, interval.end - 1)]
