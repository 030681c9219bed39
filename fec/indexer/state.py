"""How things stand before some events: of what they speak of, the last version in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, ClassVar

from sqlalchemy import Connection, Select, bindparam, select

from fec.core.node_id import NodeId
from fec.indexer.events import Event
from fec.indexer.models import SettlementRecord
from fec.indexer.views import as_of
from fec.protocol.addresses import ADDRESS_ZERO

#: Keys that one query asks for.
_KEYS = 500


class _Values:
    __match_args__: ClassVar[tuple[str, ...]]
    """The names of the fields, as a dataclass has them."""

    def values(self) -> tuple[Any, ...]:
        """The values, in the order of the columns of the table of versions."""
        return tuple(getattr(self, name) for name in self.__match_args__)


@dataclass(slots=True)
class NodeState:
    """A node."""

    owner: str | None
    principal: int
    claimed: int
    opened: bool = True
    """Whether it is a token; a settled node is none until it is opened."""


@dataclass(slots=True)
class ProgramState(_Values):
    """A program."""

    operator: str
    issuer: str | None
    period_length: int
    origin: int
    quota: int
    burned: int
    closed: bool


@dataclass(slots=True)
class OrderState:
    """An order."""

    status: str
    refunded: int
    amount: int


@dataclass(slots=True)
class BatchState(_Values):
    """A batch of rewards."""

    program_id: int
    funder: str
    root: str
    amount: int
    left: int
    deadline: int
    reason: str


@dataclass(slots=True)
class MemberState(_Values):
    """A member's vault."""

    brand: str
    member_id: str
    enrolled: bool
    deployed: bool


@dataclass(slots=True)
class Totals:
    """The protocol's books."""

    supply: int
    burned: int
    outstanding: int


class State:
    """What some events speak of, as it stands before them."""

    def __init__(self, connection: Connection, events: Iterable[Event]) -> None:
        """Looks up in the database whatever the events may change."""
        self._connection = connection
        self._touched, self.from_nobody = _touched(events)
        self._touched["nodes"] |= self._may_be_opened()
        self.nodes: dict[int, NodeState] = self._find("nodes", NodeState)
        self.programs: dict[int, ProgramState] = self._find("programs", ProgramState)
        self.orders: dict[str, OrderState] = self._find("orders", OrderState)
        self.batches: dict[int, BatchState] = self._find("reward_batches", BatchState)
        self.members: dict[str, MemberState] = self._find("members", MemberState)
        last = connection.execute(as_of("totals")).one_or_none()
        self.totals: Totals = Totals(0, 0, 0) if last is None else _like(Totals, last)

    def _may_be_opened(self) -> set[int]:
        """Of the tokens that come from nobody, those that may have been settled before: no need to ask for others."""
        settling: set[int] = set()
        for programs in _chunks(set(self.from_nobody.values())):
            query = select(SettlementRecord.program_id).where(SettlementRecord.program_id.in_(programs)).distinct()
            settling.update(self._connection.scalars(query))
        return {token_id for token_id, program_id in self.from_nobody.items() if program_id in settling}

    def _find(self, kind: str, form: type[Any]) -> dict[Any, Any]:
        name = _KEY_COLUMNS[kind]
        found: dict[Any, Any] = {}
        for keys in _chunks(self._touched[kind]):
            rows = self._connection.execute(_query(kind), {"keys": keys})
            found |= {getattr(row, name): _like(form, row) for row in rows}
        return found


def _chunks(keys: Iterable[Any]) -> Iterator[list[Any]]:
    items = iter(keys)
    while some := list(islice(items, _KEYS)):
        yield some


@cache
def _query(kind: str) -> Select[*tuple[object, ...]]:
    query = as_of(kind)
    return query.where(query.selected_columns[_KEY_COLUMNS[kind]].in_(bindparam("keys", expanding=True)))


_KEY_COLUMNS = {
    "nodes": "token_id",
    "programs": "program_id",
    "orders": "order_key",
    "reward_batches": "batch_id",
    "members": "vault",
}

#: Of each event that changes something: what, and which of its arguments name it.
_TOUCHES: dict[tuple[str, str], tuple[str, tuple[int, ...]]] = {
    ("ADN", "PayoutClaimed"): ("nodes", (0,)),
    ("ADN", "NodeSplit"): ("nodes", (0,)),
    ("ADN", "NodeMerged"): ("nodes", (0, 1)),
    ("ADN", "NodesSettled"): ("programs", (1,)),
    ("ADN", "QuotaGranted"): ("programs", (0,)),
    ("ADN", "ProgramClosed"): ("programs", (0,)),
    ("ADN", "ProgramOperatorChanged"): ("programs", (0,)),
    ("Checkout", "OrderCaptured"): ("orders", (0,)),
    ("Checkout", "OrderRefunded"): ("orders", (0,)),
    ("Checkout", "RewardTaken"): ("reward_batches", (0,)),
    ("Checkout", "RewardsReclaimed"): ("reward_batches", (0,)),
    ("Custodian", "MemberEnrolled"): ("members", (2,)),
    ("Custodian", "VaultDeployed"): ("members", (2,)),
}


def _touched(events: Iterable[Event]) -> tuple[dict[str, set[Any]], dict[int, int]]:
    """Keys of what the events may change, by kind; and the tokens that come from nobody, each with its program."""
    touched: dict[str, set[Any]] = {kind: set() for kind in _KEY_COLUMNS}
    from_nobody: dict[int, int] = {}
    paid: set[str] = set()
    for event in events:
        if event.contract == "ADN" and event.name == "Transfer":
            sender, _, token_id = event.arguments
            if sender == ADDRESS_ZERO:
                from_nobody[token_id] = program_id = NodeId.decode(token_id).program_id
                touched["programs"].add(program_id)
            else:
                touched["nodes"].add(token_id)
        elif event.name == "OrderPaid":
            paid.add(event.arguments[0])
        elif (event.contract, event.name) in _TOUCHES:
            kind, places = _TOUCHES[event.contract, event.name]
            touched[kind].update(event.arguments[place] for place in places)
    # What was made by these events is in no database yet: no need to ask.
    touched["nodes"] -= from_nobody.keys()
    touched["orders"] -= paid
    return touched, from_nobody


def _like(kind: type[Any], row: Any) -> Any:
    return kind(*(getattr(row, name) for name in kind.__match_args__))
