"""What a database holds, to be compared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from fec import store
from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.indexer import check
from fec.indexer.models import DERIVED, CursorRecord, EventRecord, table

from .conftest import SHORT


def content(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the index, but the blocks, of which more or fewer are kept."""
    with store.reading(engine) as connection:
        return {
            each.name: [tuple(row) for row in connection.execute(select(each).order_by(*each.primary_key))]
            for each in (*DERIVED, table(EventRecord), table(CursorRecord))
        }


def assert_proven(engine: Engine, anvil: Anvil, deployment: Deployment) -> None:
    """The index ends where the chain does, and equals the chain's own state."""
    report = check(engine, anvil.url, deployment, patience=SHORT)
    head = anvil.web3.eth.get_block("latest")
    assert (report.cursor.block, report.cursor.block_hash) == (head["number"], head["hash"].to_0x_hex())
    assert report.differences == []
