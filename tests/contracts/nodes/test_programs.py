"""Deployment, programs, quotas and the two steps of ownership."""

from __future__ import annotations

import pytest

from fec.core.durations import DAY, HOUR, WEEK
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import ZERO, Event, expect
from tests.contracts.support.world import BUDGET, CAP, FEC, GENESIS, NOW, ORIGIN, PUBLIC, PUBLIC_QUOTA, World


def deploy(world: World, *arguments: object) -> None:
    world.chain.deploy(shipped("ADN"), *arguments, sender=world.admin)


def test_deploy__numbers__are_what_was_asked(world: World) -> None:
    fec, adn = world.fec, world.adn
    assert (fec.cap(), fec.genesisSupply(), fec.totalSupply(), fec.totalBurned()) == (CAP, GENESIS, GENESIS, 0)
    assert (fec.minter(), fec.balanceOf(world.genesis), adn.owner()) == (adn.address, GENESIS, world.admin)
    assert (adn.budget(), adn.programCount(), adn.outstanding()) == (BUDGET - PUBLIC_QUOTA, 1, 0)
    assert (fec.name(), fec.symbol(), fec.decimals()) == ("Fortune Earnings Coupon", "FEC", 18)
    assert (adn.name(), adn.symbol()) == ("Airdrop Node", "ADN")


def test_deploy__public_program__has_weeks_from_monday_and_no_issuer(world: World) -> None:
    assert world.adn.programOf(PUBLIC) == {
        "operator": world.admin,
        "issuer": ZERO,
        "periodLength": WEEK,
        "origin": ORIGIN,
        "quota": PUBLIC_QUOTA,
        "burned": 0,
        "closed": False,
    }


def test_deploy__cap_of_95_bits__is_taken(world: World) -> None:
    deploy(world, world.admin, world.genesis, 2**95 - 1, 0, 0)


def test_deploy__cap_above_95_bits__reverts(world: World) -> None:
    with expect("FEC_CapTooHigh", 2**95, 2**95 - 1):
        deploy(world, world.admin, world.genesis, 2**95, 0, 0)


def test_deploy__genesis_above_cap__reverts(world: World) -> None:
    with expect("FEC_CapExceeded", CAP + 1, CAP):
        deploy(world, world.admin, world.genesis, CAP, CAP + 1, 0)


def test_deploy__public_quota_above_budget__reverts(world: World) -> None:
    with expect("ADN_BudgetExceeded", BUDGET + 1, BUDGET):
        deploy(world, world.admin, world.genesis, CAP, GENESIS, BUDGET + 1)


def test_deploy__zero_owner__reverts(world: World) -> None:
    with expect("OwnableInvalidOwner", ZERO):
        deploy(world, ZERO, world.genesis, CAP, GENESIS, 0)


def test_deploy__zero_genesis_holder__reverts(world: World) -> None:
    with expect("ERC20InvalidReceiver", ZERO):
        deploy(world, world.admin, ZERO, CAP, GENESIS, 0)


def test_create_program__by_the_owner__takes_quota_from_the_budget(world: World) -> None:
    before = world.adn.budget()
    program = world.adn.createProgram(world.merchant, world.signer, DAY, NOW, 5 * FEC, sender=world.admin)
    assert (program, world.adn.programCount(), world.adn.budget()) == (2, 2, before - 5 * FEC)
    assert world.adn.programOf(program) == {
        "operator": world.merchant,
        "issuer": world.signer,
        "periodLength": DAY,
        "origin": NOW,
        "quota": 5 * FEC,
        "burned": 0,
        "closed": False,
    }


def test_create_program__by_the_owner__tells_so(world: World) -> None:
    world.adn.createProgram(world.merchant, world.signer, DAY, 7, 5 * FEC, sender=world.admin)
    terms = {"operator": world.merchant, "issuer": world.signer, "periodLength": DAY, "origin": 7, "quota": 5 * FEC}
    assert world.chain.events() == [Event(world.adn.address, "ProgramCreated", {"programId": 2, **terms})]


def test_create_program__by_another__reverts(world: World) -> None:
    with expect("OwnableUnauthorizedAccount", world.merchant):
        world.adn.createProgram(world.merchant, ZERO, DAY, 0, 0, sender=world.merchant)


def test_create_program__zero_operator__reverts(world: World) -> None:
    with expect("ADN_ZeroOperator"):
        world.adn.createProgram(ZERO, ZERO, DAY, 0, 0, sender=world.admin)


@pytest.mark.parametrize("length", [0, 12 * HOUR - 1, 90 * DAY + 1, 2**24 + DAY, 2**32 - 1])
def test_create_program__period_out_of_range__reverts(world: World, length: int) -> None:
    with expect("ADN_PeriodOutOfRange", length, world.adn.MIN_PERIOD_LENGTH(), world.adn.MAX_PERIOD_LENGTH()):
        world.adn.createProgram(world.merchant, ZERO, length, 0, 0, sender=world.admin)


@pytest.mark.parametrize("length", [12 * HOUR, 90 * DAY])
def test_create_program__period_at_the_end_of_the_range__is_taken(world: World, length: int) -> None:
    program = world.program(period=length)
    assert world.adn.programOf(program)["periodLength"] == length


def test_create_program__origin_in_the_future__reverts(world: World) -> None:
    with expect("ADN_OriginInFuture", NOW + 1, NOW):
        world.adn.createProgram(world.merchant, ZERO, DAY, NOW + 1, 0, sender=world.admin)


def test_create_program__quota_above_budget__reverts(world: World) -> None:
    left = world.adn.budget()
    with expect("ADN_BudgetExceeded", left + 1, left):
        world.adn.createProgram(world.merchant, ZERO, DAY, 0, left + 1, sender=world.admin)


def test_grant_quota__by_the_owner__moves_it_from_the_budget(world: World) -> None:
    program, before = world.program(quota=FEC), world.adn.budget()
    world.adn.grantQuota(program, before, sender=world.admin)
    assert world.chain.events() == [Event(world.adn.address, "QuotaGranted", {"programId": program, "amount": before})]
    assert (world.adn.programOf(program)["quota"], world.adn.budget()) == (FEC + before, 0)


def test_grant_quota__above_budget__reverts(world: World) -> None:
    left = world.adn.budget()
    with expect("ADN_BudgetExceeded", left + 1, left):
        world.adn.grantQuota(PUBLIC, left + 1, sender=world.admin)


def test_grant_quota__by_the_operator__reverts(world: World) -> None:
    program = world.program()
    with expect("OwnableUnauthorizedAccount", world.merchant):
        world.adn.grantQuota(program, 1, sender=world.merchant)


@pytest.mark.parametrize("program", [0, 2])
def test_grant_quota__unknown_program__reverts(world: World, program: int) -> None:
    with expect("ADN_UnknownProgram", program):
        world.adn.grantQuota(program, 1, sender=world.admin)


def test_grant_quota__closed_program__reverts(world: World) -> None:
    world.adn.closeProgram(PUBLIC, sender=world.admin)
    with expect("ADN_ProgramClosed", PUBLIC):
        world.adn.grantQuota(PUBLIC, 1, sender=world.admin)


@pytest.mark.parametrize("closer", ["merchant", "admin"])
def test_close_program__by_operator_or_owner__returns_what_is_left(world: World, closer: str) -> None:
    before = world.adn.budget()
    program = world.program(quota=10 * FEC)
    world.node(world.alice, 4 * FEC, program)
    world.adn.closeProgram(program, sender=getattr(world, closer))
    assert world.chain.events() == [
        Event(world.adn.address, "ProgramClosed", {"programId": program, "returned": 6 * FEC})
    ]
    terms = world.adn.programOf(program)
    assert (terms["closed"], terms["quota"], terms["burned"]) == (True, 0, 4 * FEC)
    assert world.adn.budget() == before - 4 * FEC


def test_close_program__nodes_minted_before__pay_to_the_end(world: World) -> None:
    program = world.program()
    node = world.node(world.alice, FEC, program)
    world.adn.closeProgram(program, sender=world.merchant)
    world.pass_periods(100)
    world.adn.claim(node, sender=world.alice)
    assert world.fec.balanceOf(world.alice) == 10 * FEC


def test_close_program__by_the_issuer__reverts(world: World) -> None:
    program = world.program(issuer=world.signer)
    with expect("ADN_NotProgramOperator", program, world.signer):
        world.adn.closeProgram(program, sender=world.signer)


def test_close_program__twice__reverts(world: World) -> None:
    world.adn.closeProgram(PUBLIC, sender=world.admin)
    with expect("ADN_ProgramClosed", PUBLIC):
        world.adn.closeProgram(PUBLIC, sender=world.admin)


def test_close_program__unknown__reverts(world: World) -> None:
    with expect("ADN_UnknownProgram", 2):
        world.adn.closeProgram(2, sender=world.admin)


def test_set_program_operator__by_the_operator__hands_it_on(world: World) -> None:
    program = world.program()
    world.adn.setProgramOperator(program, world.bob, sender=world.merchant)
    change = {"programId": program, "previous": world.merchant, "current": world.bob}
    assert world.chain.events() == [Event(world.adn.address, "ProgramOperatorChanged", change)]
    with expect("ADN_NotProgramOperator", program, world.merchant):
        world.adn.closeProgram(program, sender=world.merchant)
    world.adn.closeProgram(program, sender=world.bob)


def test_set_program_operator__by_the_owner__reverts(world: World) -> None:
    program = world.program()
    with expect("ADN_NotProgramOperator", program, world.admin):
        world.adn.setProgramOperator(program, world.admin, sender=world.admin)


def test_set_program_operator__to_zero__reverts(world: World) -> None:
    program = world.program()
    with expect("ADN_ZeroOperator"):
        world.adn.setProgramOperator(program, ZERO, sender=world.merchant)


def test_set_program_operator__unknown__reverts(world: World) -> None:
    with expect("ADN_UnknownProgram", 2):
        world.adn.setProgramOperator(2, world.bob, sender=world.merchant)


@pytest.mark.parametrize("program", [0, 2, 2**256 - 1])
def test_program_of__unknown__reverts(world: World, program: int) -> None:
    with expect("ADN_UnknownProgram", program):
        world.adn.programOf(program)


def test_ownership__handed_over__waits_to_be_taken(world: World) -> None:
    world.adn.transferOwnership(world.bob, sender=world.admin)
    assert (world.adn.owner(), world.adn.pendingOwner()) == (world.admin, world.bob)
    world.adn.acceptOwnership(sender=world.bob)
    assert (world.adn.owner(), world.adn.pendingOwner()) == (world.bob, ZERO)


def test_ownership__taken_by_another__reverts(world: World) -> None:
    world.adn.transferOwnership(world.bob, sender=world.admin)
    with expect("OwnableUnauthorizedAccount", world.alice):
        world.adn.acceptOwnership(sender=world.alice)


@pytest.mark.parametrize(("function", "arguments"), [("transferOwnership", [ZERO]), ("renounceOwnership", [])])
def test_ownership__given_away_by_another__reverts(world: World, function: str, arguments: list[str]) -> None:
    with expect("OwnableUnauthorizedAccount", world.alice):
        world.adn[function](*arguments, sender=world.alice)
