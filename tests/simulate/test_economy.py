"""The simulated economy: closed forms against a slow count of every node, conservation, limits, odd cases."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core import curve
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.curve import PERIODS
from fec.core.durations import WEEK, YEAR
from fec.core.shares import BASIS_POINTS
from fec.simulate import Economy, Scenario, load
from fec.simulate.economy import WHOLE
from fec.simulate.people import Carried, Crowd
from fec.simulate.tables import Population
from fec.simulate.values import ANY
from tests.simulate.scenarios import mixed, several, small


@dataclass
class Node:
    """One node for itself."""

    start: int
    period_length: int
    principal: int
    claims: bool
    claimed: int = 0


def add_nodes(nodes: list[Node], economy: Economy) -> None:
    for purchase in economy.purchases:
        period = economy.scenario.merchants[purchase.kind].period
        start = curve.starts_at(economy.scenario.start, period, economy.now)
        nodes += [Node(start, period, purchase.principal, n < purchase.claiming) for n in range(purchase.count)]


def claim_all(nodes: list[Node], now: int) -> int:
    paid = 0
    for node in nodes:
        if node.claims:
            released = curve.released(node.principal, curve.periods_elapsed(node.start, node.period_length, now))
            paid += released - node.claimed
            node.claimed = released
    return paid


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Anything small: one or two kinds of merchant, any of whom may buy from themselves."""
    share = st.integers(0, BASIS_POINTS).map(lambda bps: f"{bps // 100}.{bps % 100:02}%")
    first = draw(st.integers(0, 30))
    record = small(
        step=draw(st.sampled_from(["3d", "7d", "31d"])),
        shoppers__first=str(first),
        shoppers__market=str(first + draw(st.integers(0, 30))),
        shoppers__innovators=draw(share),
        shoppers__imitators=draw(share),
        shoppers__churn=draw(share),
        shoppers__claims=draw(share),
        shoppers__respend=draw(share),
        shoppers__extra=draw(share),
        coupon__cap=str(draw(st.integers(1_000, 10**6))),
        coupon__genesis="1000",
        coupon__rate=draw(st.sampled_from(["0.37", "1", "100"])),
        coupon__turns=str(draw(st.integers(1, 20))),
    ).record

    def kind() -> dict[str, str]:
        return {
            "share": draw(st.sampled_from(["0%", "33.33%", "50%"])),
            "burn": draw(st.sampled_from(["10%", "12.34%", "100%"])),
            "period": draw(st.sampled_from(["12h", "60h", "7d", "90d"])),
            "quota": draw(st.sampled_from(["any", "0", "7.5", "1000"])),
            "wash": draw(st.sampled_from(["0", "0.000000000000000001", "33.3"])),
            "churn": draw(share),
        }

    return several(record, **{f"kind{number}": kind() for number in range(draw(st.integers(1, 2)))})


@given(scenarios())
@settings(max_examples=150)
def test_steps__any_scenario__equal_a_count_of_every_node_and_conserve_everything(scenario: Scenario) -> None:
    economy, nodes = Economy(scenario), []
    coupon = scenario.coupon
    lifetime = (coupon.cap - coupon.genesis) // 9
    supply, burned = coupon.genesis, 0
    for point in economy.steps():
        supply += claim_all(nodes, point.time) - point.burned
        burned += point.burned
        add_nodes(nodes, economy)
        owed = sum(curve.face(node.principal) - node.claimed for node in nodes)
        assert (point.supply, point.outstanding) == (supply, owed)
        # G1, and where the budget is.
        assert point.supply + point.outstanding == coupon.genesis + 9 * burned <= coupon.cap
        assert point.budget + point.quota + burned + coupon.elsewhere == lifetime
        assert min(point.supply, point.budget, point.quota) >= 0
        assert all(kind.quota >= 0 for kind in economy.kinds)
        assert point.by_flow_back <= point.sales


@given(scenarios())
@settings(max_examples=80)
def test_run__any_scenario__ends_with_every_claimed_node_paid_in_full(scenario: Scenario) -> None:
    result = Economy(scenario).run()
    assert result.final_supply + result.final_outstanding == scenario.coupon.genesis + 9 * result.burned
    assert result.final_supply <= scenario.coupon.cap
    if scenario.shoppers.claims == BASIS_POINTS:
        assert result.final_outstanding == 0
        assert all(cohort.received == 10 * cohort.burned for cohort in result.cohorts)
    assert result.wash.burned <= result.wash_granted
    assert result.wash.received <= 10 * result.wash.burned


def test_nodes__of_different_principals__are_rounded_each_for_itself() -> None:
    """The sum of floors, not the floor of the sum: here they differ."""
    principals = [FEC // 3, FEC // 7, FEC // 11]
    apart = sum(curve.released(principal, 1) for principal in principals)
    assert apart != curve.released(sum(principals), 1)
    economy = Economy(small())
    for principal in principals:
        economy.nodes.mint((0, 0, WEEK), (principal, 0), 5, 5)
    assert economy.nodes.claim(WEEK, 2) == [5 * apart, 0]


def test_run__ten_million_shoppers__has_no_more_classes_than_a_thousand() -> None:
    def alike(shoppers: str) -> int:
        scenario = load("large").changed({"years": "1", "shoppers.first": shoppers, "coupon.rate": "0.0001"})
        economy = Economy(scenario)
        return max(sum(len(same.claiming) for same in economy.nodes.open.values()) for _point in economy.steps())

    assert alike("10000000") == alike("1000")


# ------------------------------------------------------------------- odd cases


def test_run__no_shoppers__burns_nothing() -> None:
    result = Economy(small(shoppers__first="0", shoppers__market="0")).run()
    assert result.burned == result.points[-1].orders == 0
    assert result.final_supply == result.scenario.coupon.genesis
    assert result.shoppers[0].real_return is None


def test_run__nobody_joins_or_leaves__keeps_its_shoppers() -> None:
    still = {"shoppers__innovators": "0%", "shoppers__imitators": "0%", "shoppers__churn": "0%"}
    result = Economy(small(**still)).run()
    assert {point.shoppers for point in result.points} == {12}
    # 12 shoppers, 20 baskets a year each, less the day that 52 weeks lack.
    assert sum(point.orders for point in result.points) == 12 * 20 * 52 * 7 // 365


def test_run__no_quota__has_orders_without_and_no_node() -> None:
    result = Economy(small(merchants__shops__quota="0")).run()
    assert result.burned == 0
    assert sum(point.without_quota for point in result.points) > 0
    assert result.budget_ended is None


def test_run__cap_reached_in_the_middle_of_a_step__takes_what_fits_and_says_when() -> None:
    scenario = small(coupon__cap="100900", coupon__genesis="100000", shoppers__sizes="1/2", coupon__rate="100")
    economy = Economy(scenario)
    points = list(economy.steps())
    refused = [point for point in points if point.without_quota]
    assert economy.budget_ended == refused[0].time
    # The step in which it ends has orders of both fates; of 100 FEC less is left than the smallest order takes.
    assert refused[0].orders > 0
    assert points[-1].budget + points[-1].quota < 10 * FEC
    assert points[-1].supply + points[-1].outstanding <= scenario.coupon.cap


def test_run__cap_is_the_genesis_supply__lets_nobody_burn() -> None:
    result = Economy(small(coupon__cap="100000")).run()
    assert result.burned == 0
    assert result.budget_ended == next(point.time for point in result.points if point.without_quota)


def test_run__too_few_coins__refuses_orders_and_never_spends_more_than_there_is() -> None:
    scenario = small(coupon__genesis="1000", coupon__rate="100")
    result = Economy(scenario).run()
    assert sum(point.without_coins for point in result.points) > 0
    before = scenario.coupon.genesis
    for point in result.points:
        assert point.sales <= before + point.received
        before = point.supply


def test_run__more_turns__lets_the_same_coins_pay_more_often() -> None:
    once, often = (
        sum(point.sales for point in Economy(small(coupon__genesis="1000", coupon__turns=turns)).run().points)
        for turns in ("1", "10")
    )
    assert often > once


def test_grants__quota__comes_on_joining_and_each_year() -> None:
    scenario = small(
        years="3",
        merchants__shops__quota="10",
        shoppers__first="0",
        shoppers__market="0",
    )
    economy = Economy(scenario)
    grants = {(point.time - scenario.start) // WEEK: economy.grants for point in economy.steps() if economy.grants}
    assert grants == {0: [("shops", 30 * FEC)], 53: [("shops", 30 * FEC)], 105: [("shops", 30 * FEC)]}


def test_wash__burns_its_quota_and_gains_nine_for_one() -> None:
    scenario = several(
        small().record, washers={"share": "0%", "quota": "1000", "wash": "777", "first": "2", "market": "2"}
    )
    result = Economy(scenario).run()
    assert result.wash_granted == 2_000 * FEC
    # As many orders of 77.7 FEC of principal as fit.
    assert result.wash.burned == 2_000 * FEC // (777 * FEC // 10) * (777 * FEC // 10)
    assert result.wash.received - result.wash.burned == 9 * result.wash.burned
    assert sum(point.orders for point in result.points) == 0


def test_flow_back__kept__pays_for_nothing() -> None:
    spent, kept = (Economy(small(years="3", shoppers__respend=share)).run() for share in ("100%", "0%"))
    assert sum(point.by_flow_back for point in spent.points) > 0
    assert sum(point.by_flow_back for point in kept.points) == 0
    assert spent.burned == kept.burned


def test_flow_back__extra_baskets__burn_more() -> None:
    plain, more = (
        Economy(small(years="3", shoppers__extra=share, coupon__rate="1")).run().burned for share in ("0%", "100%")
    )
    assert more > plain


def test_real_return__of_each_cohort__is_what_its_shares_of_all_coins_come_to() -> None:
    """Worked out again from purchases and single nodes, while people buy and after."""
    economy = Economy(mixed())
    groups = range(len(economy.cohorts))
    nodes: dict[int, list[Node]] = {group: [] for group in groups}
    burned, received = [0] * len(groups), [0] * len(groups)
    supply, now = economy.scenario.coupon.genesis, economy.scenario.start

    def claim() -> None:
        nonlocal supply
        paid = [claim_all(nodes[group], now) for group in groups]
        supply += sum(paid)
        for group in groups:
            received[group] += paid[group] * WHOLE // supply

    for point in economy.steps():
        now = point.time
        claim()
        for orders in economy.purchases:
            period = economy.scenario.merchants[orders.kind].period
            start = curve.starts_at(economy.scenario.start, period, now)
            nodes[orders.group] += [
                Node(start, period, orders.principal, n < orders.claiming) for n in range(orders.count)
            ]
            burned[orders.group] += orders.count * orders.principal * WHOLE // supply
            supply -= orders.count * orders.principal
    result = Economy(economy.scenario).run()
    while now < result.paid_until:
        now += economy.scenario.step
        claim()
    expected = [got * 100 // gave for got, gave in zip(received, burned, strict=True)]
    assert [cohort.real_return for cohort in result.cohorts] == expected
    assert min(expected) > 0


def test_years__sum_flows_and_keep_what_stood_last() -> None:
    result = Economy(small(years="2")).run()
    first, second = result.years
    assert first.burned + second.burned == result.burned
    assert (second.supply, second.shoppers) == (result.points[-1].supply, result.points[-1].shoppers)


def test_run__twice__is_the_same() -> None:
    assert Economy(mixed()).run().points == Economy(mixed()).run().points


# ---------------------------------------------------------------------- people


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 30_000), st.integers(0, 30_000), st.integers(0, 30_000))
@settings(max_examples=100)
def test_crowd__any__stays_within_the_market(first: int, more: int, p: int, q: int, churn: int) -> None:
    crowd = Crowd(Population(first, first + more, p, q, churn), WEEK, 2)
    for step in range(60):
        before = crowd.count
        left, joined = crowd.leave(), crowd.join(step // 30)
        assert crowd.count == before - left + joined
        assert min(crowd.there) >= 0
        assert crowd.count <= first + more


def test_crowd__no_imitators__joins_at_a_steady_rate_of_those_missing() -> None:
    crowd = Crowd(Population(0, 1_000_000, 1_000, 0, 0), WEEK, 1)
    assert crowd.join(0) == 1_000_000 * 1_000 * WEEK // (BASIS_POINTS * YEAR)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50), st.integers(1, 10**6))
def test_carried__many_divisions__lose_nothing(numerators: list[int], denominator: int) -> None:
    carried = Carried()
    assert sum(carried.divide(each, denominator) for each in numerators) == sum(numerators) // denominator


@given(st.lists(st.integers(0, 100), max_size=20), st.integers(1, 7))
def test_deal__many_baskets__gives_each_size_its_turn(counts: list[int], sizes: int) -> None:
    kind = Economy(small()).kinds[0]
    dealt = [kind.deal(0, count, sizes) for count in counts]
    assert [sum(each) for each in dealt] == counts
    sums = [sum(column) for column in zip(*dealt, strict=True)]
    assert not sums or max(sums) - min(sums) <= 1


def test_principal__is_rounded_up_as_checkout_does() -> None:
    assert Economy(small(merchants__shops__burn="12.34%")).kinds[0].principal(10_001) == 1_235


def test_quota__any__is_a_word_and_not_an_amount() -> None:
    assert small().merchants["shops"].quota == ANY
    assert small().record["merchants"]["shops"]["quota"] == "any"


@pytest.mark.parametrize("period", ["12h", "7d", "90d"])
def test_run__any_period__goes_on_until_the_last_node_has_paid(period: str) -> None:
    result = Economy(small(merchants__shops__period=period)).run()
    length = result.scenario.merchants["shops"].period
    last = max(point.time for point in result.points if point.burned)
    start = curve.starts_at(result.scenario.start, length, last)
    assert 0 <= result.paid_until - (start + PERIODS * length) < result.scenario.step
