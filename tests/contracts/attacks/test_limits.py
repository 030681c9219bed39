"""Attack: the ends of types: years after 2106, the last second of 40 bits, the largest cap, the last serial."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core import curve
from fec.core.durations import DAY, HOUR, WEEK
from tests.contracts.attacks.attackers import burned, capture, coins, paid, refund
from tests.contracts.support.evm import expect
from tests.contracts.support.settling import opened_node, settled
from tests.contracts.support.shop_world import NEVER, Market
from tests.contracts.support.world import FEC, NOW, PUBLIC, World, deploy_world

P = 1000 * FEC
#: First second that does not fit the 40 bits of a start: in the year 36812.
END = 2**40
#: Largest serial of a program's nodes, and largest program that Checkout's orders can name.
LAST_SERIAL, LAST_PROGRAM = 2**40 - 1, 2**32 - 1
#: Where ADN keeps the number of programs and, by id, their records: quota in the lowest 96 bits, then 40 of serials.
COUNT_SLOT, PROGRAMS_SLOT = 2, 4


# ----------------------------------------------------------------------------- time


def life(market: Market) -> list[object]:
    """An order from payment to the last claim, a purchase beside it, in amounts and in seconds from the payment on."""
    born = market.chain.now
    program = market.shop(window=DAY)
    order = paid(market, program, 0, 4000 * FEC, expiry=born)
    quote = market.checkout.quote(program, market.alice, P)
    found: list[object] = [quote[name] - born for name in ("returnDeadline", "start", "firstRelease", "lastRelease")]
    refund(market, order, 1000 * FEC)
    found.append(market.checkout.orderOf(market.order_key(order))["returnDeadline"] - born)
    market.chain.now += DAY
    capture(market, order)
    [event] = market.chain.events("OrderCaptured")
    node = event.values["tokenId"]
    other = market.node(market.alice, P)
    found += [market.adn.nodeOf(node)["start"] - born, market.adn.nodeOf(other)["start"] - born]
    found += [moment - born for moment in market.adn.vestingPeriod(node)]
    for k in range(101):
        market.adn.claimFor([node, other], sender=market.stranger)
        found.append(coins(market, market.alice))
        if k == 50:
            market.adn.split(node, [100 * FEC], sender=market.alice)
        market.pass_periods(1)
    return found


@pytest.mark.parametrize("moment", [2**31 - 1, 2**32 - DAY, 2**32 - 1, 2**32, 2**33, END - 103 * WEEK, END - 2 * WEEK])
def test_time__any_year_up_to_the_end__is_as_today(market: Market, moment: int) -> None:
    """Of the last moment's nodes most of the life lies after the end."""
    with market.chain.rolled_back():
        market.chain.now = moment - (moment - NOW) // WEEK * WEEK
        today = life(market)
    market.chain.now = moment
    assert life(market) == today


def test_time__last_second__mints_and_captures(market: Market) -> None:
    program = market.shop(window=DAY)
    market.chain.now = END - 1
    order = paid(market, program)
    node = market.node(market.bob, P)
    assert 0 <= END - 1 - market.adn.nodeOf(node)["start"] < WEEK
    market.chain.now += DAY - 1
    with expect("Checkout_ReturnWindowOpen", market.order_key(order), END - 1 + DAY):
        capture(market, order)
    market.chain.now += 1
    capture(market, order)
    assert coins(market, market.treasury) == 900 * FEC


def test_time__period_after_the_end__a_new_node_pays_its_face_at_once(world: World) -> None:
    """Not stopped, from the year 36812 on: the start spills into the period's bits. Older nodes are as they were."""
    old = world.node(world.bob, P)
    world.chain.now = END + WEEK
    node = world.node(world.alice, P)
    world.adn.claimFor([node, old], sender=world.stranger)
    assert world.fec.balanceOf(world.alice) == world.fec.balanceOf(world.bob) == 10 * P


def test_time__after_the_end__an_order_has_no_return_window(market: Market) -> None:
    """Not stopped, from the year 36812 on: its time of payment starts from zero again."""
    program = market.shop(window=DAY)
    market.chain.now = END
    order = paid(market, program)
    with expect("Checkout_ReturnWindowClosed", market.order_key(order), DAY):
        refund(market, order, 1)
    capture(market, order)
    assert coins(market, market.treasury) == 900 * FEC


def test_time__merge_in_a_period_that_ends_after_the_end__is_early_by_less_than_a_wei_a_node(world: World) -> None:
    """Not stopped, in the last period of 40 bits: what a merge holds back until the period's end is not held."""
    world.chain.now = END - 1 - WEEK
    nodes = [world.node(world.alice, P // 7) for _ in range(5)]
    world.chain.now = END - 1
    before = sum(world.adn.claimablePayout(node) for node in nodes)
    world.adn.merge(nodes, sender=world.alice)
    early = world.adn.claimablePayout(nodes[0]) - before
    assert early == curve.released(5 * (P // 7), 1) - 5 * curve.released(P // 7, 1)
    assert 0 < early < len(nodes)


def test_time__end_of_an_orders_window_after_the_end__its_view_fails_and_nothing_else(market: Market) -> None:
    """Not stopped, in the last year of 40 bits: the view adds in 40 bits. Refund and capture do not."""
    program = market.shop(window=DAY)
    market.chain.now = END - DAY
    order = paid(market, program)
    with expect("Panic", 0x11):
        market.checkout.orderOf(market.order_key(order))
    refund(market, order, 500 * FEC)
    market.chain.now += DAY
    capture(market, order)
    assert coins(market, market.treasury) == 450 * FEC


# --------------------------------------------------------------------------- amounts


@pytest.fixture
def fullest() -> World:
    """The largest cap there can be, and a genesis supply that a single node can burn all of."""
    cap = 2**95 - 1
    genesis = -(-cap // 10)
    return deploy_world(cap, genesis, (cap - genesis) // 9)


def test_amounts__one_node_of_everything_under_the_largest_cap__pays_its_face(fullest: World) -> None:
    principal = fullest.adn.programOf(PUBLIC)["quota"]
    node = fullest.node(fullest.alice, principal)
    for k in range(1, 101):
        fullest.pass_periods(1)
        fullest.adn.claim(node, sender=fullest.alice)
        assert fullest.claimed(node) == curve.released(principal, k)
    cap = fullest.fec.cap()
    assert cap - 16 < fullest.claimed(node) == 10 * principal == fullest.fec.balanceOf(fullest.alice) <= cap
    assert fullest.fec.totalSupply() + fullest.adn.outstanding() <= cap
    assert fullest.principal(node) == principal


def test_amounts__everything_split_and_merged_under_the_largest_cap__pays_its_face(fullest: World) -> None:
    principal = fullest.adn.programOf(PUBLIC)["quota"]
    node = fullest.node(fullest.alice, principal)
    for _ in range(100):
        fullest.pass_periods(1)
        fullest.adn.claim(node, sender=fullest.alice)
        parts = fullest.adn.split(node, [principal // 3, principal // 7], sender=fullest.alice)
        fullest.adn.merge([node, *parts], sender=fullest.alice)
    fullest.adn.claimFor([node], sender=fullest.alice)
    assert fullest.fec.balanceOf(fullest.alice) == fullest.claimed(node) == 10 * principal
    assert fullest.adn.outstanding() == 0


def test_amounts__one_wei_more_than_everything__reverts(fullest: World) -> None:
    quota = fullest.adn.programOf(PUBLIC)["quota"]
    with expect("ADN_QuotaExceeded", PUBLIC, quota + 1, quota):
        fullest.node(fullest.alice, quota + 1)
    with expect("ADN_BudgetExceeded", 1, 0):
        fullest.adn.grantQuota(PUBLIC, 1, sender=fullest.admin)


@given(amount=st.integers(1, 10**5) | st.integers(1, 10**24), shares=st.tuples(st.integers(1000, 10_000), st.data()))
@settings(max_examples=100)
def test_amounts__burn_and_donation_up_to_everything__add_up_to_the_payment(
    opened: Market, amount: int, shares: tuple[int, st.DataObject]
) -> None:
    bps, data = shares
    donation = data.draw(st.just(10_000 - bps) | st.integers(0, 10_000 - bps))
    with opened.chain.rolled_back():
        program = opened.shop(tiers=((0, bps),), donation=donation, causes=(opened.cause,))
        before = coins(opened, opened.alice)
        node = opened.pay(opened.order(program, amount, cause=opened.cause))
        given_away = amount * donation // 10_000
        assert (opened.principal(node), coins(opened, opened.cause)) == (burned(amount, bps), given_away)
        assert coins(opened, opened.treasury) == amount - burned(amount, bps) - given_away >= 0
        assert before - coins(opened, opened.alice) == amount


def test_amounts__highest_tier_that_can_be_set__is_reached_at_its_spend_and_not_a_wei_before(market: Market) -> None:
    highest = 2**32 - 1
    program = market.shop(quota=5 * 10**8 * FEC, treasury=market.alice, tiers=((0, 1000), (highest, 2000)))
    market.fund(market.alice, 5 * 10**8 * FEC)
    left = highest * FEC - 1
    for number in range(100):
        amount = min(left, coins(market, market.alice))
        paid(market, program, number, amount)
        left -= amount
        if not left:
            break
    assert market.checkout.quote(program, market.alice, 1)["tier"] == 0
    paid(market, program, 100, 1)
    assert market.checkout.spendOf(program, market.alice) == highest * FEC
    assert market.checkout.quote(program, market.alice, 1)["tier"] == 1


# -------------------------------------------------------------------- serials, programs


def set_serials(world: World, program: int, serials: int) -> None:
    """As if so many nodes had been minted in a program."""
    slot = int.from_bytes(keccak(program.to_bytes(32, "big") + PROGRAMS_SLOT.to_bytes(32, "big")), "big")
    word = world.chain.evm.storage(world.adn.address, slot)
    assert word & 2**96 - 1 == world.adn.programOf(program)["quota"]
    mask = LAST_SERIAL << 96
    world.chain.evm.insert_account_storage(world.adn.address, slot, word & ~mask | serials << 96)


def test_serials__used_up__end_mints_and_splits_and_nothing_else(world: World) -> None:
    """2^40 nodes of one program: at 29,536 gas for each part of a split (benchmarks.md), 3.2·10^16 gas."""
    node, other = world.node(world.alice, P), world.node(world.alice, P)
    set_serials(world, PUBLIC, LAST_SERIAL - 1)
    last = world.node(world.alice, P)
    assert last & LAST_SERIAL == LAST_SERIAL
    with expect("Panic", 0x11):
        world.node(world.alice, P)
    with expect("Panic", 0x11):
        world.adn.split(node, [FEC], sender=world.alice)
    world.adn.merge([node, other, last], sender=world.alice)
    world.pass_periods(101)
    world.adn.claim(node, sender=world.alice)
    assert world.fec.balanceOf(world.alice) == 30 * P


def test_serials__used_up_by_a_settlement__end_settlements_too(world: World) -> None:
    set_serials(world, PUBLIC, LAST_SERIAL - 2)
    batch = settled(world, [(world.alice, P), (world.bob, P)])
    assert [token & LAST_SERIAL for token in batch.tokens] == [LAST_SERIAL - 1, LAST_SERIAL]
    with expect("Panic", 0x11):
        settled(world, [(world.alice, P)])
    assert world.adn.ownerOf(opened_node(world, batch, 1)) == world.bob


def test_serials__fewer_than_leaves__are_not_begun(world: World) -> None:
    """Else the serials of the last leaves would spill into their principals."""
    set_serials(world, PUBLIC, LAST_SERIAL - 2)
    with expect("Panic", 0x11):
        settled(world, [(world.alice, P)] * 3)
    assert world.fec.totalBurned() == 0


def test_time__last_second__settles_and_opens(world: World) -> None:
    world.chain.now = END - 1
    batch = settled(world, [(world.alice, P)])
    world.chain.now += 100 * WEEK
    assert world.adn.openAndClaim(*batch.opening(0)) == [batch.tokens[0], 10 * P]


def test_serials__used_up_in_one_program__leave_the_others_theirs(world: World) -> None:
    other = world.program()
    set_serials(world, PUBLIC, LAST_SERIAL)
    assert world.node(world.alice, P, other) & LAST_SERIAL == 1


def test_programs__last_id_that_orders_can_name__pays_refunds_and_captures(market: Market) -> None:
    market.chain.evm.insert_account_storage(market.adn.address, COUNT_SLOT, LAST_PROGRAM - 1)
    program = market.shop(window=DAY)
    order = paid(market, program)
    refund(market, order, 100 * FEC)
    market.chain.now += DAY
    capture(market, order)
    [event] = market.chain.events("OrderCaptured")
    assert market.adn.nodeOf(event.values["tokenId"])["programId"] == program == LAST_PROGRAM
    assert coins(market, market.treasury) == 810 * FEC


def test_programs__beyond_32_bits__cannot_return_what_is_in_escrow(market: Market) -> None:
    """Not stopped: only the owner admits programs, and 4.3 billion of them would have to be admitted first."""
    market.chain.evm.insert_account_storage(market.adn.address, COUNT_SLOT, LAST_PROGRAM)
    order = paid(market, market.shop(window=DAY))
    with expect("ADN_UnknownProgram", 0):
        refund(market, order, 1)
    market.chain.now += DAY
    with expect("Panic", 0x11):
        capture(market, order)


@pytest.mark.parametrize("length", [12 * HOUR, 90 * DAY])
def test_periods__shortest_and_longest__pay_to_the_second(world: World, length: int) -> None:
    node = world.node(world.alice, P, world.program(period=length))
    start, end = world.adn.vestingPeriod(node)
    assert end - start == 100 * length
    world.chain.now = end - 1
    world.adn.claim(node, sender=world.alice)
    assert world.fec.balanceOf(world.alice) == curve.released(P, 99)
    world.chain.now = end
    world.adn.claim(node, sender=world.alice)
    assert world.fec.balanceOf(world.alice) == 10 * P


def test_deadlines__end_of_256_bits__are_taken_as_never(market: Market) -> None:
    forever = 2**256 - 1
    market.allow(market.signer)
    batch = market.checkout.fundRewards(market.shop(), bytes(32), FEC, forever, bytes(32), sender=market.signer)
    paid(market, market.shop(), expiry=forever)
    market.chain.now = NEVER
    with expect("Checkout_BatchOpen", batch, forever):
        market.checkout.reclaimRewards(batch, sender=market.stranger)
