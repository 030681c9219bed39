"""Settlements of all programs, for anybody: how many nodes, how much principal, what nobody has opened.

Each number follows from the chain's logs: the transparency page adds them up by itself.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from fec.core.amounts import exact_fec
from fec.indexer.database import cursor_of
from fec.indexer.models import SettlementRecord
from fec.indexer.settlements import Opened, latest_settlements, opened_of_settlements, settled_figures
from fec.protocol.types import SettledFigures
from fec.service.context import Served, Service
from fec.service.http.problems import declared
from fec.service.http.rows import Limit
from fec.service.http.schemas import AsOf
from fec.service.sales import schemas
from fec.store import reading

router = APIRouter(prefix="/v1/settlements", tags=["settlements"])

#: How old the answer is at most, in seconds: it takes a look at every opening there ever was.
_KEPT = 30
_NONE = Opened(0, 0)

BeforePlace = Annotated[
    str | None, Query(pattern="^(0|[1-9][0-9]{0,11})-(0|[1-9][0-9]{0,6})$", description="`next` of the page before.")
]


@router.get("", responses=declared())
def page(service: Served, limit: Limit = 50, before: BeforePlace = None) -> schemas.SettlementPage:
    """List settlements of all programs, the latest first, and what they come to. Half a minute old at most."""
    as_of, figures, opened = service.recent.get("settlements", lambda: _figures(service), _KEPT)
    place = None if before is None else (int(before.partition("-")[0]), int(before.partition("-")[2]))
    with reading(service.engine) as connection:
        # Those alone that the totals have.
        found = latest_settlements(connection, before=place or (as_of.block + 1, 0), limit=limit)
    last = f"{found[-1].block_number}-{found[-1].log_index}" if len(found) == limit else None
    return schemas.SettlementPage(
        totals=schemas.SettledTotals(
            settlements=figures.settlements,
            nodes=figures.nodes,
            principal=exact_fec(figures.principal),
            unopened=figures.unopened,
            unopened_principal=exact_fec(figures.unopened_principal),
        ),
        items=[_shown(one, opened.get(one.settlement_id, _NONE)) for one in found],
        next=last,
        as_of=as_of,
    )


def _figures(service: Service) -> tuple[AsOf, SettledFigures, dict[int, Opened]]:
    now = service.client.now()
    with reading(service.engine) as connection:
        cursor = cursor_of(connection)
        opened = opened_of_settlements(connection)
        figures = settled_figures(connection, opened)
    return AsOf(block=cursor.block, block_hash=cursor.block_hash, timestamp=now), figures, opened


def _shown(one: SettlementRecord, opened: Opened) -> schemas.Settlement:
    return schemas.Settlement(
        settlement_id=str(one.settlement_id),
        program_id=one.program_id,
        block=one.block_number,
        nodes=one.node_count,
        principal=exact_fec(one.total),
        unopened=one.node_count - opened.nodes,
        unopened_principal=exact_fec(one.total - opened.principal),
        start=one.start,
        root=one.root,
    )
