"""Sends events to merchants' endpoints: signed (Standard Webhooks), in order, at least once, by the first process free.

An endpoint is leased in one transaction, sent to in none, and the outcome is written in another: the attempt and where
the endpoint stands now, together. Killed between the two, the same event is sent again with the same id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import secrets
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import BindParameter, Engine, Select, bindparam, delete, exists, func, select
from sqlalchemy.orm import Session, aliased
from standardwebhooks import Webhook

from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.errors import SendersBusy
from fec.service.models import ServiceEvent, WebhookAttempt, WebhookEndpoint
from fec.service.settings import WebhookPolicy
from fec.service.webhooks.outbound import Outcome, post
from fec.service.webhooks.schemas import DisabledWebhook, WebhookBody
from fec.store import writer

#: Endpoints that one instance sends to at once.
_WORKERS = 8
#: Events that an endpoint gets before others have their turn.
_TURN = 100
#: An answer that says that the endpoint is gone: nothing is sent there again (Standard Webhooks).
_GONE = 410
#: 2^20 times the first delay is longer than any longest one.
_MOST_DOUBLINGS = 20
_USER_AGENT = "fec-webhooks/1"

log = structlog.get_logger("fec.service")


@dataclass(frozen=True)
class _Task:
    """An event to be sent, by the process that holds the lease."""

    endpoint: WebhookEndpoint
    lease: str
    message: WebhookMessage


@dataclass(frozen=True)
class WebhookMessage:
    """What is sent: its body, and what its headers and its record name."""

    id: str
    type: str
    sequence: int | None
    body: bytes


def message_of(event: ServiceEvent) -> WebhookMessage:
    """An event as endpoints get it; sent again, it has the same id and the same body."""
    return _message(
        f"evt_{event.program_id}_{event.sequence}", event.type, event.sequence, event.created_at, event.payload
    )


def trial_message(program_id: int) -> WebhookMessage:
    """A message about nothing."""
    return _message(
        f"test_{secrets.token_urlsafe(16)}", "webhook.test", None, int(time.time()), {"programId": program_id}
    )


def _message(identity: str, kind: str, sequence: int | None, at: int, data: Any) -> WebhookMessage:
    timestamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # Events are checked when they are recorded. What is here is sent, whatever it is, or no later event would be.
    body = WebhookBody.model_construct(type=kind, timestamp=timestamp, sequence=sequence, data=data)
    return WebhookMessage(identity, kind, sequence, json.dumps(body.dump(), separators=(",", ":")).encode())


class Deliveries:
    """Sends one database's events."""

    def __init__(self, engine: Engine, secret: bytes, policy: WebhookPolicy) -> None:
        """Takes the database, what endpoints' secrets follow from, and how to send."""
        self._engine = engine
        self._writer = writer(engine)
        self._secret = secret
        self._policy = policy
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="fec-webhooks")
        self._sending: set[Future[None]] = set()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._tests: Counter[int] = Counter()
        """Messages that are being sent because somebody asked, by program."""

    def close(self) -> None:
        """Waits until what is being sent is sent."""
        self._stop.set()
        self._pool.shutdown()

    def secret(self, endpoint_id: str, version: int) -> str:
        """An endpoint's secret, as receivers take it. It follows from the service's own, and is kept nowhere."""
        digest = hmac.new(self._secret, f"webhook {endpoint_id} {version}".encode(), hashlib.sha256).digest()
        return "whsec_" + base64.b64encode(digest).decode()

    # ----------------------------------------------------------------- sending

    def deliver(self) -> int:
        """Has events sent that are due, as far as there are hands; gives how many endpoints are being sent to."""
        self._sending = {sending for sending in self._sending if not sending.done()}
        while len(self._sending) < _WORKERS and not self._stop.is_set():
            task = self._lease()
            if task is None:
                break
            self._sending.add(self._pool.submit(self._take_turn, task))
        return len(self._sending)

    def send(self, endpoint: WebhookEndpoint, message: WebhookMessage) -> WebhookAttempt:
        """Sends a message once, and keeps the attempt; the endpoint stands where it stood.

        By the same hands as all else. Raises SendersBusy while as many are being sent for the merchant as may be.
        """
        program_id = endpoint.program_id
        with self._lock:
            if self._tests[program_id] >= self._policy.senders:
                raise SendersBusy("The maximum number of messages is being sent. Wait until one has arrived.")
            self._tests[program_id] += 1
        try:
            return self._pool.submit(self._send_now, endpoint, message).result()
        finally:
            with self._lock:
                self._tests[program_id] -= 1

    def _send_now(self, endpoint: WebhookEndpoint, message: WebhookMessage) -> WebhookAttempt:
        outcome, attempted_at = self._post(endpoint, message)
        attempt = _attempt(endpoint.number, message, outcome, attempted_at)
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            # It may have been deleted meanwhile.
            if session.get(WebhookEndpoint, endpoint.number, with_for_update=True) is not None:
                session.add(attempt)
        return attempt

    def forget_old(self) -> None:
        """Deletes attempts that are not listed any more."""
        with Session(self._writer) as session, session.begin():
            old = WebhookAttempt.attempted_at < int(time.time()) - self._policy.kept
            session.execute(delete(WebhookAttempt).where(old))

    # ------------------------------------------------------------------- steps

    def _take_turn(self, task: _Task | None) -> None:
        """Sends an endpoint's events until there are no more, one fails, or others are to have their turn."""
        try:
            for _ in range(_TURN):
                if task is None or not self._in_time(task):
                    return
                outcome, attempted_at = self._post(task.endpoint, task.message)
                task = self._note(task, outcome, attempted_at)
            if task is not None:
                self._release(task)
        except Exception:
            # The lease runs out, and the event is sent again.
            log.exception("webhook failed")
            raise

    def _in_time(self, task: _Task) -> bool:
        """Whether an attempt, with looking the name up, ends before others may think that this process has crashed."""
        return task.endpoint.leased_until - time.time() >= 2 * self._policy.timeout

    def _lease(self) -> _Task | None:
        """The endpoint that has been waiting longest, for this instance alone, and the event that it is to get.

        Merchants have their turns: the one that is sent to least comes first, and no more than a few endpoints of one
        merchant are sent to at once.
        """
        given = {"now": int(time.time()), "senders": self._policy.senders}
        while True:
            # Looking first: on SQLite, writers wait for one another.
            with Session(self._engine) as session:
                if session.scalars(_WAITING, given).first() is None:
                    return None
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                endpoint = session.scalars(_WAITING_LOCKED, given).first()
                if endpoint is None:
                    return None
                task = self._begin(session, endpoint, secrets.token_hex(8))
            if task is not None:
                return task

    def _begin(self, session: Session, endpoint: WebhookEndpoint, lease: str) -> _Task | None:
        """Leases an endpoint for the next event that it is to get; if there is none, skips those of other types."""
        # What is not there yet has a higher number: the order of the commits.
        mine = ServiceEvent.program_id == endpoint.program_id
        last = session.scalar(select(func.max(ServiceEvent.sequence)).where(mine)) or 0
        query = select(ServiceEvent).where(mine, ServiceEvent.sequence > endpoint.cursor, ServiceEvent.sequence <= last)
        if endpoint.types is not None:
            query = query.where(ServiceEvent.type.in_(endpoint.types))
        event = session.scalars(query.order_by(ServiceEvent.sequence).limit(1)).first()
        if event is None:
            endpoint.cursor = max(endpoint.cursor, last)
            endpoint.lease, endpoint.leased_until = None, 0
            return None
        endpoint.lease, endpoint.leased_until = lease, int(time.time()) + self._policy.lease
        return _Task(endpoint, lease, message_of(event))

    def _post(self, endpoint: WebhookEndpoint, message: WebhookMessage) -> tuple[Outcome, int]:
        now = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": _USER_AGENT,
            "webhook-id": message.id,
            "webhook-timestamp": str(now),
            "webhook-signature": " ".join(
                # The library takes the moment for one of UTC, whatever its zone.
                Webhook(secret).sign(message.id, datetime.fromtimestamp(now, UTC), message.body.decode())
                for secret in self._secrets(endpoint, now)
            ),
        }
        return post(endpoint.url, headers, message.body, self._policy), now

    def _secrets(self, endpoint: WebhookEndpoint, now: int) -> list[str]:
        """The secrets that are valid, the newest first."""
        versions = [endpoint.secret_version]
        if endpoint.previous_until is not None and endpoint.previous_until > now:
            versions.append(endpoint.secret_version - 1)
        return [self.secret(endpoint.id, version) for version in versions]

    def _note(self, task: _Task, outcome: Outcome, attempted_at: int) -> _Task | None:
        """Writes down what came of an attempt and where the endpoint stands; gives what is to be sent next."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            endpoint = session.get(WebhookEndpoint, task.endpoint.number, with_for_update=True)
            if endpoint is None:
                return None
            session.add(_attempt(endpoint.number, task.message, outcome, attempted_at))
            if endpoint.lease != task.lease:
                # Somebody has had it replay meanwhile, or thought that this process had crashed: theirs is to say.
                return None
            if outcome.error is None:
                endpoint.cursor = task.message.sequence or endpoint.cursor
                endpoint.failures, endpoint.failing_since, endpoint.next_attempt_at = 0, None, 0
                if self._stop.is_set():
                    endpoint.lease, endpoint.leased_until = None, 0
                    return None
                return self._begin(session, endpoint, task.lease)
            self._failed(session, endpoint, outcome)
            return None

    def _failed(self, session: Session, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
        now = int(time.time())
        endpoint.failures += 1
        endpoint.failing_since = endpoint.failing_since or now
        endpoint.next_attempt_at = now + self._delay(endpoint.failures, outcome.retry_after)
        endpoint.lease, endpoint.leased_until = None, 0
        if outcome.status == _GONE or now - endpoint.failing_since >= self._policy.give_up_after:
            endpoint.enabled = False
            # Not checked: an endpoint is disabled whatever its row says.
            told = DisabledWebhook.model_construct(
                id=endpoint.id,
                url=endpoint.url,
                cursor=endpoint.cursor,
                failures=endpoint.failures,
                failing_since=endpoint.failing_since,
                error=outcome.error,
            )
            events.record(session, [Change(endpoint.program_id, None, "webhook.disabled", told.dump())])

    def _delay(self, failures: int, retry_after: int) -> int:
        """Seconds until the next attempt: doubled each time, and spread, so that those who failed together part."""
        usual = min(self._policy.first_delay << min(failures - 1, _MOST_DOUBLINGS), self._policy.longest_delay)
        spread = usual // 2 + random.randrange(usual + 1)
        return max(spread, min(retry_after, self._policy.longest_delay))

    def _release(self, task: _Task) -> None:
        with Session(self._writer) as session, session.begin():
            endpoint = session.get(WebhookEndpoint, task.endpoint.number, with_for_update=True)
            if endpoint is not None and endpoint.lease == task.lease:
                endpoint.lease, endpoint.leased_until = None, 0
                # Behind those who are waiting.
                endpoint.next_attempt_at = int(time.time())


def _pending() -> tuple[Any, ...]:
    """What makes an event one that an endpoint is to get: its program's, and behind what it has."""
    return ServiceEvent.program_id == WebhookEndpoint.program_id, ServiceEvent.sequence > WebhookEndpoint.cursor


def _waiting() -> Select[Any]:
    other = aliased(WebhookEndpoint)
    now: BindParameter[int] = bindparam("now")
    busy = (
        select(func.count())
        .where(other.program_id == WebhookEndpoint.program_id, other.leased_until > now)
        .scalar_subquery()
    )
    return (
        select(WebhookEndpoint)
        .where(
            WebhookEndpoint.enabled,
            WebhookEndpoint.next_attempt_at <= now,
            WebhookEndpoint.leased_until <= now,
            busy < bindparam("senders"),
            exists().where(*_pending()),
        )
        .order_by(busy, WebhookEndpoint.next_attempt_at, WebhookEndpoint.leased_until)
        .limit(1)
    )


_WAITING = _waiting()
_WAITING_LOCKED = _WAITING.with_for_update(skip_locked=True, of=WebhookEndpoint)


def _attempt(endpoint_number: int, message: WebhookMessage, outcome: Outcome, attempted_at: int) -> WebhookAttempt:
    return WebhookAttempt(
        endpoint_number=endpoint_number,
        message_id=message.id,
        sequence=message.sequence,
        type=message.type,
        attempted_at=attempted_at,
        duration_ms=outcome.duration_ms,
        status=outcome.status,
        error=outcome.error,
    )
