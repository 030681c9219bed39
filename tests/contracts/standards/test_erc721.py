"""ERC-721 with metadata, clause by clause, where no other test shows it. docs/assurance/standards.md has them all."""

from __future__ import annotations

import base64
import json

import pytest

from tests.contracts.standards.interfaces import deploy_witness, heard
from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.world import FEC, PUBLIC, World

P = 1000 * FEC
SAFE = "safeTransferFrom(address,address,uint256)"
SAFE_DATA = "safeTransferFrom(address,address,uint256,bytes)"
WAYS = ["transferFrom", SAFE, SAFE_DATA]
HOOK = "150b7a02"
HOOK_TYPES = ["address", "address", "uint256", "bytes"]


@pytest.fixture
def node(world: World) -> int:
    """One ADN of alice's."""
    return world.node(world.alice, P)


def move(world: World, way: str, path: tuple[str, str], node: int, sender: str) -> None:
    """From the one to the other on the path."""
    world.adn[way](*path, node, *([b""] if way == SAFE_DATA else []), sender=sender)


# ------------------------------------------------------------------ ownership


def test_balance_of__an_owner__counts_their_nodes(world: World, node: int) -> None:
    world.node(world.alice, P)
    assert [world.adn.balanceOf(one) for one in (world.alice, world.bob)] == [2, 0]


def test_owner_of__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.ownerOf(node + 1)


def test_owner_of__destroyed_by_a_merge__reverts(world: World, node: int) -> None:
    other = world.node(world.alice, P)
    world.adn.merge([node, other], sender=world.alice)
    with expect("ERC721NonexistentToken", other):
        world.adn.ownerOf(other)


def test_id__claimed_split_merged_and_moved__stays(world: World, node: int) -> None:
    world.pass_periods(1)
    world.adn.claim(node, sender=world.alice)
    parts = world.adn.split(node, [FEC], sender=world.alice)
    world.adn.merge([node, *parts], sender=world.alice)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    assert world.adn.ownerOf(node) == world.bob


def test_transfer_event__created_moved_and_destroyed__is_told_each_time(world: World) -> None:
    def told() -> list[Event]:
        return [event for event in world.chain.events("Transfer") if event.address == world.adn.address]

    def transfer(giver: str, receiver: str, node: int) -> Event:
        return Event(world.adn.address, "Transfer", {"from": giver, "to": receiver, "tokenId": node})

    node = world.node(world.alice, P)
    assert told() == [transfer(ZERO, world.alice, node)]
    [part] = world.adn.split(node, [FEC], sender=world.alice)
    assert told() == [transfer(ZERO, world.alice, part)]
    world.adn.merge([node, part], sender=world.alice)
    assert told() == [transfer(world.alice, ZERO, part)]
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    assert told() == [transfer(world.alice, world.bob, node)]


# ------------------------------------------------------------------ transfers


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("right", ["owner", "approved", "operator"])
def test_transfers__by_owner_approved_or_operator__move(world: World, node: int, way: str, right: str) -> None:
    sender = world.alice if right == "owner" else world.carol
    if right == "approved":
        world.adn.approve(world.carol, node, sender=world.alice)
    if right == "operator":
        world.adn.setApprovalForAll(world.carol, True, sender=world.alice)
    move(world, way, (world.alice, world.bob), node, sender)
    assert world.adn.ownerOf(node) == world.bob


@pytest.mark.parametrize("way", WAYS)
def test_transfers__by_anybody_else__revert(world: World, node: int, way: str) -> None:
    with expect("ERC721InsufficientApproval", world.carol, node):
        move(world, way, (world.alice, world.bob), node, world.carol)


@pytest.mark.parametrize("way", WAYS)
def test_transfers__from_another_than_the_owner__revert(world: World, node: int, way: str) -> None:
    with expect("ERC721IncorrectOwner", world.bob, node, world.alice):
        move(world, way, (world.bob, world.carol), node, world.alice)


@pytest.mark.parametrize("way", WAYS)
def test_transfers__to_zero__revert(world: World, node: int, way: str) -> None:
    with expect("ERC721InvalidReceiver", ZERO):
        move(world, way, (world.alice, ZERO), node, world.alice)


@pytest.mark.parametrize("way", WAYS)
def test_transfers__of_no_node__revert(world: World, node: int, way: str) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        move(world, way, (world.alice, world.bob), node + 1, world.alice)


@pytest.mark.parametrize("way", WAYS)
def test_transfers__done__reset_the_approved_address(world: World, node: int, way: str) -> None:
    world.adn.approve(world.carol, node, sender=world.alice)
    move(world, way, (world.alice, world.bob), node, world.alice)
    assert world.adn.getApproved(node) == ZERO


@pytest.mark.parametrize(("way", "data"), [(SAFE, []), (SAFE_DATA, [b"hello"])])
def test_safe_transfer__to_a_contract__tells_operator_giver_node_and_data(
    world: World, node: int, way: str, data: list[bytes]
) -> None:
    witness = deploy_witness(world.chain, world.stranger)
    world.adn.setApprovalForAll(world.carol, True, sender=world.alice)
    world.adn[way](world.alice, witness.address, node, *data, sender=world.carol)
    told = (world.carol.lower(), world.alice.lower(), node, data[0] if data else b"")
    assert heard(world.chain, witness, HOOK_TYPES) == [(HOOK, told)]


def test_mint__to_a_contract__tells_the_minter_and_that_it_comes_from_nobody(world: World) -> None:
    witness = deploy_witness(world.chain, world.stranger)
    node = world.node(witness.address, P)
    assert heard(world.chain, witness, HOOK_TYPES) == [(HOOK, (world.genesis.lower(), ZERO, node, b""))]


def test_mint__by_a_contract_to_another__tells_which_contract_minted(world: World, receiver: Contract) -> None:
    witness = deploy_witness(world.chain, world.stranger)
    world.fund(receiver.address, P)
    mint = world.adn.encode("mint", PUBLIC, P, witness.address)
    receiver.execute(world.adn.address, mint, sender=world.stranger)
    assert [told[0] for _, told in heard(world.chain, witness, HOOK_TYPES)] == [receiver.address.lower()]


def test_split__of_a_contracts_node__asks_it_nothing(world: World, receiver: Contract) -> None:
    # It holds a node, so it can hold two.
    node = world.node(receiver.address, P)
    receiver.execute(world.adn.address, world.adn.encode("split", node, [FEC]))
    assert (world.adn.balanceOf(receiver.address), receiver.hooks()) == (2, 1)


# ------------------------------------------------------------------ approvals


def test_approve__by_an_operator__is_the_owners(world: World, node: int) -> None:
    world.adn.setApprovalForAll(world.carol, True, sender=world.alice)
    world.adn.approve(world.bob, node, sender=world.carol)
    told = {"owner": world.alice, "approved": world.bob, "tokenId": node}
    assert world.chain.events() == [Event(world.adn.address, "Approval", told)]
    assert world.adn.getApproved(node) == world.bob


def test_approve__by_the_approved__reverts(world: World, node: int) -> None:
    world.adn.approve(world.carol, node, sender=world.alice)
    with expect("ERC721InvalidApprover", world.carol):
        world.adn.approve(world.bob, node, sender=world.carol)


def test_approve__reaffirmed_or_ended__tells_each_time(world: World, node: int) -> None:
    for approved in (world.bob, world.bob, ZERO):
        world.adn.approve(approved, node, sender=world.alice)
        told = {"owner": world.alice, "approved": approved, "tokenId": node}
        assert world.chain.events() == [Event(world.adn.address, "Approval", told)]
        assert world.adn.getApproved(node) == approved


def test_get_approved__nobody__is_zero(world: World, node: int) -> None:
    assert world.adn.getApproved(node) == ZERO


def test_set_approval_for_all__several__all_are_operators(world: World, node: int) -> None:
    for operator in (world.bob, world.carol):
        world.adn.setApprovalForAll(operator, True, sender=world.alice)
    found = [world.adn.isApprovedForAll(world.alice, one) for one in (world.bob, world.carol, world.stranger)]
    assert found == [True, True, False]


# ------------------------------------------------------------------- metadata


def test_metadata__collection__has_name_and_symbol(world: World) -> None:
    assert (world.adn.name(), world.adn.symbol()) == ("Airdrop Node", "ADN")


def test_token_uri__json__is_of_the_schema(world: World, node: int) -> None:
    kind, _, body = world.adn.tokenURI(node).partition(",")
    assert kind == "data:application/json;base64"
    found = json.loads(base64.b64decode(body, validate=True))
    assert {name: type(found[name]) for name in ("name", "description", "image")} == {
        "name": str,
        "description": str,
        "image": str,
    }
    assert found["image"].startswith("data:image/svg+xml;base64,")
