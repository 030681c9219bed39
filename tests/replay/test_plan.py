"""What happens when."""

from fec.core.durations import DAY
from fec.replay.history import Row
from fec.replay.plan import (
    CAPTURED_AT_ONCE,
    PAID_AT_ONCE,
    Plan,
    PlannedCapture,
    PlannedPayment,
    PlannedRefund,
    gas_of,
    plan,
    together,
)

MONDAY = 1_483_315_200


def rows(*each: tuple[int, str, int]) -> list[Row]:
    """Rows of (seconds after Monday, shopper, amount) at one store."""
    return [
        Row(line, MONDAY + seconds, who, "shop", amount, "", "") for line, (seconds, who, amount) in enumerate(each, 2)
    ]


def planned(*each: tuple[int, str, int], window: int = 14 * DAY, every: int = 1, gas: int = 15_000_000) -> Plan:
    return plan(rows(*each), window_of=lambda _: window, shift=0, every=every, gas=gas)


def test_plan__one_instant__one_block() -> None:
    (block,) = planned((0, "ann", 5), (0, "bob", 6), window=0).blocks
    assert (block.time, block.actions) == (MONDAY, (PlannedPayment(0), PlannedPayment(1)))


def test_plan__more_than_a_block_holds__goes_on_a_second_later() -> None:
    blocks = planned(
        (0, "ann", 5), (0, "bob", 6), (0, "cid", 7), (1, "dan", 8), window=0, gas=2 * gas_of(PlannedPayment(0))
    ).blocks
    assert [(block.time - MONDAY, len(block.actions)) for block in blocks] == [(0, 2), (1, 1), (2, 1)]


def test_plan__gathered__comes_at_the_end_of_the_stretch() -> None:
    blocks = planned((0, "ann", 5), (1, "bob", 6), (60, "cid", 7), (61, "dan", 8), window=0, every=60).blocks
    assert [(block.time - MONDAY, len(block.actions)) for block in blocks] == [(0, 1), (60, 2), (120, 1)]


def test_plan__return__is_of_the_latest_order_that_has_as_much_left() -> None:
    plan_ = planned((0, "ann", 9), (1, "ann", 5), (2, "ann", -5), (3, "ann", -1))
    refunds = [action for block in plan_.blocks for action in block.actions if isinstance(action, PlannedRefund)]
    assert refunds == [PlannedRefund(2, 1, 5), PlannedRefund(3, 0, 1)]


def test_plan__return_of_the_same_instant__comes_a_second_later() -> None:
    blocks = planned((0, "ann", -5), (0, "ann", 5)).blocks
    assert [(block.time - MONDAY, block.actions) for block in blocks[:2]] == [
        (0, (PlannedPayment(1),)),
        (1, (PlannedRefund(0, 1, 5),)),
    ]


def test_plan__return_of_somebody_else__is_left_out_with_the_reason() -> None:
    assert planned((0, "ann", 5), (1, "bob", -5)).left_out == [
        (3, "the shopper has bought nothing at this store before")
    ]


def test_plan__return_of_more_than_was_bought__is_left_out_with_the_reason() -> None:
    assert planned((0, "ann", 5), (1, "ann", -6)).left_out == [
        (3, "it is more than is left of any order in its return window")
    ]


def test_plan__return_at_the_deadline__is_left_out_with_the_reason() -> None:
    assert planned((0, "ann", 5), (DAY, "ann", -5), window=DAY).left_out == [
        (3, "the return window of the shopper's last order at this store is over")
    ]


def test_plan__return_in_the_last_second__is_taken_back() -> None:
    assert planned((0, "ann", 5), (DAY - 1, "ann", -5), window=DAY).left_out == []


def test_plan__no_return_window__says_so() -> None:
    assert planned((0, "ann", 5), (1, "ann", -5), window=0).left_out == [
        (3, "the stores take nothing back: there is no return window")
    ]


def test_plan__captures__come_at_the_midnight_after_the_deadline() -> None:
    *_, last = planned((60, "ann", 5), window=DAY).blocks
    assert (last.time - MONDAY, last.actions) == (2 * DAY, (PlannedCapture((0,)),))


def test_plan__captures_of_the_instant__share_the_block_of_its_purchases() -> None:
    *_, last = plan(
        rows((60, "ann", 5), (2 * DAY, "bob", 6)),
        window_of=lambda _: DAY,
        shift=0,
        every=DAY,
        gas=15_000_000,
        leave_open=True,
    ).blocks
    assert (last.time - MONDAY, last.actions) == (2 * DAY, (PlannedCapture((0,)), PlannedPayment(1)))


def test_together__payments__share_transactions_and_others_do_not() -> None:
    payments = list(map(PlannedPayment, range(PAID_AT_ONCE + 1)))
    refund, capture = PlannedRefund(9, 0, 5), PlannedCapture((0,))
    assert list(together([capture, *payments, refund, refund])) == [
        *(capture, tuple(payments[:PAID_AT_ONCE]), tuple(payments[PAID_AT_ONCE:]), refund, refund)
    ]


def test_plan__left_open__ends_with_the_last_row() -> None:
    each = rows((60, "ann", 5), (4 * DAY, "bob", 6))
    *_, before, last = plan(each, window_of=lambda _: DAY, shift=0, every=1, gas=15_000_000, leave_open=True).blocks
    assert (before.actions, last.actions) == ((PlannedCapture((0,)),), (PlannedPayment(1),))


def test_plan__taken_back_whole__is_not_captured() -> None:
    actions = [action for block in planned((0, "ann", 5), (1, "ann", -5)).blocks for action in block.actions]
    assert actions == [PlannedPayment(0), PlannedRefund(1, 0, 5)]


def test_plan__many_captures__are_cut() -> None:
    many = [(0, f"c{number}", 5) for number in range(CAPTURED_AT_ONCE + 1)]
    captures = [
        action for block in planned(*many).blocks for action in block.actions if isinstance(action, PlannedCapture)
    ]
    assert [len(capture.rows) for capture in captures] == [CAPTURED_AT_ONCE, 1]
