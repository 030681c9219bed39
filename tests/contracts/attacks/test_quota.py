"""Attack: a merchant who pays itself, for the ten-for-one, for tier credit, or to keep quota from others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core import curve
from fec.core.durations import DAY, WEEK
from tests.contracts.attacks.attackers import burned, capture, coins, paid, refund
from tests.contracts.support.evm import ZERO, Contract, expect
from tests.contracts.support.shop_world import MODES, NEVER, Market, Order
from tests.contracts.support.world import FEC

QUOTA = 1000 * FEC
#: When a node has paid back what was burned for it.
BREAK_EVEN = curve.period_when_released(QUOTA, QUOTA)
TIERS = ((0, 1000), (1000, 2000))


def own_shop(market: Market, quota: int = QUOTA, **terms: Any) -> int:
    """A program whose merchant is its own treasury."""
    return market.shop(quota=quota, treasury=market.merchant, **terms)


# ------------------------------------------------------------------- ten for one


def test_wash__whole_quota__gains_nine_times_it_after_all_periods(market: Market) -> None:
    before = coins(market, market.merchant)
    program = own_shop(market)
    node = market.pay(market.order(program, 10 * QUOTA, customer=market.merchant))
    assert coins(market, market.merchant) - before == -QUOTA
    market.pass_periods(100)
    market.adn.claim(node, sender=market.merchant)
    assert coins(market, market.merchant) - before == 9 * QUOTA


def test_wash__one_wei_above_the_quota__reverts(market: Market) -> None:
    program = own_shop(market)
    market.pay(market.order(program, 10 * QUOTA, customer=market.merchant))
    with expect("ADN_QuotaExceeded", program, 1, 0):
        paid(market, program, 1, 1, payer=market.merchant)


@pytest.mark.parametrize(("periods", "ahead"), [(BREAK_EVEN - 1, False), (BREAK_EVEN, True)])
def test_wash__burned_amount__is_back_in_period_55(market: Market, periods: int, ahead: bool) -> None:
    before = coins(market, market.merchant)
    node = market.pay(market.order(own_shop(market), 10 * QUOTA, customer=market.merchant))
    market.pass_periods(periods)
    market.adn.claim(node, sender=market.merchant)
    assert (BREAK_EVEN, coins(market, market.merchant) >= before) == (55, ahead)


def test_wash__at_a_shop__gains_what_the_public_program_gives_anybody(market: Market) -> None:
    program = own_shop(market)
    washed = market.pay(market.order(program, 10 * QUOTA, customer=market.merchant))
    public = market.adn.mint(1, QUOTA, market.merchant, sender=market.merchant)
    for _ in range(101):
        market.pass_periods(1)
        assert market.adn.vestedPayout(washed) == market.adn.vestedPayout(public)


@given(
    amounts=st.lists(st.integers(1, 5000 * FEC), min_size=1, max_size=8),
    bps=st.integers(1000, 10_000),
    window=st.sampled_from([0, DAY]),
)
@settings(max_examples=60)
def test_wash__any_orders__gain_nine_times_what_they_burn_within_the_quota(
    opened: Market, amounts: list[int], bps: int, window: int
) -> None:
    with opened.chain.rolled_back():
        program = own_shop(opened, window=window, tiers=((0, bps),))
        before, left, orders = coins(opened, opened.merchant), QUOTA, []
        for number, amount in enumerate(amounts):
            principal = burned(amount, bps)
            if principal <= left:
                orders.append(paid(opened, program, number, amount, payer=opened.merchant))
                left -= principal
                continue
            with expect("Checkout_QuotaExceeded" if window else "ADN_QuotaExceeded", program, principal, left):
                paid(opened, program, number, amount, payer=opened.merchant)
        opened.chain.now += window
        capture(opened, *orders)
        assert opened.adn.programOf(program)["quota"] == left
        opened.pass_periods(101)
        opened.adn.claimFor(nodes_of(opened, program, orders, bps))
        assert coins(opened, opened.merchant) - before == 9 * (QUOTA - left) <= 9 * QUOTA


def nodes_of(market: Market, program: int, orders: list[Order], bps: int) -> list[int]:
    """Ids of the nodes of a program's first orders, put together from what ids say."""
    terms = market.adn.programOf(program)
    start = curve.starts_at(terms["origin"], terms["periodLength"], market.chain.now - 101 * WEEK)
    return [
        program << 200 | WEEK << 176 | start << 136 | burned(order.amount, bps) << 40 | serial
        for serial, order in enumerate(orders, 1)
    ]


# -------------------------------------------------------------------- tier credit


def test_wash__for_own_tier__costs_a_tenth_in_quota(market: Market) -> None:
    program = own_shop(market, tiers=TIERS)
    paid(market, program, 0, 10 * QUOTA, payer=market.merchant)
    assert market.checkout.spendOf(program, market.merchant) == 10 * QUOTA
    assert market.adn.programOf(program)["quota"] == 0


def test_wash__by_an_ally__costs_the_others_the_step_between_their_tiers(market: Market) -> None:
    """Not stopped: one ally pays itself in alice's name; her next order burns 20 % of the other's takings, not 10 %."""
    own, victim = own_shop(market), market.shop(tiers=TIERS)
    ally(market, own, victim)
    before = coins(market, market.merchant)
    paid(market, own, 0, 1000 * FEC, payer=market.merchant, customer=market.alice)
    assert before - coins(market, market.merchant) == 100 * FEC
    paid(market, victim)
    assert coins(market, market.treasury) == 800 * FEC


def test_wash__by_an_ally_who_left__helps_no_more(market: Market) -> None:
    own, victim = own_shop(market), market.shop(tiers=TIERS)
    ally(market, own, victim)
    market.checkout.leaveAlliance(victim, sender=market.merchant)
    paid(market, own, 0, 1000 * FEC, payer=market.merchant, customer=market.alice)
    paid(market, victim)
    assert coins(market, market.treasury) == 900 * FEC


def test_alliance__hostile_member__can_only_be_left_and_shared_credit_stays_behind(market: Market) -> None:
    """Not stopped: nobody can be put out of an alliance. Who leaves keeps its own books, not what was shared."""
    own, victim = own_shop(market), market.shop(tiers=TIERS)
    ally(market, own, victim)
    paid(market, own, 0, 500 * FEC)
    paid(market, victim, 0, 300 * FEC)
    assert market.checkout.spendOf(victim, market.alice) == 800 * FEC
    market.checkout.leaveAlliance(victim, sender=market.merchant)
    market.checkout.foundAlliance(victim, sender=market.merchant)
    assert market.checkout.spendOf(victim, market.alice) == 300 * FEC


def test_wash__customer_that_refuses_nodes__credits_nine_tenths_at_no_cost(market: Market, guest: Contract) -> None:
    """Not stopped: an order whose node is refused burns nothing and uses no quota; the rest of it counts as spend."""
    own, victim = own_shop(market, quota=100 * FEC, window=1), market.shop(tiers=TIERS)
    ally(market, own, victim)
    before = coins(market, market.merchant)
    guest.set(MODES["Reject"], ZERO, b"")
    for number in range(3):
        order = paid(market, own, number, payer=market.merchant, customer=guest.address)
        market.chain.now += 1
        capture(market, order)
    assert coins(market, market.merchant) == before
    assert market.adn.programOf(own)["quota"] == 100 * FEC
    assert market.checkout.spendOf(victim, guest.address) == 2700 * FEC
    assert market.checkout.quote(victim, guest.address, 1000 * FEC)["toMerchant"] == 800 * FEC


def ally(market: Market, one: int, other: int) -> None:
    alliance = market.checkout.foundAlliance(one, sender=market.merchant)
    market.checkout.approveCandidate(one, other, True, sender=market.merchant)
    market.checkout.joinAlliance(other, alliance, sender=market.merchant)


@given(cycles=st.lists(st.lists(st.integers(1, 500 * FEC), max_size=4), min_size=1, max_size=5))
@settings(max_examples=60)
def test_refund_cycles__any_parts__leave_no_credit_quota_or_coin(opened: Market, cycles: list[list[int]]) -> None:
    with opened.chain.rolled_back():
        program = own_shop(opened, window=DAY, tiers=TIERS)
        before = coins(opened, opened.merchant)
        for number, parts in enumerate(cycles):
            left = 2000 * FEC
            order = paid(opened, program, number, left, payer=opened.merchant)
            for part in parts:
                refund(opened, order, part)
                left -= part
            if left:
                refund(opened, order, left)
        assert coins(opened, opened.merchant) == before
        assert opened.checkout.spendOf(program, opened.merchant) == opened.checkout.reservedOf(program) == 0
        assert opened.adn.programOf(program)["quota"] == QUOTA


# -------------------------------------------------------------- quota kept from others


def test_reserve_and_close__quota__goes_back_once_and_the_order_mints_nothing(market: Market) -> None:
    budget = market.adn.budget()
    program = own_shop(market, window=DAY)
    before = coins(market, market.merchant)
    order = paid(market, program, 0, 10 * QUOTA, payer=market.merchant)
    market.adn.closeProgram(program, sender=market.merchant)
    assert market.adn.budget() == budget
    market.chain.now += DAY
    capture(market, order)
    assert coins(market, market.merchant) == before
    assert (market.adn.outstanding(), market.adn.budget()) == (0, budget)


def test_reserve__for_rewards_that_nobody_can_take__keeps_the_quota_from_shoppers(market: Market) -> None:
    """Not stopped: the program's own signer can do that, with as many coins locked; closing the program frees them."""
    program = own_shop(market)
    market.allow(market.signer)
    before = coins(market, market.signer)
    batch = market.checkout.fundRewards(program, bytes(32), QUOTA, NEVER, bytes(32), sender=market.signer)
    with expect("Checkout_QuotaExceeded", program, 100 * FEC, 0):
        paid(market, program)
    assert before - coins(market, market.signer) == QUOTA
    market.adn.closeProgram(program, sender=market.merchant)
    market.checkout.reclaimRewards(batch, sender=market.stranger)
    assert coins(market, market.signer) == before
