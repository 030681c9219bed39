"""Paying: the five ways, what comes of an order, and each reason to refuse one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from tests.contracts.support.evm import ZERO, Contract, expect
from tests.contracts.support.shop_world import CHECKOUT, ORDER_TYPE, Market, Order, typed_hash
from tests.contracts.support.world import FEC

ESCROWED, CAPTURED, REFUNDED = 1, 2, 3
MOST = 2**96 - 1


def pay_in(world: Market, way: str, order: Order) -> Any:
    """Pays an order of alice's in one of the ways."""
    checkout, alice = world.checkout, world.alice
    if way == "allowance":
        return world.pay(order, alice)
    if way == "permit":
        return checkout.payWithPermit(order.words, *world.permit(alice, order.amount), sender=alice)
    if way == "authorization":
        return checkout.payWithAuthorization(order.words, *world.authorization(order), sender=world.stranger)
    if way == "transfer":
        transfer = world.fec["transferAndCall(address,uint256,bytes)"]
        return transfer(checkout.address, order.amount, world.encoded(order), sender=alice)
    world.allow(alice)
    return checkout.payFromNodes(order.words, [world.node(alice, FEC)], sender=alice)


WAYS = ["allowance", "permit", "authorization", "transfer", "nodes"]


# ------------------------------------------------------------------- the hashes


def test_hash_invoice__equals_eth_account(market: Market) -> None:
    order = market.order(market.shop())
    expected = typed_hash(CHECKOUT, market.checkout.address, "Invoice", ORDER_TYPE[:5], order.words[:5])
    assert market.checkout.hashInvoice(order.words) == expected


def test_hash_order__equals_eth_account(market: Market) -> None:
    order = market.order(market.shop(), min_principal=7, cause=market.bob)
    expected = typed_hash(CHECKOUT, market.checkout.address, "Order", ORDER_TYPE, order.words[:8])
    assert market.checkout.hashOrder(order.words) == expected


# ---------------------------------------------------------------- the five ways


@pytest.mark.parametrize("way", WAYS)
def test_pay__at_once__shares_out(market: Market, way: str) -> None:
    order = market.order(market.shop())
    before = market.fec.balanceOf(market.alice)
    pay_in(market, way, order)
    [captured] = market.chain.events("OrderCaptured")
    node = captured.values["tokenId"]
    assert market.adn.ownerOf(node) == market.alice
    assert market.principal(node) == 100 * FEC
    assert market.fec.balanceOf(market.treasury) == 900 * FEC
    assert before - market.fec.balanceOf(market.alice) == 1000 * FEC
    assert market.fec.balanceOf(market.checkout.address) == 0


@pytest.mark.parametrize("way", WAYS)
def test_pay__with_window__waits_in_escrow(market: Market, way: str) -> None:
    program = market.shop(window=DAY)
    order = market.order(program)
    pay_in(market, way, order)
    assert market.fec.balanceOf(market.checkout.address) == 1000 * FEC
    assert market.fec.balanceOf(market.treasury) == 0
    assert market.checkout.reservedOf(program) == 100 * FEC
    assert market.checkout.orderOf(market.order_key(order)) == {
        "status": ESCROWED,
        "payer": market.alice,
        "customer": market.alice,
        "cause": ZERO,
        "programId": program,
        "termsVersion": 1,
        "burnBps": 1000,
        "paidAt": market.chain.now,
        "returnDeadline": market.chain.now + DAY,
        "amount": 1000 * FEC,
        "refunded": 0,
    }


@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS)
def test_pay__twice__reverts(market: Market, first: str, second: str) -> None:
    order = market.order(market.shop())
    pay_in(market, first, order)
    before = market.fec.balanceOf(market.alice)
    with expect("Checkout_OrderAlreadyPaid", market.order_key(order)):
        pay_in(market, second, order)
    assert market.fec.balanceOf(market.alice) == before


def test_pay__refunded_in_whole__stays_paid(market: Market) -> None:
    order = market.order(market.shop(window=DAY))
    market.pay(order)
    market.checkout.refund(market.order_key(order), order.amount, sender=market.signer)
    with expect("Checkout_OrderAlreadyPaid", market.order_key(order)):
        market.pay(order)


def test_pay__same_order_id_in_another_program__is_another_order(market: Market) -> None:
    one, other = market.order(market.shop()), market.order(market.shop())
    assert one.order_id == other.order_id
    market.pay(one)
    market.pay(other)
    assert market.fec.balanceOf(market.treasury) == 1800 * FEC


def test_pay__events(market: Market) -> None:
    program = market.shop()
    order = market.order(program, customer=market.bob)
    node = market.pay(order, market.alice)
    names = [event.name for event in market.chain.events()]
    assert names == ["OrderPaid", "Transfer", "Transfer", "Transfer", "Transfer", "OrderCaptured"]
    [paid] = market.chain.events("OrderPaid")
    assert paid.values == {
        "orderKey": market.order_key(order),
        "programId": program,
        "customer": market.bob,
        "payer": market.alice,
        "orderId": order.order_id,
        "amount": 1000 * FEC,
        "currencyReference": order.reference,
        "termsVersion": 1,
        "burnBps": 1000,
        "returnDeadline": 0,
    }
    [captured] = market.chain.events("OrderCaptured")
    assert captured.values == {
        "orderKey": market.order_key(order),
        "tokenId": node,
        "toMerchant": 900 * FEC,
        "burned": 100 * FEC,
        "donated": 0,
        "cause": ZERO,
        "returned": 0,
    }


def test_pay__all_of_it_burned__transfers_nothing_to_the_merchant(market: Market) -> None:
    market.pay(market.order(market.shop(tiers=((0, 10_000),))))
    assert [event for event in market.chain.events("Transfer") if event.values["to"] == market.treasury] == []


def test_pay__with_window__event_tells_the_deadline(market: Market) -> None:
    order = market.order(market.shop(window=DAY))
    assert market.pay(order) == 0
    [paid] = market.chain.events("OrderPaid")
    assert paid.values["returnDeadline"] == market.chain.now + DAY
    assert market.chain.events("OrderCaptured") == []


def test_order_of__paid_at_once__keeps_status_payer_terms_and_time(market: Market) -> None:
    order = market.order(market.shop(), customer=market.bob)
    market.pay(order, market.alice)
    assert market.checkout.orderOf(market.order_key(order)) == {
        "status": CAPTURED,
        "payer": market.alice,
        "customer": ZERO,
        "cause": ZERO,
        "programId": 0,
        "termsVersion": 1,
        "burnBps": 1000,
        "paidAt": market.chain.now,
        "returnDeadline": market.chain.now,
        "amount": 0,
        "refunded": 0,
    }


def test_order_of__customer_and_cause_apart_from_the_payer(market: Market) -> None:
    order = market.order(market.shop(window=DAY, causes=(market.cause,)), customer=market.bob, cause=market.cause)
    market.pay(order, market.alice)
    found = market.checkout.orderOf(market.order_key(order))
    assert (found["payer"], found["customer"], found["cause"]) == (market.alice, market.bob, market.cause)


def test_order_of__never_paid__is_empty(market: Market) -> None:
    found = market.checkout.orderOf(keccak(text="nothing"))
    assert set(found.values()) == {0, ZERO}


def test_pay_from_nodes__spends_what_flowed_back_and_returns_change(market: Market) -> None:
    node = market.node(market.carol, 1000 * FEC)
    market.pass_periods(100)
    market.allow(market.carol)
    market.checkout.payFromNodes(market.order(market.shop(), customer=market.carol).words, [node], sender=market.carol)
    assert market.fec.balanceOf(market.carol) == 10_000 * FEC - 1000 * FEC


def test_pay_from_nodes__no_nodes__reverts(market: Market) -> None:
    with expect("ADN_BatchTooShort", 0, 1):
        market.checkout.payFromNodes(market.order(market.shop()).words, [], sender=market.alice)


def test_pay_from_nodes__of_somebody_else__pays_them_and_not_the_caller(market: Market) -> None:
    node = market.node(market.carol, 1000 * FEC)
    market.pass_periods(1)
    claimable = market.adn.claimablePayout(node)
    market.allow(market.alice)
    before = market.fec.balanceOf(market.alice)
    market.checkout.payFromNodes(market.order(market.shop()).words, [node], sender=market.alice)
    assert market.fec.balanceOf(market.carol) == claimable
    assert before - market.fec.balanceOf(market.alice) == 1000 * FEC


# ----------------------------------------------------------------- bad transfers


def test_transfer_received__not_from_the_coupon__reverts(market: Market) -> None:
    order = market.order(market.shop())
    with expect("Checkout_NotFEC", market.stranger):
        market.checkout.onTransferReceived(
            market.alice, market.alice, order.amount, market.encoded(order), sender=market.stranger
        )


@pytest.mark.parametrize("off", [-1, 1])
def test_transfer_and_call__another_amount__reverts(market: Market, off: int) -> None:
    order = market.order(market.shop())
    transfer = market.fec["transferAndCall(address,uint256,bytes)"]
    with expect("Checkout_WrongAmount", order.amount + off, order.amount):
        transfer(market.checkout.address, order.amount + off, market.encoded(order), sender=market.alice)


def test_transfer__bare__changes_nothing(market: Market) -> None:
    program = market.shop(window=DAY)
    order = market.order(program)
    market.fec.transfer(market.checkout.address, order.amount, sender=market.alice)
    assert market.checkout.orderOf(market.order_key(order))["status"] == 0
    assert market.checkout.reservedOf(program) == market.checkout.spendOf(program, market.alice) == 0
    with expect("ERC20InsufficientAllowance", market.checkout.address, 0, order.amount):
        market.checkout.pay(order.words, sender=market.alice)


def test_pay__invoice_of_a_contract_signer(market: Market, guest: Contract) -> None:
    order = replace(market.order(market.shop(signer=guest.address)), signature=b"")
    guest.sign(market.checkout.hashInvoice(order.words))
    assert market.pay(order)


def test_pay__a_contract_signer_did_not_sign__reverts(market: Market, guest: Contract) -> None:
    program = market.shop(signer=guest.address)
    with expect("Checkout_InvalidSignature", program, guest.address):
        market.pay(market.order(program))


@pytest.mark.parametrize("way", WAYS)
def test_pay__quota_exhausted_since_the_quote__reverts(market: Market, way: str) -> None:
    program = market.shop(quota=150 * FEC)
    order, other = market.order(program), market.order(program, order_id=keccak(text="other"))
    assert market.checkout.quote(program, market.alice, order.amount)["principal"] == 100 * FEC
    market.pay(other)
    with expect("ADN_QuotaExceeded", program, 100 * FEC, 50 * FEC):
        pay_in(market, way, order)
