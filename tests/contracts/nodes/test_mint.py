"""Burn to mint: who, how much, which id, and what the receiver may do."""

from __future__ import annotations

import pytest

from fec.core.durations import DAY, WEEK
from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.shop_world import MODES
from tests.contracts.support.world import FEC, GENESIS, NOW, ORIGIN, PUBLIC, PUBLIC_QUOTA, World


def test_mint__in_the_public_program__burns_the_callers_own(world: World) -> None:
    world.fund(world.alice, 5 * FEC)
    world.adn.mint(PUBLIC, 3 * FEC, world.bob, sender=world.alice)
    assert (world.fec.balanceOf(world.alice), world.fec.totalSupply()) == (2 * FEC, GENESIS - 3 * FEC)
    assert (world.fec.totalBurned(), world.adn.outstanding()) == (3 * FEC, 30 * FEC)


def test_mint__in_the_middle_of_a_period__starts_at_the_boundary_before(world: World) -> None:
    node = world.node(world.bob, 3 * FEC)
    start = NOW - (NOW - ORIGIN) % WEEK
    assert start < NOW
    assert world.adn.nodeOf(node) == {
        "programId": PUBLIC,
        "principal": 3 * FEC,
        "claimed": 0,
        "start": start,
        "periodLength": WEEK,
    }
    assert (world.adn.ownerOf(node), world.adn.balanceOf(world.bob)) == (world.bob, 1)


@pytest.mark.parametrize(("off", "back"), [(-1, WEEK - 1), (0, 0), (1, 1)])
def test_mint__around_a_boundary__starts_at_or_before_it(world: World, off: int, back: int) -> None:
    world.chain.now = ORIGIN + 3000 * WEEK + off
    assert world.adn.nodeOf(world.node(world.bob, FEC))["start"] == world.chain.now - back


def test_mint__id__says_all_about_the_birth(world: World) -> None:
    program = world.program(period=DAY)
    world.node(world.bob, FEC, program)
    node = world.node(world.bob, 7, program)
    start = NOW - NOW % DAY
    assert node == program << 200 | DAY << 176 | start << 136 | 7 << 40 | 2


def test_mint__events__are_burn_then_transfer(world: World) -> None:
    node = world.node(world.bob, FEC)
    assert world.chain.events() == [
        Event(world.fec.address, "Transfer", {"from": world.genesis, "to": ZERO, "value": FEC}),
        Event(world.adn.address, "Transfer", {"from": ZERO, "to": world.bob, "tokenId": node}),
    ]


def test_mint__one_wei__is_a_node(world: World) -> None:
    assert world.principal(world.node(world.bob, 1)) == 1


def test_mint__quota__shrinks_by_the_amount(world: World) -> None:
    world.node(world.bob, 3 * FEC)
    terms = world.adn.programOf(PUBLIC)
    assert (terms["quota"], terms["burned"]) == (PUBLIC_QUOTA - 3 * FEC, 3 * FEC)


def test_mint__all_of_the_quota__is_taken(world: World) -> None:
    program = world.program(quota=FEC)
    world.node(world.bob, FEC, program)
    with expect("ADN_QuotaExceeded", program, 1, 0):
        world.node(world.bob, 1, program)


def test_mint__above_the_quota__reverts(world: World) -> None:
    program = world.program(quota=FEC)
    with expect("ADN_QuotaExceeded", program, FEC + 1, FEC):
        world.node(world.bob, FEC + 1, program)


def test_mint__principal_beyond_96_bits__reverts(world: World) -> None:
    with expect("ADN_QuotaExceeded", PUBLIC, 2**96 + 1, PUBLIC_QUOTA):
        world.node(world.bob, 2**96 + 1)


def test_mint__zero__reverts(world: World) -> None:
    with expect("ADN_ZeroPrincipal"):
        world.node(world.bob, 0)


def test_mint__without_the_coins__reverts(world: World) -> None:
    world.fund(world.alice, FEC)
    with expect("ERC20InsufficientBalance", world.alice, FEC, FEC + 1):
        world.adn.mint(PUBLIC, FEC + 1, world.alice, sender=world.alice)


def test_mint__by_the_issuer__is_taken(world: World) -> None:
    program = world.program(issuer=world.signer)
    world.fund(world.signer, FEC)
    node = world.adn.mint(program, FEC, world.alice, sender=world.signer)
    assert world.adn.ownerOf(node) == world.alice


@pytest.mark.parametrize("who", ["alice", "admin", "merchant"])
def test_mint__by_another_than_the_issuer__reverts(world: World, who: str) -> None:
    program, caller = world.program(issuer=world.signer), getattr(world, who)
    world.fund(caller, FEC)
    with expect("ADN_NotIssuer", program, caller, world.signer):
        world.adn.mint(program, FEC, world.alice, sender=caller)


@pytest.mark.parametrize("program", [0, 2])
def test_mint__unknown_program__reverts(world: World, program: int) -> None:
    with expect("ADN_UnknownProgram", program):
        world.node(world.bob, FEC, program)


def test_mint__closed_program__reverts(world: World) -> None:
    world.adn.closeProgram(PUBLIC, sender=world.admin)
    with expect("ADN_ProgramClosed", PUBLIC):
        world.node(world.bob, FEC)


def test_mint__to_zero__reverts(world: World) -> None:
    with expect("ERC721InvalidReceiver", ZERO):
        world.node(ZERO, FEC)


def test_mint__to_a_contract_that_takes_nodes__asks_it(world: World, receiver: Contract) -> None:
    node = world.node(receiver.address, FEC)
    assert (world.adn.ownerOf(node), receiver.hooks()) == (receiver.address, 1)


def test_mint__to_a_contract_that_rejects__reverts(world: World, receiver: Contract) -> None:
    receiver.set(MODES["Reject"], ZERO, b"")
    with expect("ERC721InvalidReceiver", receiver.address):
        world.node(receiver.address, FEC)


def test_mint__to_a_contract_that_reverts__passes_its_error_on(world: World, receiver: Contract) -> None:
    node = world.node(world.alice, FEC)
    receiver.set(MODES["Revert"], ZERO, b"")
    with expect("Receiver_Refused", ZERO, node + 1):
        world.node(receiver.address, FEC)


def test_mint__to_a_contract_without_hook__reverts(world: World) -> None:
    with expect("ERC721InvalidReceiver", world.fec.address):
        world.node(world.fec.address, FEC)


def test_mint__to_a_contract_that_burns_all_gas__changes_nothing(world: World, receiver: Contract) -> None:
    receiver.set(MODES["BurnGas"], ZERO, b"")
    # The 64th of the gas that the caller keeps is enough to say so.
    with expect("ERC721InvalidReceiver", receiver.address):
        world.adn.mint(PUBLIC, FEC, receiver.address, sender=world.genesis, gas=3_000_000)
    assert (world.fec.totalBurned(), world.adn.programOf(PUBLIC)["quota"]) == (0, PUBLIC_QUOTA)


def test_mint__serials__count_splits_too(world: World) -> None:
    first = world.node(world.bob, FEC)
    (part,) = world.adn.split(first, [FEC // 2], sender=world.bob)
    last = world.node(world.bob, FEC)
    assert [node % 2**40 for node in (first, part, last)] == [1, 2, 3]


@pytest.mark.parametrize("node", [0, 1, 2**256 - 1])
def test_node_of__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node):
        world.adn.nodeOf(node)
