"""Attack: buying around a boundary, and clocks that jump, repeat, go back or are moved by those who make blocks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core import curve
from fec.core.durations import DAY, HOUR, WEEK
from tests.contracts.support.evm import expect
from tests.contracts.support.world import FEC, NOW, ORIGIN, World, deploy_world

P = 1000 * FEC
PERIODS = [12 * HOUR, WEEK, 90 * DAY]
#: How far those who make blocks may move a timestamp, in seconds.
DRIFT = 15


def at_boundary(world: World, k: int = 1, off: int = 0) -> None:
    """Goes to `off` seconds after the k-th boundary of the public grid from now on."""
    world.chain.now += k * WEEK - (world.chain.now - ORIGIN) % WEEK + off


# ---------------------------------------------------------- just before a boundary


@given(
    period=st.integers(12 * HOUR, 90 * DAY),
    origin=st.integers(0, NOW),
    now=st.integers(NOW, NOW + 10 * 365 * DAY),
    principal=st.integers(1, 10**6 * FEC),
)
@settings(max_examples=100)
def test_mint__claim_in_the_same_second__gets_nothing(
    deployed: World, period: int, origin: int, now: int, principal: int
) -> None:
    """So nothing can be borrowed, burned, claimed and paid back within one transaction."""
    with deployed.chain.rolled_back():
        deployed.chain.now = now
        program = deployed.program(period=period, origin=origin)
        node = deployed.node(deployed.alice, principal, program)
        with expect("ADN_NothingToClaim", node):
            deployed.adn.claim(node, sender=deployed.alice)


@pytest.mark.parametrize("period", PERIODS)
def test_mint__second_before_a_boundary__first_payment_a_second_later(world: World, period: int) -> None:
    program = world.program(period=period)
    world.chain.now += period - world.chain.now % period - 1
    node = world.node(world.alice, P, program)
    world.chain.now += 1
    world.adn.claim(node, sender=world.alice)
    assert world.fec.balanceOf(world.alice) == curve.released(P, 1)


@pytest.mark.parametrize("period", PERIODS)
def test_mint__second_before_a_boundary__is_ahead_of_a_second_later_by_one_period(world: World, period: int) -> None:
    program = world.program(period=period)
    world.chain.now += period - world.chain.now % period - 1
    early = world.node(world.alice, P, program)
    world.chain.now += 1
    late = world.node(world.bob, P, program)
    leads = []
    for _ in range(101):
        leads.append(world.adn.vestedPayout(early) - world.adn.vestedPayout(late))
        world.chain.now += period
    assert leads == [curve.released(P, k + 1) - curve.released(P, k) for k in range(101)]
    assert (max(leads), leads[-1]) == (leads[99], 0)


@pytest.mark.parametrize("period", PERIODS)
def test_mint__second_before_a_boundary__gains_nothing_on_who_bought_at_its_beginning(
    world: World, period: int
) -> None:
    program = world.program(period=period)
    world.chain.now += period - world.chain.now % period
    first = world.node(world.bob, P, program)
    world.chain.now += period - 1
    last = world.node(world.alice, P, program)
    for _ in range(101):
        assert world.adn.vestedPayout(first) == world.adn.vestedPayout(last)
        world.chain.now += period


# -------------------------------------------------------------- clocks of other kinds


def test_clock__same_second_in_many_blocks__pays_once(world: World) -> None:
    node = world.node(world.alice, P)
    at_boundary(world)
    world.adn.claimFor([node], sender=world.stranger)
    for _ in range(10):
        world.adn.claimFor([node], sender=world.stranger)
        with expect("ADN_NothingToClaim", node):
            world.adn.claim(node, sender=world.alice)
    assert world.fec.balanceOf(world.alice) == curve.released(P, 1)


@given(jumps=st.lists(st.integers(0, 40 * WEEK), min_size=1, max_size=30))
@settings(max_examples=60)
def test_clock__any_jumps_ahead__pay_the_face_in_the_end(deployed: World, jumps: list[int]) -> None:
    with deployed.chain.rolled_back():
        node = deployed.node(deployed.alice, P)
        for jump in jumps:
            deployed.chain.now += jump
            deployed.adn.claimFor([node], sender=deployed.stranger)
        assert deployed.fec.balanceOf(deployed.alice) == deployed.adn.vestedPayout(node)
        deployed.pass_periods(100)
        deployed.adn.claimFor([node], sender=deployed.stranger)
        assert (deployed.fec.balanceOf(deployed.alice), deployed.adn.outstanding()) == (10 * P, 0)


@pytest.mark.parametrize("missed", [100, 1000, 100_000])
def test_clock__leap_over_many_periods__pays_the_face_and_no_more(world: World, missed: int) -> None:
    node = world.node(world.alice, P)
    world.pass_periods(missed)
    world.adn.claim(node, sender=world.alice)
    assert world.fec.balanceOf(world.alice) == 10 * P
    with expect("ADN_NothingToClaim", node):
        world.adn.claim(node, sender=world.alice)


def test_clock__leap_over_many_periods__new_nodes_start_on_the_grid_after_it(world: World) -> None:
    world.pass_periods(1000)
    node = world.node(world.alice, P)
    start = world.adn.nodeOf(node)["start"]
    assert (start - ORIGIN) % WEEK == 0
    assert 0 <= world.chain.now - start < WEEK


@given(k=st.integers(1, 100), back=st.integers(1, 3 * WEEK))
@settings(max_examples=60)
def test_clock__back_after_a_claim__pays_nothing_twice_and_loses_nothing(deployed: World, k: int, back: int) -> None:
    with deployed.chain.rolled_back():
        node = deployed.node(deployed.alice, P)
        at_boundary(deployed, k)
        deployed.adn.claim(node, sender=deployed.alice)
        deployed.chain.now -= back
        assert deployed.adn.claimablePayout(node) == 0
        assert deployed.adn.vestedPayout(node) == deployed.adn.claimedPayout(node) == curve.released(P, k)
        assert deployed.adn.vestedPayoutAtTime(node, deployed.chain.now + 1) == curve.released(P, k)
        with expect("ADN_NothingToClaim", node):
            deployed.adn.claim(node, sender=deployed.alice)
        deployed.pass_periods(104)
        deployed.adn.claimFor([node], sender=deployed.stranger)
        assert deployed.fec.balanceOf(deployed.alice) == 10 * P


@pytest.mark.parametrize("k", [1, 50, 100])
def test_clock__back_over_a_boundary__a_split_takes_that_period_again(world: World, k: int) -> None:
    """Not stopped: chains whose time goes back are none to deploy on. On all others time never does."""
    node = world.node(world.alice, P)
    at_boundary(world, k)
    world.adn.claim(node, sender=world.alice)
    world.chain.now -= 1
    least = world.adn.MIN_SPLIT_PRINCIPAL()
    [part] = world.adn.split(node, [P - least], sender=world.alice)
    world.pass_periods(101)
    world.adn.claimFor([node, part], sender=world.alice)
    gain = curve.released(P, k) - curve.released(P - least, k - 1) - 10 * least
    assert world.fec.balanceOf(world.alice) - 10 * P == gain
    assert 0 < gain <= 10 * P - curve.released(P, 99)


def test_clock__back_over_a_boundary__what_a_split_takes_is_missing_for_the_last_to_claim() -> None:
    """Not stopped, where time goes back: with all the budget minted, the cap has no room for what others are owed."""
    world = deploy_world(cap=20 * P, genesis=2 * P, public_quota=2 * P)
    node, other = world.node(world.alice, P), world.node(world.bob, P)
    world.chain.now = world.adn.vestingPeriod(node)[1]
    world.adn.claim(node, sender=world.alice)
    world.chain.now -= 1
    large = P - world.adn.MIN_SPLIT_PRINCIPAL()
    [part] = world.adn.split(node, [large], sender=world.alice)
    world.chain.now += 1
    world.adn.claim(part, sender=world.alice)
    again = 10 * large - curve.released(large, 99)
    with expect("FEC_CapExceeded", 20 * P + again, 20 * P):
        world.adn.claim(other, sender=world.bob)


def test_clock__back_over_a_boundary__a_merged_node_waits_for_the_boundary(world: World) -> None:
    """Not stopped: what the merge holds back is more than had been released before; nothing is lost."""
    nodes = [world.node(world.alice, P // 7) for _ in range(5)]
    at_boundary(world)
    world.adn.merge(nodes, sender=world.alice)
    world.chain.now -= 1
    with expect("Panic", 0x11):
        world.adn.claimFor(nodes[:1], sender=world.stranger)
    world.pass_periods(101)
    world.adn.claimFor(nodes[:1], sender=world.stranger)
    assert world.fec.balanceOf(world.alice) == 50 * (P // 7)


def test_clock__back_before_the_grid__nodes_start_within_a_period_before(world: World) -> None:
    program = world.program(origin=NOW)
    world.chain.now -= 1
    start = world.adn.nodeOf(world.node(world.alice, P, program))["start"]
    assert 0 <= world.chain.now - start < WEEK


# ------------------------------------------------------------- those who make blocks


@pytest.mark.parametrize("k", [1, 50, 100])
@pytest.mark.parametrize("drift", [-DRIFT, -1, 0, 1, DRIFT])
def test_producer__claim_around_a_boundary__falls_into_one_period_or_the_other(
    world: World, k: int, drift: int
) -> None:
    node = world.node(world.alice, P)
    at_boundary(world, k, drift)
    world.adn.claimFor([node], sender=world.alice)
    assert world.fec.balanceOf(world.alice) == curve.released(P, k - 1 if drift < 0 else k)
    at_boundary(world, 1)
    world.adn.claimFor([node], sender=world.alice)
    assert world.fec.balanceOf(world.alice) == curve.released(P, k if drift < 0 else k + 1)


@given(k=st.integers(1, 100), off=st.integers(-DRIFT, DRIFT), drift=st.integers(-DRIFT, DRIFT))
@settings(max_examples=100)
def test_producer__any_drift__brings_one_payment_forward_by_seconds_and_adds_nothing(
    deployed: World, k: int, off: int, drift: int
) -> None:
    with deployed.chain.rolled_back():
        node = deployed.node(deployed.alice, P)
        paid = []
        for timestamp in (off, off + drift):
            with deployed.chain.rolled_back():
                at_boundary(deployed, k, timestamp)
                deployed.adn.claimFor([node], sender=deployed.stranger)
                paid.append(deployed.fec.balanceOf(deployed.alice))
                deployed.pass_periods(101)
                deployed.adn.claimFor([node], sender=deployed.stranger)
                assert deployed.fec.balanceOf(deployed.alice) == 10 * P
        payment = curve.released(P, k) - curve.released(P, k - 1)
        assert paid[1] - paid[0] == ((off + drift >= 0) - (off >= 0)) * payment


@pytest.mark.parametrize(("drift", "periods"), [(0, 1), (-1, 2)])
def test_producer__mint_around_a_boundary__starts_a_period_apart(world: World, drift: int, periods: int) -> None:
    at_boundary(world, 1, drift)
    start = world.adn.nodeOf(world.node(world.alice, P))["start"]
    at_boundary(world, 1 if drift == 0 else 2)
    assert (world.chain.now - start) // WEEK == periods
