"""What happens when: blocks of purchases, returns and captures, all of it following from the history alone.

So a further run makes the same plan, and leaves out what the chain says is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import groupby
from typing import NamedTuple, TypeVar

from fec.core.durations import DAY
from fec.i18n import Message
from fec.replay.history import Row

#: Gas limits: of a payment by Relay, a refund, and a capture of so many orders, which wants its last mint's reserve to
#: be left.
PAY_GAS = 300_000
REFUND_GAS = 150_000
CAPTURE_GAS = 700_000
CAPTURE_GAS_PER_ORDER = 320_000
CAPTURED_AT_ONCE = 20
#: Payments in one transaction, and its gas besides what `gas_of` has for each: under the 2^24 of EIP-7825.
PAID_AT_ONCE = 45
RELAY_GAS = 200_000
#: Gas of a relayed payment besides its own limit: its part of the call data, and what Relay does around it.
_AROUND_GAS = 20_000
#: Seconds between captures.
ROUND = DAY


class PlannedPayment(NamedTuple):
    """A purchase, by its place in the history."""

    row: int


class PlannedRefund(NamedTuple):
    """A return: its own place in the history, that of the order, and the amount in wei."""

    row: int
    order: int
    amount: int


class PlannedCapture(NamedTuple):
    """Orders made final, by their places in the history."""

    rows: tuple[int, ...]


Action = PlannedPayment | PlannedRefund | PlannedCapture
#: What one transaction does.
Together = tuple[PlannedPayment, ...] | PlannedRefund | PlannedCapture

T = TypeVar("T")


@dataclass(frozen=True)
class Block:
    """What goes into a block, and its time in seconds since the epoch."""

    time: int
    actions: tuple[Action, ...]


@dataclass
class Plan:
    """All blocks in order, and the returns that cannot be taken back, by line and with the reason."""

    blocks: list[Block] = field(default_factory=list)
    left_out: list[tuple[int, Message]] = field(default_factory=list)


@dataclass(order=True)
class _Open:
    """An order that can be refunded; ordered by what is due first."""

    deadline: int
    row: int
    left: int


def gas_of(action: Action) -> int:
    """Gas limit of an action's transaction."""
    match action:
        case PlannedPayment():
            return PAY_GAS + _AROUND_GAS
        case PlannedRefund():
            return REFUND_GAS
        case PlannedCapture(rows):
            return CAPTURE_GAS + CAPTURE_GAS_PER_ORDER * len(rows)


def together(actions: Iterable[Action]) -> Iterator[Together]:
    """What each transaction does, in order: payments go together."""
    payments: list[PlannedPayment] = []
    for action in actions:
        if isinstance(action, PlannedPayment):
            payments.append(action)
        if payments and (not isinstance(action, PlannedPayment) or len(payments) == PAID_AT_ONCE):
            yield tuple(payments)
            payments = []
        if not isinstance(action, PlannedPayment):
            yield action
    if payments:
        yield tuple(payments)


def pack(items: Iterable[T], gas: int, needed: Callable[[T], int]) -> Iterator[tuple[T, ...]]:
    """Cuts what needs gas each into blocks of at most so much gas, or of one item. Keeps the order."""
    block: list[T] = []
    room = gas
    for item in items:
        if block and needed(item) > room:
            yield tuple(block)
            block, room = [], gas
        block.append(item)
        room -= needed(item)
    if block:
        yield tuple(block)


def plan(
    rows: Sequence[Row],
    *,
    window_of: Callable[[str], int],
    shift: int,
    every: int,
    gas: int,
    leave_open: bool = False,
) -> Plan:
    """The plan for a history.

    `window_of` gives a store's return window, `shift` moves all times; purchases come in blocks at multiples of
    `every`, none before its time; all in seconds. A block takes at most `gas`. Within an instant captures come first,
    then purchases, then returns; what does not fit one block comes a second later, since blocks have rising times.
    Unless it is to `leave_open` what is in its return window after the last row, the plan goes on until all is
    captured.
    """
    return _Planner(rows, window_of, gas).plan(shift, every, leave_open=leave_open)


class _Planner:
    def __init__(self, rows: Sequence[Row], window_of: Callable[[str], int], gas: int) -> None:
        self._rows = rows
        self._window_of = window_of
        self._gas = gas
        self._plan = Plan()
        self._clock = 0
        self._orders: dict[tuple[str, str], list[_Open]] = {}
        self._escrow: list[_Open] = []
        """A heap: what is due first comes first."""

    def plan(self, shift: int, every: int, *, leave_open: bool) -> Plan:
        places = range(len(self._rows))
        for time, instant in groupby(places, lambda place: -(-(self._rows[place].time + shift) // every) * every):
            due = self._rounds(time)
            here = list(instant)
            self._pay(time, due, [place for place in here if self._rows[place].amount > 0])
            self._take_back(time, [place for place in here if self._rows[place].amount < 0])
        if self._escrow and not leave_open:
            until = max(order.deadline for order in self._escrow) + ROUND
            self._put(until, self._rounds(until))
        return self._plan

    def _rounds(self, until: int) -> list[PlannedCapture]:
        """Captures at each midnight what is due by then; gives what is left to do at `until` itself."""
        while self._escrow:
            midnight = -(-self._escrow[0].deadline // ROUND) * ROUND
            if midnight > until:
                break
            due = []
            while self._escrow and self._escrow[0].deadline <= midnight:
                order = heappop(self._escrow)
                if order.left:
                    due.append(order.row)
            captures = [
                PlannedCapture(tuple(due[first : first + CAPTURED_AT_ONCE]))
                for first in range(0, len(due), CAPTURED_AT_ONCE)
            ]
            if midnight == until:
                return captures
            self._put(midnight, captures)
        return []

    def _pay(self, time: int, due: Sequence[PlannedCapture], places: Sequence[int]) -> None:
        for block in self._put(time, [*due, *map(PlannedPayment, places)]):
            for action in block.actions:
                self._open(action, block.time)

    def _open(self, action: Action, time: int) -> None:
        if isinstance(action, PlannedPayment) and (window := self._window_of(self._rows[action.row].store)):
            row = self._rows[action.row]
            order = _Open(time + window, action.row, row.amount)
            heappush(self._escrow, order)
            self._orders.setdefault((row.shopper, row.store), []).append(order)

    def _take_back(self, time: int, places: Sequence[int]) -> None:
        at_once = max(self._gas // REFUND_GAS, 1)
        for first in range(0, len(places), at_once):
            moment = max(time, self._clock + 1)
            refunds = [self._refund(moment, place) for place in places[first : first + at_once]]
            self._put(moment, [refund for refund in refunds if refund is not None])

    def _refund(self, moment: int, place: int) -> PlannedRefund | None:
        row = self._rows[place]
        orders = self._orders.get((row.shopper, row.store), [])
        # Deadlines rise, so whatever lies before one that is over is over too.
        usable = [order for order in reversed(orders) if order.deadline > moment]
        for order in usable:
            if order.left >= -row.amount:
                order.left += row.amount
                return PlannedRefund(place, order.row, -row.amount)
        self._plan.left_out.append((row.line, self._reason(row.store, orders, usable)))
        return None

    def _reason(self, store: str, orders: Sequence[_Open], usable: Sequence[_Open]) -> Message:
        if not self._window_of(store):
            return Message("the stores take nothing back: there is no return window")
        if not orders:
            return Message("the shopper has bought nothing at this store before")
        if not usable:
            return Message("the return window of the shopper's last order at this store is over")
        return Message("it is more than is left of any order in its return window")

    def _put(self, time: int, actions: Sequence[Action]) -> list[Block]:
        blocks = []
        for some in pack(actions, self._gas, gas_of):
            self._clock = max(time, self._clock + 1)
            blocks.append(Block(self._clock, some))
        self._plan.blocks += blocks
        return blocks
