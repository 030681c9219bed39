"""Alembic's environment; `fec.store.upgrade` runs it. Each file in `versions` is one step of the tables' history."""
