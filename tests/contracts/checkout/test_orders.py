"""Orders: each reason to refuse one, and how odd amounts are shared out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from tests.contracts.support.evm import ZERO, Contract, expect
from tests.contracts.support.shop_world import CHECKOUT, MODES, NEVER, ORDER_TYPE, Market, key, typed_hash
from tests.contracts.support.world import FEC

MOST = 2**96 - 1


def test_order_key__is_the_hash_of_program_and_order(market: Market) -> None:
    order_id = keccak(text="A-1")
    assert market.checkout.orderKeyOf(7, order_id) == keccak((7).to_bytes(32, "big") + order_id)


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
def test_pay__customer_zero_or_checkout__reverts(market: Market, window: int) -> None:
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
    altered: dict[str, Any] = {"order_id": bytes(32), "amount": 1, "reference": bytes(32), "expiry": NEVER + 1}
    with expect("Checkout_InvalidSignature", program, market.signer):
        market.pay(replace(order, **{field: altered[field]}))


def test_pay__invoice_of_another_program__reverts(market: Market) -> None:
    order, other = market.order(market.shop()), market.shop()
    with expect("Checkout_InvalidSignature", other, market.signer):
        market.pay(replace(order, program=other))


@pytest.mark.parametrize("forger", ["stranger", "alice", "merchant"])
def test_pay__forged_invoice__reverts(market: Market, forger: str) -> None:
    program = market.shop()
    with expect("Checkout_InvalidSignature", program, market.signer):
        market.pay(market.order(program, signed_by=forger))


@pytest.mark.parametrize("signature", [b"", bytes(65), b"\1" * 64])
def test_pay__invoice_without_a_signature__reverts(market: Market, signature: bytes) -> None:
    program = market.shop()
    with expect("Checkout_InvalidSignature", program, market.signer):
        market.pay(replace(market.order(program), signature=signature))


def test_pay__invoice_of_a_key_retired__reverts(market: Market) -> None:
    program = market.shop()
    order = market.order(program)
    market.set_terms(program, signer=market.bob)
    with expect("Checkout_InvalidSignature", program, market.bob):
        market.pay(order)


def test_pay__invoice_for_another_chain__reverts(market: Market) -> None:
    program = market.shop()
    order = market.order(program)
    digest = typed_hash(CHECKOUT, market.checkout.address, "Invoice", ORDER_TYPE[:5], order.words[:5], chain_id=2)
    with expect("Checkout_InvalidSignature", program, market.signer):
        market.pay(replace(order, signature=key("signer").sign(digest)))


def test_pay__invoice_for_another_checkout__reverts(market: Market) -> None:
    program = market.shop()
    order = market.order(program)
    digest = typed_hash(CHECKOUT, market.custodian.address, "Invoice", ORDER_TYPE[:5], order.words[:5])
    with expect("Checkout_InvalidSignature", program, market.signer):
        market.pay(replace(order, signature=key("signer").sign(digest)))


# ------------------------------------------------------------------------ quota


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


def test_pay__checkout_is_not_the_issuer__reverts(market: Market) -> None:
    program = market.program(issuer=market.bob)
    market.set_terms(program)
    with expect("ADN_NotIssuer", program, market.checkout.address, market.bob):
        market.pay(market.order(program))


def test_pay__with_window__checkout_is_not_the_issuer__reverts(market: Market) -> None:
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
