"""Opening: a settled node becomes the token that it always was, once, for its owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fec.core import curve
from fec.core.durations import WEEK
from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.settling import Batch, opened_node, owners, settled
from tests.contracts.support.shop_world import MODES
from tests.contracts.support.world import FEC, NOW, ORIGIN, PUBLIC, World

START = NOW - (NOW - ORIGIN) % WEEK
P = 1000 * FEC


@pytest.fixture
def batch(world: World) -> Batch:
    """Five leaves; alice has the first and the fourth, bob the last, which has the shortest way."""
    leaves = [(world.alice, P), (world.bob, P + 1), (world.carol, P + 2), (world.alice, P + 3), (world.bob, P + 4)]
    return settled(world, leaves)


Opening = Callable[[World, Batch, int], Any]


def just(world: World, batch: Batch, index: int, **changes: Any) -> Any:
    return world.adn.open(*batch.opening(index, **changes), sender=world.stranger)


def and_claim(world: World, batch: Batch, index: int, **changes: Any) -> Any:
    return world.adn.openAndClaim(*batch.opening(index, **changes), sender=world.stranger)


both = pytest.mark.parametrize("opening", [just, and_claim])


# -------------------------------------------------------------------------- open


@pytest.mark.parametrize("index", range(5))
def test_open__each_leaf__is_its_owners_node(world: World, batch: Batch, index: int) -> None:
    owner, principal = batch.leaves[index]
    token = opened_node(world, batch, index)
    assert token == batch.tokens[index]
    assert world.adn.ownerOf(token) == owner
    assert world.adn.nodeOf(token) == {
        "programId": PUBLIC,
        "principal": principal,
        "claimed": 0,
        "start": START,
        "periodLength": WEEK,
    }


def test_open__one_leaf_alone__needs_no_proof(world: World) -> None:
    batch = settled(world, [(world.alice, P)])
    assert batch.proof(0) == []
    assert world.adn.ownerOf(opened_node(world, batch, 0)) == world.alice


def test_open__all__count_for_their_owners(world: World, batch: Batch) -> None:
    for index in range(5):
        opened_node(world, batch, index)
    assert [world.adn.balanceOf(who) for who in (world.alice, world.bob, world.carol)] == [2, 2, 1]


def test_open__event__is_a_transfer_from_zero_alone(world: World, batch: Batch) -> None:
    token = opened_node(world, batch, 3)
    assert world.chain.events() == [
        Event(world.adn.address, "Transfer", {"from": ZERO, "to": world.alice, "tokenId": token})
    ]


def test_open__burns_nothing_and_owes_what_was_owed(world: World, batch: Batch) -> None:
    before = (world.fec.totalSupply(), world.adn.outstanding(), world.adn.programOf(PUBLIC))
    opened_node(world, batch, 0)
    assert (world.fec.totalSupply(), world.adn.outstanding(), world.adn.programOf(PUBLIC)) == before


def test_open__many_periods_later__has_the_curve_from_the_settlement_on(world: World, batch: Batch) -> None:
    world.pass_periods(37)
    token = opened_node(world, batch, 1)
    assert world.adn.claimablePayout(token) == curve.released(P + 1, 37)


@both
def test_open__program_closed_since__is_taken(world: World, batch: Batch, opening: Opening) -> None:
    world.adn.closeProgram(PUBLIC, sender=world.admin)
    opening(world, batch, 2)
    assert world.adn.ownerOf(batch.tokens[2]) == world.carol


@both
def test_open__receiver_that_refuses__is_not_asked(world: World, receiver: Contract, opening: Opening) -> None:
    receiver.set(MODES["Revert"], ZERO, b"")
    batch = settled(world, [(world.alice, P), (receiver.address, P)])
    world.pass_periods(1)
    opening(world, batch, 1)
    assert (world.adn.ownerOf(batch.tokens[1]), receiver.hooks()) == (receiver.address, 0)


# ---------------------------------------------------------------- open and claim


def test_open_and_claim__in_the_first_period__just_opens(world: World, batch: Batch) -> None:
    token, paid = and_claim(world, batch, 0)
    assert (token, paid, world.fec.balanceOf(world.alice)) == (batch.tokens[0], 0, 0)
    assert world.chain.events() == [
        Event(world.adn.address, "Transfer", {"from": ZERO, "to": world.alice, "tokenId": token})
    ]


@pytest.mark.parametrize("periods", [1, 37, 99, 100, 250])
def test_open_and_claim__later__pays_the_owner_what_is_released(world: World, batch: Batch, periods: int) -> None:
    world.pass_periods(periods)
    token, paid = and_claim(world, batch, 1)
    assert paid == curve.released(P + 1, min(periods, 100))
    assert world.fec.balanceOf(world.bob) == world.claimed(token) == paid
    assert (world.adn.ownerOf(token), world.adn.balanceOf(world.bob)) == (world.bob, 1)
    assert world.adn.claimablePayout(token) == 0
    assert world.fec.balanceOf(world.stranger) == 0


def test_open_and_claim__events__are_opening_then_claim(world: World, batch: Batch) -> None:
    world.pass_periods(1)
    token, paid = and_claim(world, batch, 4)
    node = world.adn.address
    assert world.chain.events() == [
        Event(node, "Transfer", {"from": ZERO, "to": world.bob, "tokenId": token}),
        Event(node, "PayoutClaimed", {"tokenId": token, "recipient": world.bob, "claimAmount": paid}),
        Event(node, "MetadataUpdate", {"_tokenId": token}),
        Event(world.fec.address, "Transfer", {"from": ZERO, "to": world.bob, "value": paid}),
    ]


def test_open_and_claim__is_open_and_then_claim_for(world: World, batch: Batch) -> None:
    world.pass_periods(12)
    with world.chain.rolled_back():
        and_claim(world, batch, 0)
        at_once = world.state_of(batch.tokens[0]), world.fec.balanceOf(world.alice), world.adn.outstanding()
    just(world, batch, 0)
    world.adn.claimFor([batch.tokens[0]], sender=world.stranger)
    assert (world.state_of(batch.tokens[0]), world.fec.balanceOf(world.alice), world.adn.outstanding()) == at_once


# ------------------------------------------------------------------------- once


@both
def test_open__a_second_time__reverts(world: World, batch: Batch, opening: Opening) -> None:
    opened_node(world, batch, 0)
    with expect("ADN_AlreadyOpened", batch.tokens[0]):
        opening(world, batch, 0)


@both
def test_open__after_it_moved_on__reverts(world: World, batch: Batch, opening: Opening) -> None:
    token = opened_node(world, batch, 0)
    world.adn.transferFrom(world.alice, world.bob, token, sender=world.alice)
    with expect("ADN_AlreadyOpened", token):
        opening(world, batch, 0)


@both
def test_open__after_it_was_merged_away__reverts(world: World, batch: Batch, opening: Opening) -> None:
    """It has no owner then, but it has had one."""
    nodes = [opened_node(world, batch, 0), opened_node(world, batch, 3)]
    world.adn.merge(nodes, sender=world.alice)
    with expect("ADN_AlreadyOpened", nodes[1]):
        opening(world, batch, 3)


@both
def test_open__after_others_were_merged_into_it__reverts(world: World, batch: Batch, opening: Opening) -> None:
    nodes = [opened_node(world, batch, 0), opened_node(world, batch, 3)]
    world.adn.merge(nodes, sender=world.alice)
    with expect("ADN_AlreadyOpened", nodes[0]):
        opening(world, batch, 0)


# ------------------------------------------------------------------ what is wrong


@both
def test_open__unknown_settlement__reverts(world: World, batch: Batch, opening: Opening) -> None:
    with expect("ADN_UnknownSettlement", batch.id + 1):
        opening(world, batch, 0, settlement=batch.id + 1)


@both
@pytest.mark.parametrize("index", [5, 2**24, 2**40, 2**256 - 1])
def test_open__index_beyond_the_count__reverts(world: World, batch: Batch, opening: Opening, index: int) -> None:
    with expect("ADN_NoSuchLeaf", batch.id, index, 5):
        opening(world, batch, 0, place=index)


@both
@pytest.mark.parametrize("principal", [2**96, 2**96 + P, 2**256 - 1])
def test_open__principal_beyond_its_bits__reverts(world: World, batch: Batch, opening: Opening, principal: int) -> None:
    with expect("ADN_PrincipalTooLarge", principal, 2**96 - 1):
        opening(world, batch, 0, principal=principal)


@both
@pytest.mark.parametrize("principal", [0, P - 1, P + 1, 2**96 - 1])
def test_open__another_principal__reverts(world: World, batch: Batch, opening: Opening, principal: int) -> None:
    with expect("ADN_InvalidProof", batch.id, 0):
        opening(world, batch, 0, principal=principal)


@both
def test_open__for_another_owner__reverts(world: World, batch: Batch, opening: Opening) -> None:
    for other in (world.stranger, world.bob, ZERO):
        with expect("ADN_InvalidProof", batch.id, 0):
            opening(world, batch, 0, owner=other)


@both
def test_open__at_another_place__reverts(world: World, batch: Batch, opening: Opening) -> None:
    for place in (1, 2, 3, 4):
        with expect("ADN_InvalidProof", batch.id, place):
            opening(world, batch, 0, place=place)


@both
def test_open__proof_of_another_length__reverts(world: World, batch: Batch, opening: Opening) -> None:
    for index in range(5):
        proof = batch.proof(index)
        for other in ([], proof[:-1], [*proof, bytes(32)], [*proof, *proof]):
            with expect("ADN_InvalidProof", batch.id, index):
                opening(world, batch, index, proof=other)


def test_open__of_a_large_settlement__each_place_opens(world: World) -> None:
    batch = settled(world, [(owner, FEC) for owner in owners(129)])
    for index in (0, 63, 64, 127, 128):
        assert world.adn.ownerOf(opened_node(world, batch, index)) == batch.leaves[index][0]
