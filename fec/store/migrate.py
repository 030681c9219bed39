"""The tables' history: brings a database to the version of this package."""

from __future__ import annotations

from functools import cache
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from fec.store.engine import reading, writing
from fec.store.errors import DatabaseOutdated

#: Any number, the same for all: two processes that start together must not both make the tables.
_LOCK = 0xFEC


def upgrade(engine: Engine) -> None:
    """Makes the tables, or brings them up to date; all of it or nothing. Does nothing if they are.

    Raises DatabaseOutdated if the database was made by a later version of the package.
    """
    if _current(engine) == _newest():
        return
    _refuse_later(engine)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")


def check_version(engine: Engine) -> None:
    """Raises DatabaseOutdated unless the tables are those of this version of the package."""
    _refuse_later(engine)
    if _current(engine) != _newest():
        raise DatabaseOutdated(
            "The database has no tables yet, or tables of an earlier version. Run `fec index run` once."
        )


def _refuse_later(engine: Engine) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if later := _current(engine) - known:
        raise DatabaseOutdated(
            "A later version of this package made the database (revision {revisions}). Upgrade the package.",
            revisions=", ".join(sorted(later)),
        )


def _current(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


@cache
def _newest() -> frozenset[str]:
    """What this package brings a database to; reading it off the migrations takes some milliseconds."""
    return frozenset(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files(__package__) / "migrations").replace("%", "%%"))
    return config
