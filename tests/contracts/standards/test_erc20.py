"""ERC-20, clause by clause, where no other test shows it. docs/assurance/standards.md has them all."""

from __future__ import annotations

import pytest

from tests.contracts.support.build import shipped
from tests.contracts.support.evm import ZERO, Event, expect
from tests.contracts.support.world import CAP, FEC, GENESIS, World


def transfer(world: World, sender: str, receiver: str, value: int) -> Event:
    return Event(world.fec.address, "Transfer", {"from": sender, "to": receiver, "value": value})


def approval(world: World, owner: str, spender: str, value: int) -> Event:
    return Event(world.fec.address, "Approval", {"owner": owner, "spender": spender, "value": value})


def test_metadata__coupon__has_name_symbol_and_18_decimals(world: World) -> None:
    assert (world.fec.name(), world.fec.symbol(), world.fec.decimals()) == ("Fortune Earnings Coupon", "FEC", 18)


def test_total_supply__all_balances__sum_to_it(world: World) -> None:
    world.fund(world.alice, 5)
    held = [world.fec.balanceOf(one) for one in (world.genesis, world.alice, world.bob)]
    assert held == [GENESIS - 5, 5, 0]
    assert world.fec.totalSupply() == sum(held)


def test_transfer__done__returns_true(world: World) -> None:
    world.fund(world.alice, 5)
    assert world.fec.transfer(world.bob, 5, sender=world.alice) is True


def test_transfer__of_zero__is_a_transfer_like_any(world: World) -> None:
    assert world.fec.transfer(world.bob, 0, sender=world.alice) is True
    assert world.chain.events() == [transfer(world, world.alice, world.bob, 0)]


def test_transfer_from__done__tells_and_returns_true(world: World) -> None:
    world.fund(world.alice, 5)
    world.fec.approve(world.bob, 5, sender=world.alice)
    assert world.fec.transferFrom(world.alice, world.carol, 5, sender=world.bob) is True
    assert world.chain.events() == [transfer(world, world.alice, world.carol, 5)]


def test_transfer_from__of_zero__is_a_transfer_like_any(world: World) -> None:
    assert world.fec.transferFrom(world.alice, world.carol, 0, sender=world.bob) is True
    assert world.chain.events() == [transfer(world, world.alice, world.carol, 0)]


def test_transfer_from__not_authorized__reverts(world: World) -> None:
    world.fund(world.alice, 5)
    with expect("ERC20InsufficientAllowance", world.bob, 0, 1):
        world.fec.transferFrom(world.alice, world.bob, 1, sender=world.bob)


def test_transfer_from__of_ones_own__wants_an_allowance_too(world: World) -> None:
    world.fund(world.alice, 5)
    with expect("ERC20InsufficientAllowance", world.alice, 0, 1):
        world.fec.transferFrom(world.alice, world.bob, 1, sender=world.alice)


def test_transfer_from__above_the_balance__reverts(world: World) -> None:
    world.fec.approve(world.bob, 5, sender=world.alice)
    with expect("ERC20InsufficientBalance", world.alice, 0, 5):
        world.fec.transferFrom(world.alice, world.bob, 5, sender=world.bob)


def test_transfer_from__several_times__up_to_what_was_approved(world: World) -> None:
    world.fund(world.alice, 9)
    world.fec.approve(world.bob, 5, sender=world.alice)
    for left in (3, 1):
        world.fec.transferFrom(world.alice, world.bob, 2, sender=world.bob)
        assert world.fec.allowance(world.alice, world.bob) == left
    with expect("ERC20InsufficientAllowance", world.bob, 1, 2):
        world.fec.transferFrom(world.alice, world.bob, 2, sender=world.bob)


def test_transfer_from__greatest_allowance__is_not_used_up(world: World) -> None:
    world.fund(world.alice, 5)
    world.fec.approve(world.bob, 2**256 - 1, sender=world.alice)
    world.fec.transferFrom(world.alice, world.bob, 5, sender=world.bob)
    assert world.fec.allowance(world.alice, world.bob) == 2**256 - 1


@pytest.mark.parametrize("value", [0, 1, 2**256 - 1])
def test_approve__any_value__tells_and_returns_true(world: World, value: int) -> None:
    assert world.fec.approve(world.bob, value, sender=world.alice) is True
    assert world.chain.events() == [approval(world, world.alice, world.bob, value)]


def test_approve__again__overwrites_without_a_zero_between(world: World) -> None:
    world.fec.approve(world.bob, 5, sender=world.alice)
    world.fec.approve(world.bob, 3, sender=world.alice)
    assert world.fec.allowance(world.alice, world.bob) == 3


def test_genesis__coins_created__come_from_zero(world: World) -> None:
    own = world.chain.deploy(shipped("FEC"), world.alice, CAP, GENESIS, world.genesis, sender=world.alice)
    created = {"from": ZERO, "to": world.genesis, "value": GENESIS}
    assert world.chain.events("Transfer") == [Event(own.address, "Transfer", created)]


def test_burn__into_a_node__goes_to_zero(world: World) -> None:
    world.node(world.alice, FEC)
    assert transfer(world, world.genesis, ZERO, FEC) in world.chain.events("Transfer")
