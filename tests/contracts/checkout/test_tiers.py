"""Tiers: by lifetime spend that was captured, and what was refunded never counts."""

from __future__ import annotations

from eth_utils.crypto import keccak

from fec.core.durations import DAY
from tests.contracts.support.shop_world import Market, Order
from tests.contracts.support.world import FEC

TIERS = ((0, 1000), (1000, 1500), (5000, 3000))


def escrowed(market: Market, program: int, number: int) -> Order:
    """An order of alice's, paid and waiting."""
    order = market.order(program, order_id=keccak(number))
    market.pay(order)
    return order


def capture(market: Market, *orders: Order) -> None:
    market.checkout.capture([market.order_key(order) for order in orders], sender=market.stranger)


def refund(market: Market, order: Order, amount: int) -> None:
    market.checkout.refund(market.order_key(order), amount, sender=market.signer)


def test_tier__at_its_least_spend__applies(market: Market) -> None:
    program = market.shop(tiers=TIERS)
    market.pay(market.order(program, 1000 * FEC - 1))
    assert market.checkout.quote(program, market.alice, 1000)["tier"] == 0
    market.pay(market.order(program, 1, order_id=keccak(1)))
    assert market.checkout.quote(program, market.alice, 1000)["tier"] == 1
    node = market.pay(market.order(program, 4000 * FEC, order_id=keccak(2)))
    assert market.principal(node) == 600 * FEC
    node = market.pay(market.order(program, 1000 * FEC, order_id=keccak(3)))
    assert market.principal(node) == 300 * FEC


def test_tier__as_many_as_there_can_be__each_applies_from_its_least_spend_on(market: Market) -> None:
    most = market.checkout.MAX_TIERS()
    program = market.shop(tiers=[(1000 * tier, 1000 + 500 * tier) for tier in range(most)])
    for tier in range(most):
        if tier:
            market.pay(market.order(program, 1000 * FEC - 1, order_id=keccak(text=f"nearly {tier}")))
            assert market.checkout.quote(program, market.alice, 10_000)["tier"] == tier - 1
            market.pay(market.order(program, 1, order_id=keccak(text=f"there {tier}")))
        quote = market.checkout.quote(program, market.alice, 10_000)
        assert (quote["tier"], quote["principal"]) == (tier, 1000 + 500 * tier)


def test_tier__only_for_the_customer_not_the_payer(market: Market) -> None:
    program = market.shop(tiers=TIERS)
    market.pay(market.order(program, customer=market.bob), market.alice)
    assert market.checkout.spendOf(program, market.bob) == 1000 * FEC
    assert market.checkout.spendOf(program, market.alice) == 0


def test_tier__purchase_in_escrow__gives_no_credit(market: Market) -> None:
    program = market.shop(tiers=TIERS, window=DAY)
    order = escrowed(market, program, 0)
    assert market.checkout.quote(program, market.alice, 1000)["tier"] == 0
    market.chain.now += DAY
    capture(market, order)
    assert market.checkout.quote(program, market.alice, 1000)["tier"] == 1


def test_tier__refunded_purchase__gives_none(market: Market) -> None:
    program = market.shop(tiers=TIERS, window=DAY)
    order = escrowed(market, program, 0)
    refund(market, order, order.amount)
    market.chain.now += DAY
    capture(market, order)
    assert market.checkout.spendOf(program, market.alice) == 0
    assert market.checkout.quote(program, market.alice, 1000)["tier"] == 0


def test_tier__refunded_in_part__counts_the_rest(market: Market) -> None:
    program = market.shop(tiers=TIERS, window=DAY)
    order = escrowed(market, program, 0)
    refund(market, order, 1)
    market.chain.now += DAY
    capture(market, order)
    assert market.checkout.spendOf(program, market.alice) == 1000 * FEC - 1
    assert market.checkout.quote(program, market.alice, 1000)["tier"] == 0


def test_tier__share_that_came_back_for_want_of_a_node__counts_for_nothing(market: Market) -> None:
    program = market.shop(tiers=TIERS, window=DAY)
    order = escrowed(market, program, 0)
    market.adn.closeProgram(program, sender=market.merchant)
    market.chain.now += DAY
    capture(market, order)
    assert market.checkout.spendOf(program, market.alice) == 900 * FEC


def test_tier__pinned_when_paid(market: Market) -> None:
    """A purchase made before the tier was reached keeps its own share, whenever it is captured."""
    program = market.shop(tiers=TIERS, window=DAY)
    first, second = escrowed(market, program, 1), escrowed(market, program, 2)
    market.chain.now += DAY
    capture(market, first, second)
    assert [event.values["burned"] for event in market.chain.events("OrderCaptured")] == [100 * FEC] * 2


def test_refund__of_a_higher_tier__releases_its_own_share(market: Market) -> None:
    program = market.shop(tiers=((0, 3000),), window=DAY)
    order = escrowed(market, program, 0)
    market.set_terms(program, tiers=((0, 1000),), window=DAY)
    refund(market, order, 500 * FEC)
    assert market.checkout.reservedOf(program) == 150 * FEC
