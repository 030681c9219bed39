"""Every test runs on both databases."""

from tests.fixtures.databases import backend, database, engine, migrated_file, postgresql

__all__ = ["backend", "database", "engine", "migrated_file", "postgresql"]
