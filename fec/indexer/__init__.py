"""The chain's events in SQL: resumable at any instant, in step with reorganisations, proven against the chain.

engine = store.open_database("shop.sqlite")
indexer = Indexer(engine, "http://127.0.0.1:8545", deployment)
indexer.sync()
check(engine, "http://127.0.0.1:8545", deployment).differences    # []
"""

from fec.chain.jsonrpc import Patience
from fec.indexer.check import IndexCheck, check
from fec.indexer.database import Cursor, IndexDatabase
from fec.indexer.indexer import Indexer
from fec.indexer.logs import LogSettings

__all__ = ["Cursor", "IndexCheck", "IndexDatabase", "Indexer", "LogSettings", "Patience", "check"]
