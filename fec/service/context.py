"""What the parts of a running service share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from fec import store
from fec.chain.passkeys import passkey_gas
from fec.chain.rpc import connect
from fec.client.client import Client
from fec.i18n.errors import RPCFailed, RPCUnreachable
from fec.indexer import IndexDatabase
from fec.relayer import Budget, Relayer, TransactionSigner
from fec.service.actions.asking import Asking
from fec.service.actions.guard import Guard
from fec.service.actions.idempotency import Idempotency
from fec.service.actions.outbox import Outbox
from fec.service.errors import SecretTooShort
from fec.service.http.counters import open_counter
from fec.service.http.gatherer import Gatherer
from fec.service.http.keys import KeyRing
from fec.service.http.metrics import Metrics
from fec.service.http.recent import Recent
from fec.service.settings import SECRET_BYTES, Settings

T = TypeVar("T")
R = TypeVar("R")


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
            wake=self.wake,
        )
        self.keys = KeyRing(self.engine, settings.secret)
        self.idempotency = Idempotency(self.engine)
        self.asking = Asking(self.engine, self.outbox, self.idempotency)
        self.metrics = Metrics()
        self.recent = Recent()
        self.latest_event = 0
        """Number of the last event, as of a moment ago: streams look at it."""
        self.stopping = False
        self.sending = ThreadPoolExecutor(1, "fec-sending")
        """Sends what was taken on, one batch after the other."""
        self.wakers: list[Callable[[], object]] = []
        self._passkey_gas: int | None = None
        self._gatherers: dict[str, Gatherer[Any, Any]] = {}

    @property
    def passkey_gas(self) -> int | None:
        """Gas that the check of a passkey's signature takes on the chain, asked once; None while nobody answers."""
        if self._passkey_gas is None:
            with suppress(RPCUnreachable, RPCFailed):
                self._passkey_gas = passkey_gas(self.web3)
        return self._passkey_gas

    def wake(self) -> None:
        """Has the loops look at the chain at once: something was sent."""
        for waker in self.wakers:
            waker()

    def gatherer(
        self,
        name: str,
        act: Callable[[Service, Sequence[T]], Sequence[R]],
        turn: Callable[[T], Hashable] = lambda _: None,
    ) -> Gatherer[T, R]:
        """What does one kind of thing for all requests that ask for it; see `Gatherer`. Only for the event loop."""
        found = self._gatherers.get(name)
        if found is None:
            found = self._gatherers[name] = Gatherer(name, partial(act, self), turn=turn)
        return found

    def close(self) -> None:
        """Ends what was begun, and lets the database go."""
        for gatherer in self._gatherers.values():
            gatherer.close()
        self.outbox.batches.close()
        self.sending.shutdown()
        self.engine.dispose()


async def service_of(request: Request) -> Service:
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
