"""How far an index has come, and how much it holds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from fec import store
from fec.indexer.database import Cursor, cursor_of
from fec.indexer.models import DERIVED, BlockRecord, CursorRecord, EventRecord, NodeVersion
from fec.indexer.views import SETTLED
from fec.store.base import table
from fec.store.deployment import DeploymentRecord


@dataclass(frozen=True)
class Overview:
    """An index at a glance."""

    chain_id: int
    cursor: Cursor
    incomplete_at: int | None
    """Block at which it was found that events are lacking; None where none are known to be."""
    rows: dict[str, int]
    """Number of rows by table."""
    settled: int
    """Number of nodes that were settled."""
    unopened: int
    """Number of them that nobody has opened."""


def overview(engine: Engine) -> Overview:
    """Looks at the index of a database. Raises IndexMissing if there is none yet."""
    with store.reading(engine) as connection:
        cursor = cursor_of(connection)
        chain_id = connection.execute(select(DeploymentRecord.chain_id)).scalar_one()
        incomplete_at = connection.execute(select(CursorRecord.incomplete_at)).scalar_one()
        counts = {
            each.name: connection.execute(select(func.count()).select_from(each)).scalar_one()
            for each in (table(BlockRecord), table(EventRecord), *DERIVED)
        }
        changes = select(NodeVersion.cause, func.count()).where(NodeVersion.cause.in_((SETTLED, "open")))
        causes = {row[0]: row[1] for row in connection.execute(changes.group_by(NodeVersion.cause))}
    settled = causes.get(SETTLED, 0)
    return Overview(chain_id, cursor, incomplete_at, counts, settled, settled - causes.get("open", 0))
