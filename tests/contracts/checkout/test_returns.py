"""Return windows: refunds, captures, and what a receiver can and cannot spoil."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from tests.contracts.support.evm import ZERO, Contract, Reverted, expect
from tests.contracts.support.shop_world import MODES, Market, Order
from tests.contracts.support.world import FEC

ESCROWED, CAPTURED, REFUNDED = 1, 2, 3
#: Gas that a capture must have before each mint: 400,000 after the EVM's 64th, and 150,000 for what comes after.
NEEDED = 400_000 * 64 // 63 + 150_000


def escrowed(market: Market, number: int = 0, *, program: int | None = None, **changes: Any) -> Order:
    """An order of alice's, paid and waiting, of a shop with a day to return."""
    program = program or market.shop(window=DAY, donation=500, causes=(market.cause,))
    order = market.order(program, order_id=keccak(number), **changes)
    market.pay(order, market.alice)
    return order


def capture(market: Market, *orders: Order, gas: int | None = None) -> None:
    market.checkout.capture([market.order_key(order) for order in orders], sender=market.stranger, gas=gas)


def refund(market: Market, order: Order, amount: int) -> None:
    market.checkout.refund(market.order_key(order), amount, sender=market.signer)


def state(market: Market, order: Order) -> dict[str, object]:
    found: dict[str, object] = market.checkout.orderOf(market.order_key(order))
    return found


# ----------------------------------------------------------------------- refunds


def test_refund__whole__leaves_nothing_behind(market: Market) -> None:
    before = market.fec.balanceOf(market.alice)
    order = escrowed(market)
    refund(market, order, order.amount)
    assert market.fec.balanceOf(market.alice) == before
    assert (state(market, order)["status"], state(market, order)["refunded"]) == (REFUNDED, order.amount)
    assert market.checkout.reservedOf(order.program) == market.checkout.spendOf(order.program, market.alice) == 0
    assert market.adn.balanceOf(market.alice) == market.fec.totalBurned() == 0


def test_refund__event(market: Market) -> None:
    order = escrowed(market)
    refund(market, order, 3)
    refund(market, order, 4)
    [event] = market.chain.events("OrderRefunded")
    assert event.values == {"orderKey": market.order_key(order), "amount": 4, "refundedInAll": 7}


def test_refund__part__the_rest_is_captured_as_if_paid_alone(market: Market) -> None:
    order = escrowed(market, cause=market.cause)
    refund(market, order, 400 * FEC + 1)
    market.chain.now += DAY
    capture(market, order)
    left = 600 * FEC - 1
    [event] = market.chain.events("OrderCaptured")
    assert (event.values["burned"], event.values["donated"]) == (60 * FEC, 30 * FEC - 1)
    assert event.values["toMerchant"] == left - 90 * FEC + 1
    assert market.checkout.spendOf(order.program, market.alice) == left


def test_refund__many_parts__reservation_follows_the_rest_exactly(market: Market) -> None:
    order = escrowed(market)
    left = order.amount
    for amount in [1, 9, 10, 11, 10**18, 7 * 10**17 + 3, 333 * FEC]:
        refund(market, order, amount)
        left -= amount
        assert market.checkout.reservedOf(order.program) == -(-left // 10)
    refund(market, order, left)
    assert market.checkout.reservedOf(order.program) == 0


def test_refund__goes_to_the_payer(market: Market) -> None:
    before = market.fec.balanceOf(market.alice)
    order = escrowed(market, customer=market.bob)
    refund(market, order, order.amount)
    assert market.fec.balanceOf(market.alice) == before


def test_refund__by_the_operator(market: Market) -> None:
    order = escrowed(market)
    market.checkout.refund(market.order_key(order), 1, sender=market.merchant)
    assert state(market, order)["refunded"] == 1


@pytest.mark.parametrize("who", ["alice", "stranger", "treasury", "admin"])
def test_refund__by_a_stranger__reverts(market: Market, who: str) -> None:
    order = escrowed(market)
    caller = getattr(market, who)
    with expect("Checkout_NotSignerOrOperator", order.program, caller):
        market.checkout.refund(market.order_key(order), 1, sender=caller)


def test_refund__by_a_signer_who_was_replaced__reverts(market: Market) -> None:
    order = escrowed(market)
    market.set_terms(order.program, signer=market.bob)
    with expect("Checkout_NotSignerOrOperator", order.program, market.signer):
        refund(market, order, 1)


@pytest.mark.parametrize("amount", [0, 1000 * FEC + 1, 2**256 - 1])
def test_refund__nothing_or_above_the_total__reverts(market: Market, amount: int) -> None:
    order = escrowed(market)
    with expect("Checkout_RefundTooHigh", market.order_key(order), amount, order.amount):
        refund(market, order, amount)


def test_refund__above_what_is_left__reverts(market: Market) -> None:
    order = escrowed(market)
    refund(market, order, 400 * FEC)
    with expect("Checkout_RefundTooHigh", market.order_key(order), 600 * FEC + 1, 600 * FEC):
        refund(market, order, 600 * FEC + 1)


def test_refund__again_after_the_whole__reverts(market: Market) -> None:
    order = escrowed(market)
    refund(market, order, order.amount)
    with expect("Checkout_OrderFinal", market.order_key(order), REFUNDED):
        refund(market, order, 1)


def test_refund__in_the_last_second_of_the_window(market: Market) -> None:
    order = escrowed(market)
    market.chain.now += DAY - 1
    refund(market, order, order.amount)
    assert state(market, order)["status"] == REFUNDED


def test_refund__after_the_window__reverts(market: Market) -> None:
    order = escrowed(market)
    market.chain.now += DAY
    with expect("Checkout_ReturnWindowClosed", market.order_key(order), market.chain.now):
        refund(market, order, 1)


def test_refund__after_capture__reverts(market: Market) -> None:
    order = escrowed(market)
    market.chain.now += DAY
    capture(market, order)
    with expect("Checkout_OrderFinal", market.order_key(order), CAPTURED):
        refund(market, order, 1)


def test_refund__order_captured_at_once__reverts(market: Market) -> None:
    order = market.order(market.shop())
    market.pay(order)
    with expect("Checkout_OrderFinal", market.order_key(order), CAPTURED):
        refund(market, order, 1)


def test_refund__unknown_order__reverts(market: Market) -> None:
    with expect("Checkout_UnknownOrder", keccak(text="none")):
        market.checkout.refund(keccak(text="none"), 1, sender=market.signer)


def test_refund__of_one_order__leaves_the_others_escrow(market: Market) -> None:
    program = market.shop(window=DAY)
    one, other = escrowed(market, 1, program=program), escrowed(market, 2, program=program)
    refund(market, one, one.amount)
    assert market.fec.balanceOf(market.checkout.address) == other.amount
    assert market.checkout.reservedOf(program) == 100 * FEC


# ---------------------------------------------------------------------- captures


def test_capture__by_a_stranger__shares_out(market: Market) -> None:
    order = escrowed(market, cause=market.cause, customer=market.carol)
    market.chain.now += DAY
    capture(market, order)
    [event] = market.chain.events("OrderCaptured")
    assert event.values == {
        "orderKey": market.order_key(order),
        "tokenId": event.values["tokenId"],
        "toMerchant": 850 * FEC,
        "burned": 100 * FEC,
        "donated": 50 * FEC,
        "cause": market.cause,
        "returned": 0,
    }
    assert market.fec.balanceOf(market.treasury) == 850 * FEC
    assert market.fec.balanceOf(market.cause) == 50 * FEC
    assert market.fec.balanceOf(market.checkout.address) == market.checkout.reservedOf(order.program) == 0
    assert market.adn.ownerOf(event.values["tokenId"]) == market.carol
    assert market.checkout.spendOf(order.program, market.carol) == order.amount


def test_capture__node_starts_at_capture(market: Market) -> None:
    order = escrowed(market, program=market.shop(window=DAY, period=DAY))
    market.chain.now += 10 * DAY
    capture(market, order)
    [event] = market.chain.events("OrderCaptured")
    start = market.adn.nodeOf(event.values["tokenId"])["start"]
    assert market.chain.now - DAY < start <= market.chain.now


def test_capture__many(market: Market) -> None:
    program = market.shop(window=DAY)
    orders = [escrowed(market, number, program=program) for number in range(20)]
    market.chain.now += DAY
    capture(market, *orders)
    assert market.adn.balanceOf(market.alice) == 20
    assert market.fec.balanceOf(market.treasury) == 18_000 * FEC


def test_capture__in_the_windows_last_second__reverts(market: Market) -> None:
    order = escrowed(market)
    market.chain.now += DAY - 1
    with expect("Checkout_ReturnWindowOpen", market.order_key(order), market.chain.now + 1):
        capture(market, order)


def test_capture__unknown_order__reverts(market: Market) -> None:
    with expect("Checkout_UnknownOrder", keccak(text="none")):
        market.checkout.capture([keccak(text="none")], sender=market.stranger)


def test_capture__final_orders_are_skipped(market: Market) -> None:
    program = market.shop(window=DAY)
    refunded, captured, waiting = (escrowed(market, number, program=program) for number in range(3))
    at_once = market.order(market.shop())
    market.pay(at_once)
    refund(market, refunded, refunded.amount)
    market.chain.now += DAY
    capture(market, captured)
    capture(market, refunded, captured, at_once, waiting, waiting)
    assert [event.values["orderKey"] for event in market.chain.events("OrderCaptured")] == [market.order_key(waiting)]
    assert market.fec.balanceOf(market.checkout.address) == 0


def test_capture__nothing__does_nothing(market: Market) -> None:
    capture(market)
    assert market.chain.events() == []


def test_capture__under_the_terms_it_was_paid_under(market: Market) -> None:
    program = market.shop(window=DAY, donation=500, causes=(market.cause,), tiers=((0, 2000),))
    order = escrowed(market, program=program, cause=market.cause)
    market.set_terms(program, window=365 * DAY, donation=0, causes=(), tiers=((0, 5000),), treasury=market.bob)
    market.chain.now += DAY
    capture(market, order)
    [event] = market.chain.events("OrderCaptured")
    assert (event.values["toMerchant"], event.values["burned"]) == (750 * FEC, 200 * FEC)
    assert (market.fec.balanceOf(market.treasury), market.fec.balanceOf(market.cause)) == (750 * FEC, 50 * FEC)


def test_refund__within_the_window_it_was_paid_under(market: Market) -> None:
    order = escrowed(market)
    market.set_terms(order.program)
    market.chain.now += DAY - 1
    refund(market, order, order.amount)
    assert state(market, order)["status"] == REFUNDED


# ------------------------------------------------------------ nodes not mintable


def returned(market: Market) -> int:
    [event] = market.chain.events("OrderCaptured")
    assert (event.values["tokenId"], event.values["burned"]) == (0, 0)
    return int(event.values["returned"])


def test_capture__program_closed__burn_share_goes_back(market: Market) -> None:
    order = escrowed(market, customer=market.bob)
    market.adn.closeProgram(order.program, sender=market.merchant)
    before = market.fec.balanceOf(market.alice)
    market.chain.now += DAY
    capture(market, order)
    assert returned(market) == market.fec.balanceOf(market.alice) - before == 100 * FEC
    assert market.fec.balanceOf(market.treasury) == 900 * FEC
    assert market.checkout.reservedOf(order.program) == market.fec.balanceOf(market.checkout.address) == 0


def test_capture__quota_gone_in_a_program_without_issuer__burn_share_goes_back(market: Market) -> None:
    program = market.program(quota=150 * FEC)
    market.set_terms(program, window=DAY)
    order = escrowed(market, program=program)
    market.node(market.bob, 100 * FEC, program)
    market.chain.now += DAY
    capture(market, order)
    assert returned(market) == 100 * FEC


@pytest.mark.parametrize("mode", ["Reject", "Revert", "BurnGas"])
def test_capture__receiver_refuses__burn_share_goes_back_and_the_others_proceed(
    market: Market, guest: Contract, mode: str
) -> None:
    program = market.shop(window=DAY)
    guest.set(MODES[mode], ZERO, b"")
    hostile = escrowed(market, 0, program=program, customer=guest.address)
    orders = [escrowed(market, number, program=program) for number in range(1, 4)]
    market.chain.now += DAY
    capture(market, orders[0], hostile, *orders[1:])
    found = {event.values["orderKey"]: event.values for event in market.chain.events("OrderCaptured")}
    assert found[market.order_key(hostile)]["returned"] == 100 * FEC
    assert all(found[market.order_key(order)]["burned"] == 100 * FEC for order in orders)
    assert market.fec.balanceOf(market.checkout.address) == market.checkout.reservedOf(program) == 0


def test_capture__batch_of_receivers_that_burn_gas__costs_each_no_more_than_its_share(
    market: Market, guest: Contract
) -> None:
    program = market.shop(window=DAY)
    guest.set(MODES["BurnGas"], ZERO, b"")
    orders = [escrowed(market, number, program=program, customer=guest.address) for number in range(10)]
    market.chain.now += DAY
    capture(market, *orders, gas=10 * NEEDED + 100_000)
    assert [event.values["returned"] for event in market.chain.events("OrderCaptured")] == [100 * FEC] * 10


@pytest.mark.parametrize("mode", ["Accept", "BurnGas"])
def test_capture__too_little_gas__reverts_and_never_returns_the_share(
    market: Market, guest: Contract, mode: str
) -> None:
    """A capture cannot starve a mint: with any amount of gas the node is minted, or nothing happens."""
    guest.set(MODES[mode], ZERO, b"")
    order = escrowed(market, customer=market.bob if mode == "Accept" else guest.address)
    market.chain.now += DAY
    refused = [gas for gas in range(300_000, 750_000, 10_000) if gas_too_low(market, order, gas)]
    assert refused
    assert max(refused) < NEEDED + 100_000
    with market.chain.rolled_back():
        capture(market, order, gas=max(refused) + 10_000)
        [event] = market.chain.events("OrderCaptured")
        assert event.values["returned"] == (0 if mode == "Accept" else 100 * FEC)


def test_capture__gas_that_is_needed_is_left__is_enough(market: Market) -> None:
    """To the unit: what is left when it is refused is one less than what is needed."""
    order = escrowed(market, customer=market.bob)
    market.chain.now += DAY
    low, high = 300_000, 750_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if gas_too_low(market, order, middle) else (low, middle)
    with market.chain.rolled_back(), expect("Checkout_GasTooLow", NEEDED - 1, NEEDED):
        capture(market, order, gas=low)


def gas_too_low(market: Market, order: Order, gas: int) -> bool:
    """Whether a capture with so much gas is refused, by the one error that it may be refused by."""
    with market.chain.rolled_back():
        try:
            capture(market, order, gas=gas)
        except Reverted as error:
            found = error
        else:
            return False
    assert (found.name, found.values[1]) == ("Checkout_GasTooLow", NEEDED)
    assert found.values[0] < NEEDED
    return True


def test_capture__receiver_that_was_refusing_gets_no_second_try(market: Market, guest: Contract) -> None:
    guest.set(MODES["Reject"], ZERO, b"")
    order = escrowed(market, customer=guest.address)
    market.chain.now += DAY
    capture(market, order)
    guest.set(MODES["Accept"], ZERO, b"")
    capture(market, order)
    assert market.chain.events("OrderCaptured") == []
    assert market.adn.balanceOf(guest.address) == 0


def test_order__replaced_after_refund__with_a_new_id_is_a_new_order(market: Market) -> None:
    order = escrowed(market)
    refund(market, order, order.amount)
    again = market.signed(replace(order, order_id=keccak(text="again")))
    market.pay(again)
    assert state(market, again)["status"] == ESCROWED
