"""An indexer in a process of its own, to be killed."""

from __future__ import annotations

import threading
from multiprocessing.process import BaseProcess

from fec import store
from fec.chain.deployments import Deployment
from fec.indexer import Indexer, LogSettings, Patience
from tests.fixtures.processes import FORKING


def start(database: str, url: str, deployment: Deployment) -> BaseProcess:
    """Follows a chain until it is killed. Ranges are small, so that there are many instants to be killed at."""
    process = FORKING.Process(target=_follow, args=(database, url, deployment), daemon=True)
    process.start()
    return process


def _follow(database: str, url: str, deployment: Deployment) -> None:
    engine = store.open_database(database)
    patience = Patience(attempts=12, first=1, longest=200)
    indexer = Indexer(engine, url, deployment, settings=LogSettings(blocks=2, logs=20), patience=patience)
    indexer.follow(threading.Event(), 0, lambda _: None)
