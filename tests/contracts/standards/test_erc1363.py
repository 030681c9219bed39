"""ERC-1363, clause by clause, where no other test shows it. docs/assurance/standards.md has them all."""

from __future__ import annotations

import pytest

from tests.contracts.standards.interfaces import deploy_witness, heard
from tests.contracts.support.evm import ZERO, Contract, expect
from tests.contracts.support.shop_world import MODES, Market
from tests.contracts.support.world import World

RECEIVED, APPROVED = "88a7ca5c", "7b04a2d0"
RECEIVED_TYPES = ["address", "address", "uint256", "bytes"]
APPROVED_TYPES = ["address", "uint256", "bytes"]
TRANSFER = "transferAndCall(address,uint256{})"
TRANSFER_FROM = "transferFromAndCall(address,address,uint256{})"
APPROVE = "approveAndCall(address,uint256{})"
#: With data and without.
DATA = [(",bytes", [b"data"]), ("", [])]


@pytest.fixture
def witness(world: World) -> Contract:
    return deploy_witness(world.chain, world.stranger)


@pytest.fixture
def funded(world: World) -> World:
    """alice has 5 wei, of which bob may take 4."""
    world.fund(world.alice, 5)
    world.fec.approve(world.bob, 4, sender=world.alice)
    return world


@pytest.mark.parametrize(("last", "data"), DATA)
def test_transfer_and_call__done__moves_then_tells_the_receiver(
    funded: World, witness: Contract, last: str, data: list[bytes]
) -> None:
    assert funded.fec[TRANSFER.format(last)](witness.address, 5, *data, sender=funded.alice) is True
    told = (funded.alice.lower(), funded.alice.lower(), 5, b"".join(data))
    assert heard(funded.chain, witness, RECEIVED_TYPES) == [(RECEIVED, told)]
    # The coins first: the hook's log is the last.
    assert [log.address.lower() for log in funded.chain.logs] == [funded.fec.address.lower(), witness.address.lower()]
    assert funded.fec.balanceOf(witness.address) == 5


@pytest.mark.parametrize(("last", "data"), DATA)
def test_transfer_from_and_call__done__uses_the_allowance_then_tells_the_receiver(
    funded: World, witness: Contract, last: str, data: list[bytes]
) -> None:
    call = TRANSFER_FROM.format(last)
    assert funded.fec[call](funded.alice, witness.address, 3, *data, sender=funded.bob) is True
    told = (funded.bob.lower(), funded.alice.lower(), 3, b"".join(data))
    assert heard(funded.chain, witness, RECEIVED_TYPES) == [(RECEIVED, told)]
    assert (funded.fec.balanceOf(witness.address), funded.fec.allowance(funded.alice, funded.bob)) == (3, 1)


@pytest.mark.parametrize(("last", "data"), DATA)
def test_approve_and_call__done__sets_the_allowance_then_tells_the_spender(
    funded: World, witness: Contract, last: str, data: list[bytes]
) -> None:
    assert funded.fec[APPROVE.format(last)](witness.address, 7, *data, sender=funded.alice) is True
    told = (funded.alice.lower(), 7, b"".join(data))
    assert heard(funded.chain, witness, APPROVED_TYPES) == [(APPROVED, told)]
    assert funded.fec.allowance(funded.alice, witness.address) == 7


@pytest.mark.parametrize(("last", "data"), DATA)
def test_transfer_from_and_call__without_an_allowance__reverts(
    funded: World, witness: Contract, last: str, data: list[bytes]
) -> None:
    with expect("ERC20InsufficientAllowance", funded.carol, 0, 3):
        funded.fec[TRANSFER_FROM.format(last)](funded.alice, witness.address, 3, *data, sender=funded.carol)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (TRANSFER, "ERC1363InvalidReceiver"),
        (TRANSFER_FROM, "ERC1363InvalidReceiver"),
        (APPROVE, "ERC1363InvalidSpender"),
    ],
)
def test_calls__answered_with_another_value__revert_and_undo_all(
    funded: World, receiver: Contract, call: str, error: str
) -> None:
    receiver.set(MODES["Reject"], ZERO, b"")
    funded.fec.approve(funded.alice, 3, sender=funded.alice)
    owner = [funded.alice] if call == TRANSFER_FROM else []
    with expect(error, receiver.address):
        funded.fec[call.format("")](*owner, receiver.address, 3, sender=funded.alice)
    fec = funded.fec
    assert (fec.balanceOf(receiver.address), fec.allowance(funded.alice, receiver.address)) == (0, 0)


def test_transfer_and_call__of_zero__tells_the_receiver_too(world: World, witness: Contract) -> None:
    world.fec[TRANSFER.format("")](witness.address, 0, sender=world.alice)
    told = (world.alice.lower(), world.alice.lower(), 0, b"")
    assert heard(world.chain, witness, RECEIVED_TYPES) == [(RECEIVED, told)]


# ---------------------------------------------------------- checkout as receiver


def test_checkout__as_a_spender__is_none(market: Market) -> None:
    with expect("ERC1363InvalidSpender", market.checkout.address):
        market.fec[APPROVE.format("")](market.checkout.address, 7, sender=market.alice)


def test_checkout__as_a_receiver__accepts_what_pays_an_order(market: Market) -> None:
    # It answers the selector: anything else would have undone the transfer.
    order = market.order(market.shop())
    call = TRANSFER.format(",bytes")
    market.fec[call](market.checkout.address, order.amount, market.encoded(order), sender=market.alice)
    [paid] = market.chain.events("OrderPaid")
    assert (paid.values["payer"], paid.values["amount"]) == (market.alice, order.amount)
