"""G3 and G4 by themselves: the rounding of splits at its worst, and everybody's hands on everybody's nodes."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from fec.core.durations import WEEK
from tests.contracts.stateful.node_model import curve_floor
from tests.contracts.support.evm import expect
from tests.contracts.support.settling import opened_node, settled
from tests.contracts.support.world import FEC, PUBLIC, World

P = 1000 * FEC
PARTS = [P // 7, P // 11, P // 13, P // 17, P // 19, P // 23]


@pytest.mark.parametrize("k", [1, 11, 37, 99])
def test_g3__parts_merged_right_after_a_claim_and_a_split__are_not_early(world: World, k: int) -> None:
    node = world.node(world.alice, P)
    world.pass_periods(k)
    world.adn.claim(node, sender=world.alice)
    parts = world.adn.split(node, PARTS, sender=world.alice)
    world.adn.merge(parts, sender=world.alice)
    world.adn.claimFor([node, parts[0]], sender=world.alice)
    assert world.fec.balanceOf(world.alice) <= curve_floor(P, k)


@pytest.mark.parametrize("k", [1, 11, 37, 98])
def test_g3__a_period_later__nothing_is_early_any_more(world: World, k: int) -> None:
    node = world.node(world.alice, P)
    world.pass_periods(k)
    world.adn.claim(node, sender=world.alice)
    parts = world.adn.split(node, PARTS, sender=world.alice)
    world.adn.merge(parts, sender=world.alice)
    world.pass_periods(1)
    world.adn.claimFor([node, parts[0]], sender=world.alice)
    assert world.fec.balanceOf(world.alice) <= curve_floor(P, k + 1)


def test_g2__claims_splits_and_merges_in_each_period__pay_the_face(world: World) -> None:
    node = world.node(world.alice, P)
    for _ in range(100):
        world.pass_periods(1)
        world.adn.claim(node, sender=world.alice)
        parts = world.adn.split(node, PARTS, sender=world.alice)
        world.adn.merge([*parts[1:], parts[0]], sender=world.alice)
        world.adn.merge([node, parts[1]], sender=world.alice)
    world.adn.claimFor([node], sender=world.alice)
    assert world.fec.balanceOf(world.alice) == 10 * P
    assert world.adn.outstanding() == 0


#: What each function that acts on a node answers who is not entitled: the error, and where its values come from.
FORBIDDEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "claim": ("ADN_NotClaimer", ("node", "caller")),
    "claimTo": ("ADN_NotClaimer", ("node", "caller")),
    "split": ("ADN_NotOwnerOrOperator", ("node", "caller")),
    "merge": ("ADN_NotOwnerOrOperator", ("node", "caller")),
    "transferFrom": ("ERC721InsufficientApproval", ("caller", "node")),
    "safeTransferFrom(address,address,uint256)": ("ERC721InsufficientApproval", ("caller", "node")),
    "safeTransferFrom(address,address,uint256,bytes)": ("ERC721InsufficientApproval", ("caller", "node")),
    "safeTransferFrom(address,address,uint256,bytes,bytes32)": ("ERC721InsufficientApproval", ("caller", "node")),
    "approve": ("ERC721InvalidApprover", ("caller",)),
    "setClaimApproval": ("ERC721IncorrectOwner", ("caller", "node", "owner")),
}


@pytest.mark.parametrize("function", FORBIDDEN)
@pytest.mark.parametrize("who", ["admin", "merchant", "signer", "bob", "stranger", "genesis"])
def test_g4__anybody_but_the_owner__is_refused(world: World, who: str, function: str) -> None:
    program = world.program(issuer=world.signer)
    world.fund(world.signer, 2 * P)
    node, other = (world.adn.mint(program, P, world.alice, sender=world.signer) for _ in range(2))
    world.node(world.bob, P)
    world.pass_periods(1)
    caller = getattr(world, who)
    move: list[Any] = [world.alice, caller, node]
    arguments: dict[str, list[Any]] = {
        "claim": [node],
        "claimTo": [[node], caller],
        "split": [node, [FEC]],
        "merge": [[node, other]],
        "transferFrom": move,
        "safeTransferFrom(address,address,uint256)": move,
        "safeTransferFrom(address,address,uint256,bytes)": [*move, b""],
        "safeTransferFrom(address,address,uint256,bytes,bytes32)": [*move, b"", world.adn.getStateFingerprint(node)],
        "approve": [caller, node],
        "setClaimApproval": [caller, True, node],
    }
    name, values = FORBIDDEN[function]
    before = [world.state_of(one) for one in (node, other)]
    with expect(name, *({"node": node, "caller": caller, "owner": world.alice}[value] for value in values)):
        world.adn[function](*arguments[function], sender=caller)
    assert [world.state_of(one) for one in (node, other)] == before


def test_g4__all_that_the_powerful_can_do__leaves_nodes_as_they_are(world: World) -> None:
    program = world.program(issuer=world.signer)
    world.fund(world.signer, P)
    node = world.adn.mint(program, P, world.alice, sender=world.signer)
    world.pass_periods(1)
    before = (world.state_of(node), world.adn.claimablePayout(node), world.adn.vestingPeriod(node))
    world.adn.grantQuota(program, FEC, sender=world.admin)
    world.adn.setProgramOperator(program, world.bob, sender=world.merchant)
    world.adn.closeProgram(program, sender=world.bob)
    world.adn.closeProgram(PUBLIC, sender=world.admin)
    world.adn.createProgram(world.bob, world.bob, WEEK, 0, FEC, sender=world.admin)
    world.adn.renounceOwnership(sender=world.admin)
    assert (world.state_of(node), world.adn.claimablePayout(node), world.adn.vestingPeriod(node)) == before
    world.adn.claim(node, sender=world.alice)
    world.adn.transferFrom(world.alice, world.bob, node, sender=world.alice)


def test_g4__settlements_and_openings__leave_other_nodes_as_they_are(world: World) -> None:
    node = world.node(world.alice, P)
    batch = settled(world, [(world.alice, P), (world.bob, P)])
    world.pass_periods(1)
    before = (world.state_of(node), world.adn.claimablePayout(node))
    opened_node(world, batch, 0)
    world.adn.openAndClaim(*batch.opening(1), sender=world.stranger)
    assert (world.state_of(node), world.adn.claimablePayout(node)) == before


#: Every function of ADN that can change state. A new one must be tested for G4 before it is added here.
CHANGING = {
    *FORBIDDEN,
    "mint",
    "settle",
    "open",
    "openAndClaim",
    "claimFor",
    "setApprovalForAll",
    "permitForAll",
    "setClaimApprovalForAll",
    "createProgram",
    "grantQuota",
    "closeProgram",
    "setProgramOperator",
    "transferOwnership",
    "acceptOwnership",
    "renounceOwnership",
}


def test_g4__functions_that_change_state__are_all_known(world: World) -> None:
    found = set()
    for name, overloads in world.adn.functions.items():
        if "(" not in name and not all(function.static for function in overloads):
            found |= {name} if len(overloads) == 1 else {function.signature for function in overloads}
    assert found == CHANGING


def held_back(world: World) -> int:
    """A node that was split and merged back in period 37, and lost a wei to rounding until the period ends."""
    node = world.node(world.alice, P + 7)
    world.pass_periods(37)
    for part in range(10**17, 10**18, 10**16):
        with world.chain.rolled_back():
            [new] = world.adn.split(node, [part], sender=world.alice)
            claimable = world.adn.claimablePayout(node) + world.adn.claimablePayout(new)
        if claimable < curve_floor(P + 7, 37):
            break
    [new] = world.adn.split(node, [part], sender=world.alice)
    world.adn.merge([node, new], sender=world.alice)
    return node


def test_fingerprint__wei_held_back_by_a_merge__is_another(world: World) -> None:
    with world.chain.rolled_back():
        node = world.node(world.alice, P + 7)
        world.pass_periods(37)
        seen, claimable = world.adn.getStateFingerprint(node), world.adn.claimablePayout(node)
    assert held_back(world) == node
    assert world.adn.claimablePayout(node) == claimable - 1
    assert world.adn.getStateFingerprint(node) != seen


def test_claimable__wei_held_back_by_a_merge__comes_with_the_next_period(world: World) -> None:
    node = held_back(world)
    full = curve_floor(P + 7, 37)
    begin = world.adn.nodeOf(node)["start"] + 37 * WEEK
    assert begin < world.chain.now < begin + WEEK
    past = [world.adn.vestedPayoutAtTime(node, at) for at in (begin - 1, begin, begin + WEEK - 1, begin + WEEK)]
    assert past == [curve_floor(P + 7, 36), full - 1, full - 1, curve_floor(P + 7, 38)]
    words = [1, world.adn.address, node, P + 7, 0, 1, begin + WEEK]
    assert world.adn.getStateFingerprint(node) == keccak(encode(["uint256", "address", *["uint256"] * 5], words))
    for now, due in ((begin + WEEK - 1, full - 1), (begin + WEEK, curve_floor(P + 7, 38))):
        with world.chain.rolled_back():
            world.chain.now = now
            world.adn.claim(node, sender=world.alice)
            assert world.claimed(node) == due


def test_vested_at_time__wei_held_back_by_a_merge__never_falls(world: World) -> None:
    node = held_back(world)
    now = world.chain.now
    vested = [world.adn.vestedPayoutAtTime(node, now + seconds) for seconds in (-WEEK, -1, 0, 1, WEEK)]
    assert vested == sorted(vested)
    assert vested[2] == world.adn.vestedPayout(node)
