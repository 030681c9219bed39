"""Settlements in an index: which settled nodes nobody has opened, and the proof that opens each.

with store.reading(engine) as connection:
    for found in unopened_nodes(connection, now, owner=alice, least_due=10**18):
        print(proof_of_leaf(connection, found.settlement_id, found.index).arguments)

Proofs are made from the event alone: the leaves in their order, each with the owner that it was settled for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session

from fec.indexer.errors import SettlementMissing
from fec.indexer.models import EventRecord, NodeRecord, NodeVersion, SettlementRecord, SettlementRefRecord
from fec.indexer.settled import unpack_branches
from fec.indexer.views import SETTLED, view
from fec.protocol.settlements import ProvenLeaf, SettlementTree
from fec.protocol.types import Node, SettledFigures, Settlement, UnopenedNode
from fec.store.base import table
from fec.store.functions import at_least, claimable, wei_sum

#: Settlements, or nodes, that one query asks for.
_KEYS = 500


@dataclass(frozen=True)
class IndexedSettlement:
    """A settlement, and what the index knows of it besides."""

    settlement: Settlement
    block_number: int
    ref: str | None
    """The reference, as hex, if it was made through Checkout."""
    payer: str | None
    """Who paid what was burned, if it was made through Checkout."""
    opened: int
    """Number of its nodes that are opened."""


def unopened_nodes(
    connection: Connection,
    timestamp: int,
    *,
    owner: str | None = None,
    program_id: int | None = None,
    least_due: int = 0,
    after: tuple[int, int] = (0, 0),
    limit: int | None = None,
) -> list[UnopenedNode]:
    """Settled nodes that nobody has opened, by program and serial.

    Those of one owner, or of one program, if that is named; those alone of which at least `least_due` wei can be
    claimed at the time. `after` names the last one, by program and serial, of the page before.
    """
    nodes = view("nodes_latest")
    query = select(
        *(nodes.c.settlement_id, nodes.c.leaf_index),
        *(nodes.c.token_id, nodes.c.owner, nodes.c.principal, nodes.c.claimed, nodes.c.opened),
    ).where(nodes.c.cause == SETTLED, tuple_(nodes.c.program_id, nodes.c.serial) > after)
    if owner is not None:
        query = query.where(nodes.c.owner == owner)
    if program_id is not None:
        query = query.where(nodes.c.program_id == program_id)
    if least_due:
        due = claimable(nodes.c.principal, nodes.c.claimed, nodes.c.start, nodes.c.period_length, timestamp)
        query = query.where(at_least(due, least_due))
    query = query.order_by(nodes.c.program_id, nodes.c.serial).limit(limit)
    return [UnopenedNode(*row[:2], Node(*row[2:])) for row in connection.execute(query)]


@dataclass(frozen=True)
class Opened:
    """What of a settlement is opened."""

    nodes: int
    principal: int
    """Of these nodes, in wei."""


def opened_of_settlements(connection: Connection) -> dict[int, Opened]:
    """What is opened of each settlement of which anything is, by its id."""
    query = (
        select(SettlementRecord.settlement_id, func.count(), wei_sum(table(NodeRecord).c.birth_principal))
        .select_from(NodeVersion)
        .join(NodeRecord, NodeRecord.token_id == NodeVersion.token_id)
        .join(SettlementRecord, _same_log(SettlementRecord, NodeRecord))
        .where(NodeVersion.cause == "open")
        .group_by(SettlementRecord.settlement_id)
    )
    return {settlement_id: Opened(count, int(sum_)) for settlement_id, count, sum_ in connection.execute(query)}


def settled_figures(connection: Connection, opened: Mapping[int, Opened]) -> SettledFigures:
    """All settlements together, and what of them nobody has opened, by `opened_of_settlements`."""
    record = table(SettlementRecord).c
    made = connection.execute(select(func.count(), func.sum(record.node_count), wei_sum(record.total))).one()
    nodes, principal = int(made[1] or 0), int(made[2] or 0)
    return SettledFigures(
        settlements=made[0],
        nodes=nodes,
        principal=principal,
        unopened=nodes - sum(each.nodes for each in opened.values()),
        unopened_principal=principal - sum(each.principal for each in opened.values()),
    )


def latest_settlements(
    connection: Connection, *, before: tuple[int, int] | None = None, limit: int | None = None
) -> list[SettlementRecord]:
    """Settlements of all programs, the latest first; those before a place, by block and log, if it is given."""
    query = select(SettlementRecord).order_by(SettlementRecord.block_number.desc(), SettlementRecord.log_index.desc())
    if before is not None:
        query = query.where(tuple_(SettlementRecord.block_number, SettlementRecord.log_index) < before)
    with Session(connection) as session:
        return list(session.scalars(query.limit(limit)))


def settlement_of_ref(connection: Connection, program_id: int, ref: str) -> int | None:
    """Id of the settlement that was made in a program with a reference (32 bytes, as hex); None if there is none."""
    query = select(SettlementRefRecord.settlement_id)
    return connection.scalar(query.where(SettlementRefRecord.program_id == program_id, SettlementRefRecord.ref == ref))


def settlement(connection: Connection, settlement_id: int) -> IndexedSettlement:
    """One settlement. Raises SettlementMissing."""
    row = connection.execute(_settlements().where(SettlementRecord.settlement_id == settlement_id)).one_or_none()
    if row is None:
        raise SettlementMissing(settlement_id)
    return _indexed(row)


def settlements_of(
    connection: Connection, program_id: int, *, after: int = -1, limit: int | None = None
) -> list[IndexedSettlement]:
    """Settlements of a program whose nodes have serials behind `after`, the oldest first."""
    query = _settlements().where(SettlementRecord.program_id == program_id, SettlementRecord.first_serial > after)
    query = query.order_by(SettlementRecord.first_serial).limit(limit)
    return [_indexed(row) for row in connection.execute(query)]


def tree_of(connection: Connection, settlement_id: int) -> SettlementTree:
    """The tree over the leaves of a settlement, from which to make proofs. Raises SettlementMissing."""
    query = select(EventRecord.arguments, SettlementRecord.branches)
    query = query.join(SettlementRecord, _same_log(SettlementRecord, EventRecord))
    row = connection.execute(query.where(SettlementRecord.settlement_id == settlement_id)).one_or_none()
    if row is None:
        raise SettlementMissing(settlement_id)
    leaves = bytes.fromhex(row.arguments["leaves"][2:])
    return SettlementTree(settlement_id, leaves, unpack_branches(row.branches))


def proof_of_leaf(connection: Connection, settlement_id: int, index: int) -> ProvenLeaf:
    """A leaf by its settlement and place, opened or not, with its proof.

    Raises SettlementMissing, and ValueError if the settlement has no such place.
    """
    return tree_of(connection, settlement_id).proof(index)


def proofs_of_nodes(connection: Connection, token_ids: Sequence[int]) -> dict[int, ProvenLeaf]:
    """What opens some nodes, by token id; those that are opened, or were never settled, are left out."""
    places: dict[int, list[int]] = defaultdict(list)
    for first in range(0, len(token_ids), _KEYS):
        query = (
            select(SettlementRecord.settlement_id, NodeRecord.serial - SettlementRecord.first_serial)
            .join(NodeRecord, _same_log(SettlementRecord, NodeRecord))
            .where(NodeRecord.token_id.in_(token_ids[first : first + _KEYS]), ~_is_opened(NodeRecord))
        )
        for settlement_id, index in connection.execute(query):
            places[settlement_id].append(index)
    return {
        leaf.token_id: leaf
        for settlement_id, indices in places.items()
        for leaf in map(tree_of(connection, settlement_id).proof, indices)
    }


def unopened_proofs(
    connection: Connection, *, owner: str | None = None, program_id: int | None = None
) -> Iterator[ProvenLeaf]:
    """What opens each settled node that nobody has opened; of one owner or program, if that is named. In order."""
    found = unopened_nodes(connection, 0, owner=owner, program_id=program_id)
    for settlement_id, some in groupby(found, key=lambda each: each.settlement_id):
        tree = tree_of(connection, settlement_id)
        yield from (tree.proof(each.index) for each in some)


def _settlements() -> Select[*tuple[Any, ...]]:
    opened = (
        select(func.count())
        .select_from(NodeRecord)
        .where(_same_log(SettlementRecord, NodeRecord), _is_opened(NodeRecord))
        .scalar_subquery()
    )
    return select(
        *(SettlementRecord.settlement_id, SettlementRecord.program_id, SettlementRecord.start),
        *(SettlementRecord.period_length, SettlementRecord.first_serial, SettlementRecord.node_count),
        *(SettlementRecord.total, SettlementRecord.root),
        *(SettlementRecord.block_number, SettlementRefRecord.ref, SettlementRefRecord.payer, opened.label("opened")),
    ).outerjoin(SettlementRefRecord, SettlementRefRecord.settlement_id == SettlementRecord.settlement_id)


def _indexed(row: Any) -> IndexedSettlement:
    return IndexedSettlement(
        Settlement(
            settlement_id=row.settlement_id,
            program_id=row.program_id,
            start=row.start,
            period_length=row.period_length,
            first_serial=row.first_serial,
            count=row.node_count,
            total=row.total,
            root=bytes.fromhex(row.root[2:]),
        ),
        row.block_number,
        row.ref,
        row.payer,
        row.opened,
    )


def _same_log(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(one.block_number == other.block_number, one.log_index == other.log_index)


def _is_opened(node: Any) -> ColumnElement[bool]:
    """Whatever happens to a settled node opens it first."""
    return exists().where(NodeVersion.token_id == node.token_id, NodeVersion.cause == "open")
