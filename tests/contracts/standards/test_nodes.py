"""ERC-5725, ERC-4906 and ERC-5646, clause by clause, where no other test shows it. docs/assurance/standards.md has
all."""

from __future__ import annotations

from typing import Any

import pytest

from fec.core import curve
from fec.core.durations import WEEK
from tests.contracts.support.evm import ZERO, Event, expect
from tests.contracts.support.world import FEC, World

P = 1000 * FEC


@pytest.fixture
def node(world: World) -> int:
    """One ADN of alice's, 37 periods old, of which 30 were claimed."""
    node = world.node(world.alice, P)
    world.pass_periods(30)
    world.adn.claim(node, sender=world.alice)
    world.pass_periods(7)
    return node


# -------------------------------------------------------------------- ERC-5725


def test_claim__whatever_is_claimable__goes_to_the_caller(world: World, node: int) -> None:
    claimable = world.adn.claimablePayout(node)
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    world.adn.claim(node, sender=world.bob)
    assert (world.fec.balanceOf(world.bob), world.adn.claimablePayout(node)) == (claimable, 0)
    told = {"tokenId": node, "recipient": world.bob, "claimAmount": claimable}
    assert world.chain.events("PayoutClaimed") == [Event(world.adn.address, "PayoutClaimed", told)]


@pytest.mark.parametrize("before", [1, WEEK, 100 * WEEK])
def test_vested_payout_at_time__before_the_node_was_minted__is_zero(world: World, before: int) -> None:
    minted = world.chain.now
    node = world.node(world.alice, P)
    world.pass_periods(50)
    assert world.adn.vestedPayoutAtTime(node, minted - before) == 0


def test_vested_payout_at_time__before_a_part_was_split_off__is_its_share_of_the_wholes_past(
    world: World, node: int
) -> None:
    # Here ADN departs from the standard, which wants zero: a part has no birthday but that of the node it came from.
    split_at = world.chain.now
    [part] = world.adn.split(node, [FEC], sender=world.alice)
    assert world.adn.vestedPayoutAtTime(part, split_at - WEEK) == curve.released(FEC, 36)


def test_vested_payout__now__is_vested_payout_at_this_time(world: World, node: int) -> None:
    [part] = world.adn.split(node, [FEC], sender=world.alice)
    for one in (node, part):
        assert world.adn.vestedPayout(one) == world.adn.vestedPayoutAtTime(one, world.chain.now)


@pytest.mark.parametrize("k", [0, 1, 36, 99, 100, 1000])
def test_payouts__at_any_time__vested_and_vesting_make_the_total(world: World, k: int) -> None:
    node = world.node(world.alice, P + 7)
    world.pass_periods(k)
    total = world.adn.vestedPayoutAtTime(node, 2**256 - 1)
    assert total == 10 * (P + 7)
    assert world.adn.vestedPayout(node) + world.adn.vestingPayout(node) == total


def test_payouts__right_after_a_claim_a_split_and_a_merge__still_add_up(world: World) -> None:
    node = world.node(world.alice, P + 7)
    world.pass_periods(37)
    world.adn.claim(node, sender=world.alice)
    parts = world.adn.split(node, [P // 7, P // 11, P // 13], sender=world.alice)
    world.adn.merge(parts[:2], sender=world.alice)
    adn = world.adn
    for one in (node, parts[0], parts[2]):
        assert adn.vestedPayout(one) == adn.claimedPayout(one) + adn.claimablePayout(one)
        assert adn.vestedPayout(one) + adn.vestingPayout(one) == adn.vestedPayoutAtTime(one, 2**256 - 1)


def test_vesting_period__its_end__is_when_the_last_of_it_vests(world: World, node: int) -> None:
    start, end = world.adn.vestingPeriod(node)
    vested = [world.adn.vestedPayoutAtTime(node, at) for at in (start, end - 1, end, end + 1, end + 1000 * WEEK)]
    assert vested == [0, curve.released(P, 99), 10 * P, 10 * P, 10 * P]


def test_get_claim_approved__nobody__is_zero(world: World, node: int) -> None:
    assert world.adn.getClaimApproved(node) == ZERO


def test_erc721_approved__takes_the_node__and_then_claims(world: World, node: int) -> None:
    claimable = world.adn.claimablePayout(node)
    world.adn.approve(world.bob, node, sender=world.alice)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.bob)
    world.adn.claim(node, sender=world.bob)
    assert world.fec.balanceOf(world.bob) == claimable


def test_claim_approved__for_one_and_for_all__may_not_approve_others(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    world.adn.setClaimApprovalForAll(world.carol, True, sender=world.alice)
    for caller in (world.bob, world.carol):
        with expect("ERC721IncorrectOwner", caller, node, world.alice):
            world.adn.setClaimApproval(world.stranger, True, node, sender=caller)


# -------------------------------------------------------------------- ERC-4906


def act(world: World, node: int, action: str) -> list[int]:
    """Does something with alice's node; returns what it made."""
    adn, other = world.adn, world.node(world.alice, P)
    made: dict[str, Any] = {
        "claim": lambda: adn.claim(node, sender=world.alice),
        "claimTo": lambda: adn.claimTo([node, other], world.bob, sender=world.alice),
        "claimFor": lambda: adn.claimFor([other, node], sender=world.stranger),
        "split": lambda: adn.split(node, [FEC, 2 * FEC], sender=world.alice),
        "merge": lambda: adn.merge(like(world, node), sender=world.alice),
        "transfer": lambda: adn.transferFrom(world.alice, world.bob, node, sender=world.alice),
        "approve": lambda: adn.approve(world.bob, node, sender=world.alice),
        "approve to claim": lambda: adn.setClaimApproval(world.bob, True, node, sender=world.alice),
        "mint": lambda: adn.mint(1, FEC, world.alice, sender=world.genesis),
    }
    result = made[action]()
    return result if action == "split" else [result] if action == "mint" else []


def like(world: World, node: int) -> list[int]:
    """The node, and parts that were split off it."""
    return [node, *world.adn.split(node, [FEC, 2 * FEC], sender=world.alice)]


ACTIONS = ["claim", "claimTo", "claimFor", "split", "merge", "transfer", "approve", "approve to claim", "mint"]


@pytest.mark.parametrize("action", ACTIONS)
def test_metadata_update__any_action__names_the_nodes_whose_metadata_it_changed_and_no_others(
    world: World, node: int, action: str
) -> None:
    world.adn.setApprovalForAll(world.stranger, True, sender=world.alice)
    bystander = world.node(world.bob, P)
    parts = like(world, node)
    before = {one: world.adn.tokenURI(one) for one in (*parts, bystander)}
    if action == "merge":
        world.adn.merge(parts, sender=world.alice)
        alive = {node, bystander}
    else:
        act(world, node, action)
        alive = set(before)
    told = [event.values["_tokenId"] for event in world.chain.events("MetadataUpdate")]
    assert sorted(told) == sorted(one for one in alive if world.adn.tokenURI(one) != before[one])


def test_metadata__by_the_passing_of_a_period__changes_without_an_event(world: World, node: int) -> None:
    # Here ADN departs from the standard: no transaction happens at a boundary that could tell.
    before = world.adn.tokenURI(node)
    world.pass_periods(1)
    assert world.adn.tokenURI(node) != before


# -------------------------------------------------------------------- ERC-5646


@pytest.mark.parametrize("action", ["claim", "claimTo", "claimFor", "split", "merge"])
def test_fingerprint__state_changed__is_another(world: World, node: int, action: str) -> None:
    before = world.adn.getStateFingerprint(node)
    if action == "merge":
        # With a node of its class, and not with parts of itself, which would make it what it was.
        start = world.adn.nodeOf(node)["start"]
        now, world.chain.now = world.chain.now, start
        other = world.node(world.alice, P)
        world.chain.now = now
        world.adn.merge([node, other], sender=world.alice)
    else:
        act(world, node, action)
    assert world.adn.getStateFingerprint(node) != before


@pytest.mark.parametrize("action", ["transfer", "approve", "approve to claim", "mint"])
def test_fingerprint__state_the_same__is_the_same(world: World, node: int, action: str) -> None:
    before = world.adn.getStateFingerprint(node)
    act(world, node, action)
    assert world.adn.getStateFingerprint(node) == before


def test_fingerprint__passing_of_time__is_the_same(world: World, node: int) -> None:
    before = world.adn.getStateFingerprint(node)
    world.pass_periods(100)
    assert world.adn.getStateFingerprint(node) == before


def test_fingerprint__like_nodes__differ(world: World) -> None:
    nodes = [world.node(world.alice, P) for _ in range(2)]
    assert len({world.adn.getStateFingerprint(one) for one in nodes}) == 2
