"""How things stand before some events: of what they speak of, the last version in the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, ClassVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    column,
    func,
    select,
    tuple_,
    type_coerce,
)

from fec.core.node_id import NodeId
from fec.indexer.events import Events
from fec.indexer.models import (
    MemberVersion,
    NodeVersion,
    OrderRecord,
    OrderVersion,
    ProgramVersion,
    RewardBatchVersion,
    SettlementRecord,
    TotalsVersion,
)
from fec.indexer.views import SETTLED
from fec.protocol.addresses import ADDRESS_ZERO
from fec.store import Base
from fec.store.base import table
from fec.store.types import digits

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

    def __init__(self, connection: Connection, events: Events) -> None:
        """Looks up in the database whatever the events may change."""
        self._connection = connection
        self._touched, self.from_nobody = _touched(events)
        self._touched["nodes"] |= self._may_be_opened()
        self.nodes: dict[int, NodeState] = self._find("nodes", NodeState)
        self.programs: dict[int, ProgramState] = self._find("programs", ProgramState)
        self.orders: dict[str, OrderState] = self._find("orders", OrderState)
        self.batches: dict[int, BatchState] = self._find("reward_batches", BatchState)
        self.members: dict[str, MemberState] = self._find("members", MemberState)
        last = connection.execute(_TOTALS).one_or_none()
        self.totals: Totals = Totals(0, 0, 0) if last is None else Totals(*last)

    def _may_be_opened(self) -> set[int]:
        """Of the tokens that come from nobody, those that may have been settled before: no need to ask for others."""
        settling: set[int] = set()
        for programs in _chunks(set(self.from_nobody.values())):
            query = select(SettlementRecord.program_id).where(SettlementRecord.program_id.in_(programs)).distinct()
            settling.update(self._connection.scalars(query))
        return {token_id for token_id, program_id in self.from_nobody.items() if program_id in settling}

    def _find(self, kind: str, form: type[Any]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        is_sqlite = self._connection.dialect.name == "sqlite"
        query = _query(kind, form.__match_args__, is_sqlite)
        for keys in _chunks(self._touched[kind]):
            # Digits of a token id, as databases keep it.
            kept = digits(keys) if kind == "nodes" else keys
            rows = self._connection.execute(query, {"keys": json.dumps(kept) if is_sqlite else kept})
            found.update((key, form(*values)) for key, *values in rows)
        return found


def _chunks(keys: Iterable[Any]) -> Iterator[list[Any]]:
    items = iter(keys)
    while some := list(islice(items, _KEYS)):
        yield some


@cache
def _query(kind: str, names: tuple[str, ...], is_sqlite: bool) -> Select[*tuple[object, ...]]:
    """Of keys, each with some fields of its last version.

    Each is looked up by itself: of all versions of a key, of which there may be thousands, `as_of` looks at every one.
    """
    model, name = _KEYED[kind]
    version, later = table(model).alias("version"), table(model).alias("later")
    kept = BigInteger() if isinstance(version.c[name].type, Integer) else Text()
    if is_sqlite:
        keys: Any = func.json_each(bindparam("keys", type_=Text())).table_valued(column("value", kept))
    else:
        keys = func.unnest(bindparam("keys", type_=ARRAY(kept))).table_valued(column("value", kept)).render_derived()
    last = select(later.c.block_number, later.c.log_index).where(type_coerce(later.c[name], kept) == keys.c.value)
    last = last.order_by(later.c.block_number.desc(), later.c.log_index.desc()).limit(1).correlate(keys)
    is_last = tuple_(version.c.block_number, version.c.log_index).in_(last)
    found = keys.join(version, and_(type_coerce(version.c[name], kept) == keys.c.value, is_last))
    columns: dict[str, ColumnElement[Any]] = dict(version.c.items())
    if kind == "nodes":
        columns["opened"] = version.c.cause != SETTLED
    if kind == "orders":
        born = table(OrderRecord)
        columns["amount"] = born.c.amount
        found = found.join(born, born.c.order_key == version.c.order_key)
    return select(*(columns[each] for each in (name, *names))).select_from(found)


#: Of each kind, its versions, and what tells them apart.
_KEYED: dict[str, tuple[type[Base], str]] = {
    "nodes": (NodeVersion, "token_id"),
    "programs": (ProgramVersion, "program_id"),
    "orders": (OrderVersion, "order_key"),
    "reward_batches": (RewardBatchVersion, "batch_id"),
    "members": (MemberVersion, "vault"),
}

_totals = table(TotalsVersion).c
_TOTALS = (
    select(_totals.supply, _totals.burned, _totals.outstanding)
    .order_by(_totals.block_number.desc(), _totals.log_index.desc())
    .limit(1)
)

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


def _touched(events: Events) -> tuple[dict[str, set[Any]], dict[int, int]]:
    """Keys of what the events may change, by kind; and the tokens that come from nobody, each with its program."""
    touched: dict[str, set[Any]] = {kind: set() for kind in _KEYED}
    from_nobody: dict[int, int] = {}
    paid: set[str] = set()
    for group in events.groups:
        which = group.kind.contract, group.kind.name
        if which == ("ADN", "Transfer"):
            senders, _, token_ids = group.columns
            for sender, token_id in zip(senders, token_ids, strict=True):
                if sender == ADDRESS_ZERO:
                    from_nobody[token_id] = NodeId.decode(token_id).program_id
                else:
                    touched["nodes"].add(token_id)
        elif which == ("Checkout", "OrderPaid"):
            paid.update(group.columns[0])
        elif which in _TOUCHES:
            kind, places = _TOUCHES[which]
            for place in places:
                touched[kind].update(group.columns[place])
    touched["programs"].update(from_nobody.values())
    # What was made by these events is in no database yet: no need to ask.
    touched["nodes"] -= from_nobody.keys()
    touched["orders"] -= paid
    return touched, from_nobody
