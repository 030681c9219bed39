"""Paying: the five ways, what comes of an order, and each reason to refuse one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_utils import keccak

from tests.evm.evm import ZERO, Contract, expect
from tests.evm.till_world import (
    AUTHORIZATION_TYPE,
    COUPON,
    DAY,
    NEVER,
    ORDER_TYPE,
    TILL,
    Market,
    Order,
    key,
    typed_hash,
)
from tests.evm.world import FEC

ESCROWED, CAPTURED, REFUNDED = 1, 2, 3
MOST = 2**96 - 1
MODES = {"Accept": 0, "Reject": 1, "Revert": 2, "BurnGas": 3, "Reenter": 4}


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
    expected = typed_hash(TILL, market.checkout.address, "Invoice", ORDER_TYPE[:5], order.words[:5])
    assert market.checkout.hashInvoice(order.words) == expected


def test_hash_order__equals_eth_account(market: Market) -> None:
    order = market.order(market.shop(), min_principal=7, cause=market.bob)
    expected = typed_hash(TILL, market.checkout.address, "Order", ORDER_TYPE, order.words[:8])
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
    market.checkout.refund(market.order_key(order), order.amount, sender=market.till)
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


# ---------------------------------------------------------- permit, authorization


def test_pay_with_permit__front_run__still_pays(market: Market) -> None:
    order = market.order(market.shop())
    deadline, v, r, s = market.permit(market.alice, order.amount)
    market.fec.permit(market.alice, market.checkout.address, order.amount, deadline, v, r, s, sender=market.stranger)
    market.checkout.payWithPermit(order.words, deadline, v, r, s, sender=market.alice)
    assert market.fec.balanceOf(market.treasury) == 900 * FEC


def test_pay_with_permit__expired__reverts(market: Market) -> None:
    order = market.order(market.shop())
    permit = market.permit(market.alice, order.amount, market.chain.now - 1)
    with expect("ERC20InsufficientAllowance", market.checkout.address, 0, order.amount):
        market.checkout.payWithPermit(order.words, *permit, sender=market.alice)


def test_pay_with_permit__by_another__reverts(market: Market) -> None:
    order = market.order(market.shop())
    permit = market.permit(market.alice, order.amount)
    with expect("ERC20InsufficientAllowance", market.checkout.address, 0, order.amount):
        market.checkout.payWithPermit(order.words, *permit, sender=market.stranger)


def test_pay_with_authorization__replayed_for_another_order__reverts(market: Market) -> None:
    program = market.shop()
    order, other = market.order(program), market.order(program, order_id=keccak(text="other"))
    authorization = market.authorization(order)
    market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(other.words, *authorization, sender=market.stranger)


def test_pay_with_authorization__replayed__reverts(market: Market) -> None:
    order = market.order(market.shop())
    authorization = market.authorization(order)
    market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)
    with expect("Checkout_OrderAlreadyPaid", market.order_key(order)):
        market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)


def test_pay_with_authorization__cancelled__reverts(market: Market) -> None:
    order = market.order(market.shop())
    nonce = market.checkout.hashOrder(order.words)
    kinds = (("address", "authorizer"), ("bytes32", "nonce"))
    digest = typed_hash(COUPON, market.fec.address, "CancelAuthorization", kinds, [market.alice, nonce])
    cancel = market.fec["cancelAuthorization(address,bytes32,bytes)"]
    cancel(market.alice, nonce, key("alice").sign(digest), sender=market.stranger)
    with expect("ERC3009UsedAuthorization", market.alice, nonce):
        market.checkout.payWithAuthorization(order.words, *market.authorization(order), sender=market.stranger)


@pytest.mark.parametrize(
    ("change", "resigned"),
    [
        ("program", True),
        ("order_id", True),
        ("amount", True),
        ("reference", True),
        ("expiry", True),
        ("customer", False),
        ("min_principal", False),
        ("cause", False),
    ],
)
def test_pay_with_authorization__altered_order__reverts(market: Market, change: str, resigned: bool) -> None:
    """Even a merchant who signs the altered invoice gains nothing: the shopper's nonce commits to every field."""
    program = market.shop(causes=(market.cause,))
    order = market.order(program)
    altered: dict[str, Any] = {
        "program": market.shop(),
        "order_id": keccak(text="other"),
        "amount": order.amount + 1,
        "reference": bytes(32),
        "expiry": order.expiry + 1,
        "customer": market.stranger,
        "min_principal": 1,
        "cause": market.cause,
    }
    other = replace(order, **{change: altered[change]})
    if resigned:
        other = market.signed(other)
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(other.words, *market.authorization(order), sender=market.stranger)


def test_pay_with_authorization__of_somebody_elses_coins__reverts(market: Market) -> None:
    order = market.order(market.shop())
    authorization = market.authorization(order, market.bob, signed_by="alice")
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(order.words, *authorization, sender=market.alice)


@pytest.mark.parametrize(("after", "before"), [(0, NEVER), (NEVER - 1, NEVER)])
def test_pay_with_authorization__not_yet_valid__reverts(market: Market, after: int, before: int) -> None:
    order = market.order(market.shop())
    after = max(after, market.chain.now)
    authorization = market.authorization(order, after=after, before=before)
    with expect("ERC3009InvalidAuthorizationTime", after, before):
        market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)


def test_pay_with_authorization__no_longer_valid__reverts(market: Market) -> None:
    order = market.order(market.shop())
    authorization = market.authorization(order, before=market.chain.now)
    with expect("ERC3009InvalidAuthorizationTime", 0, market.chain.now):
        market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)


def test_authorization__taken_straight_from_the_coupon__reverts(market: Market) -> None:
    order = market.order(market.shop())
    payer, after, before, signature = market.authorization(order)
    nonce = market.checkout.hashOrder(order.words)
    receive = market.fec["receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"]
    with expect("ERC20InvalidReceiver", market.checkout.address):
        receive(payer, market.checkout.address, order.amount, after, before, nonce, signature, sender=market.stranger)
    with expect("ERC3009InvalidSignature"):
        receive(payer, market.stranger, order.amount, after, before, nonce, signature, sender=market.stranger)


def test_authorization__as_a_transfer__reverts(market: Market) -> None:
    """Else a stranger could move the coins to the till without paying the order."""
    order = market.order(market.shop())
    payer, after, before, signature = market.authorization(order)
    nonce = market.checkout.hashOrder(order.words)
    transfer = market.fec["transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"]
    with expect("ERC3009InvalidSignature"):
        transfer(payer, market.checkout.address, order.amount, after, before, nonce, signature, sender=market.stranger)


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


# ------------------------------------------------------------------- bad orders


def test_pay__no_terms__reverts(market: Market) -> None:
    program = market.program(issuer=market.checkout.address)
    with expect("Checkout_NoTerms", program):
        market.pay(market.order(program))


def test_pay__unknown_program__reverts(market: Market) -> None:
    with expect("Checkout_NoTerms", 99):
        market.pay(market.order(99))


def test_pay__in_its_last_second(market: Market) -> None:
    assert market.pay(market.order(market.shop(), expiry=market.chain.now))


def test_pay__expired__reverts(market: Market) -> None:
    now = market.chain.now
    with expect("Checkout_OrderExpired", now - 1, now):
        market.pay(market.order(market.shop(), expiry=now - 1))


@pytest.mark.parametrize("amount", [0, 2**96, 2**256 - 1])
def test_pay__amount_out_of_range__reverts(market: Market, amount: int) -> None:
    with expect("Checkout_AmountOutOfRange", amount, MOST):
        market.pay(market.order(market.shop(), amount))


def test_pay__greatest_amount__gets_past_the_range(market: Market) -> None:
    with expect("ERC20InsufficientBalance", market.alice, 10**6 * FEC, MOST):
        market.pay(market.order(market.shop(), MOST))


def test_pay__one_wei__burns_it(market: Market) -> None:
    node = market.pay(market.order(market.shop(donation=9000, causes=(market.cause,)), 1, cause=market.cause))
    assert market.principal(node) == 1
    assert market.fec.balanceOf(market.treasury) == market.fec.balanceOf(market.cause) == 0


def test_pay__burn_rounds_up(market: Market) -> None:
    assert market.principal(market.pay(market.order(market.shop(), 10**18 + 1))) == 10**17 + 1
    assert market.fec.balanceOf(market.treasury) == 9 * 10**17


def test_pay__donation_rounds_down(market: Market) -> None:
    market.pay(market.order(market.shop(donation=300, causes=(market.cause,)), 10_099, cause=market.cause))
    assert market.fec.balanceOf(market.cause) == 302
    assert market.fec.balanceOf(market.treasury) == 10_099 - 1010 - 302


def test_pay__burn_and_donation_of_all__leave_the_merchant_nothing(market: Market) -> None:
    market.pay(market.order(market.shop(donation=9000, causes=(market.cause,)), 19, cause=market.cause))
    # The burn rounds up to 2 and the donation down to 17: together 19, and nothing for the merchant.
    assert (market.fec.balanceOf(market.cause), market.fec.balanceOf(market.treasury)) == (17, 0)


def test_pay__no_cause__donates_nothing(market: Market) -> None:
    market.pay(market.order(market.shop(donation=500, causes=(market.cause,))))
    assert (market.fec.balanceOf(market.cause), market.fec.balanceOf(market.treasury)) == (0, 900 * FEC)


@pytest.mark.parametrize("window", [0, DAY])
def test_pay__customer_zero_or_the_till__reverts(market: Market, window: int) -> None:
    program = market.shop(window=window)
    for customer in [ZERO, market.checkout.address]:
        with expect("Checkout_InvalidAccount", customer):
            market.pay(market.order(program, customer=customer), market.alice)


def test_pay__unknown_cause__reverts(market: Market) -> None:
    program = market.shop(donation=100, causes=(market.cause,))
    with expect("Checkout_UnknownCause", program, market.stranger):
        market.pay(market.order(program, cause=market.stranger))


def test_pay__cause_of_earlier_terms__reverts(market: Market) -> None:
    program = market.shop(donation=100, causes=(market.cause,))
    market.set_terms(program, donation=100, causes=(market.bob,))
    with expect("Checkout_UnknownCause", program, market.cause):
        market.pay(market.order(program, cause=market.cause))


def test_pay__principal_below_what_the_shopper_accepts__reverts(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_PrincipalTooSmall", 100 * FEC, 100 * FEC + 1):
        market.pay(market.order(program, min_principal=100 * FEC + 1))
    assert market.pay(market.order(program, min_principal=100 * FEC))


@pytest.mark.parametrize("field", ["order_id", "amount", "reference", "expiry"])
def test_pay__altered_invoice__reverts(market: Market, field: str) -> None:
    program = market.shop()
    order = market.order(program)
    altered = {"order_id": bytes(32), "amount": 1, "reference": bytes(32), "expiry": NEVER + 1}
    with expect("Checkout_InvalidSignature", program, market.till):
        market.pay(replace(order, **{field: altered[field]}))


def test_pay__invoice_of_another_program__reverts(market: Market) -> None:
    order, other = market.order(market.shop()), market.shop()
    with expect("Checkout_InvalidSignature", other, market.till):
        market.pay(replace(order, program=other))


@pytest.mark.parametrize("forger", ["stranger", "alice", "merchant"])
def test_pay__forged_invoice__reverts(market: Market, forger: str) -> None:
    program = market.shop()
    with expect("Checkout_InvalidSignature", program, market.till):
        market.pay(market.order(program, signed_by=forger))


def test_pay__invoice_of_a_key_retired__reverts(market: Market) -> None:
    program = market.shop()
    order = market.order(program)
    market.set_terms(program, signer=market.bob)
    with expect("Checkout_InvalidSignature", program, market.bob):
        market.pay(order)


def test_pay__invoice_for_another_chain__reverts(market: Market) -> None:
    program = market.shop()
    order = market.order(program)
    digest = typed_hash(TILL, market.checkout.address, "Invoice", ORDER_TYPE[:5], order.words[:5], chain_id=2)
    with expect("Checkout_InvalidSignature", program, market.till):
        market.pay(replace(order, signature=key("till").sign(digest)))


def test_pay__invoice_for_another_till__reverts(market: Market) -> None:
    program = market.shop()
    order = market.order(program)
    digest = typed_hash(TILL, market.custodian.address, "Invoice", ORDER_TYPE[:5], order.words[:5])
    with expect("Checkout_InvalidSignature", program, market.till):
        market.pay(replace(order, signature=key("till").sign(digest)))


def test_pay_with_authorization__for_another_chain__reverts(market: Market) -> None:
    order = market.order(market.shop())
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(
            order.words, *market.authorization(order, chain_id=2), sender=market.stranger
        )


# --------------------------------------------------------------- contract wallets


def test_pay_with_authorization__of_a_contract_wallet(market: Market, guest: Contract) -> None:
    market.fund(guest.address, 1000 * FEC)
    order = market.order(market.shop(), customer=guest.address)
    nonce = market.checkout.hashOrder(order.words)
    values = [guest.address, market.checkout.address, order.amount, 0, NEVER, nonce]
    guest.sign(typed_hash(COUPON, market.fec.address, "ReceiveWithAuthorization", AUTHORIZATION_TYPE, values))
    node = market.checkout.payWithAuthorization(order.words, guest.address, 0, NEVER, b"", sender=market.stranger)
    assert market.adn.ownerOf(node) == guest.address


def test_pay_with_authorization__a_contract_wallet_did_not_sign__reverts(market: Market, guest: Contract) -> None:
    market.fund(guest.address, 1000 * FEC)
    order = market.order(market.shop(), customer=guest.address)
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(order.words, guest.address, 0, NEVER, b"", sender=market.stranger)


def test_pay__invoice_of_a_contract_till(market: Market, guest: Contract) -> None:
    order = replace(market.order(market.shop(signer=guest.address)), signature=b"")
    guest.sign(market.checkout.hashInvoice(order.words))
    assert market.pay(order)


def test_pay__a_contract_till_did_not_sign__reverts(market: Market, guest: Contract) -> None:
    program = market.shop(signer=guest.address)
    with expect("Checkout_InvalidSignature", program, guest.address):
        market.pay(market.order(program))


# ------------------------------------------------------------------------ quota


@pytest.mark.parametrize("way", WAYS)
def test_pay__quota_exhausted_since_the_quote__reverts(market: Market, way: str) -> None:
    program = market.shop(quota=150 * FEC)
    order, other = market.order(program), market.order(program, order_id=keccak(text="other"))
    assert market.checkout.quote(program, market.alice, order.amount)["principal"] == 100 * FEC
    market.pay(other)
    with expect("ADN_QuotaExceeded", program, 100 * FEC, 50 * FEC):
        pay_in(market, way, order)


def test_pay__quota_reserved_by_an_order_in_escrow__reverts(market: Market) -> None:
    program = market.shop(quota=150 * FEC, window=DAY)
    market.pay(market.order(program))
    market.set_terms(program)
    with expect("Checkout_QuotaExceeded", program, 100 * FEC, 50 * FEC):
        market.pay(market.order(program, order_id=keccak(text="other")))


def test_pay__with_window__quota_too_small__reverts(market: Market) -> None:
    program = market.shop(quota=100 * FEC - 1, window=DAY)
    with expect("Checkout_QuotaExceeded", program, 100 * FEC, 100 * FEC - 1):
        market.pay(market.order(program))


def test_pay__all_of_the_quota(market: Market) -> None:
    program = market.shop(quota=100 * FEC)
    assert market.pay(market.order(program))
    assert market.adn.programOf(program)["quota"] == 0


def test_pay__program_closed__reverts(market: Market) -> None:
    program = market.shop()
    market.adn.closeProgram(program, sender=market.merchant)
    with expect("ADN_ProgramClosed", program):
        market.pay(market.order(program))


def test_pay__with_window__program_closed__reverts(market: Market) -> None:
    program = market.shop(window=DAY)
    market.adn.closeProgram(program, sender=market.merchant)
    with expect("Checkout_ProgramClosed", program):
        market.pay(market.order(program))


def test_pay__the_till_is_not_the_issuer__reverts(market: Market) -> None:
    program = market.program(issuer=market.bob)
    market.set_terms(program)
    with expect("ADN_NotIssuer", program, market.checkout.address, market.bob):
        market.pay(market.order(program))


def test_pay__with_window__the_till_is_not_the_issuer__reverts(market: Market) -> None:
    program = market.program(issuer=market.bob)
    market.set_terms(program, window=DAY)
    with expect("Checkout_NotIssuer", program, market.bob):
        market.pay(market.order(program))


def test_pay__program_without_issuer(market: Market) -> None:
    program = market.program()
    market.set_terms(program)
    assert market.pay(market.order(program))


def test_pay__no_coins__reverts(market: Market) -> None:
    order = market.order(market.shop(), customer=market.carol)
    with expect("ERC20InsufficientBalance", market.carol, 0, order.amount):
        market.pay(order)


def test_pay__at_once_to_a_receiver_that_refuses__reverts(market: Market, guest: Contract) -> None:
    guest.set(MODES["Reject"], ZERO, b"")
    with expect("ERC721InvalidReceiver", guest.address):
        market.pay(market.order(market.shop(), customer=guest.address), market.alice)
