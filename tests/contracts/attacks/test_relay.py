"""Attack: payments in one transaction with others that burn gas, return too much, come twice, or were never signed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.attacks.attackers import BURNER, bomb, coins, contract, gas_used
from tests.contracts.custody.acts import filled, withdraw_call
from tests.contracts.relay.packing import (
    ACTS,
    CLAIMS,
    ENOUGH,
    OPENING,
    OPENING_WITH_CLAIM,
    PAYMENT,
    bought,
    failures,
    long,
    others,
    paid,
    relay,
)
from tests.contracts.support.evm import ZERO, Contract
from tests.contracts.support.settling import owners, settled
from tests.contracts.support.shop_world import MODES, Market, Order, key
from tests.contracts.support.world import FEC, account

HONEST = 45
#: Gas of an honest payment by somebody new, and of a transaction and its relay besides.
EACH, BESIDES = 190_000, 60_000


def by_contract(market: Market, wallet: str, order: Order) -> bytes:
    """A payment by a contract wallet, whose signature is whatever its code says."""
    arguments = (order.words, wallet, 0, order.expiry + 1, b"")
    return long(PAYMENT, market.checkout.encode("payWithAuthorization", *arguments))


def test_batch__of_45_honest_and_5_hostile_payments__captures_45_and_tells_5_why(
    market: Market, guest: Contract
) -> None:
    program = market.shop()
    shoppers = [f"shopper {number}" for number in range(HONEST)]
    orders = [bought(market, program, number, name) for number, name in enumerate(shoppers)]
    for name in shoppers:
        market.fund(key(name).address, 1000 * FEC)
    calls = [paid(market, order, name) for order, name in zip(orders, shoppers, strict=True)]

    burner = contract(market.chain, BURNER)
    burns = by_contract(market, burner, bought(market, program, 100, customer=burner))
    twice = calls[3]
    late = bought(market, program, 101, expiry=market.chain.now - 1)
    forged = paid(market, bought(market, program, 102, "bob"), "bob", signed_by="alice")
    guest.set(MODES["Reject"], ZERO, b"")
    refused = bought(market, program, 103, customer=guest.address)
    authorization = market.authorization(refused)
    unwanted = long(PAYMENT, market.checkout.encode("payWithAuthorization", refused.words, *authorization))
    hostile = {0: burns, 10: twice, 20: paid(market, late), 30: forged, 49: unwanted}
    for place, call in hostile.items():
        calls.insert(place, call)

    assert relay(market, *calls) == {
        0: ("ERC3009InvalidSignature", ()),
        10: ("Checkout_OrderAlreadyPaid", (market.order_key(orders[3]),)),
        20: ("Checkout_OrderExpired", (late.expiry, market.chain.now)),
        30: ("ERC3009InvalidSignature", ()),
        49: ("ERC721InvalidReceiver", (guest.address,)),
    }
    captured = {event.values["orderKey"] for event in market.chain.events("OrderCaptured")}
    assert captured == {market.order_key(order) for order in orders}
    assert gas_used(market.chain) < HONEST * EACH + len(hostile) * ENOUGH + BESIDES
    assert coins(market, market.treasury) == HONEST * 900 * FEC


@pytest.mark.parametrize("size", [32, 257, 10_000, 1_000_000, 2**24 - 1])
def test_relay__wallet_that_returns_too_much__costs_its_bound_and_tells_256_bytes(market: Market, size: int) -> None:
    program, wallet = market.shop(), contract(market.chain, bomb(size))
    hostile = long(PAYMENT, by_hook(market, program, wallet))
    good = paid(market, bought(market, program, 2))
    costs = []
    for calls in ([good], [hostile, good]):
        with market.chain.rolled_back():
            told = relay(market, *calls)
            costs.append(gas_used(market.chain))
            assert len(market.chain.events("OrderCaptured")) == 1
    assert len(told) == 1
    assert costs[1] - costs[0] < ENOUGH + market.relay.GAS_AFTER_CALL()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 10_000])
def test_relay__reason__is_cut_at_256_bytes(market: Market, size: int) -> None:
    wallet = contract(market.chain, bomb(size))
    relay(market, long(PAYMENT, by_hook(market, market.shop(), wallet)))
    told = [event.values for event in market.chain.events("CallFailed")]
    # Without a word, ERC-721 says it for the receiver.
    expected = 4 + 32 if size == 0 else min(size, market.relay.MAX_REASON())
    assert [(event["index"], len(event["reason"])) for event in told] == [(0, expected)]


def by_hook(market: Market, program: int, wallet: str) -> bytes:
    """A payment by alice for a customer whose hook does what it likes."""
    order = bought(market, program, 1, customer=wallet)
    return market.checkout.encode("payWithAuthorization", order.words, *market.authorization(order))


def test_relay__reason_after_a_longer_one__has_nothing_of_it(market: Market) -> None:
    empty = long(CLAIMS, market.adn.encode("claimFor", []), 50_000)
    wallet = contract(market.chain, bomb(256))
    assert relay(market, long(PAYMENT, by_hook(market, market.shop(), wallet)), empty)[1] == (
        "ADN_BatchTooShort",
        (0, 1),
    )
    assert [len(event.values["reason"]) for event in market.chain.events("CallFailed")] == [256, 4 + 64]


def test_relay__hook_that_relays_again__is_refused_and_tells_nothing_false(market: Market, guest: Contract) -> None:
    """Else it could tell, in the relay's name, that somebody else's payment failed."""
    program = market.shop()
    guest.set(MODES["Reenter"], market.relay.address, market.relay.encode("relay", b"\7"))
    order = bought(market, program, 1, customer=guest.address)
    call = market.checkout.encode("payWithAuthorization", order.words, *market.authorization(order))
    assert relay(market, paid(market, bought(market, program, 2)), long(PAYMENT, call, 1_000_000)) == {}
    assert not guest.succeeded()
    assert market.chain.error(guest.result()).name == "ReentrancyGuardReentrantCall"
    # The next transaction finds it open again.
    assert relay(market, paid(market, bought(market, program, 3))) == {}


def test_relay__hook_that_pays_anothers_order_first__takes_only_its_own_turn(market: Market, guest: Contract) -> None:
    """A front-runner inside the batch: the order is paid once, and its second payment is told so."""
    program = market.shop()
    order = bought(market, program, 1)
    payment = market.checkout.encode("payWithAuthorization", order.words, *market.authorization(order))
    guest.set(MODES["Reenter"], market.checkout.address, payment)
    first = bought(market, program, 2, customer=guest.address)
    call = market.checkout.encode("payWithAuthorization", first.words, *market.authorization(first))
    told = relay(market, long(PAYMENT, call, 1_000_000), long(PAYMENT, payment))
    assert told == {1: ("Checkout_OrderAlreadyPaid", (market.order_key(order),))}
    assert len(market.chain.events("OrderCaptured")) == 2


def test_relay__somebody_elses_calls_sent_by_a_thief__pay_whom_they_pay(market: Market) -> None:
    program = market.shop()
    order = bought(market, program, 1)
    market.relay.relay(paid(market, order), sender=market.bob)
    assert market.adn.balanceOf(market.alice) == 1
    assert coins(market, market.bob) == 10**6 * FEC


def test_relay__sent_first_with_too_little_gas_by_a_thief__leaves_the_payment_as_good_as_before(
    market: Market,
) -> None:
    order = bought(market, market.shop(), 1)
    market.relay.relay(paid(market, order, gas=50_000), sender=market.bob)
    assert set(failures(market)) == {0}
    assert relay(market, paid(market, order)) == {}


def test_relay__keeps_nothing(market: Market, guest: Contract) -> None:
    program = market.shop()
    order = bought(market, program, 1, customer=market.relay.address)
    call = market.checkout.encode("payWithAuthorization", order.words, *market.authorization(order))
    told = relay(market, long(PAYMENT, call), paid(market, bought(market, program, 2)))
    # It takes no nodes; coins that somebody gives it are lost, as with any contract that has no use for them.
    assert told == {0: ("ERC721InvalidReceiver", (market.relay.address,))}
    assert (coins(market, market.relay.address), market.adn.balanceOf(market.relay.address)) == (0, 0)
    assert {market.chain.evm.storage(market.relay.address, slot) for slot in range(8)} == {0}


def test_batch__of_honest_and_wrong_openings__opens_the_honest_and_tells_why_of_each_other(
    market: Market, guest: Contract
) -> None:
    """A refusing owner is opened like any: nobody's hook is called. What is wrong stops nobody else."""
    guest.set(MODES["BurnGas"], ZERO, b"")
    leaves = [*((owner, 1000 * FEC) for owner in owners(4)), (guest.address, 1000 * FEC)]
    batch, other = settled(market, leaves), settled(market, leaves)
    market.pass_periods(2)

    def opening(leaf: int, *, gas: int = 150_000, **changes: Any) -> bytes:
        return long(OPENING, market.adn.encode("open", *batch.opening(leaf, **changes)), gas)

    claimed = long(OPENING_WITH_CLAIM, market.adn.encode("openAndClaim", *batch.opening(1)), 150_000)
    calls = [
        opening(0),
        opening(0),
        opening(2, owner=market.stranger),
        claimed,
        opening(1),
        opening(3, principal=1001 * FEC),
        opening(3, proof=other.proof(3)),
        opening(2),
        opening(3, gas=20_000),
        opening(3, place=9),
        opening(4),
    ]
    assert relay(market, *calls) == {
        1: ("ADN_AlreadyOpened", (batch.tokens[0],)),
        2: ("ADN_InvalidProof", (batch.id, 2)),
        4: ("ADN_AlreadyOpened", (batch.tokens[1],)),
        5: ("ADN_InvalidProof", (batch.id, 3)),
        6: ("ADN_InvalidProof", (batch.id, 3)),
        8: ("", (b"",)),
        9: ("ADN_NoSuchLeaf", (batch.id, 9, 5)),
    }
    opened = [batch.tokens[place] for place in (0, 1, 2, 4)]
    assert [
        event.values["tokenId"] for event in market.chain.events("Transfer") if event.address == market.adn.address
    ] == opened
    assert coins(market, leaves[1][0]) == market.adn.vestedPayout(batch.tokens[1])
    assert [market.adn.ownerOf(node) for node in opened] == [leaves[place][0] for place in (0, 1, 2, 4)]


def test_relay__openings_sent_first_by_a_thief__leave_the_same_owners_and_tell_the_second_so(market: Market) -> None:
    batch = settled(market, [(market.alice, 1000 * FEC), (market.carol, 1000 * FEC)])
    market.pass_periods(1)
    calls = [long(OPENING_WITH_CLAIM, market.adn.encode("openAndClaim", *batch.opening(place))) for place in range(2)]
    held = [coins(market, who) for who in (market.alice, market.carol, market.bob)]
    market.relay.relay(calls[0], sender=market.bob)
    assert relay(market, *calls) == {0: ("ADN_AlreadyOpened", (batch.tokens[0],))}
    due = market.adn.vestedPayout(batch.tokens[0])
    assert [coins(market, who) for who in (market.alice, market.carol, market.bob)] == [
        held[0] + due,
        held[1] + due,
        held[2],
    ]


def test_relay__vault_of_a_member_with_the_relay_as_key__is_anybodys(market: Market) -> None:
    """Not stopped: the custodian takes its caller for the signer. No member has this key."""
    member = market.member_of(market.relay.address)
    node = filled(market, member)
    thief = account(0x7E1F)
    assert relay(market, long(ACTS, withdraw_call(market, member, [node], 0, thief, signature=b""))) == {}
    assert market.adn.ownerOf(node) == thief


def test_relay__vault_of_anybody_else__needs_their_signature(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    told = relay(market, long(ACTS, withdraw_call(market, member, [node], 0, market.stranger, signature=b"")))
    assert told == {0: ("Custodian_InvalidSignature", (member.signer,))}
    assert others(market) == []
