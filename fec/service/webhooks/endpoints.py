"""Webhooks: a merchant's own endpoints for events, signed as Standard Webhooks has it. For managers."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fec.service.access.auth import Caller, Manager
from fec.service.actions.idempotency import Answer, Effect, Fingerprint, OptionalKey
from fec.service.context import Served
from fec.service.errors import AddressRefused, SendersBusy
from fec.service.http.problems import declared, later, problem
from fec.service.http.rows import Before, Limit, following, newest, one_row
from fec.service.http.schemas import Identity, Sequence
from fec.service.models import Merchant, ServiceEvent, WebhookAttempt, WebhookEndpoint
from fec.service.webhooks import schemas
from fec.service.webhooks.deliveries import Deliveries, WebhookMessage, message_of, trial_message
from fec.service.webhooks.outbound import check_url
from fec.store import writer

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


def deliveries_of(request: Request) -> Deliveries:
    """What sends the application's events."""
    deliveries: Deliveries = request.app.state.deliveries
    return deliveries


Sending = Annotated[Deliveries, Depends(deliveries_of)]


@router.post("", status_code=201, response_model=schemas.WebhookWithSecret, responses=declared(401, 403, 409))
def create(
    *,
    body: schemas.NewWebhook,
    service: Served,
    deliveries: Sending,
    caller: Manager,
    fingerprint: Fingerprint,
    key: OptionalKey = None,
) -> JSONResponse:
    """Have events sent to an address. The answer has the secret that they are signed with, now and never again."""

    def prepare() -> None:
        try:
            check_url(body.url, service.settings.webhooks)
        except AddressRefused as error:
            raise problem(
                "webhook-address-refused",
                "No events can be sent to {url}: {reason}. Give an https address of a public host.",
                url=body.url,
                reason=error.message,
            ) from error

    def commit(session: Session, _: None) -> Effect:
        # Locked, so that two at the same time are counted one after the other.
        session.get_one(Merchant, caller.program_id, with_for_update=True)
        mine = select(func.count()).where(WebhookEndpoint.program_id == caller.program_id)
        most = service.settings.webhooks.endpoints
        if (session.scalar(mine) or 0) >= most:
            raise problem(
                "too-many-webhooks", "A merchant may have at most {most} webhooks. Delete one first.", most=most
            )
        endpoint = WebhookEndpoint(
            id=secrets.token_urlsafe(16),
            program_id=caller.program_id,
            url=body.url,
            types=body.types,
            secret_version=1,
            cursor=_latest(session) if body.after is None else body.after,
            enabled=True,
            failures=0,
            next_attempt_at=0,
            leased_until=0,
            created_at=int(time.time()),
        )
        session.add(endpoint)
        session.flush()
        return Effect(Answer(201, _webhook(endpoint).dump()))

    # What is kept of the answer does not have the secret.
    return _with_secret(deliveries, service.idempotency.do(caller.program_id, key, fingerprint, prepare, commit))


@router.get("", responses=declared(401, 403))
def page(service: Served, caller: Manager, limit: Limit = 50, before: Before = None) -> schemas.WebhookPage:
    """List the endpoints, the newest first."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.program_id == caller.program_id)
    with Session(service.engine) as session:
        found = newest(session, query, WebhookEndpoint.number, limit, before)
    return schemas.WebhookPage(items=[_webhook(endpoint) for endpoint in found], next=following(found, limit))


@router.get("/{webhook_id}", responses=declared(401, 403, 404))
def one(webhook_id: Identity, service: Served, caller: Manager) -> schemas.Webhook:
    """Show where an endpoint stands."""
    with Session(service.engine) as session:
        return _webhook(_own(session, caller, webhook_id))


@router.delete("/{webhook_id}", status_code=204, response_class=Response, responses=declared(401, 403, 404))
def remove(webhook_id: Identity, service: Served, caller: Manager) -> Response:
    """Send nothing there any more, and forget the endpoint with its attempts."""
    with Session(writer(service.engine)) as session, session.begin():
        session.delete(_own(session, caller, webhook_id))
    return Response(status_code=204)


@router.post(
    "/{webhook_id}/secret",
    status_code=201,
    response_model=schemas.WebhookWithSecret,
    responses=declared(401, 403, 404, 409),
)
def rotate(
    *,
    webhook_id: Identity,
    service: Served,
    deliveries: Sending,
    caller: Manager,
    fingerprint: Fingerprint,
    key: OptionalKey = None,
) -> JSONResponse:
    """Make a new secret, shown now and never again. For a day, events are signed under the one before as well.

    With an Idempotency-Key, a request that is sent again does not end the secret that the receiver has.
    """

    def commit(session: Session, _: None) -> Effect:
        endpoint = _own(session, caller, webhook_id, lock=True)
        endpoint.secret_version += 1
        endpoint.previous_until = int(time.time()) + service.settings.webhooks.rotation
        return Effect(Answer(201, _webhook(endpoint).dump()))

    return _with_secret(deliveries, service.idempotency.do(caller.program_id, key, fingerprint, lambda: None, commit))


@router.post("/{webhook_id}/replay", status_code=202, responses=declared(401, 403, 404))
def replay(webhook_id: Identity, body: schemas.NewReplay, service: Served, caller: Manager) -> schemas.Webhook:
    """Send all events again that came after a number, in order, beginning at once. Enables what was disabled."""

    with Session(writer(service.engine)) as session, session.begin():
        endpoint = _own(session, caller, webhook_id, lock=True)
        if body.after is not None:
            endpoint.cursor = body.after
        endpoint.enabled, endpoint.failures, endpoint.failing_since, endpoint.next_attempt_at = True, 0, None, 0
        # What is under way does not move the cursor any more.
        endpoint.lease, endpoint.leased_until = None, 0
        return _webhook(endpoint)


@router.post("/{webhook_id}/events/{sequence}", status_code=201, responses=declared(401, 403, 404))
def again(
    webhook_id: Identity,
    sequence: Annotated[Sequence, Path(description="The event's number.")],
    service: Served,
    deliveries: Sending,
    caller: Manager,
) -> schemas.Attempt:
    """Send one event again, once and now, whatever the endpoint's turn is; the answer has the result."""
    with Session(service.engine, expire_on_commit=False) as session:
        endpoint = _own(session, caller, webhook_id)
        event = session.get(ServiceEvent, sequence)
        if event is None or event.program_id != caller.program_id:
            raise problem("not-found", "There is no event {sequence} here. Check the number.", sequence=sequence)
        message = message_of(event)
    return _sent(deliveries, endpoint, message)


@router.post("/{webhook_id}/test", status_code=201, responses=declared(401, 403, 404))
def test(webhook_id: Identity, service: Served, deliveries: Sending, caller: Manager) -> schemas.Attempt:
    """Send a test, of the type webhook.test, once and now; the answer has the result."""
    with Session(service.engine, expire_on_commit=False) as session:
        endpoint = _own(session, caller, webhook_id)
    return _sent(deliveries, endpoint, trial_message(caller.program_id))


@router.get("/{webhook_id}/attempts", responses=declared(401, 403, 404))
def attempts(
    *,
    webhook_id: Identity,
    service: Served,
    caller: Manager,
    limit: Limit = 50,
    before: Before = None,
) -> schemas.AttemptPage:
    """List the attempts of the last thirty days with their results, the newest first."""
    with Session(service.engine) as session:
        endpoint = _own(session, caller, webhook_id)
        query = select(WebhookAttempt).where(WebhookAttempt.endpoint_number == endpoint.number)
        found = newest(session, query, WebhookAttempt.number, limit, before)
    return schemas.AttemptPage(items=[_attempt(attempt) for attempt in found], next=following(found, limit))


# ------------------------------------------------------------------- shared


def _sent(deliveries: Deliveries, endpoint: WebhookEndpoint, message: WebhookMessage) -> schemas.Attempt:
    """Sends a message now, and gives the attempt."""
    try:
        attempt = deliveries.send(endpoint, message)
    except SendersBusy as error:
        raise later("too-many-at-once", 1, "{sentence}", sentence=error.message) from error
    return _attempt(attempt)


def _own(session: Session, caller: Caller, webhook_id: str, *, lock: bool = False) -> WebhookEndpoint:
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.id == webhook_id, WebhookEndpoint.program_id == caller.program_id
    )
    missing = problem("not-found", "There is no webhook with id {id} here. Check the id.", id=webhook_id)
    return one_row(session, query.with_for_update() if lock else query, missing)


def _latest(session: Session) -> int:
    return session.scalar(select(func.max(ServiceEvent.sequence))) or 0


def _with_secret(deliveries: Deliveries, answer: Answer) -> JSONResponse:
    endpoint = schemas.Webhook.model_validate(answer.body)
    secret = deliveries.secret(endpoint.id, endpoint.secret_version)
    shown_once = schemas.WebhookWithSecret(**dict(endpoint), secret=secret)
    return replace(answer, body=shown_once.dump()).response()


def _webhook(endpoint: WebhookEndpoint) -> schemas.Webhook:
    return schemas.Webhook(
        id=endpoint.id,
        url=endpoint.url,
        types=endpoint.types,
        enabled=endpoint.enabled,
        cursor=endpoint.cursor,
        failures=endpoint.failures,
        failing_since=endpoint.failing_since,
        next_attempt_at=endpoint.next_attempt_at or None,
        created_at=endpoint.created_at,
        secret_version=endpoint.secret_version,
        previous_secret_until=endpoint.previous_until,
    )


def _attempt(attempt: WebhookAttempt) -> schemas.Attempt:
    return schemas.Attempt(
        message_id=attempt.message_id,
        sequence=attempt.sequence,
        type=attempt.type,
        attempted_at=attempt.attempted_at,
        duration_ms=attempt.duration_ms,
        delivered=attempt.error is None,
        status=attempt.status,
        error=attempt.error,
    )
