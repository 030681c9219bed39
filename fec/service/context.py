"""What the parts of a running service share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from fec import store
from fec.chain.rpc import connect
from fec.client.client import Client
from fec.indexer import IndexDatabase
from fec.relayer import Budget, Relayer, TransactionSigner
from fec.service.actions.asking import Asking
from fec.service.actions.guard import Guard
from fec.service.actions.idempotency import Idempotency
from fec.service.actions.outbox import Outbox
from fec.service.errors import SecretTooShort
from fec.service.http.counters import open_counter
from fec.service.http.keys import KeyRing
from fec.service.http.metrics import Metrics
from fec.service.settings import SECRET_BYTES, Settings


class Service:
    """One instance: its database, its chain, its key."""

    def __init__(self, settings: Settings, signer: TransactionSigner) -> None:
        """Opens the database, the chain and the contracts; starts nothing.

        Raises SecretTooShort, and what opening raises: DatabaseInvalid, DatabaseUnreachable, DatabaseOutdated,
        WrongDatabase, RPCUnreachable, RPCFailed, WrongNetwork, DeploymentMissing.
        """
        check_secret(settings.secret)
        # First: what cannot be is refused before a file is made.
        self.counter = open_counter(settings.limits_storage)
        self.settings = settings
        self.signer = signer
        self.engine = store.open_database(settings.database)
        # What a statement carries may be a secret; errors end up in logs.
        self.engine.hide_parameters = True
        store.upgrade(self.engine)
        with store.writing(self.engine) as connection:
            store.bind(connection, settings.deployment)
        self.index = IndexDatabase(self.engine)
        self.index.begin()
        self.web3 = connect(settings.rpc)
        self.client = Client(self.web3, settings.deployment, signer.address)
        watched = max(settings.confirmations, settings.watched)
        budget = Budget(settings.budget, settings.merchant_budget)
        self.relayer = Relayer(self.engine, self.web3, signer, confirmations=watched, budget=budget)
        self.guard = Guard(self.engine, settings.caller_limits)
        self.outbox = Outbox(
            self.engine,
            self.web3,
            settings.deployment,
            self.relayer,
            self.guard,
            confirmations=settings.confirmations,
        )
        self.keys = KeyRing(self.engine, settings.secret)
        self.idempotency = Idempotency(self.engine)
        self.asking = Asking(self.engine, self.outbox, self.idempotency)
        self.metrics = Metrics()
        self.latest_event = 0
        """Number of the last event, as of a moment ago: streams look at it."""
        self.stopping = False

    def close(self) -> None:
        """Lets the database go."""
        self.engine.dispose()


def service_of(request: Request) -> Service:
    """The service that the application belongs to."""
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(service_of)]


def check_secret(secret: bytes) -> None:
    """Raises SecretTooShort unless a secret has as many bytes as it should."""
    if len(secret) < SECRET_BYTES:
        raise SecretTooShort(
            "The service's secret has {length} bytes and needs {least} at least.",
            length=len(secret),
            least=SECRET_BYTES,
        )
