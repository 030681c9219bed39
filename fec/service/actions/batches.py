"""Many of what people have signed, in one transaction: by Relay, each for itself.

batches.send([Due(…), …], outlook)   # at once
batches.add([Due(…), …])             # with what else comes

Where blocks come at a known pace, what comes goes out together just before the next one, which is soon enough for it.
Elsewhere nobody waits while nothing is under way; else until a block has what was sent before, or a quarter of a
second. As much as a transaction can have never waits. One alone goes to its contract by itself, which takes less gas.
What nobody has sent when this process ends, `Outbox.tend` sends.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from operator import itemgetter

import structlog
from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.exc import DBAPIError

from fec.chain.gas import MOST_GAS
from fec.i18n.errors import FECError, InsufficientGasCoin
from fec.protocol import relays
from fec.protocol.calls import ContractCall
from fec.protocol.relays import RelayedCall
from fec.relayer import BudgetSpent, Relayer
from fec.relayer.endpoint import Outlook
from fec.relayer.shares import Share
from fec.relayer.transactions import RelayRequest, Stored
from fec.service.models import Action, ActionState, Invoice
from fec.store import writing
from fec.store.base import table

#: Longer than it takes to send what waits; after it, the process that was at it is thought to have crashed.
LEASE_SECONDS = 20
#: Longest that anything waits for more to go with it, where nobody knows when the next block comes.
_HOLD_SECONDS = 0.25
#: Between two looks whether a block has what was sent before: the first, and the longest, growing in between.
_FIRST_LOOK, _LAST_LOOK = 0.02, 0.2
_STOP_SECONDS = 10

_ACTIONS, _INVOICES = table(Action), table(Invoice)
_SENT = (
    update(_ACTIONS)
    .where(_ACTIONS.c.number == bindparam("whose"))
    .values(state=ActionState.SENT, relay_id=bindparam("relay"), relay_place=bindparam("where"))
)

log = structlog.get_logger("fec.service")


@dataclass(frozen=True)
class Due:
    """An action that may be sent together with others: nobody's code decides over it, or nobody minds."""

    number: int
    """Of the action; 0 for one that is not kept yet."""
    request_key: str
    program_id: int
    call: ContractCall
    gas: int
    """What it may use among others."""
    gas_alone: int
    """Gas of a transaction of its own."""


@dataclass(frozen=True)
class Packed:
    """A transaction, and what it is to do, in this order."""

    request: RelayRequest
    dues: Sequence[Due]

    def places(self) -> Iterator[tuple[Due, int | None]]:
        """Each with its place among the calls, if there are many."""
        many = len(self.dues) > 1
        return ((due, place if many else None) for place, due in enumerate(self.dues))


def purse_of(program_id: int) -> str:
    """The relayer's name for a merchant's budget."""
    return f"program {program_id}"


class Batches:
    """What one instance sends together."""

    def __init__(
        self, engine: Engine, relayer: Relayer, addresses: Mapping[str, str], wake: Callable[[], object]
    ) -> None:
        """Takes the database, who sends, where the contracts are, and who is to look at the chain after a sending."""
        self._engine = engine
        self._relayer = relayer
        self._together = relayer.together
        self._addresses = addresses
        self._wake = wake
        self._waiting: list[tuple[float, Due]] = []
        """With the moment since when each does."""
        self._ready = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="fec-batches", daemon=True)
        self._started = False
        self._sent_for = 0
        """Number of the block to come for which all was sent that waited."""

    # ------------------------------------------------------------------ sending

    def add(self, dues: Sequence[Due]) -> None:
        """Has actions sent that are kept, and that nobody else is at."""
        with self._ready:
            if not self._started:
                self._started = True
                self._thread.start()
            now = time.monotonic()
            self._waiting += [(now, due) for due in dues]
            self._ready.notify()

    def send(self, dues: Sequence[Due], outlook: Outlook) -> None:
        """Sends actions that are kept: those of them that nobody has sent or given up meanwhile.

        Raises BudgetSpent, FeesTooHigh, InsufficientGasCoin, RPCUnreachable, RPCFailed: then none of them is sent.
        """
        with writing(self._engine) as connection:
            self._together.lock(connection, outlook)
            # Locked one after the other, as everybody does.
            mine = _ACTIONS.c.number.in_([due.number for due in dues]), _ACTIONS.c.state == ActionState.REQUESTED
            query = select(_ACTIONS.c.number, _ACTIONS.c.invoice_number).where(*mine).order_by(_ACTIONS.c.number)
            found = connection.execute(query.with_for_update())
            invoices: dict[int, int | None] = {row.number: row.invoice_number for row in found}
            packed = self.packed([due for due in dues if due.number in invoices], outlook)
            if not packed:
                return
            stored = self._together.take_all(connection, [one.request for one in packed], outlook)
            _note_sent(
                connection, packed, stored, sorted({number for number in invoices.values() if number is not None})
            )
        self._together.taken(stored)
        self.broadcast(stored)

    def broadcast(self, stored: Sequence[Stored]) -> None:
        """Hands transactions over that are kept, and has the loops look for them."""
        self._together.broadcast(stored)
        self._wake()

    # ------------------------------------------------------------------ packing

    def packed(self, dues: Sequence[Due], outlook: Outlook) -> list[Packed]:
        """Transactions for actions: as few as their bounds allow, each merchant's in turn."""
        rest = list(_in_turn(dues))
        if not self._together.takes_batches():
            return [self.alone(due) for due in rest]
        gas = _most(outlook)
        packed = []
        while rest:
            count = max(1, relays.fitting([_relayed(due) for due in rest], gas=gas))
            some, rest = rest[:count], rest[count:]
            packed.append(self.alone(some[0]) if count == 1 else self._joined(some))
        return packed

    def alone(self, due: Due) -> Packed:
        """A transaction for one action, without Relay."""
        request = RelayRequest(
            due.request_key, self._addresses[due.call.contract], due.call.data, due.gas_alone, purse_of(due.program_id)
        )
        return Packed(request, [due])

    def _joined(self, dues: Sequence[Due]) -> Packed:
        calls = [_relayed(due) for due in dues]
        shares = [Share(purse_of(due.program_id), due.gas) for due in dues]
        request = RelayRequest(
            f"relay {dues[0].request_key}",
            self._addresses["Relay"],
            relays.relay(calls).data,
            relays.gas_limit(calls),
            shares=shares,
        )
        return Packed(request, dues)

    # ------------------------------------------------------------------ waiting

    def close(self) -> None:
        """Sends what waits, and ends."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        if self._started:
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while self._is_waited_for():
            dues: Sequence[Due] = []
            try:
                outlook, count = self._when_due()
                dues = self._taken(count)
                self._send_what_can_be(dues, outlook)
            except (FECError, DBAPIError) as error:
                log.warning("batch not sent", error=type(error).__name__, reason=str(error)[:300])
                self._give_back(dues or self._taken(None))
            except Exception:
                log.exception("batch not sent")
                self._give_back(dues or self._taken(None))

    def _is_waited_for(self) -> bool:
        with self._ready:
            while not self._waiting and not self._closed:
                self._ready.wait()
            return bool(self._waiting)

    def _when_due(self) -> tuple[Outlook, int | None]:
        """Waits until something is to go out: what the block to come holds, and how many of those that wait; or all."""
        outlook, _ = self._together.outlook()
        used, pause = outlook.means.used, _FIRST_LOOK
        while not self._is_over(used):
            room = self._room(outlook)
            if room < len(self._waiting):
                return outlook, room
            slot = self._together.slot()
            if slot is None:
                time.sleep(pause)
                used = self._together.used()
            else:
                # Until then no block is missed: by them it is known when the next one comes.
                time.sleep(min(pause, max(slot.send_at - time.monotonic(), _FIRST_LOOK)))
                outlook, _ = self._together.outlook()
                used = outlook.means.used
            pause = min(_LAST_LOOK, pause * 3 / 2)
        return outlook, None

    def _is_over(self, used: int) -> bool:
        """Whether nobody is to wait any longer, when the chain has used so many nonces."""
        if self._closed or self._together.is_free(used):
            return True
        slot, now = self._together.slot(), time.monotonic()
        if slot is None:
            return now >= self._waiting[0][0] + _HOLD_SECONDS
        if now < slot.send_at or slot.number <= self._sent_for:
            return False
        self._sent_for = slot.number
        return True

    def _room(self, outlook: Outlook) -> int:
        """How many of those that wait one transaction can have; one at least, which needs no Relay."""
        return max(1, relays.fitting([_relayed(due) for _, due in self._waiting], gas=_most(outlook)))

    def _taken(self, count: int | None) -> Sequence[Due]:
        """So many of those that wait, or all of them: no longer among those."""
        with self._ready:
            since = {due.number: at for at, due in self._waiting}
            dues = list(_in_turn([due for _, due in self._waiting]))
            end = len(dues) if count is None else count
            self._waiting = sorted(((since[due.number], due) for due in dues[end:]), key=itemgetter(0))
            return dues[:end]

    def _send_what_can_be(self, dues: Sequence[Due], outlook: Outlook) -> None:
        """Sends all; or, where a budget or the key's coin does not suffice, each merchant's for themselves."""
        try:
            self.send(dues, outlook)
        except (BudgetSpent, InsufficientGasCoin):
            for program in {due.program_id for due in dues}:
                mine = [due for due in dues if due.program_id == program]
                try:
                    self.send(mine, outlook)
                except (BudgetSpent, InsufficientGasCoin):
                    self._give_back(mine)

    def _give_back(self, dues: Sequence[Due]) -> None:
        """Leaves actions to `Outbox.tend`; should that fail too, it has them when their lease is over."""
        numbers = [due.number for due in dues]
        with suppress(DBAPIError), writing(self._engine) as connection:
            connection.execute(update(_ACTIONS).where(_ACTIONS.c.number.in_(numbers)).values(busy_until=0))


def _note_sent(
    connection: Connection, packed: Sequence[Packed], stored: Sequence[Stored], invoices: Sequence[int]
) -> None:
    """Has actions say which transaction makes them, and readers of their invoices see that."""
    rows = [
        {"whose": due.number, "relay": kept.id, "where": place}
        for one, kept in zip(packed, stored, strict=True)
        for due, place in one.places()
    ]
    connection.execute(_SENT, rows)
    changed = _INVOICES.c.number.in_(invoices)
    connection.execute(select(_INVOICES.c.number).where(changed).order_by(_INVOICES.c.number).with_for_update())
    connection.execute(update(_INVOICES).where(changed).values(revision=_INVOICES.c.revision + 1))


def _relayed(due: Due) -> RelayedCall:
    return RelayedCall(due.call, due.gas)


def _most(outlook: Outlook) -> int:
    """Most gas of a transaction: one that filled a block would wait for an empty one."""
    return min(MOST_GAS, outlook.means.block_gas * 3 // 4)


def _in_turn(dues: Sequence[Due]) -> Iterator[Due]:
    """Each merchant's next in turn."""
    queues: dict[int, list[Due]] = defaultdict(list)
    for due in dues:
        queues[due.program_id].append(due)
    for turn in zip_longest(*queues.values()):
        yield from (due for due in turn if due is not None)
