"""One database for all that the merchant's side keeps: SQLite out of the box, PostgreSQL by address.

engine = open_database("shop.sqlite")
upgrade(engine)
with writing(engine) as connection:
    bind(connection, deployment)
"""

from fec.store.base import Base
from fec.store.deployment import bind
from fec.store.engine import open_database, reading, writer, writing
from fec.store.migrate import check_version, upgrade

__all__ = ["Base", "bind", "check_version", "open_database", "reading", "upgrade", "writer", "writing"]
