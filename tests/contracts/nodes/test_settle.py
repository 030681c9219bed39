"""Settlement: what is burned, which ids there are, what is refused."""

from __future__ import annotations

import pytest

from fec.core.durations import DAY, WEEK
from tests.contracts.support.evm import ZERO, Event, expect
from tests.contracts.support.settling import Batch, Leaf, owners, packed, settled
from tests.contracts.support.world import FEC, GENESIS, NOW, ORIGIN, PUBLIC, PUBLIC_QUOTA, World

START = NOW - (NOW - ORIGIN) % WEEK
LEAST = 10**15


def three(world: World) -> list[Leaf]:
    """Six FEC for alice, bob and carol."""
    return [(world.alice, FEC), (world.bob, 2 * FEC), (world.carol, 3 * FEC)]


def test_settle__burns_the_sum_of_the_callers_own(world: World) -> None:
    world.fund(world.alice, 7 * FEC)
    settled(world, three(world), sender=world.alice)
    assert (world.fec.balanceOf(world.alice), world.fec.totalSupply()) == (FEC, GENESIS - 6 * FEC)
    assert (world.fec.totalBurned(), world.adn.outstanding()) == (6 * FEC, 60 * FEC)


def test_settle__id__is_the_count_and_then_a_token_id_with_the_sum(world: World) -> None:
    world.node(world.bob, FEC)
    batch = settled(world, three(world))
    assert batch.id == 3 << 232 | PUBLIC << 200 | WEEK << 176 | START << 136 | 6 * FEC << 40 | 2


def test_settle__events__are_the_settlement_then_the_burn(world: World) -> None:
    batch = settled(world, three(world))
    values = {
        "settlementId": batch.id,
        "programId": PUBLIC,
        "start": START,
        "firstSerial": 1,
        "root": batch.root,
        "leaves": packed(batch.leaves),
    }
    assert world.chain.events() == [
        Event(world.adn.address, "NodesSettled", values),
        Event(world.fec.address, "Transfer", {"from": world.genesis, "to": ZERO, "value": 6 * FEC}),
    ]


def test_settlement_of__says_what_was_settled(world: World) -> None:
    batch = settled(world, three(world))
    assert world.adn.settlementOf(batch.id) == {
        "programId": PUBLIC,
        "start": START,
        "periodLength": WEEK,
        "firstSerial": 1,
        "count": 3,
        "total": 6 * FEC,
        "root": batch.root,
    }


@pytest.mark.parametrize("count", [1, 2, 3, 5, 33])
def test_settle__any_count__has_the_root_of_its_leaves(world: World, count: int) -> None:
    batch = settled(world, [(owner, FEC + number) for number, owner in enumerate(owners(count))])
    assert world.adn.settlementOf(batch.id)["root"] == batch.root


def test_settle__unopened__is_nobodys_token(world: World) -> None:
    batch = settled(world, three(world))
    assert [world.adn.balanceOf(owner) for owner, _ in batch.leaves] == [0, 0, 0]
    with expect("ERC721NonexistentToken", batch.tokens[0]):
        world.adn.ownerOf(batch.tokens[0])


def test_settle__serials__go_on_after_the_last_leaf(world: World) -> None:
    settled(world, three(world))
    node = world.node(world.bob, FEC)
    again = settled(world, three(world))
    assert [token % 2**40 for token in (node, *again.tokens)] == [4, 5, 6, 7]


def test_settle__quota__shrinks_by_the_sum(world: World) -> None:
    settled(world, three(world))
    terms = world.adn.programOf(PUBLIC)
    assert (terms["quota"], terms["burned"]) == (PUBLIC_QUOTA - 6 * FEC, 6 * FEC)


def test_settle__all_of_the_quota__is_taken(world: World) -> None:
    program = world.program(quota=6 * FEC)
    settled(world, three(world), program)
    assert world.adn.programOf(program)["quota"] == 0


def test_settle__above_the_quota__reverts(world: World) -> None:
    program = world.program(quota=6 * FEC - 1)
    with expect("ADN_QuotaExceeded", program, 6 * FEC, 6 * FEC - 1):
        settled(world, three(world), program)


def test_settle__sum_beyond_96_bits__reverts(world: World) -> None:
    """Four leaves that come to 2^96 and FEC: in 96 bits that would be one FEC."""
    leaves = [(world.alice, 2**96 - 1), (world.alice, 1 + FEC)]
    with expect("ADN_QuotaExceeded", PUBLIC, 2**96 + FEC, PUBLIC_QUOTA):
        settled(world, leaves)


def test_settle__without_the_coins__reverts(world: World) -> None:
    world.fund(world.alice, 6 * FEC - 1)
    with expect("ERC20InsufficientBalance", world.alice, 6 * FEC - 1, 6 * FEC):
        settled(world, three(world), sender=world.alice)


def test_settle__by_the_issuer__is_taken(world: World) -> None:
    program = world.program(issuer=world.signer, period=DAY)
    world.fund(world.signer, 6 * FEC)
    batch = settled(world, three(world), program, world.signer)
    found = world.adn.settlementOf(batch.id)
    assert (found["programId"], found["periodLength"], found["start"]) == (program, DAY, NOW - NOW % DAY)


@pytest.mark.parametrize("who", ["alice", "admin", "merchant"])
def test_settle__by_another_than_the_issuer__reverts(world: World, who: str) -> None:
    program, caller = world.program(issuer=world.signer), getattr(world, who)
    world.fund(caller, 6 * FEC)
    with expect("ADN_NotIssuer", program, caller, world.signer):
        settled(world, three(world), program, caller)


@pytest.mark.parametrize("program", [0, 2, 2**32 + 1])
def test_settle__unknown_program__reverts(world: World, program: int) -> None:
    with expect("ADN_UnknownProgram", program):
        settled(world, three(world), program)


def test_settle__closed_program__reverts(world: World) -> None:
    world.adn.closeProgram(PUBLIC, sender=world.admin)
    with expect("ADN_ProgramClosed", PUBLIC):
        settled(world, three(world))


def test_settle__no_leaf__reverts(world: World) -> None:
    with expect("ADN_BatchTooShort", 0, 1):
        settled(world, [])


@pytest.mark.parametrize("length", [1, 31, 33, 95])
def test_settle__leaf_cut_off__reverts(world: World, length: int) -> None:
    with expect("ADN_LeafCutOff", length, 32):
        world.adn.settle(PUBLIC, packed(three(world))[:length], sender=world.genesis)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_settle__leaf_without_owner__reverts(world: World, index: int) -> None:
    leaves = three(world)
    leaves[index] = (ZERO, FEC)
    with expect("ADN_LeafWithoutOwner", index):
        settled(world, leaves)


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("principal", [0, LEAST - 1])
def test_settle__leaf_that_is_dust__reverts(world: World, index: int, principal: int) -> None:
    leaves = three(world)
    leaves[index] = (world.alice, principal)
    with expect("ADN_LeafTooSmall", index, principal, LEAST):
        settled(world, leaves)


def test_settle__leaf_of_the_least_principal__is_taken(world: World) -> None:
    assert world.adn.settlementOf(settled(world, [(world.alice, LEAST)]).id)["total"] == LEAST


@pytest.mark.parametrize("change", [1, 1 << 40, 1 << 136, 1 << 200, 1 << 232, -1])
def test_settlement_of__another_id__reverts(world: World, change: int) -> None:
    batch = settled(world, three(world))
    with expect("ADN_UnknownSettlement", batch.id + change):
        world.adn.settlementOf(batch.id + change)


def test_settle__when_it_reverts__changes_nothing(world: World) -> None:
    world.fund(world.alice, FEC)
    with expect("ERC20InsufficientBalance", world.alice, FEC, 6 * FEC):
        settled(world, three(world), sender=world.alice)
    assert (world.adn.programOf(PUBLIC)["quota"], world.fec.totalBurned()) == (PUBLIC_QUOTA, 0)
    later = settled(world, three(world))
    assert later == Batch(later.id, tuple(three(world)))
    assert later.id % 2**40 == 1
