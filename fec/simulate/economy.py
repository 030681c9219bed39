"""The economy, step by step: people join and leave, claim, and buy; merchants burn, as far as quotas and budget go.

What is exact: a principal is the basket's amount times the burn share, rounded up as Checkout does; each node releases
what its contract does; nodes that are alike are counted, not approximated. So the same orders at the same moments on
the real contracts, one program for each kind of merchant, give the same supply, outstanding, budget and
quotas to the wei.
What is a model: who buys when. Everybody claims at every step, before buying. Whole people and whole baskets are dealt
out so that over many steps each share comes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fec.core import curve
from fec.core.curve import FACE_MULTIPLE
from fec.core.durations import YEAR
from fec.core.shares import BASIS_POINTS, burn_up
from fec.simulate.nodes import NodeClasses
from fec.simulate.people import Carried, Crowd
from fec.simulate.result import Cohort, Point, Result
from fec.simulate.scenario import Scenario
from fec.simulate.tables import Merchants
from fec.simulate.values import ANY, HUNDRED

#: What all FEC in existence count as, when shares of them are summed up.
WHOLE = 10**36


@dataclass(frozen=True)
class Purchase:
    """Orders that were paid in one step, all alike."""

    kind: str
    group: int
    """The year in which the buyers joined, from 0; one more than the last for merchants who buy from themselves."""
    amount: int
    """Of each, in wei."""
    principal: int
    """Of the node that each got, in wei."""
    count: int
    claiming: int
    """How many of the nodes are ever claimed from."""


class MerchantKind:
    """Merchants that are alike, with their pool of quota."""

    def __init__(self, number: int, name: str, terms: Merchants, scenario: Scenario) -> None:
        """Takes its place among the kinds, its name and its terms."""
        self.number = number
        self.name = name
        self.terms = terms
        self.crowd = Crowd(terms, scenario.step, 1)
        self.quota = 0
        self.granted = 0
        self.baskets = [Carried() for _ in range(scenario.years)]
        self.extra = [Carried() for _ in range(scenario.years)]
        self.claims = Carried()
        self.dealt = [0] * scenario.years
        """Baskets so far, by group: they come in all sizes by turns."""

    def principal(self, amount: int) -> int:
        """What is burned of a payment, in wei; rounded up, as `Checkout` does."""
        return burn_up(amount, self.terms.burn)

    def deal(self, group: int, count: int, sizes: int) -> list[int]:
        """How many of so many baskets are of each size."""
        before, after = self.dealt[group], self.dealt[group] + count
        self.dealt[group] = after
        return [(after - size + sizes - 1) // sizes - (before - size + sizes - 1) // sizes for size in range(sizes)]


class Economy:
    """One run of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        """Takes a scenario; nothing has happened yet."""
        coupon = scenario.coupon
        self.scenario = scenario
        self.now = scenario.start
        self.supply = coupon.genesis
        self.budget = (coupon.cap - coupon.genesis) // (FACE_MULTIPLE - 1) - coupon.elsewhere
        self.nodes = NodeClasses()
        self.shoppers = Crowd(scenario.shoppers, scenario.step, scenario.years)
        self.kinds = [MerchantKind(number, *each, scenario) for number, each in enumerate(scenario.merchants.items())]
        self.cohorts = [Cohort(year, scenario.years) for year in range(scenario.years + 1)]
        self.purchases: list[Purchase] = []
        """Of the step just taken."""
        self.grants: list[tuple[str, int]] = []
        """Of the step just taken: kind, and wei of quota."""
        self.budget_ended: int | None = None
        self._amounts = scenario.amounts
        self._point = Point(self.now)
        self._funds = 0
        self._last_paid = self.now

    def run(self) -> Result:
        """Runs to the end of buying, and on until every node has paid."""
        points = list(self.steps())
        self._point = Point(self.now)
        while self.nodes.open:
            self.now += self.scenario.step
            self._claim()
        return Result(
            scenario=self.scenario,
            points=points,
            cohorts=self.cohorts,
            budget_ended=self.budget_ended,
            paid_until=self._last_paid,
            final_supply=self.supply,
            final_outstanding=self.nodes.outstanding,
            wash_granted=sum(kind.granted for kind in self.kinds if kind.terms.wash),
        )

    def steps(self) -> Iterator[Point]:
        """Takes the steps of buying one by one."""
        start, step = self.scenario.start, self.scenario.step
        for number in range(self.scenario.years * YEAR // step):
            self.now = start + number * step
            self._point = Point(self.now)
            self.purchases, self.grants = [], []
            due = self._claim()
            self._people(number)
            self._buy(due)
            yield self._closed()

    @property
    def year(self) -> int:
        """The year that it is, from 0."""
        return min((self.now - self.scenario.start) // YEAR, self.scenario.years - 1)

    # ------------------------------------------------------------------- parts

    def _claim(self) -> list[int]:
        due = self.nodes.claim(self.now, len(self.cohorts))
        self.supply += sum(due)
        if any(due):
            self._last_paid = self.now
        for cohort, amount in zip(self.cohorts, due, strict=True):
            cohort.received += amount
            if amount:
                cohort.received_share += amount * WHOLE // self.supply
            cohort.purse += amount * self.scenario.shoppers.respend // BASIS_POINTS
        self._point.received = sum(due)
        self._point.wash_received = due[-1]
        return due

    def _people(self, number: int) -> None:
        step = self.scenario.step
        new_year = number > 0 and (number * step) // YEAR > ((number - 1) * step) // YEAR
        self.shoppers.leave()
        self.cohorts[self.year].joined += self.shoppers.join(self.year) if number else self.shoppers.count
        for kind in self.kinds:
            before = kind.crowd.count
            left = kind.crowd.leave()
            if left:
                returned = kind.quota * left // before
                kind.quota -= returned
                kind.granted -= returned
                self.budget += returned
            joined = kind.crowd.join(0) if number else kind.crowd.count
            if kind.terms.quota != ANY:
                self._grant(kind, kind.terms.quota * (kind.crowd.count if new_year else joined))

    def _grant(self, kind: MerchantKind, wanted: int) -> None:
        """Grants quota, or what the budget has left of it."""
        granted = min(wanted, self.budget)
        if granted < wanted and self.budget_ended is None:
            self.budget_ended = self.now
        if granted:
            self.budget -= granted
            kind.quota += granted
            kind.granted += granted
            self.grants.append((kind.name, granted))

    def _buy(self, due: list[int]) -> None:
        self._funds = self.supply * self.scenario.coupon.turns
        wash = len(self.cohorts) - 1
        for kind in self.kinds:
            if kind.terms.wash:
                self._need(kind, kind.crowd.count * kind.principal(kind.terms.wash))
                self._order(kind, wash, kind.terms.wash, kind.crowd.count)
            wanted = [(group, self._baskets(kind, group, due[group])) for group in range(self.scenario.years)]
            principals = [kind.principal(amount) for amount in self._amounts]
            self._need(kind, sum(n * each for _, counts in wanted for n, each in zip(counts, principals, strict=True)))
            for group, counts in wanted:
                for amount, count in zip(self._amounts, counts, strict=True):
                    if count:
                        self._order(kind, group, amount, count)

    def _need(self, kind: MerchantKind, principal: int) -> None:
        if kind.terms.quota == ANY and principal > kind.quota:
            self._grant(kind, principal - kind.quota)

    def _baskets(self, kind: MerchantKind, group: int, received: int) -> list[int]:
        """How many baskets of each size a group takes to a kind of merchant in this step."""
        terms, shoppers = kind.terms, self.scenario.shoppers
        if not terms.market:
            return [0] * len(self._amounts)
        taking_part = terms.share * kind.crowd.count
        rate = self.shoppers.there[group] * shoppers.baskets * self.scenario.step
        count = kind.baskets[group].divide(rate * taking_part, HUNDRED * YEAR * BASIS_POINTS * terms.market)
        more = received * shoppers.respend * shoppers.extra * taking_part * len(self._amounts)
        count += kind.extra[group].divide(more, BASIS_POINTS**3 * terms.market * sum(self._amounts))
        return kind.deal(group, count, len(self._amounts))

    def _order(self, kind: MerchantKind, group: int, amount: int, count: int) -> None:
        """Pays as many orders as quota and coins are there for."""
        principal = kind.principal(amount)
        with_quota = min(count, kind.quota // principal)
        paid = min(with_quota, self._funds // amount, self.supply // principal)
        if paid:
            claiming = kind.claims.divide(paid * self.scenario.shoppers.claims, BASIS_POINTS)
            self._pay(kind, Purchase(kind.name, group, amount, principal, paid, claiming))
        if group < self.scenario.years:
            self._point.without_quota += count - with_quota
            self._point.without_coins += with_quota - paid

    def _pay(self, kind: MerchantKind, orders: Purchase) -> None:
        count, group, burned = orders.count, orders.group, orders.count * orders.principal
        cohort = self.cohorts[group]
        cohort.burned += burned
        cohort.burned_share += burned * WHOLE // self.supply
        start = curve.starts_at(self.scenario.start, kind.terms.period, self.now)
        self.nodes.mint((kind.number, start, kind.terms.period), (orders.principal, group), count, orders.claiming)
        self.purchases.append(orders)
        kind.quota -= burned
        self.supply -= burned
        self._point.burned += burned
        spent = count * orders.amount
        self._funds -= spent
        if group == self.scenario.years:
            self._point.wash_burned += burned
            return
        from_purse = min(spent, cohort.purse)
        cohort.purse -= from_purse
        cohort.spent[self.year] += spent
        cohort.spent_back[self.year] += from_purse
        self._point.orders += count
        self._point.sales += spent
        self._point.by_flow_back += from_purse

    def _closed(self) -> Point:
        point = self._point
        point.shoppers = self.shoppers.count
        point.merchants = sum(kind.crowd.count for kind in self.kinds)
        point.supply = self.supply
        point.outstanding = self.nodes.outstanding
        point.budget = self.budget
        point.quota = sum(kind.quota for kind in self.kinds)
        return point
