"""Attack: signatures used twice, elsewhere, in another form, by nobody, or taken back in the last moment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from tests.contracts.attacks.attackers import capture, coins, contract
from tests.contracts.custody.acts import filled, withdraw, withdrawal
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import Contract, expect
from tests.contracts.support.shop_world import (
    AUTHORIZATION_TYPE,
    CHECKOUT,
    COUPON,
    GROUP,
    NEVER,
    Market,
    key,
    typed_hash,
)
from tests.contracts.support.world import FEC, account

#: What an ERC-1271 wallet answers to a signature that it takes.
MAGIC = "1626ba7e"


def mirrored(signature: bytes) -> bytes:
    """The other signature that the curve takes for the same hash and key: high s, other parity."""
    s = GROUP - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def fickle(until: int) -> bytes:
    """Runtime code of a wallet that takes any signature before `until`, in seconds, and none from then on."""
    return bytes.fromhex(f"64{until:010x}421063{MAGIC}60e01b025f5260205ff3")


# -------------------------------------------------------------------- another form


def test_invoice__mirrored_signature__reverts(market: Market) -> None:
    order = market.order(market.shop())
    market.allow(market.alice)
    mirror = replace(order, signature=mirrored(order.signature))
    with expect("Checkout_InvalidSignature", order.program, market.signer):
        market.checkout.pay(mirror.words, sender=market.alice)


def test_authorization__mirrored_signature__reverts(market: Market) -> None:
    order = market.order(market.shop())
    payer, after, before, signature = market.authorization(order)
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(
            order.words, payer, after, before, mirrored(signature), sender=market.stranger
        )


def test_permit__mirrored_signature__reverts(market: Market) -> None:
    deadline, v, r, s = market.permit(market.alice, FEC)
    mirror = mirrored(r + s + bytes([v]))
    with expect("ECDSAInvalidSignatureS", mirror[32:64]):
        market.fec.permit(
            market.alice, market.checkout.address, FEC, deadline, mirror[64], r, mirror[32:64], sender=market.stranger
        )


def test_withdrawal__mirrored_signature__reverts(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    signature = mirrored(withdrawal(market, member, [node], 0, market.bob))
    with expect("Custodian_InvalidSignature", member.signer):
        withdraw(market, member, [node], 0, market.bob, signature=signature)


# ------------------------------------------------------------------------ of nobody


@pytest.mark.parametrize("number", [0, *range(1, 18), 0x100])
@pytest.mark.parametrize("signature", [b"", bytes(65), b"\1" * 65])
def test_signature__of_nobody_or_a_precompile__is_none(market: Market, number: int, signature: bytes) -> None:
    member = market.member_of(account(number))
    market.fund(market.vault(member), FEC)
    with expect("Custodian_InvalidSignature", member.signer):
        withdraw(market, member, [], FEC, market.bob, signature=signature)


@pytest.mark.parametrize("number", [0, *range(1, 18), 0x100])
def test_authorization__of_nobody_or_a_precompile__reverts(market: Market, number: int) -> None:
    order = market.order(market.shop())
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(order.words, account(number), 0, NEVER, b"", sender=market.stranger)


# ------------------------------------------------------------------------- elsewhere


def test_authorization__at_a_second_checkout__reverts(market: Market) -> None:
    """Even with a merchant who signs the same invoice for a checkout of the attacker's."""
    second = market.chain.deploy(shipped("Checkout"), market.adn.address, sender=market.stranger)
    program = market.shop()
    second.setTerms(program, market.terms().words, sender=market.merchant)
    order = market.order(program)
    authorization = market.authorization(order)
    resigned = replace(order, signature=key("signer").sign(second.hashInvoice(order.words)))
    with expect("ERC3009InvalidSignature"):
        second.payWithAuthorization(resigned.words, *authorization, sender=market.stranger)
    with expect("Checkout_InvalidSignature", program, market.signer):
        second.payWithAuthorization(order.words, *authorization, sender=market.stranger)


def test_invoice__in_the_name_of_the_coupon__reverts(market: Market) -> None:
    """A signature for one contract's domain is none for another's, whatever the struct."""
    order = market.order(market.shop())
    values = [order.program, order.order_id, order.amount, order.reference, order.expiry]
    kinds = (
        ("uint256", "programId"),
        ("bytes32", "orderId"),
        ("uint256", "amount"),
        ("bytes32", "currencyReference"),
        ("uint256", "expiry"),
    )
    right = key("signer").sign(typed_hash(CHECKOUT, market.checkout.address, "Invoice", kinds, values))
    wrong = key("signer").sign(typed_hash(COUPON, market.fec.address, "Invoice", kinds, values))
    assert order.signature == right
    market.allow(market.alice)
    with expect("Checkout_InvalidSignature", order.program, market.signer):
        market.checkout.pay(replace(order, signature=wrong).words, sender=market.alice)


# ------------------------------------------------------------------ taken back in time


def test_signer_wallet__changes_its_mind_after_the_quote__sells_nothing(market: Market, guest: Contract) -> None:
    program = market.shop(signer=guest.address)
    order = market.order(program)
    guest.sign(market.checkout.hashInvoice(order.words))
    with market.chain.rolled_back():
        market.pay(order)
    guest.sign(bytes(32))
    market.allow(market.alice)
    before = coins(market, market.alice)
    with expect("Checkout_InvalidSignature", program, guest.address):
        market.checkout.pay(order.words, sender=market.alice)
    assert coins(market, market.alice) == before


def test_payer_wallet__changes_its_mind_after_the_relayer_tried__pays_nothing(market: Market, guest: Contract) -> None:
    market.fund(guest.address, 1000 * FEC)
    order = market.order(market.shop(), customer=guest.address)
    values = [guest.address, market.checkout.address, order.amount, 0, NEVER, market.checkout.hashOrder(order.words)]
    guest.sign(typed_hash(COUPON, market.fec.address, "ReceiveWithAuthorization", AUTHORIZATION_TYPE, values))
    relayed = (order.words, guest.address, 0, NEVER, b"")
    with market.chain.rolled_back():
        market.checkout.payWithAuthorization(*relayed, sender=market.stranger)
    guest.sign(bytes(32))
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(*relayed, sender=market.stranger)
    assert coins(market, guest.address) == 1000 * FEC


@pytest.mark.parametrize("off", [0, 12])
def test_payer_wallet__takes_signatures_until_a_second__costs_the_relayer_one_failed_call(
    market: Market, off: int
) -> None:
    """Not stopped: what a relayer tried a second ago can fail now. Only gas is lost."""
    wallet = contract(market.chain, fickle(market.chain.now + 1))
    market.fund(wallet, 1000 * FEC)
    order = market.order(market.shop(), customer=market.bob)
    relayed = (order.words, wallet, 0, NEVER, b"")
    with market.chain.rolled_back():
        market.checkout.payWithAuthorization(*relayed, sender=market.stranger)
        assert coins(market, wallet) == 0
    market.chain.now += 1 + off
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(*relayed, sender=market.stranger)
    assert coins(market, wallet) == 1000 * FEC


# --------------------------------------------------------------- what is not in them


def test_invoice__paid_by_another_first__they_pay_the_bill_and_get_the_node(market: Market) -> None:
    """Not stopped: an invoice names no customer. The shop has its money, alice keeps hers; refunds go to who paid."""
    order = market.order(market.shop())
    market.allow(market.alice)
    before = coins(market, market.alice), coins(market, market.bob)
    node = market.pay(replace(order, customer=market.bob))
    with expect("Checkout_OrderAlreadyPaid", market.order_key(order)):
        market.checkout.pay(order.words, sender=market.alice)
    assert market.adn.ownerOf(node) == market.bob
    assert (coins(market, market.alice), coins(market, market.bob)) == (before[0], before[1] - 1000 * FEC)
    assert coins(market, market.treasury) == 900 * FEC


def test_order__terms_changed_before_it_arrives__waits_for_up_to_a_year(market: Market) -> None:
    """Not stopped: the window is not signed. The merchant waits as long as the shopper, and gains nothing."""
    program = market.shop()
    order = market.order(program, min_principal=100 * FEC)
    authorization = market.authorization(order)
    longest = market.checkout.MAX_RETURN_WINDOW()
    market.set_terms(program, window=longest)
    born = market.chain.now
    assert market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger) == 0
    market.chain.now = born + longest - 1
    with expect("Checkout_ReturnWindowOpen", market.order_key(order), born + longest):
        capture(market, order)
    assert coins(market, market.treasury) == 0
    market.chain.now += 1
    capture(market, order)
    assert (market.adn.balanceOf(market.alice), coins(market, market.treasury)) == (1, 900 * FEC)


def test_order__donation_changed_before_it_arrives__stays_with_the_merchant(market: Market) -> None:
    """Not stopped: the donation is not signed. The shopper's node is as they accepted it; the cause gets nothing."""
    program = market.shop(donation=100, causes=(market.cause,))
    order = market.order(program, cause=market.cause, min_principal=100 * FEC)
    authorization = market.authorization(order)
    market.set_terms(program, donation=0, causes=(market.cause,))
    node = market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)
    assert (market.principal(node), coins(market, market.cause)) == (100 * FEC, 0)
    assert coins(market, market.treasury) == 900 * FEC


def test_order__cause_struck_before_it_arrives__reverts(market: Market) -> None:
    program = market.shop(donation=100, causes=(market.cause,))
    order = market.order(program, cause=market.cause)
    authorization = market.authorization(order)
    market.set_terms(program, donation=100)
    with expect("Checkout_UnknownCause", program, market.cause):
        market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)


def test_window__of_a_year_from_a_hostile_merchant__can_be_cut_short_only_by_a_refund(market: Market) -> None:
    program = market.shop(window=365 * DAY)
    order = market.order(program, order_id=keccak(1))
    before = coins(market, market.alice)
    market.pay(order)
    market.checkout.refund(market.order_key(order), order.amount, sender=market.merchant)
    assert (coins(market, market.alice), market.checkout.reservedOf(program)) == (before, 0)
