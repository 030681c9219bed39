"""The tables' history leads to the tables that the package works with, on both databases."""

import importlib
import pkgutil
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

import fec
from fec import store
from fec.indexer.views import create_views, definitions
from fec.store import Base
from fec.store.errors import DatabaseOutdated


@pytest.fixture(scope="module", autouse=True)
def _all_models() -> None:
    """Tables are in the metadata once the `models.py` that has them is imported."""
    for module in pkgutil.walk_packages(fec.__path__, "fec."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)


def test_upgrade__empty_database__makes_the_models_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_upgrade__empty_database__makes_the_views(engine: Engine) -> None:
    made = _views(engine)
    with store.writing(engine) as connection:
        for name in made:
            connection.execute(text(f"DROP VIEW {name}"))
        create_views(connection)
    assert made == _views(engine)
    assert made.keys() == definitions(engine.dialect).keys()


def test_upgrade__again__changes_nothing(engine: Engine) -> None:
    before = inspect(engine).get_table_names()
    store.upgrade(engine)
    assert inspect(engine).get_table_names() == before


def test_upgrade__by_a_later_version__is_refused(engine: Engine) -> None:
    with store.writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseOutdated, match="revision 9999"):
        store.upgrade(engine)


def test_upgrade__two_at_once__both_succeed(database: str) -> None:
    code = f"from fec import store; store.upgrade(store.open_database({database!r}))"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    engine = store.open_database(database)
    store.check_version(engine)
    engine.dispose()


def test_check_version__no_tables__is_refused(database: str) -> None:
    engine = store.open_database(database)
    with pytest.raises(DatabaseOutdated, match="no tables yet"):
        store.check_version(engine)
    engine.dispose()


def _views(engine: Engine) -> dict[str, str]:
    looked_up = inspect(engine)
    return {name: " ".join(str(looked_up.get_view_definition(name)).split()) for name in looked_up.get_view_names()}
