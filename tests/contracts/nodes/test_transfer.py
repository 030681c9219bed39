"""Moving nodes: ERC-721, approvals that end, the fingerprint that a buyer saw, and hostile receivers."""

from __future__ import annotations

from typing import Any

import pytest

from fec.core import curve
from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.shop_world import MODES
from tests.contracts.support.world import FEC, PUBLIC, World

P = 1000 * FEC
SAFE = "safeTransferFrom(address,address,uint256)"
SAFE_DATA = "safeTransferFrom(address,address,uint256,bytes)"
AS_SEEN = "safeTransferFrom(address,address,uint256,bytes,bytes32)"


@pytest.fixture
def node(world: World) -> int:
    """One ADN of alice's, one period old."""
    node = world.node(world.alice, P)
    world.pass_periods(1)
    return node


@pytest.mark.parametrize("way", ["transferFrom", SAFE])
def test_transfer__by_the_owner__moves_and_tells(world: World, node: int, way: str) -> None:
    world.adn[way](world.alice, world.bob, node, sender=world.alice)
    moved = Event(world.adn.address, "Transfer", {"from": world.alice, "to": world.bob, "tokenId": node})
    assert world.chain.events() == [moved]
    assert [world.adn.balanceOf(person) for person in (world.alice, world.bob)] == [0, 1]
    assert world.adn.ownerOf(node) == world.bob


def test_transfer__principal_and_claimed__travel_along(world: World, node: int) -> None:
    world.adn.claim(node, sender=world.alice)
    before = world.adn.nodeOf(node)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    assert world.adn.nodeOf(node) == before


def test_transfer__unclaimed__goes_to_the_new_owner(world: World, node: int) -> None:
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    world.adn.claim(node, sender=world.bob)
    assert world.fec.balanceOf(world.bob) == curve.released(P, 1)


def test_transfer__old_owner__cannot_claim(world: World, node: int) -> None:
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    with expect("ADN_NotClaimer", node, world.alice):
        world.adn.claim(node, sender=world.alice)


def test_transfer__claim_approval__is_cleared(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.carol, True, node, sender=world.alice)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    assert world.adn.getClaimApproved(node) == ZERO
    with expect("ADN_NotClaimer", node, world.carol):
        world.adn.claim(node, sender=world.carol)


def test_transfer__there_and_back__does_not_revive_the_claim_approval(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.carol, True, node, sender=world.alice)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    world.adn.transferFrom(world.bob, world.alice, node, sender=world.bob)
    with expect("ADN_NotClaimer", node, world.carol):
        world.adn.claim(node, sender=world.carol)


def test_transfer__to_oneself__ends_approvals_too(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.carol, True, node, sender=world.alice)
    world.adn.transferFrom(world.alice, world.alice, node, sender=world.alice)
    assert (world.adn.getClaimApproved(node), world.adn.balanceOf(world.alice)) == (ZERO, 1)


def test_transfer__claim_approval_for_all__does_not_travel(world: World, node: int) -> None:
    world.adn.setClaimApprovalForAll(world.carol, True, sender=world.alice)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    with expect("ADN_NotClaimer", node, world.carol):
        world.adn.claim(node, sender=world.carol)


def test_transfer__approval__is_cleared(world: World, node: int) -> None:
    world.adn.approve(world.carol, node, sender=world.alice)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.carol)
    assert world.adn.getApproved(node) == ZERO
    with expect("ERC721InsufficientApproval", world.carol, node):
        world.adn.transferFrom(world.bob, world.carol, node, sender=world.carol)


def test_approve__by_the_owner__tells(world: World, node: int) -> None:
    world.adn.approve(world.carol, node, sender=world.alice)
    values = {"owner": world.alice, "approved": world.carol, "tokenId": node}
    assert world.chain.events() == [Event(world.adn.address, "Approval", values)]


def test_approve__by_another__reverts(world: World, node: int) -> None:
    with expect("ERC721InvalidApprover", world.bob):
        world.adn.approve(world.bob, node, sender=world.bob)


def test_approve__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.approve(world.bob, node + 1, sender=world.alice)


def test_set_approval_for_all__given__moves_and_tells(world: World, node: int) -> None:
    world.adn.setApprovalForAll(world.carol, True, sender=world.alice)
    values = {"owner": world.alice, "operator": world.carol, "approved": True}
    assert world.chain.events() == [Event(world.adn.address, "ApprovalForAll", values)]
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.carol)
    assert world.adn.ownerOf(node) == world.bob


def test_set_approval_for_all__false__revokes(world: World, node: int) -> None:
    world.adn.setApprovalForAll(world.carol, True, sender=world.alice)
    world.adn.setApprovalForAll(world.carol, False, sender=world.alice)
    with expect("ERC721InsufficientApproval", world.carol, node):
        world.adn.transferFrom(world.alice, world.bob, node, sender=world.carol)


def test_set_approval_for_all__zero__reverts(world: World) -> None:
    with expect("ERC721InvalidOperator", ZERO):
        world.adn.setApprovalForAll(ZERO, True, sender=world.alice)


@pytest.mark.parametrize("way", ["transferFrom", SAFE])
@pytest.mark.parametrize("who", ["bob", "admin", "merchant"])
def test_transfer__by_another__reverts(world: World, node: int, way: str, who: str) -> None:
    caller = getattr(world, who)
    with expect("ERC721InsufficientApproval", caller, node):
        world.adn[way](world.alice, caller, node, sender=caller)


@pytest.mark.parametrize("approval", ["setClaimApprovalForAll", "setClaimApproval"])
def test_transfer__by_the_claim_approved__reverts(world: World, node: int, approval: str) -> None:
    arguments: list[Any] = [world.bob, True] + ([node] if approval == "setClaimApproval" else [])
    world.adn[approval](*arguments, sender=world.alice)
    with expect("ERC721InsufficientApproval", world.bob, node):
        world.adn.transferFrom(world.alice, world.bob, node, sender=world.bob)


def test_transfer__from_another_than_the_owner__reverts(world: World, node: int) -> None:
    with expect("ERC721IncorrectOwner", world.bob, node, world.alice):
        world.adn.transferFrom(world.bob, world.carol, node, sender=world.alice)


@pytest.mark.parametrize("way", ["transferFrom", SAFE])
def test_transfer__to_zero__reverts(world: World, node: int, way: str) -> None:
    with expect("ERC721InvalidReceiver", ZERO):
        world.adn[way](world.alice, ZERO, node, sender=world.alice)


def test_transfer__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.transferFrom(world.alice, world.bob, node + 1, sender=world.alice)


def test_balance_of__zero_address__reverts(world: World) -> None:
    with expect("ERC721InvalidOwner", ZERO):
        world.adn.balanceOf(ZERO)


@pytest.mark.parametrize("view", ["ownerOf", "getApproved", "getClaimApproved", "tokenURI", "getStateFingerprint"])
def test_views__merged_away__revert(world: World, node: int, view: str) -> None:
    (part,) = world.adn.split(node, [FEC], sender=world.alice)
    world.adn.merge([node, part], sender=world.alice)
    with expect("ERC721NonexistentToken", part):
        world.adn[view](part)


# --------------------------------------------------------------- fingerprint


def test_transfer_as_seen__unchanged__moves_with_the_data(world: World, node: int, receiver: Contract) -> None:
    seen = world.adn.getStateFingerprint(node)
    world.adn[AS_SEEN](world.alice, receiver.address, node, b"gift", seen, sender=world.alice)
    assert (world.adn.ownerOf(node), receiver.data()) == (receiver.address, b"gift")


def test_transfer_as_seen__seller_claimed__reverts(world: World, node: int) -> None:
    seen = world.adn.getStateFingerprint(node)
    world.adn.claim(node, sender=world.alice)
    with expect("ADN_StateChanged", node, seen, world.adn.getStateFingerprint(node)):
        world.adn[AS_SEEN](world.alice, world.bob, node, b"", seen, sender=world.alice)


def test_transfer_as_seen__seller_split__reverts(world: World, node: int) -> None:
    seen = world.adn.getStateFingerprint(node)
    world.adn.split(node, [FEC], sender=world.alice)
    with expect("ADN_StateChanged", node, seen, world.adn.getStateFingerprint(node)):
        world.adn[AS_SEEN](world.alice, world.bob, node, b"", seen, sender=world.alice)


def test_transfer_as_seen__by_a_market__moves(world: World, node: int) -> None:
    world.adn.approve(world.carol, node, sender=world.alice)
    seen = world.adn.getStateFingerprint(node)
    world.adn[AS_SEEN](world.alice, world.bob, node, b"", seen, sender=world.carol)
    assert world.adn.ownerOf(node) == world.bob


def test_transfer_as_seen__by_another__reverts(world: World, node: int) -> None:
    seen = world.adn.getStateFingerprint(node)
    with expect("ERC721InsufficientApproval", world.bob, node):
        world.adn[AS_SEEN](world.alice, world.bob, node, b"", seen, sender=world.bob)


def test_transfer_as_seen__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn[AS_SEEN](world.alice, world.bob, node + 1, b"", bytes(32), sender=world.alice)


def test_fingerprint__time_and_owner__do_not_change_it(world: World, node: int) -> None:
    before = world.adn.getStateFingerprint(node)
    world.pass_periods(3)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)
    assert world.adn.getStateFingerprint(node) == before


# ------------------------------------------------------------------ receivers


def test_safe_transfer__to_a_contract__hands_over_the_data(world: World, node: int, receiver: Contract) -> None:
    world.adn[SAFE_DATA](world.alice, receiver.address, node, b"hello", sender=world.alice)
    assert (receiver.hooks(), receiver.data()) == (1, b"hello")


def test_safe_transfer__to_a_contract_that_rejects__reverts(world: World, node: int, receiver: Contract) -> None:
    receiver.set(MODES["Reject"], ZERO, b"")
    with expect("ERC721InvalidReceiver", receiver.address):
        world.adn[SAFE](world.alice, receiver.address, node, sender=world.alice)


def test_safe_transfer__to_a_contract_that_reverts__passes_its_error_on(
    world: World, node: int, receiver: Contract
) -> None:
    receiver.set(MODES["Revert"], ZERO, b"")
    with expect("Receiver_Refused", world.alice, node):
        world.adn[SAFE](world.alice, receiver.address, node, sender=world.alice)


def test_safe_transfer__to_a_contract_that_burns_all_gas__reverts(world: World, node: int, receiver: Contract) -> None:
    receiver.set(MODES["BurnGas"], ZERO, b"")
    with expect("ERC721InvalidReceiver", receiver.address):
        world.adn[SAFE](world.alice, receiver.address, node, sender=world.alice, gas=3_000_000)
    assert world.adn.ownerOf(node) == world.alice


def test_transfer__to_a_contract_that_rejects__is_not_asked(world: World, node: int, receiver: Contract) -> None:
    receiver.set(MODES["Reject"], ZERO, b"")
    world.adn.transferFrom(world.alice, receiver.address, node, sender=world.alice)
    assert (world.adn.ownerOf(node), receiver.hooks()) == (receiver.address, 0)


def armed(world: World, receiver: Contract, node: int, function: str) -> bytes:
    """What the receiver will call from its hook when it gets `node`."""
    me, adn = receiver.address, world.adn
    arguments: dict[str, list[Any]] = {
        "claim": [node],
        "claimTo": [[node, node], me],
        "claimFor": [[node]],
        "split": [node, [FEC]],
        "merge": [[node, node]],
        "transferFrom": [me, world.alice, node],
        "mint": [PUBLIC, FEC, me],
    }
    return adn.encode(function, *arguments[function])


def check_books(world: World, nodes: list[int], burned: int) -> None:
    """G1 in full over all nodes there are."""
    owed = sum(10 * world.principal(one) - world.claimed(one) for one in nodes)
    assert world.adn.outstanding() == owed
    assert world.fec.totalSupply() + owed == world.fec.genesisSupply() + 9 * burned
    assert world.fec.totalBurned() == burned


@pytest.mark.parametrize("function", ["claim", "claimTo", "claimFor"])
def test_reentrancy__claim_on_receipt__pays_the_receiver_once(
    world: World, node: int, receiver: Contract, function: str
) -> None:
    receiver.set(MODES["Reenter"], world.adn.address, armed(world, receiver, node, function))
    world.adn[SAFE](world.alice, receiver.address, node, sender=world.alice)
    assert receiver.succeeded()
    assert world.fec.balanceOf(receiver.address) == curve.released(P, 1)
    assert world.fec.balanceOf(world.alice) == 0
    check_books(world, [node], P)


def test_reentrancy__split_on_receipt__keeps_the_sums(world: World, node: int, receiver: Contract) -> None:
    receiver.set(MODES["Reenter"], world.adn.address, armed(world, receiver, node, "split"))
    world.adn[SAFE](world.alice, receiver.address, node, sender=world.alice)
    part = (node >> 136 << 136) | FEC << 40 | 2
    assert [world.principal(node), world.principal(part)] == [P - FEC, FEC]
    assert world.adn.balanceOf(receiver.address) == 2
    check_books(world, [node, part], P)


def test_reentrancy__merge_on_receipt__keeps_the_sums(world: World, receiver: Contract) -> None:
    there, coming = world.node(receiver.address, P), world.node(world.alice, P)
    receiver.set(MODES["Reenter"], world.adn.address, world.adn.encode("merge", [there, coming]))
    world.adn[SAFE](world.alice, receiver.address, coming, sender=world.alice)
    assert receiver.succeeded()
    assert (world.principal(there), world.adn.balanceOf(receiver.address)) == (2 * P, 1)
    check_books(world, [there], 2 * P)


def test_reentrancy__sent_on_when_received__ends_with_the_last(world: World, node: int, receiver: Contract) -> None:
    receiver.set(MODES["Reenter"], world.adn.address, armed(world, receiver, node, "transferFrom"))
    world.adn[SAFE](world.alice, receiver.address, node, sender=world.alice)
    assert world.adn.ownerOf(node) == world.alice
    assert [world.adn.balanceOf(one) for one in (world.alice, receiver.address)] == [1, 0]


def test_reentrancy__mint_on_mint__makes_two_whole_nodes(world: World, receiver: Contract) -> None:
    world.fund(receiver.address, FEC)
    receiver.set(MODES["Reenter"], world.adn.address, armed(world, receiver, 0, "mint"))
    outer = world.node(receiver.address, P)
    inner = (outer >> 136 << 136) | FEC << 40 | 2
    assert (receiver.succeeded(), world.principal(inner)) == (True, FEC)
    assert world.adn.programOf(PUBLIC)["burned"] == P + FEC
    check_books(world, [outer, inner], P + FEC)


def test_reentrancy__mint_beyond_the_quota_on_mint__reverts_inside(world: World, receiver: Contract) -> None:
    program = world.program(quota=P)
    world.fund(receiver.address, FEC)
    receiver.set(MODES["Reenter"], world.adn.address, world.adn.encode("mint", program, 1, receiver.address))
    node = world.node(receiver.address, P, program)
    assert receiver.succeeded() is False
    error = world.chain.error(receiver.result())
    assert (error.name, error.values) == ("ADN_QuotaExceeded", (program, 1, 0))
    check_books(world, [node], P)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("split", "ADN_NotOwnerOrOperator"),
        ("merge", "ADN_NotOwnerOrOperator"),
        ("claim", "ADN_NotClaimer"),
    ],
)
def test_reentrancy__acting_on_a_node_of_another__reverts_inside(
    world: World, node: int, receiver: Contract, function: str, name: str
) -> None:
    other = world.node(world.bob, P)
    receiver.set(MODES["Reenter"], world.adn.address, armed(world, receiver, other, function))
    before = world.state_of(other)
    world.adn[SAFE](world.alice, receiver.address, node, sender=world.alice)
    error = world.chain.error(receiver.result())
    assert (error.name, error.values) == (name, (other, receiver.address))
    assert world.state_of(other) == before
