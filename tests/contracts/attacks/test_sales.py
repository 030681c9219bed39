"""Attack: a seller, or anybody, who changes a node or claims from it just before it is sold."""

from __future__ import annotations

from typing import Any

import pytest

from fec.core import curve
from fec.core.durations import WEEK
from tests.contracts.support.evm import expect
from tests.contracts.support.world import FEC, World

P = 1000 * FEC
AS_SEEN = "safeTransferFrom(address,address,uint256,bytes,bytes32)"


@pytest.fixture
def node(world: World) -> int:
    """Alice's, half a year old, never claimed from; carol, a market, may sell it."""
    node = world.node(world.alice, P)
    world.adn.approve(world.carol, node, sender=world.alice)
    world.pass_periods(26)
    return node


def sell(world: World, node: int, seen: bytes | None = None) -> None:
    """The market moves the node to bob, only as he saw it if `seen` says how that was."""
    if seen is None:
        world.adn.transferFrom(world.alice, world.bob, node, sender=world.carol)
    else:
        world.adn[AS_SEEN](world.alice, world.bob, node, b"", seen, sender=world.carol)


def changed_by(world: World, node: int, act: str) -> None:
    """What the seller does in front of the sale."""
    acts: dict[str, tuple[str, list[Any]]] = {
        "claim": ("claim", [node]),
        "claimTo": ("claimTo", [[node], world.stranger]),
        "claimFor": ("claimFor", [[node]]),
        "split": ("split", [node, [P - world.adn.MIN_SPLIT_PRINCIPAL()]]),
    }
    name, arguments = acts[act]
    world.adn[name](*arguments, sender=world.alice)


def test_sale__seller_claims_first__costs_a_buyer_who_did_not_pin_it_what_was_claimable(
    world: World, node: int
) -> None:
    """Not stopped without a fingerprint: the loss is all that was claimable, and nothing of what is still to come."""
    seen = world.adn.claimablePayout(node)
    changed_by(world, node, "claim")
    sell(world, node)
    assert seen == curve.released(P, 26) == world.fec.balanceOf(world.alice)
    world.pass_periods(100)
    world.adn.claim(node, sender=world.bob)
    assert world.fec.balanceOf(world.bob) == 10 * P - seen


def test_sale__seller_splits_first__leaves_a_buyer_who_did_not_pin_it_dust_under_the_old_id(
    world: World, node: int
) -> None:
    """Not stopped without a fingerprint: the id goes on saying what the node was at birth."""
    changed_by(world, node, "split")
    sell(world, node)
    assert node >> 40 & 2**96 - 1 == P
    world.pass_periods(100)
    world.adn.claim(node, sender=world.bob)
    assert world.fec.balanceOf(world.bob) == 10 * world.adn.MIN_SPLIT_PRINCIPAL()


@pytest.mark.parametrize("act", ["claim", "claimTo", "claimFor", "split"])
def test_sale__pinned__fails_after_what_the_seller_did(world: World, node: int, act: str) -> None:
    seen = world.adn.getStateFingerprint(node)
    changed_by(world, node, act)
    with expect("ADN_StateChanged", node, seen, world.adn.getStateFingerprint(node)):
        sell(world, node, seen)
    assert world.adn.ownerOf(node) == world.alice


def test_sale__pinned__fails_after_a_merge_that_ends_the_markets_approval(world: World) -> None:
    node, other = world.node(world.alice, P), world.node(world.alice, P)
    world.adn.approve(world.carol, node, sender=world.alice)
    seen = world.adn.getStateFingerprint(node)
    world.adn.merge([node, other], sender=world.alice)
    with expect("ADN_StateChanged", node, seen, world.adn.getStateFingerprint(node)):
        sell(world, node, seen)
    with expect("ERC721InsufficientApproval", world.carol, node):
        sell(world, node)


def test_sale__pinned__of_a_node_merged_away__fails(world: World) -> None:
    node, other = world.node(world.alice, P), world.node(world.alice, P)
    seen = world.adn.getStateFingerprint(node)
    world.adn.approve(world.carol, node, sender=world.alice)
    world.adn.merge([other, node], sender=world.alice)
    with expect("ERC721NonexistentToken", node):
        sell(world, node, seen)


# ------------------------------------------------------------------- claims by anybody


def test_sale__stranger_claims_for_the_seller__fails_and_enriches_only_the_seller(world: World, node: int) -> None:
    seen, due = world.adn.getStateFingerprint(node), world.adn.claimablePayout(node)
    world.adn.claimFor([node], sender=world.stranger)
    with expect("ADN_StateChanged", node, seen, world.adn.getStateFingerprint(node)):
        sell(world, node, seen)
    assert (world.fec.balanceOf(world.alice), world.fec.balanceOf(world.stranger)) == (due, 0)


def test_sale__claimed_before_it_is_offered__no_stranger_can_spoil_until_the_boundary(world: World, node: int) -> None:
    world.adn.claim(node, sender=world.alice)
    seen = world.adn.getStateFingerprint(node)
    world.chain.now += WEEK - (world.chain.now - world.adn.nodeOf(node)["start"]) % WEEK - 1
    for _ in range(5):
        world.adn.claimFor([node], sender=world.stranger)
    sell(world, node, seen)
    assert world.adn.ownerOf(node) == world.bob


@pytest.mark.parametrize("periods", [1, 10, 74])
def test_sale__stranger_claims_in_every_period__can_spoil_one_offer_a_period(
    world: World, node: int, periods: int
) -> None:
    spoilt = 0
    for _ in range(periods):
        for _ in range(3):
            seen = world.adn.getStateFingerprint(node)
            world.adn.claimFor([node], sender=world.stranger)
            spoilt += world.adn.getStateFingerprint(node) != seen
        world.pass_periods(1)
    assert spoilt == periods


def test_sale__stranger_sends_the_seller_like_nodes__spoils_nothing(world: World, node: int) -> None:
    seen = world.adn.getStateFingerprint(node)
    world.node(world.alice, 1)
    sell(world, node, seen)
    assert world.adn.ownerOf(node) == world.bob


# ------------------------------------------------------------------ approvals left behind


@pytest.mark.parametrize("left", ["approve", "setApprovalForAll", "setClaimApproval", "setClaimApprovalForAll"])
@pytest.mark.parametrize("act", ["claim", "claimTo", "transferFrom", "split"])
def test_sale__approvals_of_the_seller__reach_nothing_of_the_buyers(
    world: World, node: int, left: str, act: str
) -> None:
    grants: dict[str, list[Any]] = {
        "approve": [world.carol, node],
        "setApprovalForAll": [world.carol, True],
        "setClaimApproval": [world.carol, True, node],
        "setClaimApprovalForAll": [world.carol, True],
    }
    world.adn[left](*grants[left], sender=world.alice)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    calls: dict[str, tuple[list[Any], str, list[Any]]] = {
        "claim": ([node], "ADN_NotClaimer", [node, world.carol]),
        "claimTo": ([[node], world.carol], "ADN_NotClaimer", [node, world.carol]),
        "transferFrom": ([world.bob, world.carol, node], "ERC721InsufficientApproval", [world.carol, node]),
        "split": ([node, [FEC]], "ADN_NotOwnerOrOperator", [node, world.carol]),
    }
    arguments, error, values = calls[act]
    with expect(error, *values):
        world.adn[act](*arguments, sender=world.carol)
