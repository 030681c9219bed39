"""Every test runs on both databases."""

import pytest
from sqlalchemy import Engine

from fec import store
from tests.fixtures.databases import backend, database, engine, migrated_file, postgresql
from tests.store.things import THINGS

__all__ = ["backend", "database", "engine", "migrated_file", "postgresql"]


@pytest.fixture
def things(engine: Engine) -> Engine:
    """A database with the table of things, empty."""
    with store.writing(engine) as connection:
        THINGS.create(connection)
    return engine
