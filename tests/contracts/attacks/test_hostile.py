"""Attack: contracts that burn gas, return too much, refuse or change their mind, where others pay for the gas."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from fec.protocol import acts
from tests.contracts.attacks.attackers import BURNER, bomb, capture, coins, contract, gas_used, paid, refund
from tests.contracts.custody.acts import act_arguments
from tests.contracts.support.evm import ZERO, Contract, Reverted, expect
from tests.contracts.support.merkle import proof, root
from tests.contracts.support.shop_world import MODES, NEVER, Market, Order
from tests.contracts.support.world import FEC

BOMBS = [32, 10_000, 100_000, 1_000_000, 2**24 - 1]


def paid_by(market: Market, guest: Contract) -> Order:
    """An order of 1,000 FEC in escrow that a contract paid for itself."""
    market.fund(guest.address, 1000 * FEC)
    guest.execute(market.fec.address, market.fec.encode("approve", market.checkout.address, 1000 * FEC))
    order = market.order(market.shop(window=DAY), customer=guest.address)
    guest.execute(market.checkout.address, market.checkout.encode("pay", order.words))
    return order


# ------------------------------------------------------------------------- captures


@pytest.mark.parametrize("size", BOMBS)
def test_capture__receiver_that_returns_too_much__spoils_only_its_own_node(market: Market, size: int) -> None:
    program, hostile = market.shop(window=DAY), contract(market.chain, bomb(size))
    orders = [paid(market, program, number) for number in range(3)]
    orders.insert(1, paid(market, program, 3, customer=hostile, payer=market.alice))
    market.chain.now += DAY
    capture(market, *orders)
    returned = {event.values["orderKey"]: event.values["returned"] for event in market.chain.events("OrderCaptured")}
    assert returned == {market.order_key(order): 100 * FEC if order.customer == hostile else 0 for order in orders}


@pytest.mark.parametrize("code", [BURNER, *(bomb(size) for size in BOMBS)])
def test_capture__hostile_receiver__costs_the_keeper_no_more_than_the_gas_of_a_mint(
    market: Market, code: bytes
) -> None:
    """Not stopped: up to 400,000 gas an order. The attacker gives up the node; keepers may leave such orders out."""
    program, hostile = market.shop(window=DAY), contract(market.chain, code)
    kind, other = paid(market, program, 0), paid(market, program, 1, customer=hostile, payer=market.alice)
    market.chain.now += DAY
    costs = []
    for orders in ([kind], [kind, other]):
        with market.chain.rolled_back():
            capture(market, *orders)
            costs.append(gas_used(market.chain))
    assert costs[1] - costs[0] < market.checkout.MINT_GAS() + 100_000


def test_capture__receiver_that_turns_hostile_after_the_estimate__can_make_a_batch_fail_but_not_lose(
    market: Market, guest: Contract
) -> None:
    """Not stopped: a keeper that sends only the gas it estimated loses it. 400,000 more for each order are enough."""
    program = market.shop(window=DAY)
    orders = [paid(market, program, number, customer=guest.address, payer=market.alice) for number in range(3)]
    market.chain.now += DAY
    enough = next(gas for gas in range(500_000, 5_000_000, 10_000) if goes_through(market, orders, gas))
    guest.set(MODES["BurnGas"], ZERO, b"")
    assert not goes_through(market, orders, enough)
    assert coins(market, market.checkout.address) == 3000 * FEC
    capture(market, *orders, gas=enough + 3 * market.checkout.MINT_GAS())
    assert coins(market, market.treasury) == 2700 * FEC


def goes_through(market: Market, orders: list[Order], gas: int) -> bool:
    """Whether a capture with so much gas does, or is refused by the one error that may be."""
    with market.chain.rolled_back():
        try:
            capture(market, *orders, gas=gas)
        except Reverted as error:
            found = error
        else:
            return True
    assert found.name == "Checkout_GasTooLow"
    assert found.values[0] < found.values[1] == market.checkout.MINT_GAS() * 64 // 63 + 150_000
    return False


def test_capture__refused_on_purpose__gets_the_burn_share_back_and_gives_up_the_face(
    market: Market, guest: Contract
) -> None:
    """Not stopped: a shopper can have a tenth back at once, instead of a node that pays the whole price late."""
    order = paid_by(market, guest)
    guest.set(MODES["Reject"], ZERO, b"")
    market.chain.now += DAY
    capture(market, order)
    assert (coins(market, guest.address), coins(market, market.treasury)) == (100 * FEC, 900 * FEC)
    assert (market.adn.outstanding(), market.checkout.spendOf(order.program, guest.address)) == (0, 900 * FEC)


def test_refund__to_a_payer_that_burns_gas__runs_none_of_its_code(market: Market, guest: Contract) -> None:
    order = paid_by(market, guest)
    guest.set(MODES["BurnGas"], ZERO, b"")
    refund(market, order, order.amount)
    assert (coins(market, guest.address), guest.hooks()) == (1000 * FEC, 0)


def test_claims__to_and_for_a_contract_that_burns_gas__run_none_of_its_code(market: Market) -> None:
    hostile = contract(market.chain, BURNER)
    node = market.node(market.alice, FEC)
    market.adn.transferFrom(market.alice, hostile, node, sender=market.alice)
    other = market.node(market.alice, FEC)
    market.pass_periods(1)
    paid_for = market.adn.claimFor([node], sender=market.stranger)
    paid_to = market.adn.claimTo([other], hostile, sender=market.alice)
    assert coins(market, hostile) == paid_for + paid_to == 2 * paid_for


@pytest.mark.parametrize("code", [BURNER, bomb(10_000)])
def test_take_reward__hostile_shopper__loses_its_own_and_none_of_the_others(market: Market, code: bytes) -> None:
    program, hostile = market.shop(), contract(market.chain, code)
    rewards = [(hostile, 7 * FEC), (market.bob, 8 * FEC)]
    market.allow(market.signer)
    batch = market.checkout.fundRewards(program, root(rewards), 15 * FEC, NEVER, bytes(32), sender=market.signer)
    path = [proof(rewards, index) for index in range(2)]
    with expect("ERC721InvalidReceiver", hostile) if code == BURNER else expect("", bytes(10_000)):
        market.checkout.takeReward(batch, 0, hostile, 7 * FEC, path[0], sender=market.stranger, gas=2_000_000)
    market.checkout.takeReward(batch, 1, market.bob, 8 * FEC, path[1], sender=market.stranger)
    assert market.checkout.rewardBatchOf(batch)["left"] == 7 * FEC


# -------------------------------------------------------------------------- relayers


@pytest.mark.parametrize("gas", [300_000, 1_000_000, 5_000_000])
def test_relay__payer_whose_signature_check_burns_gas__costs_the_relayer_its_gas_limit(
    market: Market, gas: int
) -> None:
    """Not stopped: relayers set a limit, and ask for what has no use for a contract's signature."""
    hostile = contract(market.chain, BURNER)
    market.fund(hostile, 1000 * FEC)
    order = market.order(market.shop(), customer=hostile)
    with expect("ERC3009InvalidSignature"):
        market.checkout.payWithAuthorization(order.words, hostile, 0, NEVER, b"", sender=market.stranger, gas=gas)
    assert gas - gas // 10 < gas_used(market.chain) <= gas
    assert coins(market, hostile) == 1000 * FEC


@pytest.mark.parametrize("gas", [300_000, 1_000_000, 5_000_000])
def test_relay__member_whose_signature_check_burns_gas__costs_the_relayer_its_gas_limit(
    market: Market, gas: int
) -> None:
    member = market.member_of(contract(market.chain, BURNER))
    arguments = act_arguments(market, member, [acts.withdraw(market.bob)], signature=b"")
    with expect("Custodian_InvalidSignature", member.signer):
        market.custodian.act(*arguments, sender=market.stranger, gas=gas)
    assert gas - gas // 10 < gas_used(market.chain) <= gas
    assert market.custodian.nonceOf(member.vault, member.signer) == 0


def test_relay__payer_who_spends_the_coins_first__costs_the_relayer_one_failed_call(market: Market) -> None:
    order = market.order(market.shop())
    authorization = market.authorization(order)
    balance = coins(market, market.alice)
    market.fec.transfer(market.bob, balance, sender=market.alice)
    with expect("ERC20InsufficientBalance", market.alice, 0, order.amount):
        market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)
    market.fund(market.alice, order.amount)
    market.checkout.payWithAuthorization(order.words, *authorization, sender=market.stranger)
    assert market.adn.balanceOf(market.alice) == 1


def test_signer__whose_signature_check_burns_gas__sells_nothing_and_takes_nothing(market: Market) -> None:
    signer = contract(market.chain, BURNER)
    program = market.shop(signer=signer)
    order = market.order(program, order_id=keccak(0))
    market.allow(market.alice)
    before = coins(market, market.alice)
    with expect("Checkout_InvalidSignature", program, signer):
        market.checkout.pay(order.words, sender=market.alice, gas=1_000_000)
    assert coins(market, market.alice) == before


def test_coupon__receiver_that_returns_too_much__spoils_only_the_call_to_it(market: Market) -> None:
    hostile = contract(market.chain, bomb(100_000))
    before = coins(market, market.alice)
    with expect("", bytes(100_000)):
        market.fec["transferAndCall(address,uint256,bytes)"](hostile, FEC, b"", sender=market.alice)
    market.fec.transfer(hostile, FEC, sender=market.alice)
    assert (coins(market, market.alice), coins(market, hostile)) == (before - FEC, FEC)
