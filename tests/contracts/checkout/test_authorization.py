"""Paying by signature: permits, authorizations that a stranger relays, and what nobody can do with somebody's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.contracts.support.evm import Contract, expect
from tests.contracts.support.shop_world import AUTHORIZATION_TYPE, COUPON, NEVER, Market, key, typed_hash
from tests.contracts.support.world import FEC


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
    """Else a stranger could move the coins to Checkout without paying the order."""
    order = market.order(market.shop())
    payer, after, before, signature = market.authorization(order)
    nonce = market.checkout.hashOrder(order.words)
    transfer = market.fec["transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"]
    with expect("ERC3009InvalidSignature"):
        transfer(payer, market.checkout.address, order.amount, after, before, nonce, signature, sender=market.stranger)


def test_pay_with_authorization__for_another_chain__reverts(market: Market) -> None:
    order = market.order(market.shop())
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(
            order.words, *market.authorization(order, chain_id=2), sender=market.stranger
        )


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
