"""How things stand: the last version of each key, now, at a block, or as of the finalized one.

As SQL views for people and reports (`nodes_latest`, `nodes_finalized`, …), and as selects for Python (`as_of`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    FromClause,
    MetaData,
    Select,
    Table,
    and_,
    exists,
    select,
    tuple_,
)
from sqlalchemy.schema import CreateView
from sqlalchemy.sql.elements import Tuple

from fec.indexer.models import (
    AllianceVersion,
    CursorRecord,
    MemberVersion,
    NodeRecord,
    NodeVersion,
    OrderRecord,
    OrderVersion,
    ProgramVersion,
    RewardBatchVersion,
    SettlementRecord,
    TermsVersion,
    TotalsVersion,
)
from fec.store import Base

#: By the name of its views, each table of versions: the column that tells things apart, and what never changes.
_KINDS: dict[str, tuple[type[Base], str | None, type[Base] | None]] = {
    "nodes": (NodeVersion, "token_id", NodeRecord),
    "programs": (ProgramVersion, "program_id", None),
    "terms": (TermsVersion, "program_id", None),
    "alliances": (AllianceVersion, "program_id", None),
    "orders": (OrderVersion, "order_key", OrderRecord),
    "reward_batches": (RewardBatchVersion, "batch_id", None),
    "members": (MemberVersion, "vault", None),
    "totals": (TotalsVersion, None, None),
}
_PLACE = ("block_number", "log_index")
#: The cause of a version by which a settled node is known not to be opened: whatever changes a node opens it first.
SETTLED = "settle"


def as_of(kind: str, block: int | ColumnElement[int] | None = None) -> Select[*tuple[object, ...]]:
    """The last version of each key at the end of a block, or of all that is indexed.

    `kind` is nodes, programs, terms, alliances, orders, reward_batches, members or totals. What never changes about a
    node or an order is joined in; of a node also whether it is `opened`, and `settlement_id` and `leaf_index` if it was
    settled. The columns are those of the view `<kind>_latest`; filter on `selected_columns`.
    """
    return _latest(kind) if block is None else _as_of(kind, block)


@cache
def _latest(kind: str) -> Select[*tuple[object, ...]]:
    return _as_of(kind, None)


def _as_of(kind: str, block: int | ColumnElement[int] | None) -> Select[*tuple[object, ...]]:
    model, key, birth = _KINDS[kind]
    version, later = model.__table__.alias("version"), model.__table__.alias("later")
    bounds = [] if block is None else [version.c.block_number <= block, later.c.block_number <= block]
    same = [] if key is None else [later.c[key] == version.c[key]]
    superseded = exists().where(*same, _place(later) > _place(version), *bounds[1:])
    columns: list[ColumnElement[object]] = list(version.c)
    source: FromClause = version
    if birth is not None and key is not None:
        facts = birth.__table__.alias("born")
        source = version.join(facts, facts.c[key] == version.c[key])
        columns += [column for column in facts.c if column.name not in (key, *_PLACE)]
        if birth is NodeRecord:
            settlement = SettlementRecord.__table__.alias("settlement")
            source = source.outerjoin(settlement, and_(*(settlement.c[name] == facts.c[name] for name in _PLACE)))
            opened: Any = (version.c.cause != SETTLED).label("opened")
            place = (facts.c.serial - settlement.c.first_serial).label("leaf_index")
            columns += [opened, settlement.c.settlement_id, place]
    return select(*columns).select_from(source).where(*bounds[:1], ~superseded)


def _place(table: FromClause) -> Tuple:
    return tuple_(*(table.c[name] for name in _PLACE))


def _views() -> Iterable[CreateView]:
    finalized = select(CursorRecord.finalized_block).scalar_subquery()
    for kind in _KINDS:
        yield CreateView(as_of(kind), f"{kind}_latest", metadata=VIEWS)
        yield CreateView(as_of(kind, finalized), f"{kind}_finalized", metadata=VIEWS)


#: The views as tables, by name, to select from.
VIEWS = MetaData()
_CREATED = {view.table.name: view for view in _views()}


def view(name: str) -> Table:
    """A view to select from, such as `orders_latest`."""
    return VIEWS.tables[name]


def definitions(dialect: Dialect) -> dict[str, str]:
    """The statements that make the views, by name."""
    return {name: " ".join(str(view.compile(dialect=dialect)).split()) for name, view in _CREATED.items()}


def create_views(connection: Connection) -> None:
    """Makes the views."""
    for view in _CREATED.values():
        connection.execute(view)
