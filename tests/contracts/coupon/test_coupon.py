"""The coupon: who may mint and burn, transfers, ERC-1363 and its hooks."""

from __future__ import annotations

import pytest

from tests.contracts.support.build import shipped
from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.shop_world import MODES
from tests.contracts.support.world import CAP, FEC, GENESIS, World

PLAIN_AND_DATA = ["transferAndCall(address,uint256)", "transferAndCall(address,uint256,bytes)"]


@pytest.mark.parametrize("function", ["mint", "burn"])
@pytest.mark.parametrize("who", ["alice", "admin", "genesis", "merchant"])
def test_mint_and_burn__by_another_than_the_minter__reverts(world: World, function: str, who: str) -> None:
    caller = getattr(world, who)
    with expect("FEC_NotMinter", caller, world.adn.address):
        world.fec[function](caller, 1, sender=caller)


@pytest.fixture
def own_fec(world: World) -> Contract:
    """A coupon whose minter is `alice`."""
    return world.chain.deploy(shipped("FEC"), world.alice, CAP, GENESIS, world.genesis, sender=world.alice)


def test_mint__up_to_the_cap__is_taken(world: World, own_fec: Contract) -> None:
    own_fec.mint(world.bob, CAP - GENESIS, sender=world.alice)
    assert own_fec.totalSupply() == CAP


def test_mint__above_the_cap__reverts(world: World, own_fec: Contract) -> None:
    with expect("FEC_CapExceeded", CAP + 1, CAP):
        own_fec.mint(world.bob, CAP - GENESIS + 1, sender=world.alice)


def test_burn__what_was_burned__is_counted(world: World, own_fec: Contract) -> None:
    own_fec.burn(world.genesis, 3, sender=world.alice)
    own_fec.burn(world.genesis, 4, sender=world.alice)
    assert (own_fec.totalBurned(), own_fec.totalSupply()) == (7, GENESIS - 7)


def test_burn__more_than_there_is__reverts(world: World, own_fec: Contract) -> None:
    with expect("ERC20InsufficientBalance", world.bob, 0, 1):
        own_fec.burn(world.bob, 1, sender=world.alice)


def test_transfer__all__moves_and_tells(world: World) -> None:
    world.fund(world.alice, 5)
    world.fec.transfer(world.bob, 5, sender=world.alice)
    moved = {"from": world.alice, "to": world.bob, "value": 5}
    assert world.chain.events() == [Event(world.fec.address, "Transfer", moved)]
    assert [world.fec.balanceOf(one) for one in (world.alice, world.bob)] == [0, 5]


def test_transfer__to_oneself__changes_nothing(world: World) -> None:
    world.fund(world.alice, 5)
    world.fec.transfer(world.alice, 5, sender=world.alice)
    assert (world.fec.balanceOf(world.alice), world.fec.totalSupply()) == (5, GENESIS)


def test_transfer__above_balance__reverts(world: World) -> None:
    with expect("ERC20InsufficientBalance", world.alice, 0, 1):
        world.fec.transfer(world.bob, 1, sender=world.alice)


def test_transfer__to_zero__reverts(world: World) -> None:
    with expect("ERC20InvalidReceiver", ZERO):
        world.fec.transfer(ZERO, 0, sender=world.alice)


def test_transfer_from__within_the_allowance__uses_it(world: World) -> None:
    world.fund(world.alice, 5)
    world.fec.approve(world.bob, 5, sender=world.alice)
    world.fec.transferFrom(world.alice, world.carol, 2, sender=world.bob)
    assert (world.fec.allowance(world.alice, world.bob), world.fec.balanceOf(world.carol)) == (3, 2)


def test_transfer_from__above_the_allowance__reverts(world: World) -> None:
    world.fund(world.alice, 5)
    world.fec.approve(world.bob, 1, sender=world.alice)
    with expect("ERC20InsufficientAllowance", world.bob, 1, 2):
        world.fec.transferFrom(world.alice, world.carol, 2, sender=world.bob)


def test_approve__zero_spender__reverts(world: World) -> None:
    with expect("ERC20InvalidSpender", ZERO):
        world.fec.approve(ZERO, 1, sender=world.alice)


def test_node_contract__allowance__is_not_needed_and_not_used(world: World) -> None:
    # As the wired burner it burns its caller's coins, and can burn nobody else's.
    world.fund(world.alice, FEC)
    world.fec.approve(world.adn.address, 5, sender=world.alice)
    world.adn.mint(1, FEC, world.bob, sender=world.alice)
    assert world.fec.allowance(world.alice, world.adn.address) == 5


# ------------------------------------------------------------------- ERC-1363


def test_transfer_and_call__to_a_receiver__moves_then_asks(world: World, receiver: Contract) -> None:
    world.fund(world.alice, 5)
    world.fec[PLAIN_AND_DATA[1]](receiver.address, 5, b"order", sender=world.alice)
    assert (world.fec.balanceOf(receiver.address), receiver.hooks(), receiver.data()) == (5, 1, b"order")


def test_transfer_and_call__without_data__asks_too(world: World, receiver: Contract) -> None:
    world.fund(world.alice, 5)
    world.fec[PLAIN_AND_DATA[0]](receiver.address, 5, sender=world.alice)
    assert (receiver.hooks(), receiver.data()) == (1, b"")


def test_transfer_and_call__to_a_receiver_that_rejects__reverts(world: World, receiver: Contract) -> None:
    world.fund(world.alice, 5)
    receiver.set(MODES["Reject"], ZERO, b"")
    with expect("ERC1363InvalidReceiver", receiver.address):
        world.fec[PLAIN_AND_DATA[0]](receiver.address, 5, sender=world.alice)


def test_transfer_and_call__to_a_receiver_that_reverts__passes_its_error_on(world: World, receiver: Contract) -> None:
    world.fund(world.alice, 5)
    receiver.set(MODES["Revert"], ZERO, b"")
    with expect("Receiver_Refused", world.alice, 5):
        world.fec[PLAIN_AND_DATA[0]](receiver.address, 5, sender=world.alice)


def test_transfer_and_call__to_an_account__reverts(world: World) -> None:
    world.fund(world.alice, 5)
    with expect("ERC1363InvalidReceiver", world.bob):
        world.fec[PLAIN_AND_DATA[0]](world.bob, 5, sender=world.alice)


def test_transfer_from_and_call__within_the_allowance__moves_then_asks(world: World, receiver: Contract) -> None:
    world.fund(world.alice, 5)
    world.fec.approve(world.bob, 5, sender=world.alice)
    call = "transferFromAndCall(address,address,uint256,bytes)"
    world.fec[call](world.alice, receiver.address, 4, b"x", sender=world.bob)
    assert (world.fec.balanceOf(receiver.address), world.fec.allowance(world.alice, world.bob)) == (4, 1)
    assert receiver.data() == b"x"


def test_approve_and_call__a_receiver__approves_then_asks(world: World, receiver: Contract) -> None:
    world.fec["approveAndCall(address,uint256,bytes)"](receiver.address, 4, b"y", sender=world.alice)
    assert (world.fec.allowance(world.alice, receiver.address), receiver.data()) == (4, b"y")


def test_approve_and_call__an_account__reverts(world: World) -> None:
    with expect("ERC1363InvalidSpender", world.bob):
        world.fec["approveAndCall(address,uint256)"](world.bob, 4, sender=world.alice)


def test_reentrancy__burning_what_was_just_received__makes_a_whole_node(world: World, receiver: Contract) -> None:
    world.fund(world.alice, FEC)
    payload = world.adn.encode("mint", 1, FEC, receiver.address)
    receiver.set(MODES["Reenter"], world.adn.address, payload)
    world.fec[PLAIN_AND_DATA[0]](receiver.address, FEC, sender=world.alice)
    assert receiver.succeeded()
    assert (world.fec.totalBurned(), world.adn.outstanding()) == (FEC, 10 * FEC)
    assert (world.fec.balanceOf(receiver.address), world.adn.balanceOf(receiver.address)) == (0, 1)


def test_reentrancy__spending_twice_what_was_received__reverts_inside(world: World, receiver: Contract) -> None:
    world.fund(world.alice, 5)
    receiver.set(MODES["Reenter"], world.fec.address, world.fec.encode("transfer", world.bob, 6))
    world.fec[PLAIN_AND_DATA[0]](receiver.address, 5, sender=world.alice)
    error = world.chain.error(receiver.result())
    assert (error.name, error.values) == ("ERC20InsufficientBalance", (receiver.address, 5, 6))


@pytest.mark.parametrize("data", ["", "12345678", "150b7a02" + "00" * 128], ids=["nothing", "no function", "a hook"])
def test_unknown_function__called__reverts_without_a_word(world: World, data: str) -> None:
    """A contract that asks for a receiver's hook has to see that there is none."""
    with expect("", b""):
        world.chain.send(world.alice, world.fec.address, bytes.fromhex(data))
