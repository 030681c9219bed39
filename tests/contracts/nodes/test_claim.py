"""The three ways to claim, and who may use them."""

from __future__ import annotations

import pytest

from fec.core import curve
from fec.core.durations import DAY, WEEK
from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.world import FEC, GENESIS, World

P = 1000 * FEC
#: Period 1 of one ADN, in wei.
FIRST = curve.released(P, 1)


@pytest.fixture
def node(world: World) -> int:
    """One ADN of alice's, one period old."""
    node = world.node(world.alice, P)
    world.pass_periods(1)
    return node


def balances(world: World) -> list[int]:
    return [world.fec.balanceOf(person) for person in (world.alice, world.bob, world.carol)]


def test_claim__by_the_owner__pays_what_was_released(world: World, node: int) -> None:
    world.adn.claim(node, sender=world.alice)
    assert balances(world) == [FIRST, 0, 0]
    assert world.claimed(node) == FIRST


def test_claim__events__are_payout_metadata_and_coins(world: World, node: int) -> None:
    world.adn.claim(node, sender=world.alice)
    adn, fec = world.adn.address, world.fec.address
    assert world.chain.events() == [
        Event(adn, "PayoutClaimed", {"tokenId": node, "recipient": world.alice, "claimAmount": FIRST}),
        Event(adn, "MetadataUpdate", {"_tokenId": node}),
        Event(fec, "Transfer", {"from": ZERO, "to": world.alice, "value": FIRST}),
    ]


def test_claim__second_before_the_boundary__reverts(world: World) -> None:
    node = world.node(world.alice, P)
    world.chain.now = world.adn.nodeOf(node)["start"] + WEEK - 1
    with expect("ADN_NothingToClaim", node):
        world.adn.claim(node, sender=world.alice)


def test_claim__at_the_boundary__pays(world: World) -> None:
    node = world.node(world.alice, P)
    world.chain.now = world.adn.nodeOf(node)["start"] + WEEK
    world.adn.claim(node, sender=world.alice)
    assert balances(world)[0] == FIRST


def test_claim__twice_in_a_period__reverts(world: World, node: int) -> None:
    world.adn.claim(node, sender=world.alice)
    with expect("ADN_NothingToClaim", node):
        world.adn.claim(node, sender=world.alice)


def test_claim__each_period__sums_to_the_face(world: World) -> None:
    node = world.node(world.alice, P + 1)
    for k in range(1, 101):
        world.pass_periods(1)
        world.adn.claim(node, sender=world.alice)
        assert world.claimed(node) == curve.released(P + 1, k)
    assert balances(world)[0] == 10 * (P + 1)
    assert world.adn.outstanding() == 0


def test_claim__once_after_the_end__pays_the_face(world: World, node: int) -> None:
    world.pass_periods(1000)
    world.adn.claim(node, sender=world.alice)
    assert balances(world)[0] == 10 * P


def test_claim__after_the_face_was_paid__reverts(world: World, node: int) -> None:
    world.pass_periods(100)
    world.adn.claim(node, sender=world.alice)
    world.pass_periods(1)
    with expect("ADN_NothingToClaim", node):
        world.adn.claim(node, sender=world.alice)


def test_claim__supply__grows_by_what_was_paid(world: World, node: int) -> None:
    world.adn.claim(node, sender=world.alice)
    assert world.fec.totalSupply() == GENESIS - P + FIRST
    assert world.adn.outstanding() == 10 * P - FIRST


@pytest.mark.parametrize("who", ["bob", "admin", "merchant", "stranger"])
def test_claim__by_a_stranger__reverts(world: World, node: int, who: str) -> None:
    caller = getattr(world, who)
    with expect("ADN_NotClaimer", node, caller):
        world.adn.claim(node, sender=caller)


def test_claim__by_an_erc721_operator__reverts(world: World, node: int) -> None:
    # ERC-5725: claim is for the owner and the claim-approved.
    world.adn.setApprovalForAll(world.bob, True, sender=world.alice)
    with expect("ADN_NotClaimer", node, world.bob):
        world.adn.claim(node, sender=world.bob)


def test_claim__by_the_erc721_approved__reverts(world: World, node: int) -> None:
    world.adn.approve(world.bob, node, sender=world.alice)
    with expect("ADN_NotClaimer", node, world.bob):
        world.adn.claim(node, sender=world.bob)


def test_claim__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.claim(node + 1, sender=world.alice)


def test_claim__by_the_claim_approved__pays_them(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    world.adn.claim(node, sender=world.bob)
    assert balances(world) == [0, FIRST, 0]


def test_claim__by_the_claim_approved_for_all__pays_them(world: World, node: int) -> None:
    world.adn.setClaimApprovalForAll(world.bob, True, sender=world.alice)
    world.adn.claim(node, sender=world.bob)
    assert balances(world) == [0, FIRST, 0]


def test_set_claim_approval__given__shows_and_tells(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    values = {"owner": world.alice, "spender": world.bob, "tokenId": node, "approved": True}
    assert world.chain.events() == [Event(world.adn.address, "ClaimApproval", values)]
    assert world.adn.getClaimApproved(node) == world.bob


def test_set_claim_approval__false__revokes(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    world.adn.setClaimApproval(world.bob, False, node, sender=world.alice)
    values = {"owner": world.alice, "spender": world.bob, "tokenId": node, "approved": False}
    assert world.chain.events() == [Event(world.adn.address, "ClaimApproval", values)]
    assert world.adn.getClaimApproved(node) == ZERO
    with expect("ADN_NotClaimer", node, world.bob):
        world.adn.claim(node, sender=world.bob)


def test_set_claim_approval__false_for_who_has_none__does_not_approve(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.bob, False, node, sender=world.alice)
    with expect("ADN_NotClaimer", node, world.bob):
        world.adn.claim(node, sender=world.bob)


def test_set_claim_approval__false_for_another__keeps_the_one_there_is(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    world.adn.setClaimApproval(world.carol, False, node, sender=world.alice)
    assert world.adn.getClaimApproved(node) == world.bob


def test_set_claim_approval__another__replaces(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    world.adn.setClaimApproval(world.carol, True, node, sender=world.alice)
    with expect("ADN_NotClaimer", node, world.bob):
        world.adn.claim(node, sender=world.bob)


def test_set_claim_approval__by_an_operator__reverts(world: World, node: int) -> None:
    world.adn.setApprovalForAll(world.bob, True, sender=world.alice)
    with expect("ERC721IncorrectOwner", world.bob, node, world.alice):
        world.adn.setClaimApproval(world.bob, True, node, sender=world.bob)


def test_set_claim_approval__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.setClaimApproval(world.bob, True, node + 1, sender=world.alice)


@pytest.mark.parametrize("approved", [True, False])
def test_set_claim_approval_for_all__either_way__shows_and_tells(world: World, approved: bool) -> None:
    world.adn.setClaimApprovalForAll(world.bob, not approved, sender=world.alice)
    world.adn.setClaimApprovalForAll(world.bob, approved, sender=world.alice)
    values = {"owner": world.alice, "spender": world.bob, "approved": approved}
    assert world.chain.events() == [Event(world.adn.address, "ClaimApprovalForAll", values)]
    assert world.adn.isClaimApprovedForAll(world.alice, world.bob) is approved


def test_set_claim_approval_for_all__false__revokes(world: World, node: int) -> None:
    world.adn.setClaimApprovalForAll(world.bob, True, sender=world.alice)
    world.adn.setClaimApprovalForAll(world.bob, False, sender=world.alice)
    with expect("ADN_NotClaimer", node, world.bob):
        world.adn.claim(node, sender=world.bob)


# ------------------------------------------------------------------- claimTo


def test_claim_to__by_the_owner__pays_the_address_named(world: World, node: int) -> None:
    other = world.node(world.alice, P)
    world.pass_periods(1)
    expected = curve.released(P, 2) + FIRST
    assert world.adn.claimTo([node, other], world.carol, sender=world.alice) == expected
    assert balances(world) == [0, 0, expected]


def test_claim_to__events__name_each_node_and_pay_once(world: World, node: int) -> None:
    late = world.node(world.alice, P)
    world.adn.claimTo([late, node], world.carol, sender=world.alice)
    adn, fec = world.adn.address, world.fec.address
    assert world.chain.events() == [
        Event(adn, "PayoutClaimed", {"tokenId": node, "recipient": world.carol, "claimAmount": FIRST}),
        Event(adn, "MetadataUpdate", {"_tokenId": node}),
        Event(fec, "Transfer", {"from": ZERO, "to": world.carol, "value": FIRST}),
    ]


@pytest.mark.parametrize("approval", ["setApprovalForAll", "setClaimApprovalForAll"])
def test_claim_to__by_an_operator__pays_the_address_named(world: World, node: int, approval: str) -> None:
    world.adn[approval](world.bob, True, sender=world.alice)
    world.adn.claimTo([node], world.carol, sender=world.bob)
    assert balances(world) == [0, 0, FIRST]


def test_claim_to__by_the_claim_approved__pays_the_address_named(world: World, node: int) -> None:
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    world.adn.claimTo([node], world.carol, sender=world.bob)
    assert balances(world) == [0, 0, FIRST]


def test_claim_to__nodes_of_several_classes__each_on_its_own_curve(world: World, node: int) -> None:
    daily = world.node(world.alice, P, world.program(period=DAY))
    world.pass_periods(1)
    nodes = [node, daily, node, daily]
    expected = curve.released(P, 2) + curve.released(P, 7)
    assert world.adn.claimTo(nodes, world.alice, sender=world.alice) == expected


def test_claim_to__a_node_named_twice__is_paid_once(world: World, node: int) -> None:
    assert world.adn.claimTo([node, node], world.alice, sender=world.alice) == FIRST


def test_claim_to__with_one_node_of_another__reverts(world: World, node: int) -> None:
    other = world.node(world.bob, P)
    with expect("ADN_NotClaimer", other, world.alice):
        world.adn.claimTo([node, other], world.alice, sender=world.alice)


def test_claim_to__by_the_erc721_approved__reverts(world: World, node: int) -> None:
    world.adn.approve(world.bob, node, sender=world.alice)
    with expect("ADN_NotClaimer", node, world.bob):
        world.adn.claimTo([node], world.bob, sender=world.bob)


def test_claim_to__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.claimTo([node, node + 1], world.alice, sender=world.alice)


def test_claim_to__merged_away__reverts(world: World, node: int) -> None:
    (part,) = world.adn.split(node, [FEC], sender=world.alice)
    world.adn.merge([node, part], sender=world.alice)
    with expect("ERC721NonexistentToken", part):
        world.adn.claimTo([part], world.alice, sender=world.alice)


def test_claim_to__nothing_in_any__reverts_naming_the_first(world: World, node: int) -> None:
    world.adn.claim(node, sender=world.alice)
    late = world.node(world.alice, P)
    with expect("ADN_NothingToClaim", late):
        world.adn.claimTo([late, node], world.alice, sender=world.alice)


def test_claim_to__no_nodes__reverts(world: World) -> None:
    with expect("ADN_BatchTooShort", 0, 1):
        world.adn.claimTo([], world.alice, sender=world.alice)


def test_claim_to__zero_address__reverts(world: World, node: int) -> None:
    with expect("ERC20InvalidReceiver", ZERO):
        world.adn.claimTo([node], ZERO, sender=world.alice)


# ------------------------------------------------------------------ claimFor


def test_claim_for__by_a_stranger__pays_each_owner(world: World, node: int) -> None:
    nodes = [node, world.node(world.bob, P), world.node(world.bob, 2 * P), world.node(world.alice, P)]
    world.pass_periods(1)
    second, first, double = (curve.released(P, 2), FIRST, curve.released(2 * P, 1))
    assert world.adn.claimFor(nodes, sender=world.stranger) == second + first + double + first
    assert balances(world) == [second + first, first + double, 0]
    assert world.fec.balanceOf(world.stranger) == 0


def test_claim_for__nodes_of_several_classes__each_on_its_own_curve(world: World, node: int) -> None:
    daily = world.node(world.bob, P, world.program(period=DAY))
    world.pass_periods(1)
    assert world.adn.claimFor([daily, node], sender=world.stranger) == curve.released(P, 7) + curve.released(P, 2)


def test_claim_for__neighbours_of_one_owner__are_paid_together(world: World, node: int) -> None:
    nodes = [node, world.node(world.alice, P), world.node(world.bob, P)]
    world.pass_periods(1)
    world.adn.claimFor(nodes, sender=world.stranger)
    paid = [(event.values["to"], event.values["value"]) for event in world.chain.events("Transfer")]
    assert paid == [(world.alice, curve.released(P, 2) + FIRST), (world.bob, FIRST)]


def test_claim_for__events__name_each_node_and_its_owner(world: World, node: int) -> None:
    world.adn.claimFor([node], sender=world.stranger)
    adn, fec = world.adn.address, world.fec.address
    assert world.chain.events() == [
        Event(adn, "PayoutClaimed", {"tokenId": node, "recipient": world.alice, "claimAmount": FIRST}),
        Event(adn, "MetadataUpdate", {"_tokenId": node}),
        Event(fec, "Transfer", {"from": ZERO, "to": world.alice, "value": FIRST}),
    ]


def test_claim_for__nodes_without_anything__are_skipped(world: World, node: int) -> None:
    late = world.node(world.bob, P)
    assert world.adn.claimFor([late, node, late], sender=world.stranger) == FIRST


def test_claim_for__nothing_in_any__pays_nothing_and_says_nothing(world: World) -> None:
    late = world.node(world.bob, P)
    assert world.adn.claimFor([late], sender=world.stranger) == 0
    assert world.chain.events() == []


def test_claim_for__merged_away__is_skipped(world: World, node: int) -> None:
    (part,) = world.adn.split(node, [FEC], sender=world.alice)
    world.adn.merge([node, part], sender=world.alice)
    assert world.adn.claimFor([part, node], sender=world.stranger) == FIRST


def test_claim_for__merged_away_between_two_of_one_owner__pays_once(world: World, node: int) -> None:
    (part,) = world.adn.split(node, [FEC], sender=world.alice)
    world.adn.merge([node, part], sender=world.alice)
    other = world.node(world.alice, P)
    world.pass_periods(1)
    paid = world.adn.claimFor([node, part, other], sender=world.stranger)
    payments = [event.values for event in world.chain.events("Transfer")]
    assert payments == [{"from": ZERO, "to": world.alice, "value": paid}]


def test_claim_for__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.claimFor([node, node + 1], sender=world.stranger)


def test_claim_for__no_nodes__reverts(world: World) -> None:
    with expect("ADN_BatchTooShort", 0, 1):
        world.adn.claimFor([], sender=world.stranger)


def test_claim_for__a_node_that_a_contract_holds__needs_no_hook(world: World, receiver: Contract) -> None:
    node = world.node(receiver.address, P)
    receiver.set(2, ZERO, b"")
    world.pass_periods(1)
    world.adn.claimFor([node], sender=world.stranger)
    assert world.fec.balanceOf(receiver.address) == FIRST


@pytest.mark.parametrize("way", ["claimTo", "claimFor"])
def test_claims__two_hundred_nodes__go_through(world: World, way: str) -> None:
    nodes = [world.node(world.alice, P) for _ in range(200)]
    world.pass_periods(1)
    arguments = [nodes, world.alice] if way == "claimTo" else [nodes]
    assert world.adn[way](*arguments, sender=world.alice, gas=16_777_216) == 200 * FIRST
