"""Many signed calls in one transaction: what goes through, what fails alone, and what reverts all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fec.core.durations import DAY
from tests.contracts.custody.acts import filled, permit_arguments, withdraw_call
from tests.contracts.relay.packing import (
    ACTS,
    CAPTURES,
    CLAIMS,
    ENOUGH,
    OPENING,
    OPENING_WITH_CLAIM,
    PAYMENT,
    PERMIT,
    REWARD,
    SPEND,
    bought,
    failures,
    long,
    others,
    paid,
    relay,
)
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import Contract, Halted, Reverted, expect
from tests.contracts.support.merkle import proof, root
from tests.contracts.support.settling import Batch, owners, settled
from tests.contracts.support.shop_world import NEVER, Market, key
from tests.contracts.support.world import FEC

#: Direct calls, in place of whose events a relayed one has to have the same.
Scene = Callable[[Market], tuple[int, Contract, bytes]]

FAILS = long(CLAIMS, bytes(4) + (32).to_bytes(32, "big") + bytes(32), 50_000)  # claimFor([])


def a_payment(market: Market) -> tuple[int, Contract, bytes]:
    order = market.order(market.shop(causes=(market.cause,), donation=100), customer=market.bob, cause=market.cause)
    call = market.checkout.encode("payWithAuthorization", order.words, *market.authorization(order))
    return PAYMENT, market.checkout, call


def a_spend(market: Market) -> tuple[int, Contract, bytes]:
    member = market.member()
    market.fund(market.vault(member), 1000 * FEC)
    order = market.order(market.shop(), customer=market.vault(member))
    signature = key("alice").sign(market.custodian.hashSpend(order.customer, order.words))
    return SPEND, market.custodian, market.custodian.encode("spend", member.words, order.words, [], signature)


def a_withdrawal(market: Market) -> tuple[int, Contract, bytes]:
    member = market.member()
    nodes = [filled(market, member)]
    return ACTS, market.custodian, withdraw_call(market, member, nodes, 7 * FEC, market.bob)


def a_claim(market: Market) -> tuple[int, Contract, bytes]:
    nodes = [market.node(market.alice, 1000 * FEC), market.node(market.bob, 7 * FEC)]
    market.pass_periods(3)
    return CLAIMS, market.adn, market.adn.encode("claimFor", nodes)


def a_reward(market: Market) -> tuple[int, Contract, bytes]:
    rewards = [(market.alice, 7 * FEC), (market.bob, 8 * FEC)]
    market.allow(market.signer)
    batch = market.checkout.fundRewards(market.shop(), root(rewards), 15 * FEC, NEVER, bytes(32), sender=market.signer)
    call = market.checkout.encode("takeReward", batch, 1, market.bob, 8 * FEC, proof(rewards, 1))
    return REWARD, market.checkout, call


def a_capture(market: Market) -> tuple[int, Contract, bytes]:
    order = market.order(market.shop(window=DAY))
    market.pay(order)
    market.chain.now += DAY
    return CAPTURES, market.checkout, market.checkout.encode("capture", [market.order_key(order)])


def an_opening(market: Market) -> tuple[int, Contract, bytes]:
    return OPENING, market.adn, market.adn.encode("open", *some_leaves(market).opening(2))


def an_opening_with_claim(market: Market) -> tuple[int, Contract, bytes]:
    call = market.adn.encode("openAndClaim", *some_leaves(market).opening(1))
    return OPENING_WITH_CLAIM, market.adn, call


def a_permit(market: Market) -> tuple[int, Contract, bytes]:
    arguments = permit_arguments(market, market.alice, market.custodian.address)
    return PERMIT, market.adn, market.adn.encode("permitForAll", *arguments)


def some_leaves(market: Market) -> Batch:
    """A settlement of five whose nodes have released something."""
    batch = settled(market, [(owner, 1000 * FEC) for owner in owners(5)])
    market.pass_periods(3)
    return batch


SCENES = (
    *(a_payment, a_spend, a_withdrawal, a_claim),
    *(a_reward, a_capture, an_opening, an_opening_with_claim, a_permit),
)

# ---------------------------------------------------------------- what goes through


@pytest.mark.parametrize("scene", SCENES)
def test_relay__of_each_kind__does_what_the_call_does(market: Market, scene: Scene) -> None:
    kind, contract, call = scene(market)
    with market.chain.rolled_back():
        market.chain.send(market.stranger, contract.address, call)
        directly = market.chain.events()
    assert relay(market, long(kind, call, 1_000_000)) == {}
    assert others(market) == market.chain.events() == directly


def test_relay__short_payment__is_the_payment_in_full(market: Market) -> None:
    order = bought(market, market.shop(), 7, min_principal=100 * FEC)
    authorization = market.authorization(order, before=order.expiry + 1)
    with market.chain.rolled_back():
        market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)
        directly = market.chain.events()
    assert relay(market, paid(market, order)) == {}
    assert market.chain.events() == directly


def test_relay__short_payments_one_after_the_other__leave_nothing_of_each_other(market: Market) -> None:
    programs = [market.shop(), market.shop()]
    orders = [
        bought(market, programs[0], 2**256 - 1, "alice", amount=2**70 - 1, reference=b"\xff" * 32, min_principal=1),
        bought(market, programs[1], 0, "bob", amount=FEC, reference=bytes(32), expiry=market.chain.now),
        bought(market, programs[0], 3, "alice"),
    ]
    calls = [paid(market, order, name) for order, name in zip(orders, ("alice", "bob", "alice"), strict=True)]
    assert relay(market, *calls) == {}
    told = [event.values for event in market.chain.events("OrderPaid")]
    assert [(paid["programId"], paid["orderId"], paid["amount"], paid["currencyReference"]) for paid in told] == [
        (order.program, order.order_id, order.amount, order.reference) for order in orders
    ]


def test_relay__later_calls__find_what_earlier_ones_did(market: Market) -> None:
    node = market.node(market.carol, 1000 * FEC)
    market.pass_periods(100)
    order = bought(market, market.shop(), 1, "carol", amount=9_000 * FEC)
    calls = [long(CLAIMS, market.adn.encode("claimFor", [node])), paid(market, order, "carol")]
    assert relay(market, *calls) == {}
    assert market.fec.balanceOf(market.carol) == 1_000 * FEC


def test_relay__claim_after_an_opening__finds_the_node(market: Market) -> None:
    batch = some_leaves(market)
    opening, claim = market.adn.encode("open", *batch.opening(0)), market.adn.encode("claimFor", batch.tokens[:1])
    assert relay(market, long(CLAIMS, claim), long(OPENING, opening), long(CLAIMS, claim)) == {
        0: ("ERC721NonexistentToken", (batch.tokens[0],))
    }
    assert market.fec.balanceOf(batch.leaves[0][0]) == market.adn.vestedPayout(batch.tokens[0]) > 0


def test_relay__most_calls__all_are_made(market: Market) -> None:
    most = market.relay.MAX_CALLS()
    assert relay(market, *[FAILS] * most) == dict.fromkeys(range(most), ("ADN_BatchTooShort", (0, 1)))


def test_relay__wiring__is_of_one_deployment(market: Market) -> None:
    targets = (market.relay.adn(), market.relay.checkout(), market.relay.custodian())
    assert targets == (market.adn.address, market.checkout.address, market.custodian.address)


def test_relay__bounds__are_as_documented(market: Market) -> None:
    bounds = (market.relay.MAX_CALLS(), market.relay.MAX_REASON(), market.relay.GAS_AFTER_CALL())
    assert bounds == (256, 256, 10_000)


def test_relay__is_all_that_the_contract_does() -> None:
    changing = [
        (entry["name"], entry["stateMutability"])
        for entry in shipped("Relay")["abi"]
        if entry["type"] in {"function", "fallback", "receive"} and entry["stateMutability"] not in {"view", "pure"}
    ]
    assert changing == [("relay", "nonpayable")]


# ------------------------------------------------------------------ what fails alone


def test_relay__call_that_fails__changes_nothing_for_the_others(market: Market) -> None:
    program = market.shop()
    first, second = (paid(market, bought(market, program, number)) for number in range(2))
    unsigned = paid(market, bought(market, program, 2), signed_by="bob")
    with market.chain.rolled_back():
        assert relay(market, first, second) == {}
        alone = market.chain.events()
    assert relay(market, first, unsigned, second) == {1: ("ERC3009InvalidSignature", ())}
    assert others(market) == alone


def test_relay__first_and_last_call_fail__both_are_told(market: Market) -> None:
    order = bought(market, market.shop(), 1)
    good = paid(market, order)
    twice = ("Checkout_OrderAlreadyPaid", (market.order_key(order),))
    assert relay(market, FAILS, good, good) == {0: ("ADN_BatchTooShort", (0, 1)), 2: twice}


def test_relay__gas_of_a_call_used_up__is_its_failure_without_a_reason(market: Market) -> None:
    program = market.shop()
    starved, good = paid(market, bought(market, program, 1), gas=60_000), paid(market, bought(market, program, 2))
    assert relay(market, starved, good) == {0: ("", (b"",))}
    assert market.adn.balanceOf(market.alice) == 1


def test_relay__call_without_gas__is_its_failure(market: Market) -> None:
    assert relay(market, FAILS[:1] + bytes(3) + FAILS[4:]) == {0: ("", (b"",))}


# ------------------------------------------------------------------ what reverts all


def test_relay__no_calls__reverts(market: Market) -> None:
    with expect("Relay_NoCalls"):
        relay(market)


def test_relay__more_than_most_calls__reverts(market: Market) -> None:
    most = market.relay.MAX_CALLS()
    with expect("Relay_TooManyCalls", most):
        relay(market, *[FAILS] * (most + 1))


@pytest.mark.parametrize("kind", [10, 255])
def test_relay__unknown_kind__reverts_all(market: Market, kind: int) -> None:
    with expect("Relay_MalformedCall", 1):
        relay(market, FAILS, bytes([kind]) + FAILS[1:])


@pytest.mark.parametrize("kept", [1, 4, 5, 6, 7, len(FAILS) - 1])
def test_relay__call_cut_off__reverts_all(market: Market, kept: int) -> None:
    with expect("Relay_MalformedCall", 1):
        relay(market, FAILS, FAILS[:kept])


@pytest.mark.parametrize("missing", [1, 65, 247, 250])
def test_relay__short_payment_cut_off__reverts_all(market: Market, missing: int) -> None:
    call = paid(market, bought(market, market.shop(), 1))
    with expect("Relay_MalformedCall", 0):
        relay(market, call[:-missing])


def refused(market: Market, calls: list[bytes], gas: int) -> Reverted | None:
    """What a relay with so much gas is refused with, if it is; the calls' own failures are left to be looked at."""
    try:
        relay(market, *calls, gas=gas)
    except Reverted as error:
        return error
    return None


def test_relay__whatever_gas_is_sent__no_call_fails_for_want_of_it(market: Market) -> None:
    """Either all goes through, or nothing does and the reason is the gas."""
    program = market.shop()
    calls = [paid(market, bought(market, program, number)) for number in range(3)]
    needed = ENOUGH * 64 // 63 + market.relay.GAS_AFTER_CALL()
    found = []
    for gas in range(440_000, 900_000, 20_000):
        with market.chain.rolled_back():
            error = refused(market, calls, gas)
            found.append(error is None)
            if error is None:
                assert failures(market) == {}
            else:
                index, left, asked = error.values
                assert (error.name, asked) == ("Relay_GasTooLow", needed)
                assert left < needed
                assert index in range(3)
    assert found == sorted(found)
    assert {True, False} == set(found)


def test_relay__gas__one_unit_less_than_is_needed_is_refused_and_just_that_goes_through(market: Market) -> None:
    calls = [paid(market, bought(market, market.shop(), 1))]
    with market.chain.rolled_back():
        error = refused(market, calls, 440_000)
    assert error is not None
    index, left, needed = error.values
    enough = 440_000 + needed - left
    assert (error.name, index) == ("Relay_GasTooLow", 0)
    with market.chain.rolled_back():
        error = refused(market, calls, enough - 1)
        assert error is not None
        assert (error.name, error.values) == ("Relay_GasTooLow", (0, needed - 1, needed))
    assert refused(market, calls, enough) is None
    assert failures(market) == {}


def test_relay__gas_for_a_call_that_uses_all_it_may__is_just_what_is_asked_for(market: Market) -> None:
    call = paid(market, bought(market, market.shop(), 1), gas=100_000)
    needed = 100_000 * 64 // 63 + market.relay.GAS_AFTER_CALL()
    left = []
    for gas in range(130_000, 150_000, 500):
        with market.chain.rolled_back():
            error = refused(market, [call], gas)
            if error is None:
                assert failures(market) == {0: ("", (b"",))}
            else:
                left.append(error.values[1])
    assert left == sorted(left)
    assert needed - 500 <= left[-1] < needed


def test_relay__out_of_gas_before_the_first_call__halts(market: Market) -> None:
    with pytest.raises(Halted):
        relay(market, FAILS, gas=24_000)


# ------------------------------------------------------------------ closed list


def test_relay__what_looks_at_the_caller__is_not_among_the_kinds(market: Market) -> None:
    """A refund needs the signer or operator as caller: packed as any kind, it is another function's arguments."""
    order = market.order(market.shop(window=DAY))
    market.pay(order)
    call = market.checkout.encode("refund", market.order_key(order), FEC)
    before = market.checkout.orderOf(market.order_key(order))
    for kind in range(1, 10):
        assert set(relay(market, long(kind, call, 100_000))) == {0}
    assert market.checkout.orderOf(market.order_key(order)) == before
    assert failures(market)
