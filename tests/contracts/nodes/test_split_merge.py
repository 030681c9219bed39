"""Splits and merges: conservation, rounding, and the traps that others fell into."""

from __future__ import annotations

import pytest

from fec.core import curve
from tests.contracts.support.evm import ZERO, Event, expect
from tests.contracts.support.world import FEC, PUBLIC, World, deploy_world

P = 1000 * FEC
LEAST = 10**15


@pytest.fixture
def node(world: World) -> int:
    """One ADN of alice's, three periods old, of which the first two were claimed."""
    node = world.node(world.alice, P)
    world.pass_periods(2)
    world.adn.claim(node, sender=world.alice)
    world.pass_periods(1)
    return node


def claimable(world: World, *nodes: int) -> int:
    return sum(world.adn.claimablePayout(node) for node in nodes)


def test_split__parts__have_the_terms_and_owner_of_the_whole(world: World, node: int) -> None:
    terms = world.adn.nodeOf(node)
    parts = world.adn.split(node, [100 * FEC, 300 * FEC], sender=world.alice)
    for part, principal in zip(parts, [100 * FEC, 300 * FEC], strict=True):
        found = world.adn.nodeOf(part)
        assert (world.adn.ownerOf(part), found["principal"]) == (world.alice, principal)
        for key in ("programId", "start", "periodLength"):
            assert found[key] == terms[key]
    assert (world.principal(node), world.adn.balanceOf(world.alice)) == (600 * FEC, 3)


def test_split__claimed__is_shared_in_proportion(world: World, node: int) -> None:
    claimed = world.claimed(node)
    part, other = world.adn.split(node, [100 * FEC, 300 * FEC], sender=world.alice)
    first = claimed * 100 // 1000
    second = (claimed - first) * 300 // 900
    shares = [world.claimed(one) for one in (part, other, node)]
    assert shares == [first, second, claimed - first - second]


def test_split__large_parts_first__is_shared_in_proportion(world: World, node: int) -> None:
    claimed = world.claimed(node)
    part, other = world.adn.split(node, [600 * FEC, 300 * FEC], sender=world.alice)
    first = claimed * 600 // 1000
    second = (claimed - first) * 300 // 400
    shares = [world.claimed(one) for one in (part, other, node)]
    assert shares == [first, second, claimed - first - second]


def test_split__all_claimed_and_nothing_lost_to_rounding__each_has_claimed_what_it_released(world: World) -> None:
    """In proportion to principal the part would have claimed a wei less than it released, and the rest a wei more."""
    node = world.node(world.alice, P)
    world.pass_periods(3)
    world.adn.claim(node, sender=world.alice)
    claimed = world.claimed(node)
    part = next(
        part
        for part in range(FEC, 2 * FEC)
        if curve.released(part, 3) + curve.released(P - part, 3) == claimed
        and claimed * part // P < curve.released(part, 3)
    )
    (split_off,) = world.adn.split(node, [part], sender=world.alice)
    shares = [world.claimed(split_off), world.claimed(node)]
    assert shares == [curve.released(part, 3), curve.released(P - part, 3)]


def test_split__events__tell_parts_and_shares(world: World, node: int) -> None:
    claimed = world.claimed(node)
    (part,) = world.adn.split(node, [100 * FEC], sender=world.alice)
    adn = world.adn.address
    split = {"tokenId": node, "newTokenId": part, "principal": 100 * FEC, "claimed": claimed // 10}
    assert world.chain.events() == [
        Event(adn, "NodeSplit", split),
        Event(adn, "Transfer", {"from": ZERO, "to": world.alice, "tokenId": part}),
        Event(adn, "MetadataUpdate", {"_tokenId": node}),
    ]


def test_split__id_of_a_part__says_its_principal_and_next_serial(world: World, node: int) -> None:
    parts = world.adn.split(node, [7 * FEC, 8 * FEC], sender=world.alice)
    birth = node >> 136 << 136
    assert parts == [birth | 7 * FEC << 40 | 2, birth | 8 * FEC << 40 | 3]


def test_split__nothing_else__changes_in_the_books(world: World, node: int) -> None:
    before = [world.fec.totalSupply(), world.adn.outstanding(), world.adn.budget(), world.adn.programOf(PUBLIC)]
    world.adn.split(node, [FEC], sender=world.alice)
    assert [
        world.fec.totalSupply(),
        world.adn.outstanding(),
        world.adn.budget(),
        world.adn.programOf(PUBLIC),
    ] == before


def test_split__part_and_rest_at_the_least__are_taken(world: World) -> None:
    node = world.node(world.alice, 2 * LEAST)
    assert world.adn.MIN_SPLIT_PRINCIPAL() == LEAST
    (part,) = world.adn.split(node, [LEAST], sender=world.alice)
    assert [world.principal(part), world.principal(node)] == [LEAST, LEAST]


@pytest.mark.parametrize("part", [0, 1, LEAST - 1])
def test_split__dust_part__reverts(world: World, node: int, part: int) -> None:
    with expect("ADN_PrincipalTooSmall", part, LEAST):
        world.adn.split(node, [FEC, part], sender=world.alice)


@pytest.mark.parametrize("rest", [0, 1, LEAST - 1])
def test_split__dust_rest__reverts(world: World, node: int, rest: int) -> None:
    with expect("ADN_PrincipalTooSmall", rest, LEAST):
        world.adn.split(node, [P - rest], sender=world.alice)


def test_split__part_above_principal__reverts(world: World, node: int) -> None:
    with expect("ADN_SplitExceedsPrincipal", node, P + 1, P):
        world.adn.split(node, [P + 1], sender=world.alice)


def test_split__parts_above_principal_together__reverts(world: World, node: int) -> None:
    with expect("ADN_SplitExceedsPrincipal", node, 600 * FEC, 400 * FEC):
        world.adn.split(node, [600 * FEC, 600 * FEC], sender=world.alice)


def test_split__parts_that_overflow_together__reverts(world: World, node: int) -> None:
    with expect("ADN_SplitExceedsPrincipal", node, 2**256 - LEAST, P - 2 * LEAST):
        world.adn.split(node, [2 * LEAST, 2**256 - LEAST], sender=world.alice)


def test_split__no_parts__reverts(world: World, node: int) -> None:
    with expect("ADN_BatchTooShort", 0, 1):
        world.adn.split(node, [], sender=world.alice)


def test_split__never_minted__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.split(node + 1, [FEC], sender=world.alice)


def test_split__by_an_erc721_operator__goes_to_the_owner(world: World, node: int) -> None:
    world.adn.setApprovalForAll(world.bob, True, sender=world.alice)
    (part,) = world.adn.split(node, [FEC], sender=world.bob)
    assert world.adn.ownerOf(part) == world.alice


@pytest.mark.parametrize("approval", ["approve", "setClaimApproval", "setClaimApprovalForAll", "none"])
def test_split__by_who_may_do_less__reverts(world: World, node: int, approval: str) -> None:
    arguments = {
        "approve": [world.bob, node],
        "setClaimApproval": [world.bob, True, node],
        "setClaimApprovalForAll": [world.bob, True],
    }
    if approval in arguments:
        world.adn[approval](*arguments[approval], sender=world.alice)
    with expect("ADN_NotOwnerOrOperator", node, world.bob):
        world.adn.split(node, [FEC], sender=world.bob)


def test_split__approvals_of_the_whole__do_not_reach_the_parts(world: World, node: int) -> None:
    world.adn.approve(world.bob, node, sender=world.alice)
    world.adn.setClaimApproval(world.bob, True, node, sender=world.alice)
    (part,) = world.adn.split(node, [FEC], sender=world.alice)
    assert (world.adn.getApproved(part), world.adn.getClaimApproved(part)) == (ZERO, ZERO)


def test_split__fifty_parts__all_pay_their_faces(world: World, node: int) -> None:
    parts = world.adn.split(node, [3 * FEC + index for index in range(50)], sender=world.alice)
    world.pass_periods(100)
    world.adn.claimTo([node, *parts], world.alice, sender=world.alice)
    assert world.fec.balanceOf(world.alice) == 10 * P


@pytest.mark.parametrize("k", [1, 37, 55, 99])
def test_split__right_after_a_claim__makes_nothing_claimable(world: World, k: int) -> None:
    node = world.node(world.alice, P)
    world.pass_periods(k)
    world.adn.claim(node, sender=world.alice)
    parts = world.adn.split(node, [P // 7, P // 11, P // 13, P // 17], sender=world.alice)
    assert claimable(world, node, *parts) == 0
    assert sum(world.claimed(one) for one in [node, *parts]) == curve.released(P, k)


def test_split__rest_ahead_of_its_curve__counts_as_vested_until_it_catches_up(world: World) -> None:
    node = world.node(world.alice, P)
    world.pass_periods(37)
    world.adn.claim(node, sender=world.alice)
    world.adn.split(node, [P // 7, P // 11, P // 13, P // 17], sender=world.alice)
    own = curve.released(world.principal(node), 37)
    assert world.claimed(node) > own
    assert world.adn.vestedPayout(node) == world.claimed(node)
    assert world.adn.vestedPayoutAtTime(node, world.chain.now - 1) == own
    world.pass_periods(1)
    assert world.adn.vestedPayout(node) == curve.released(world.principal(node), 38)


def test_split__rest_ahead_of_its_curve__claims_nothing_until_it_catches_up(world: World) -> None:
    node = world.node(world.alice, P)
    world.pass_periods(37)
    world.adn.claim(node, sender=world.alice)
    world.adn.split(node, [P // 7, P // 11, P // 13, P // 17], sender=world.alice)
    with expect("ADN_NothingToClaim", node):
        world.adn.claim(node, sender=world.alice)


def test_split__in_the_period_of_a_merge__rest_has_claimed_no_more_than_the_merge_lets_go(world: World) -> None:
    """In proportion to principal the part would have claimed a wei less, and the rest the wei that is held back."""
    first, second, split_off = 1_413_344_100_660_888, 1_993_866_379_301_711, 1_194_705_361_766_799
    nodes = [world.node(world.alice, principal) for principal in (first, second)]
    world.pass_periods(3)
    world.adn.claimFor(nodes)
    node = world.adn.merge(nodes, sender=world.alice)
    claimed = curve.released(first, 3) + curve.released(second, 3)
    held = curve.released(first + second, 3) - claimed
    [part] = world.adn.split(node, [split_off], sender=world.alice)
    let_go = curve.released(first + second - split_off, 3) - held
    assert (held, world.claimed(node), world.claimed(part)) == (1, let_go, claimed - let_go)
    assert claimable(world, node, part) == 0


def test_split__least_rest_of_almost_the_cap__part_takes_only_what_the_rest_cannot() -> None:
    """In proportion the rest would have claimed more than it has released; the part still has some to claim."""
    whole = (2**95 - 1) // 10
    world = deploy_world(cap=2**95 - 1, genesis=whole, public_quota=whole)
    # So that the merge holds no wei back.
    least = next(least for least in range(10**15, 2 * 10**15) if _lost(least, whole) == 0)
    most = whole - least
    nodes = [world.node(world.alice, principal) for principal in (most, least)]
    world.pass_periods(1)
    world.adn.claim(nodes[0], sender=world.alice)
    claimed = world.claimed(nodes[0])
    node = world.adn.merge(nodes, sender=world.alice)
    rest = next(rest for rest in range(least, 2 * least) if _late(rest, claimed, whole))
    [part] = world.adn.split(node, [whole - rest], sender=world.alice)
    assert world.claimed(node) == curve.released(rest, 1)
    assert 0 < world.adn.claimablePayout(part) < curve.released(least, 1)


def _lost(part: int, whole: int) -> int:
    """What rounding takes from two parts in period 1. In wei."""
    return curve.released(whole, 1) - curve.released(part, 1) - curve.released(whole - part, 1)


def _late(rest: int, claimed: int, whole: int) -> bool:
    """Whether a rest's share of what was claimed is more than it has released by period 1. All in wei."""
    return claimed - claimed * (whole - rest) // whole > curve.released(rest, 1)


# --------------------------------------------------------------------- merge


@pytest.fixture
def like(world: World, node: int) -> list[int]:
    """Three nodes of alice's and one start, claimed differently."""
    first, second, third = (world.node(world.alice, principal) for principal in (FEC, 2 * FEC, 4 * FEC))
    world.pass_periods(5)
    world.adn.claim(second, sender=world.alice)
    world.pass_periods(5)
    world.adn.claim(third, sender=world.alice)
    world.pass_periods(1)
    return [first, second, third]


def test_merge__like_nodes__sums_principal_and_claimed(world: World, like: list[int]) -> None:
    claimed = sum(world.claimed(one) for one in like)
    assert world.adn.merge(like, sender=world.alice) == like[0]
    assert (world.principal(like[0]), world.claimed(like[0])) == (7 * FEC, claimed)


def test_merge__the_unclaimed_part__is_kept(world: World, like: list[int]) -> None:
    before = claimable(world, *like)
    world.adn.merge(like, sender=world.alice)
    # One floor for the whole may be a wei or so above the sum of a floor for each.
    assert before <= claimable(world, like[0]) <= before + len(like) - 1


def test_merge__over_its_life__pays_the_sum_of_the_faces(world: World, like: list[int]) -> None:
    paid = sum(world.claimed(one) for one in like)
    world.adn.merge(like, sender=world.alice)
    world.pass_periods(100)
    before = world.fec.balanceOf(world.alice)
    world.adn.claim(like[0], sender=world.alice)
    assert world.fec.balanceOf(world.alice) - before + paid == 70 * FEC


def test_merge__events__tell_what_moved(world: World, like: list[int]) -> None:
    claimed = world.claimed(like[1])
    world.adn.merge(like[:2], sender=world.alice)
    adn = world.adn.address
    merged = {"tokenId": like[0], "mergedTokenId": like[1], "principal": 2 * FEC, "claimed": claimed}
    assert world.chain.events() == [
        Event(adn, "NodeMerged", merged),
        Event(adn, "Transfer", {"from": world.alice, "to": ZERO, "tokenId": like[1]}),
        Event(adn, "MetadataUpdate", {"_tokenId": like[0]}),
    ]


def test_merge__the_others__are_gone(world: World, like: list[int]) -> None:
    world.adn.merge(like, sender=world.alice)
    for gone in like[1:]:
        with expect("ERC721NonexistentToken", gone):
            world.adn.nodeOf(gone)


def test_merge__balance__counts_what_is_left(world: World, like: list[int]) -> None:
    before = world.adn.balanceOf(world.alice)
    world.adn.merge(like, sender=world.alice)
    assert world.adn.balanceOf(world.alice) == before - 2


def test_merge__after_a_split__restores_the_node(world: World, node: int) -> None:
    before = world.adn.nodeOf(node)
    parts = world.adn.split(node, [FEC, 2 * FEC], sender=world.alice)
    world.adn.merge([node, *parts], sender=world.alice)
    assert world.adn.nodeOf(node) == before


def test_merge__nodes_merged_and_split_before__keep_their_principals(world: World, like: list[int]) -> None:
    world.adn.merge(like[:2], sender=world.alice)
    (part,) = world.adn.split(like[0], [FEC // 3], sender=world.alice)
    world.adn.merge([like[2], like[0]], sender=world.alice)
    assert [world.principal(like[2]), world.principal(part)] == [7 * FEC - FEC // 3, FEC // 3]


def test_merge__with_itself__reverts(world: World, node: int) -> None:
    with expect("ADN_MergeWithItself", node):
        world.adn.merge([node, node], sender=world.alice)


def test_merge__with_itself_later_in_the_list__reverts(world: World, like: list[int]) -> None:
    with expect("ADN_MergeWithItself", like[0]):
        world.adn.merge([*like, like[0]], sender=world.alice)


def test_merge__another_named_twice__reverts(world: World, like: list[int]) -> None:
    with expect("ERC721NonexistentToken", like[1]):
        world.adn.merge([like[0], like[1], like[1]], sender=world.alice)


@pytest.mark.parametrize("count", [0, 1])
def test_merge__fewer_than_two__reverts(world: World, node: int, count: int) -> None:
    with expect("ADN_BatchTooShort", count, 2):
        world.adn.merge([node] * count, sender=world.alice)


def test_merge__what_is_gone__has_nothing_to_claim_even_for_nobody(world: World, node: int) -> None:
    """Nobody is the owner of what was merged away, and a call that is only tried out comes from nobody."""
    [part] = world.adn.split(node, [FEC], sender=world.alice)
    first = world.adn.split(node, [FEC], sender=world.alice)[0]
    world.adn.merge([first, node, part], sender=world.alice)
    world.pass_periods(10)
    for gone in (node, part):
        with expect("ADN_NothingToClaim", gone):
            world.adn.claimTo([gone], world.bob, sender=ZERO)


def test_merge__another_start__reverts(world: World, node: int, like: list[int]) -> None:
    with expect("ADN_UnlikeNodes", node, like[0]):
        world.adn.merge([node, like[0]], sender=world.alice)


def test_merge__an_earlier_start__reverts(world: World, node: int, like: list[int]) -> None:
    with expect("ADN_UnlikeNodes", like[0], node):
        world.adn.merge([like[0], node], sender=world.alice)


def test_merge__another_program_of_the_same_start__reverts(world: World) -> None:
    one, other = (world.node(world.alice, FEC, world.program()) for _ in range(2))
    assert world.adn.nodeOf(one)["start"] == world.adn.nodeOf(other)["start"]
    with expect("ADN_UnlikeNodes", one, other):
        world.adn.merge([one, other], sender=world.alice)


def test_merge__node_of_another_owner__reverts(world: World) -> None:
    one, other = world.node(world.alice, FEC), world.node(world.bob, FEC)
    with expect("ERC721IncorrectOwner", world.alice, other, world.bob):
        world.adn.merge([one, other], sender=world.alice)


def test_merge__never_minted_first__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.merge([node + 1, node], sender=world.alice)


def test_merge__never_minted_second__reverts(world: World, node: int) -> None:
    with expect("ERC721NonexistentToken", node + 1):
        world.adn.merge([node, node + 1], sender=world.alice)


def test_merge__by_an_erc721_operator__is_taken(world: World, like: list[int]) -> None:
    world.adn.setApprovalForAll(world.bob, True, sender=world.alice)
    world.adn.merge(like, sender=world.bob)
    assert world.adn.ownerOf(like[0]) == world.alice


@pytest.mark.parametrize("approval", ["approve", "setClaimApproval", "none"])
def test_merge__by_who_may_do_less__reverts(world: World, like: list[int], approval: str) -> None:
    for one in like:
        arguments = {"approve": [world.bob, one], "setClaimApproval": [world.bob, True, one]}
        if approval in arguments:
            world.adn[approval](*arguments[approval], sender=world.alice)
    with expect("ADN_NotOwnerOrOperator", like[0], world.bob):
        world.adn.merge(like, sender=world.bob)


def test_merge__approvals_of_the_first__are_cleared(world: World, like: list[int]) -> None:
    world.adn.approve(world.bob, like[0], sender=world.alice)
    world.adn.setClaimApproval(world.bob, True, like[0], sender=world.alice)
    world.adn.merge(like, sender=world.alice)
    assert (world.adn.getApproved(like[0]), world.adn.getClaimApproved(like[0])) == (ZERO, ZERO)


def test_merge__claim_approved_of_the_first__cannot_claim_the_sum(world: World, like: list[int]) -> None:
    world.adn.setClaimApproval(world.bob, True, like[0], sender=world.alice)
    world.adn.merge(like, sender=world.alice)
    with expect("ADN_NotClaimer", like[0], world.bob):
        world.adn.claim(like[0], sender=world.bob)


def test_merge__dust__is_picked_up(world: World) -> None:
    dust = [world.node(world.alice, 1) for _ in range(20)]
    world.adn.merge(dust, sender=world.alice)
    world.pass_periods(100)
    world.adn.claim(dust[0], sender=world.alice)
    assert world.fec.balanceOf(world.alice) == 200
