"""Attack: amounts so small that rounding favours somebody, and nodes so many that somebody else pays for them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core import curve
from fec.core.durations import DAY
from tests.contracts.attacks.attackers import burned, capture, coins, gas_used, paid, refund
from tests.contracts.support.evm import expect
from tests.contracts.support.shop_world import Market
from tests.contracts.support.world import FEC, PUBLIC, World

P = 1000 * FEC


# ------------------------------------------------------------------------ rounding


@pytest.mark.parametrize("amount", range(1, 10))
def test_pay__one_to_nine_wei__burns_one_and_leaves_the_merchant_the_rest(market: Market, amount: int) -> None:
    node = market.pay(market.order(market.shop(), amount))
    assert (market.principal(node), coins(market, market.treasury)) == (1, amount - 1)


@pytest.mark.parametrize("amount", range(1, 10))
def test_pay__one_to_nine_wei_with_a_donation__gives_the_cause_nothing(market: Market, amount: int) -> None:
    program = market.shop(donation=1000, causes=(market.cause,))
    market.pay(market.order(program, amount, cause=market.cause))
    assert (coins(market, market.cause), coins(market, market.treasury)) == (0, amount - 1)


@given(parts=st.lists(st.integers(1, 10**20), min_size=1, max_size=12), bps=st.integers(1000, 10_000))
@settings(max_examples=60)
def test_pay__cut_into_parts__moves_less_than_a_wei_a_part_from_merchant_to_node(
    opened: Market, parts: list[int], bps: int
) -> None:
    with opened.chain.rolled_back():
        program = opened.shop(tiers=((0, bps),))
        for number, part in enumerate(parts):
            paid(opened, program, number, part)
        principal = opened.fec.totalBurned()
        assert principal + coins(opened, opened.treasury) == sum(parts)
        assert 0 <= principal - burned(sum(parts), bps) < len(parts)


@given(amount=st.integers(1, 200), parts=st.lists(st.integers(1, 9), max_size=30), bps=st.integers(1000, 10_000))
@settings(max_examples=60)
def test_refund__dust_by_dust__burns_what_the_rest_alone_would(
    opened: Market, amount: int, parts: list[int], bps: int
) -> None:
    with opened.chain.rolled_back():
        program = opened.shop(window=DAY, tiers=((0, bps),))
        order, left = paid(opened, program, 0, amount), amount
        for part in parts:
            if part > left:
                break
            refund(opened, order, part)
            left -= part
            assert opened.checkout.reservedOf(program) == burned(left, bps)
        opened.chain.now += DAY
        capture(opened, order)
        assert opened.fec.totalBurned() == burned(left, bps)
        assert coins(opened, opened.checkout.address) == 0


def test_mint__a_thousand_times_a_wei__releases_later_than_one_node_and_never_more(world: World) -> None:
    """Small nodes round down each for itself: in period 1 not even one of these pays."""
    dust = [world.node(world.alice, 1) for _ in range(1000)]
    whole = world.node(world.bob, 1000)
    for k in range(1, 101):
        world.pass_periods(1)
        if k % 9 == 0 or k == 100:
            world.adn.claimFor([*dust, whole], sender=world.stranger)
            alone = 1000 * curve.released(1, k)
            assert world.fec.balanceOf(world.alice) == alone <= world.fec.balanceOf(world.bob)
    assert world.fec.balanceOf(world.alice) == world.fec.balanceOf(world.bob) == 10_000


# ----------------------------------------------------------------------- many nodes


def test_spam__a_thousand_nodes_for_a_shopper__cost_them_no_gas(world: World) -> None:
    def claim() -> int:
        with world.chain.rolled_back():
            world.pass_periods(1)
            world.adn.claim(node, sender=world.alice)
            return gas_used(world.chain)

    node = world.node(world.alice, P)
    before = claim()
    world.fund(world.stranger, 1000)
    for _ in range(1000):
        world.adn.mint(PUBLIC, 1, world.alice, sender=world.stranger)
    assert world.fec.balanceOf(world.stranger) == 0
    assert claim() == before


def test_spam__a_thousand_nodes_for_a_shopper__do_not_change_what_a_payment_costs(market: Market) -> None:
    program = market.shop()
    paid(market, program)
    with market.chain.rolled_back():
        paid(market, program, 1)
        before = gas_used(market.chain)
    for _ in range(1000):
        market.node(market.alice, 1)
    paid(market, program, 1)
    assert gas_used(market.chain) == before


def test_claim_for__two_thousand_nodes__costs_its_caller_the_same_for_each(world: World) -> None:
    nodes = [world.node(world.alice, FEC + i) for i in range(2000)]
    world.pass_periods(1)
    costs = []
    for count in (1000, 2000):
        with world.chain.rolled_back():
            world.adn.claimFor(nodes[:count], sender=world.stranger)
            costs.append(gas_used(world.chain))
    assert costs[1] < 2 * costs[0] + 1000 * 100
    world.adn.claimFor(nodes, sender=world.stranger)
    assert world.fec.balanceOf(world.alice) == sum(curve.released(FEC + i, 1) for i in range(2000))


def test_split__into_the_most_nodes__is_bounded_by_the_principal_and_paid_by_the_owner(world: World) -> None:
    least = world.adn.MIN_SPLIT_PRINCIPAL()
    node = world.node(world.alice, 100 * least)
    world.adn.split(node, [least] * 99, sender=world.alice)
    assert world.adn.balanceOf(world.alice) == 100
    with expect("ADN_PrincipalTooSmall", 0, least):
        world.adn.split(node, [least], sender=world.alice)


def test_quota__used_up_in_the_public_program__costs_the_attacker_every_wei_of_it(world: World) -> None:
    """Not stopped: the public program is first come, first served. Who takes it all burns it all."""
    quota = world.adn.programOf(PUBLIC)["quota"]
    world.fund(world.stranger, quota)
    world.adn.mint(PUBLIC, quota, world.stranger, sender=world.stranger)
    assert world.fec.balanceOf(world.stranger) == 0
    with expect("ADN_QuotaExceeded", PUBLIC, 1, 0):
        world.node(world.alice, 1)
