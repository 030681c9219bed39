"""The export: what the index holds, as Parquet, from either database."""

import json
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, func, select

from fec import store
from fec.indexer import Indexer
from fec.indexer.errors import IndexMissing
from fec.indexer.models import EventRecord, NodeVersion, OrderVersion
from fec.reports.data import Data, Scope, of_index, opened
from fec.reports.errors import CutoffUnknown, ExportInvalid
from fec.reports.export import MANIFEST, export, manifest_of
from fec.reports.shoppers import overview
from fec.store import reading
from tests.reports.conftest import World


def test_export__either_database__holds_the_same_rows(world: World, database: str, tmp_path: Path) -> None:
    engine = store.open_database(database)
    indexer = Indexer(engine, world.anvil.url, world.deployment)
    indexer.sync()
    indexer.close()
    manifest = export(engine, tmp_path / "export")
    for name in manifest.rows:
        here, there = (pq.read_table(folder / f"{name}.parquet") for folder in (tmp_path / "export", world.folder))
        if name != "blocks":  # of which an index that follows keeps some more
            assert here.equals(there), name
    assert (manifest.block, manifest.block_hash) == (
        world.facts and manifest_of(world.folder).block,
        manifest.block_hash,
    )


def test_export__amounts_and_nulls__as_the_index_has_them(world: World) -> None:
    with reading(store.open_database(world.index)) as connection:
        orders = connection.execute(select(OrderVersion.__table__)).all()
        nodes = connection.execute(select(NodeVersion.__table__)).all()
        events = connection.execute(select(func.count()).select_from(EventRecord)).scalar_one()
    found = pq.read_table(world.folder / "order_versions.parquet").to_pylist()
    assert [row["burned"] for row in found] == [row.burned for row in orders]
    assert [row["token_id"] for row in found] == [row.token_id and str(row.token_id) for row in orders]
    assert None in {row["burned"] for row in found}
    found = pq.read_table(world.folder / "node_versions.parquet").to_pylist()
    assert [(row["owner"], int(row["principal"])) for row in found] == [(row.owner, row.principal) for row in nodes]
    assert None in {row["owner"] for row in found}
    assert manifest_of(world.folder).rows["events"] == events


def test_export__again__replaces_what_was_there(world: World, tmp_path: Path) -> None:
    engine = store.open_database(world.index)
    first = export(engine, tmp_path / "export")
    assert export(engine, tmp_path / "export") == first == manifest_of(tmp_path / "export")


def test_export__into_a_folder_of_other_things__is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportInvalid, match=r"contains other files \(notes.txt\)"):
        export(store.open_database(world.index), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_export__nothing_indexed_yet__says_what_to_do(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="`fec index run`"):
        export(engine, tmp_path / "export")


def test_manifest__no_export__says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ExportInvalid, match="`fec report export"):
        manifest_of(tmp_path)


@pytest.mark.parametrize("harm", ["a table is gone", "another version"])
def test_manifest__not_whole__is_refused(world: World, tmp_path: Path, harm: str) -> None:
    export(store.open_database(world.index), tmp_path / "export")
    path = tmp_path / "export" / MANIFEST
    if harm == "another version":
        path.write_text(json.dumps({**json.loads(path.read_text()), "format": 0}))
    else:
        (path.parent / "claims.parquet").unlink()
    with pytest.raises(ExportInvalid, match="incomplete, or of another version"):
        manifest_of(path.parent)


def test_moment__a_block_before_the_end__is_as_an_index_that_ended_there(world: World, tmp_path: Path) -> None:
    """The index itself, rolled back, is what a report of an earlier block has to equal."""
    block = sorted(world.facts.times)[len(world.facts.times) * 2 // 3]
    from fec.indexer import IndexDatabase  # noqa: PLC0415

    path = tmp_path / "copy.sqlite"
    engine = store.open_database(path)
    indexer = Indexer(engine, world.anvil.url, world.deployment)
    indexer.sync()
    indexer.close()
    database = IndexDatabase(engine)
    [(number, hash_)] = database.hashes(block, 1)
    database.undo(database.cursor(), number, hash_)
    with of_index(engine) as rolled_back, opened(world.folder, block=block) as earlier:
        assert rolled_back.cutoff == earlier.cutoff
        assert overview(rolled_back, Scope("program")).rows == overview(earlier, Scope("program")).rows


def test_moment__a_date__is_the_last_block_before_it(world: World, data: Data) -> None:
    times = sorted(world.facts.times.items())
    (number, begin), (_, end) = next(pair for pair in pairwise(times) if pair[1][1] > pair[0][1] + 9)
    with opened(world.folder, time=end - 1) as found:
        assert (found.cutoff.block, found.cutoff.block_timestamp, found.cutoff.timestamp) == (number, begin, end - 1)


def test_moment__outside_the_index__is_refused(world: World, data: Data) -> None:
    with pytest.raises(CutoffUnknown, match="The index ends at block"), opened(world.folder, block=10**9):
        pass
    with pytest.raises(CutoffUnknown, match="The index ends at block"), opened(world.folder, time=10**10):
        pass
    with pytest.raises(CutoffUnknown, match="The contracts were not deployed yet"), opened(world.folder, time=1):
        pass
