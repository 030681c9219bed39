"""What goes on besides requests: the index, invoices that follow it, what is asked of the chain, captures, tidying."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from fec.core.durations import HOUR
from fec.i18n.errors import FECError
from fec.indexer import Indexer
from fec.service.context import Service
from fec.service.models import ServiceEvent
from fec.service.orders import captures
from fec.service.orders.reconcile import close, reconcile
from fec.service.sales import settling
from fec.service.webhooks.deliveries import Deliveries

_CAPTURE_SECONDS = 30
_BELL_MS = 200
#: Loops that look at the chain for what was sent, and how soon: shops hear of orders from the first.
_SOON_MS = {"follow": 80, "relay": 200}
_TELL_MS = 1_000
_CLOSE_MS = 5_000
_TIDY_SECONDS = HOUR
_STOP_SECONDS = 30
_TOLD_PERCENT = (80, 100)

log = structlog.get_logger("fec.service")


class Loop:
    """Does something again and again, in a thread of its own; what goes wrong is told, and tried again."""

    def __init__(self, service: Service, name: str, pause_ms: int, act: Callable[[], object]) -> None:
        """Takes what to do, and milliseconds between one time and the next."""
        self.name = name
        self._metrics = service.metrics
        self._pause_ms = self._soon_ms = pause_ms
        self._act = act
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"fec-{name}", daemon=True)

    def start(self) -> None:
        """Starts."""
        self._thread.start()

    def stop(self) -> None:
        """Asks it to stop; what is being done is done first."""
        self._stop.set()
        self._woken.set()

    def wake(self) -> None:
        """Has it look soon, and again after pauses that grow to the usual one: something is on its way."""
        self._soon_ms = min(_SOON_MS[self.name], self._pause_ms)
        self._woken.set()

    def join(self) -> None:
        """Waits until it has stopped."""
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        failing = False
        while not self._stop.is_set():
            try:
                self._act()
            except (FECError, DBAPIError) as error:
                self._metrics.loops.labels(self.name, "failed").inc()
                # Once is enough while it lasts; at the end, it is the end that fails it.
                if not failing and not self._stop.is_set():
                    log.warning("loop failed", loop=self.name, error=type(error).__name__, reason=str(error)[:300])
                failing = True
            except Exception:
                self._metrics.loops.labels(self.name, "failed").inc()
                log.exception("loop failed", loop=self.name)
                failing = True
            else:
                self._metrics.loops.labels(self.name, "done").inc()
                failing = False
            self._pause()

    def _pause(self) -> None:
        if self._soon_ms == self._pause_ms:
            self._woken.wait(self._pause_ms / 1000)
        if self._soon_ms < self._pause_ms:
            self._stop.wait(self._soon_ms / 1000)
            self._soon_ms = min(self._pause_ms, self._soon_ms * 3 // 2)
        self._woken.clear()


class Background:
    """All loops of one instance."""

    def __init__(self, service: Service, deliveries: Deliveries) -> None:
        """Takes the service, and what sends its events; starts nothing."""
        self._service = service
        self._deliveries = deliveries
        self._told_of: int | None = None
        """Nonce that was last told of as stalled."""
        self._told_budget = 0
        """Percent of the day's budget of which was told."""
        settings = service.settings
        self._indexer = Indexer(service.engine, settings.rpc, settings.deployment) if settings.index else None
        service.outbox.ended[captures.CAPTURE] = captures.release
        self.loops = [
            Loop(service, "follow", settings.poll_ms, self._follow),
            Loop(service, "close", _CLOSE_MS, lambda: close(service)),
        ]
        if settings.relay:
            self.loops.append(Loop(service, "relay", settings.poll_ms, self._relay))
            self.loops.append(Loop(service, "tell", _TELL_MS, self._tell))
        if settings.capture:
            self.loops.append(Loop(service, "capture", _CAPTURE_SECONDS * 1000, self._capture))
        if settings.settle:
            self.loops.append(Loop(service, "settle", settings.settle_seconds * 1000, self._settle))
        if settings.deliver:
            self.loops.append(Loop(service, "webhooks", settings.poll_ms, deliveries.deliver))
        service.wakers += [loop.wake for loop in self.loops if loop.name in _SOON_MS]
        self.loops.append(Loop(service, "bell", _BELL_MS, self._look))
        self.loops.append(Loop(service, "tidy", _TIDY_SECONDS * 1000, self._tidy))

    def start(self) -> None:
        """Starts all loops."""
        for loop in self.loops:
            loop.start()

    def stop(self) -> None:
        """Stops all loops, and waits for them."""
        for loop in self.loops:
            loop.stop()
        if self._indexer is not None:
            # Its patience with an endpoint that does not answer would hold up the end.
            self._indexer.close()
        for loop in self.loops:
            loop.join()
        self._deliveries.close()

    def _follow(self) -> None:
        if self._indexer is not None:
            self._indexer.sync()
        reconcile(self._service)

    def _relay(self) -> None:
        try:
            self._service.relayer.tick()
        finally:
            self._service.outbox.tend()

    def _tell(self) -> None:
        self._tell_of_waiting()
        self._tell_of_budget()

    def _tell_of_budget(self) -> None:
        """Says once a day that most of the budget is spent, and once that all is."""
        limit, (spent, by_purse) = self._service.relayer.budget.key, self._service.relayer.spent()
        part = max((part for part in _TOLD_PERCENT if limit and 100 * spent >= part * limit), default=0)
        if part > self._told_budget:
            log.warning("budget spent", percent=part, spent=spent, budget=limit, purses=by_purse)
        self._told_budget = part

    def _tell_of_waiting(self) -> None:
        """Says once that the oldest transaction does not move: everything behind it waits."""
        waiting = self._service.relayer.waiting()
        if waiting is None or waiting.seconds <= self._service.settings.stalled_after:
            self._told_of = None
        elif self._told_of != waiting.nonce:
            self._told_of = waiting.nonce
            log.warning("transaction stalled", nonce=waiting.nonce, seconds=waiting.seconds)

    def _capture(self) -> None:
        for merchant in self._service.keys.merchants():
            captures.capture(self._service, merchant.program_id, captures.due(self._service, merchant.program_id))

    def _settle(self) -> None:
        settling.work(self._service)

    def _look(self) -> None:
        with Session(self._service.engine) as session:
            self._service.latest_event = session.scalar(select(func.max(ServiceEvent.sequence))) or 0

    def _tidy(self) -> None:
        self._service.keys.forget_expired()
        self._service.idempotency.forget_old()
        self._deliveries.forget_old()
        self._service.guard.forget_old()
