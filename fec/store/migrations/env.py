"""Run by Alembic: migrates over the connection that it was given, in that connection's transaction."""

from alembic import context

from fec.store.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can, once its driver is kept from beginning transactions of its own: see engine.py.
    transactional_ddl=True,
    # SQLite cannot alter most of a table; Alembic copies it instead.
    render_as_batch=True,
)
context.run_migrations()
