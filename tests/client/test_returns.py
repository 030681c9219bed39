"""Return windows through the client: refunding, capturing, and lists of orders cut to fit a block."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_typing import HexStr
from web3 import Web3

from fec.chain.anvil import Anvil
from fec.chain.gas import MOST_GAS
from fec.client.client import Client
from fec.client.orders import GAS_PER_BATCH, GAS_PER_CAPTURE, batches
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import HOUR
from fec.i18n.errors import LimitExceeded, NotAllowed, NotFound, StateConflict
from fec.protocol.orders import Capture, Order, OrderStatus, Paid
from fec.protocol.terms import Terms

from .refusals import refused

FEC = WEI_PER_FEC
WINDOW = 24 * HOUR
UNKNOWN = "0x" + "ab" * 32
INVALID_OPCODE = "0xfe"

NewOrder = Callable[..., Order]
WeeksLater = Callable[[int], int]


@pytest.fixture
def returnable(shop: Client, program_id: int, terms: Terms) -> None:
    """The shop takes goods back for a day."""
    shop.terms.set(program_id, replace(terms, return_window=WINDOW))


@pytest.fixture
def allied(shop: Client, program_id: int) -> None:
    """The shop credits an alliance too."""
    shop.terms.found_alliance(program_id)


#: They take nodes before the sale, as any account does, and none at capture.
TURNING = [Web3.to_checksum_address(f"0x{0xC0000 + index:040x}") for index in range(6)]


def turn(chain: Anvil) -> None:
    """From now on they take no nodes, and burn all the gas they are given."""
    for customer in TURNING:
        chain.request("anvil_setCode", customer, INVALID_OPCODE)


@pytest.fixture
def escrowed(shopper: Client, order: NewOrder, returnable: None) -> Paid:
    """100 FEC in their return window."""
    return shopper.orders.pay(order())


def sums(capture: Capture) -> tuple[int, int, int, int]:
    return capture.to_merchant, capture.burned, capture.donated, capture.returned


# -------------------------------------------------------------- return window


def test_pay__return_window__keeps_all_of_it(shopper: Client, escrowed: Paid, program_id: int) -> None:
    assert (escrowed.capture, escrowed.token_id) == (None, None)
    assert shopper.balance(shopper.orders.address) == 100 * FEC
    assert shopper.terms.reserved(program_id) == 10 * FEC


def test_get__escrowed__is_read_back(shopper: Client, escrowed: Paid, program_id: int) -> None:
    found = shopper.orders.get(escrowed.order_key)
    assert (found.key, found.status, found.program_id) == (escrowed.order_key, OrderStatus.ESCROWED, program_id)
    assert (found.payer, found.customer, found.cause) == (shopper.address, shopper.address, None)
    assert (found.terms_version, found.burn_bps, found.return_deadline) == (2, 1_000, escrowed.return_deadline)
    assert (found.amount, found.refunded, found.escrowed) == (100 * FEC, 0, 100 * FEC)
    assert found.return_deadline == found.paid_at + WINDOW


def test_get__captured_at_once__keeps_payer_and_time(shopper: Client, order: NewOrder) -> None:
    found = shopper.orders.get(shopper.orders.pay(order()).order_key)
    assert (found.status, found.payer) == (OrderStatus.CAPTURED, shopper.address)
    assert (found.customer, found.amount, found.escrowed) == (None, 0, 0)


def test_get__never_paid__is_unpaid(owner: Client) -> None:
    found = owner.orders.get(UNKNOWN)
    assert (found.status, found.payer) == (OrderStatus.UNPAID, None)


def test_refund__some__goes_back_to_the_payer(shop: Client, shopper: Client, escrowed: Paid, program_id: int) -> None:
    refund = shop.orders.refund(escrowed.order_key, 30 * FEC)
    assert (refund.amount, refund.refunded_in_all) == (30 * FEC, 30 * FEC)
    assert shopper.balance(shopper.address) == 99_930 * FEC
    assert shop.terms.reserved(program_id) == 7 * FEC


def test_refund__no_amount__is_all_that_is_left(shop: Client, escrowed: Paid) -> None:
    shop.orders.refund(escrowed.order_key, 30 * FEC)
    refund = shop.orders.refund(escrowed.order_key)
    assert (refund.amount, refund.refunded_in_all) == (70 * FEC, 100 * FEC)
    assert shop.orders.get(escrowed.order_key).status is OrderStatus.REFUNDED


def test_refund__too_much__is_refused(shop: Client, escrowed: Paid) -> None:
    key = escrowed.order_key
    with refused(LimitExceeded, "Checkout_RefundTooHigh", orderKey=key, asked=100 * FEC + 1, left=100 * FEC):
        shop.orders.refund(key, 100 * FEC + 1)


def test_refund__by_a_stranger__is_refused(bob: Client, escrowed: Paid, program_id: int) -> None:
    with refused(NotAllowed, "Checkout_NotSignerOrOperator", programId=program_id, caller=bob.address):
        bob.orders.refund(escrowed.order_key)


def test_refund__window_over__is_refused(shop: Client, escrowed: Paid, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    deadline = escrowed.return_deadline
    with refused(StateConflict, "Checkout_ReturnWindowClosed", orderKey=escrowed.order_key, returnDeadline=deadline):
        shop.orders.refund(escrowed.order_key)


def test_refund__captured__is_refused(shop: Client, shopper: Client, order: NewOrder) -> None:
    paid = shopper.orders.pay(order())
    with refused(StateConflict, "Checkout_OrderFinal", orderKey=paid.order_key, status=OrderStatus.CAPTURED):
        shop.orders.refund(paid.order_key, 1)


def test_refund__unknown__is_refused(shop: Client) -> None:
    with refused(NotFound, "Checkout_UnknownOrder", orderKey=UNKNOWN):
        shop.orders.refund(UNKNOWN, 1)


# -------------------------------------------------------------------- capture


def test_capture__window_open__is_refused(bob: Client, escrowed: Paid) -> None:
    deadline = escrowed.return_deadline
    with refused(StateConflict, "Checkout_ReturnWindowOpen", orderKey=escrowed.order_key, returnDeadline=deadline):
        bob.orders.capture([escrowed.order_key])


def test_capture__after_a_refund__shares_out_the_rest(
    shop: Client, bob: Client, escrowed: Paid, weeks_later: WeeksLater
) -> None:
    shop.orders.refund(escrowed.order_key, 30 * FEC)
    weeks_later(1)
    (capture,) = bob.orders.capture([escrowed.order_key]).captures
    assert sums(capture) == (63 * FEC, 7 * FEC, 0, 0)
    assert capture.id is not None
    assert capture.id.birth_principal == 7 * FEC


@pytest.mark.usefixtures("returnable")
def test_capture__donation__is_paid(shopper: Client, order: NewOrder, cause: str, weeks_later: WeeksLater) -> None:
    paid = shopper.orders.pay(order(cause=cause))
    weeks_later(1)
    (capture,) = shopper.orders.capture([paid.order_key]).captures
    assert (capture.cause, sums(capture)) == (cause, (89 * FEC, 10 * FEC, FEC, 0))


def test_capture__final_already__is_skipped(bob: Client, escrowed: Paid, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    bob.orders.capture([escrowed.order_key])
    assert bob.orders.capture([escrowed.order_key]).captures == ()


@pytest.mark.usefixtures("returnable")
def test_capture__customer_takes_no_nodes__returns_the_burn_share(
    shopper: Client, order: NewOrder, chain: Anvil, weeks_later: WeeksLater
) -> None:
    paid = shopper.orders.pay(order(customer=TURNING[0]))
    turn(chain)
    weeks_later(1)
    (capture,) = shopper.orders.capture([paid.order_key]).captures
    assert (capture.token_id, capture.id, sums(capture)) == (None, None, (90 * FEC, 0, 0, 10 * FEC))


def test_due__window_over__is_listed_until_captured(
    shopper: Client, escrowed: Paid, program_id: int, weeks_later: WeeksLater
) -> None:
    assert shopper.orders.due(program_id) == []
    weeks_later(1)
    assert shopper.orders.due(program_id) == [escrowed.order_key]
    shopper.orders.capture([escrowed.order_key])
    assert shopper.orders.due(program_id) == []


def test_keys__of_program_and_customer__are_oldest_first(
    shopper: Client, bob: Client, order: NewOrder, program_id: int
) -> None:
    first, theirs, last = (
        shopper.orders.pay(order(customer=customer)).order_key
        for customer in (shopper.address, bob.address, shopper.address)
    )
    assert shopper.orders.keys(program_id) == [first, theirs, last]
    assert shopper.orders.keys(customer=shopper.address) == [first, last]
    assert shopper.orders.keys(program_id + 1) == []


# -------------------------------------------------------------------- batches


def test_batches__long_list__keeps_all_in_order() -> None:
    keys = [str(number) for number in range(5)]
    assert batches(keys, GAS_PER_BATCH + 2 * GAS_PER_CAPTURE) == [["0", "1"], ["2", "3"], ["4"]]


def test_batches__not_one_fits__raises() -> None:
    with pytest.raises(ValueError, match="1000 gas do not suffice to capture one order"):
        batches(["0"], 1000)


def test_batches__on_a_chain__fit_half_a_block_and_one_transaction(owner: Client) -> None:
    gas_limit = min(owner.web3.eth.get_block("latest")["gasLimit"] // 2, MOST_GAS)
    keys = [UNKNOWN] * 100
    assert owner.orders.batches(keys) == batches(keys, gas_limit)


@pytest.mark.usefixtures("returnable", "allied")
def test_capture__hooks_that_burn_all_gas__asks_for_no_more_than_reckoned(
    shopper: Client, order: NewOrder, cause: str, chain: Anvil, weeks_later: WeeksLater
) -> None:
    keys = [shopper.orders.pay(order(customer=customer, cause=cause)).order_key for customer in TURNING]
    turn(chain)
    weeks_later(1)
    for batch in (keys[:1], keys[1:]):
        receipt = shopper.orders.capture(batch).receipt
        asked = shopper.web3.eth.get_transaction(HexStr(receipt.tx_hash))["gas"]
        assert asked <= GAS_PER_BATCH + len(batch) * GAS_PER_CAPTURE
