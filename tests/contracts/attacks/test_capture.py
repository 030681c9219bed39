"""Attack: around the end of a return window, and what changes between payment and capture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core.durations import DAY, WEEK
from fec.protocol import acts
from tests.contracts.attacks.attackers import capture, coins, paid, refund
from tests.contracts.custody.acts import act_arguments
from tests.contracts.support.evm import expect
from tests.contracts.support.merkle import root
from tests.contracts.support.shop_world import NEVER, Market, Order
from tests.contracts.support.world import FEC

TIERS = ((0, 1000), (1000, 2000))
#: How far those who make blocks may move a timestamp, in seconds.
DRIFT = 15


# ------------------------------------------------------------------- the last second


@given(
    window=st.integers(1, 365 * DAY),
    off=st.integers(-DRIFT, DRIFT) | st.integers(-DAY, DAY),
    part=st.integers(1, 1000 * FEC),
)
@settings(max_examples=100)
def test_refund_and_capture__in_any_second__exactly_one_of_them_is_possible(
    opened: Market, window: int, off: int, part: int
) -> None:
    with opened.chain.rolled_back():
        order = paid(opened, opened.shop(window=window))
        orderkey, deadline = opened.order_key(order), opened.chain.now + window
        opened.chain.now = max(opened.chain.now, deadline + off)
        if opened.chain.now < deadline:
            with expect("Checkout_ReturnWindowOpen", orderkey, deadline):
                capture(opened, order)
            refund(opened, order, part)
            assert opened.checkout.orderOf(orderkey)["refunded"] == part
        else:
            with expect("Checkout_ReturnWindowClosed", orderkey, deadline):
                refund(opened, order, part)
            capture(opened, order)
            assert coins(opened, opened.treasury) == 900 * FEC


@dataclass(frozen=True)
class Moment:
    """Something that can be done up to a second or from a second on, and what is said before or after."""

    act: Callable[[], object]
    turn: int
    ends: bool
    #: Error and values, at the chain's present second.
    refusal: Callable[[], tuple[Any, ...]]


def moments(market: Market) -> dict[str, Moment]:
    """All that depends on the clock to the second, due in a day or so."""
    turn = market.chain.now + DAY
    checkout, custody, stranger = market.checkout, market.custodian, market.stranger
    program = market.shop()
    waiting, invoice = paid(market, market.shop(window=DAY)), market.order(program, expiry=turn)
    signed = market.order(program, order_id=b"\1" * 32)
    authorization = market.authorization(signed, before=turn + 1)
    later = market.authorization(signed, after=turn - 1)
    permit = market.permit(market.alice, FEC, turn)
    market.allow(market.signer)
    leaf = market.alice, FEC
    batch = checkout.fundRewards(program, root([leaf]), FEC, turn, bytes(32), sender=market.signer)
    member = market.member()
    leave = act_arguments(market, member, [acts.withdraw(market.bob)], deadline=turn)
    waiting_key = market.order_key(waiting)
    time_error = "ERC3009InvalidAuthorizationTime"
    return {
        "pay": Moment(
            lambda: checkout.pay(invoice.words, sender=market.alice),
            turn,
            True,
            lambda: ("Checkout_OrderExpired", turn, market.chain.now),
        ),
        "refund": Moment(
            lambda: refund(market, waiting, FEC),
            turn - 1,
            True,
            lambda: ("Checkout_ReturnWindowClosed", waiting_key, turn),
        ),
        "capture": Moment(
            lambda: capture(market, waiting),
            turn,
            False,
            lambda: ("Checkout_ReturnWindowOpen", waiting_key, turn),
        ),
        "take": Moment(
            lambda: checkout.takeReward(batch, 0, *leaf, [], sender=stranger),
            turn,
            True,
            lambda: ("Checkout_BatchOver", batch, turn),
        ),
        "reclaim": Moment(
            lambda: checkout.reclaimRewards(batch, sender=stranger),
            turn + 1,
            False,
            lambda: ("Checkout_BatchOpen", batch, turn),
        ),
        "authorization": Moment(
            lambda: checkout.payWithAuthorization(signed.words, *authorization, sender=stranger),
            turn,
            True,
            lambda: (time_error, 0, turn + 1),
        ),
        "authorization for later": Moment(
            lambda: checkout.payWithAuthorization(signed.words, *later, sender=stranger),
            turn,
            False,
            lambda: (time_error, turn - 1, NEVER),
        ),
        "permit": Moment(
            lambda: market.fec.permit(market.alice, checkout.address, FEC, *permit, sender=stranger),
            turn,
            True,
            lambda: ("ERC2612ExpiredSignature", turn),
        ),
        "withdraw": Moment(
            lambda: custody.act(*leave, sender=stranger),
            turn,
            True,
            lambda: ("Custodian_Expired", turn, market.chain.now),
        ),
    }


@pytest.mark.parametrize(
    "name",
    ["pay", "refund", "capture", "take", "reclaim", "authorization", "authorization for later", "permit", "withdraw"],
)
def test_producer__moved_clock__moves_each_deadline_by_just_as_much(market: Market, name: str) -> None:
    """Each has one second at which it turns, so fifteen seconds of drift are fifteen seconds and never more."""
    moment = moments(market)[name]
    for off in range(-DRIFT, DRIFT + 1):
        with market.chain.rolled_back():
            market.chain.now = moment.turn + off
            if (off <= 0) if moment.ends else (off >= 0):
                moment.act()
                continue
            with expect(*moment.refusal()):
                moment.act()


# ---------------------------------------------------------- between payment and capture


def test_operator__changed_in_between__cannot_turn_the_money_to_itself(market: Market) -> None:
    order = paid(market, market.shop(window=DAY))
    market.adn.setProgramOperator(order.program, market.bob, sender=market.merchant)
    market.checkout.setTerms(order.program, market.terms(treasury=market.bob).words, sender=market.bob)
    before = coins(market, market.bob)
    market.chain.now += DAY
    capture(market, order)
    assert (coins(market, market.treasury), coins(market, market.bob)) == (900 * FEC, before)


def test_operator__changed_in_between__refunds_in_place_of_the_one_before(market: Market) -> None:
    order = paid(market, market.shop(window=DAY))
    market.adn.setProgramOperator(order.program, market.bob, sender=market.merchant)
    with expect("Checkout_NotSignerOrOperator", order.program, market.merchant):
        refund(market, order, FEC, sender=market.merchant)
    before = coins(market, market.alice)
    refund(market, order, FEC, sender=market.bob)
    assert coins(market, market.alice) - before == FEC


def test_signer_key__stolen__can_send_escrow_back_to_who_paid_and_nowhere_else(market: Market) -> None:
    """Not stopped until the operator names another key: a thief who is a shopper too has goods and money."""
    program = market.shop(window=DAY)
    before = coins(market, market.alice)
    order, other = paid(market, program), paid(market, program, 1)
    refund(market, order, order.amount, sender=market.signer)
    market.set_terms(program, window=DAY, signer=market.carol)
    with expect("Checkout_NotSignerOrOperator", program, market.signer):
        refund(market, other, other.amount, sender=market.signer)
    assert before - coins(market, market.alice) == other.amount


def test_program__closed_in_between__gains_the_merchant_nothing(market: Market) -> None:
    order = paid(market, market.shop(window=DAY))
    market.adn.closeProgram(order.program, sender=market.merchant)
    before = coins(market, market.alice)
    market.chain.now += DAY
    capture(market, order)
    assert (coins(market, market.treasury), coins(market, market.alice) - before) == (900 * FEC, 100 * FEC)


def test_quota__wanted_for_rewards_in_between__is_the_orders(market: Market) -> None:
    order = paid(market, market.shop(window=DAY, quota=150 * FEC))
    market.allow(market.signer)
    with expect("Checkout_QuotaExceeded", order.program, 50 * FEC + 1, 50 * FEC):
        market.checkout.reward(order.program, market.bob, 50 * FEC + 1, bytes(32), sender=market.signer)
    market.checkout.reward(order.program, market.bob, 50 * FEC, bytes(32), sender=market.signer)
    market.chain.now += DAY
    capture(market, order)
    assert market.adn.balanceOf(market.alice) == 1


@pytest.mark.parametrize("leaver", [0, 1])
def test_alliance__left_in_between__credits_the_program_alone(market: Market, leaver: int) -> None:
    """Not stopped: a purchase made while allied can lose its credit with the others; with its own shop it counts."""
    programs = [market.shop(window=DAY, tiers=TIERS) for _ in range(2)]
    alliance = market.checkout.foundAlliance(programs[0], sender=market.merchant)
    market.checkout.approveCandidate(programs[0], programs[1], True, sender=market.merchant)
    market.checkout.joinAlliance(programs[1], alliance, sender=market.merchant)
    order = paid(market, programs[0])
    market.checkout.leaveAlliance(programs[leaver], sender=market.merchant)
    market.chain.now += DAY
    capture(market, order)
    spends = [market.checkout.spendOf(program, market.alice) for program in programs]
    assert spends == [1000 * FEC, 0]


def test_window__many_orders_before_any_is_captured__all_at_the_lower_tier(market: Market) -> None:
    """A shopper gains nothing by ordering early: credit comes with the capture, and the tier was pinned at payment."""
    program = market.shop(window=DAY, tiers=TIERS)
    orders = [paid(market, program, number) for number in range(3)]
    market.chain.now += DAY
    capture(market, *orders)
    assert [event.values["burned"] for event in market.chain.events("OrderCaptured")] == [100 * FEC] * 3


# ---------------------------------------------------------------------- when to capture


def captured_at(market: Market, order: Order, moment: int) -> int:
    """Start of the node of an order captured then; seconds since the epoch."""
    with market.chain.rolled_back():
        market.chain.now = moment
        capture(market, order)
        [event] = market.chain.events("OrderCaptured")
        return int(market.adn.nodeOf(event.values["tokenId"])["start"])


def test_capture__second_before_a_boundary__starts_one_period_before_a_second_later(market: Market) -> None:
    order = paid(market, market.shop(window=DAY))
    boundary = captured_at(market, order, market.chain.now + DAY) + WEEK
    assert captured_at(market, order, boundary - 1) == boundary - WEEK
    assert captured_at(market, order, boundary) == boundary


@given(late=st.integers(0, 500 * WEEK))
@settings(max_examples=60)
def test_capture__left_undone__costs_the_shopper_whole_periods_and_no_coin(opened: Market, late: int) -> None:
    """Nobody can hold it up: the shopper may send the capture too."""
    with opened.chain.rolled_back():
        order = paid(opened, opened.shop(window=DAY))
        due = opened.chain.now + DAY
        lost = captured_at(opened, order, due + late) - captured_at(opened, order, due)
        assert lost % WEEK == 0
        assert late - WEEK < lost < late + WEEK


def test_capture__after_nineteen_years__mints_the_whole_node(market: Market) -> None:
    order = paid(market, market.shop(window=DAY))
    market.pass_periods(1000)
    capture(market, order)
    [event] = market.chain.events("OrderCaptured")
    before = coins(market, market.alice)
    market.pass_periods(100)
    market.adn.claimFor([event.values["tokenId"]], sender=market.stranger)
    assert coins(market, market.alice) - before == 1000 * FEC
