"""The chain's events in SQL: resumable at any instant, in step with reorganisations, proven against the chain.

engine = store.open_database("shop.sqlite")
indexer = Indexer(engine, "http://127.0.0.1:8545", deployment)
indexer.sync()
check(engine, "http://127.0.0.1:8545", deployment).differences    # []
"""

from fec.indexer.chain import Settings
from fec.indexer.check import Report, check
from fec.indexer.indexer import Indexer
from fec.indexer.keeper import Cursor, Keeper
from fec.indexer.wire import Patience

__all__ = ["Cursor", "Indexer", "Keeper", "Patience", "Report", "Settings", "check"]
