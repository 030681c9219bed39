"""Webhooks: a merchant's own endpoints for events, signed as Standard Webhooks has it. For managers."""

from __future__ import annotations

import json
import secrets
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fec.service.context import Service
from fec.service.http import schemas
from fec.service.http.auth import Caller, Manager, Served
from fec.service.http.idempotency import Answer, Effect, Fingerprint, OptionalKey
from fec.service.http.problems import declared, later, problem
from fec.service.models import Merchant, ServiceEvent, WebhookAttempt, WebhookEndpoint
from fec.service.webhooks import schemas as schemas_webhooks
from fec.service.webhooks.deliveries import Message, SendersBusy, message_of, trial_message
from fec.service.webhooks.outbound import AddressRefused, check_url
from fec.store import writer

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

Limit = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="`next` of the page before.")]


@router.post("", status_code=201, response_model=schemas_webhooks.WebhookWithSecret, responses=declared(401, 403, 409))
def create(
    body: schemas_webhooks.NewWebhook,
    service: Served,
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
        return Effect(Answer(201, _body(endpoint)))

    # What is kept of the answer does not have the secret.
    return _with_secret(service, service.idempotency.do(caller.program_id, key, fingerprint, prepare, commit))


@router.get("", response_model=schemas_webhooks.WebhookPage, responses=declared(401, 403))
def page(service: Served, caller: Manager, limit: Limit = 50, before: Before = None) -> JSONResponse:
    """List the endpoints, the newest first."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.program_id == caller.program_id)
    if before is not None:
        query = query.where(WebhookEndpoint.number < before)
    with Session(service.engine) as session:
        found = session.scalars(query.order_by(WebhookEndpoint.number.desc()).limit(limit)).all()
    following = str(found[-1].number) if len(found) == limit else None
    return JSONResponse({"items": [_body(endpoint) for endpoint in found], "next": following})


@router.get("/{webhook_id}", response_model=schemas_webhooks.Webhook, responses=declared(401, 403, 404))
def one(webhook_id: schemas.Identity, service: Served, caller: Manager) -> JSONResponse:
    """Show where an endpoint stands."""
    with Session(service.engine) as session:
        return JSONResponse(_body(_own(session, caller, webhook_id)))


@router.delete("/{webhook_id}", status_code=204, response_class=Response, responses=declared(401, 403, 404))
def remove(webhook_id: schemas.Identity, service: Served, caller: Manager) -> Response:
    """Send nothing there any more, and forget the endpoint with its attempts."""
    with Session(writer(service.engine)) as session, session.begin():
        session.delete(_own(session, caller, webhook_id))
    return Response(status_code=204)


@router.post(
    "/{webhook_id}/secret",
    status_code=201,
    response_model=schemas_webhooks.WebhookWithSecret,
    responses=declared(401, 403, 404, 409),
)
def rotate(
    webhook_id: schemas.Identity,
    service: Served,
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
        return Effect(Answer(201, _body(endpoint)))

    return _with_secret(service, service.idempotency.do(caller.program_id, key, fingerprint, lambda: None, commit))


@router.post(
    "/{webhook_id}/replay", status_code=202, response_model=schemas_webhooks.Webhook, responses=declared(401, 403, 404)
)
def replay(
    webhook_id: schemas.Identity, body: schemas_webhooks.NewReplay, service: Served, caller: Manager
) -> JSONResponse:
    """Send all events again that came after a number, in order, beginning at once. Enables what was disabled."""

    with Session(writer(service.engine)) as session, session.begin():
        endpoint = _own(session, caller, webhook_id, lock=True)
        if body.after is not None:
            endpoint.cursor = body.after
        endpoint.enabled, endpoint.failures, endpoint.failing_since, endpoint.next_attempt_at = True, 0, None, 0
        # What is under way does not move the cursor any more.
        endpoint.lease, endpoint.leased_until = None, 0
        return JSONResponse(_body(endpoint), 202)


@router.post(
    "/{webhook_id}/events/{sequence}",
    status_code=201,
    response_model=schemas_webhooks.Attempt,
    responses=declared(401, 403, 404),
)
def again(
    webhook_id: schemas.Identity,
    sequence: Annotated[schemas.Sequence, Path(description="The event's number.")],
    service: Served,
    caller: Manager,
) -> JSONResponse:
    """Send one event again, once and now, whatever the endpoint's turn is; the answer says what came of it."""
    with Session(service.engine, expire_on_commit=False) as session:
        endpoint = _own(session, caller, webhook_id)
        event = session.get(ServiceEvent, sequence)
        if event is None or event.program_id != caller.program_id:
            raise problem("not-found", "There is no event {sequence} here. Check its number.", sequence=sequence)
        message = message_of(event)
    return _sent(service, endpoint, message)


@router.post(
    "/{webhook_id}/test", status_code=201, response_model=schemas_webhooks.Attempt, responses=declared(401, 403, 404)
)
def test(webhook_id: schemas.Identity, service: Served, caller: Manager) -> JSONResponse:
    """Send a test, of the type webhook.test, once and now; the answer says what came of it."""
    with Session(service.engine, expire_on_commit=False) as session:
        endpoint = _own(session, caller, webhook_id)
    return _sent(service, endpoint, trial_message(caller.program_id))


@router.get("/{webhook_id}/attempts", response_model=schemas_webhooks.AttemptPage, responses=declared(401, 403, 404))
def attempts(
    *,
    webhook_id: schemas.Identity,
    service: Served,
    caller: Manager,
    limit: Limit = 50,
    before: Before = None,
) -> JSONResponse:
    """List what was sent and what came of it, the newest first, for thirty days."""
    with Session(service.engine) as session:
        endpoint = _own(session, caller, webhook_id)
        query = select(WebhookAttempt).where(WebhookAttempt.endpoint_number == endpoint.number)
        if before is not None:
            query = query.where(WebhookAttempt.number < before)
        found = session.scalars(query.order_by(WebhookAttempt.number.desc()).limit(limit)).all()
    following = str(found[-1].number) if len(found) == limit else None
    return JSONResponse({"items": [_attempt_body(attempt) for attempt in found], "next": following})


# ------------------------------------------------------------------- shared


def _sent(service: Service, endpoint: WebhookEndpoint, message: Message) -> JSONResponse:
    """Sends a message now, and answers with what came of it."""
    try:
        attempt = service.deliveries.send(endpoint, message)
    except SendersBusy as error:
        raise later("too-many-at-once", 1, "{sentence}", sentence=error.message) from error
    return JSONResponse(_attempt_body(attempt), 201)


def _own(session: Session, caller: Caller, webhook_id: str, *, lock: bool = False) -> WebhookEndpoint:
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.id == webhook_id, WebhookEndpoint.program_id == caller.program_id
    )
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise problem("not-found", "There is no webhook {id} here. Check the id.", id=webhook_id)
    return found


def _latest(session: Session) -> int:
    return session.scalar(select(func.max(ServiceEvent.sequence))) or 0


def _with_secret(service: Service, answer: JSONResponse) -> JSONResponse:
    body = json.loads(bytes(answer.body))
    secret = service.deliveries.secret(body["id"], body["secretVersion"])
    replayed = {name: value for name, value in answer.headers.items() if name == "idempotency-replayed"}
    return JSONResponse({**body, "secret": secret}, answer.status_code, replayed)


def _body(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "types": endpoint.types,
        "enabled": endpoint.enabled,
        "cursor": endpoint.cursor,
        "failures": endpoint.failures,
        "failingSince": endpoint.failing_since,
        "nextAttemptAt": endpoint.next_attempt_at or None,
        "createdAt": endpoint.created_at,
        "secretVersion": endpoint.secret_version,
        "previousSecretUntil": endpoint.previous_until,
    }


def _attempt_body(attempt: WebhookAttempt) -> dict[str, Any]:
    return {
        "messageId": attempt.message_id,
        "sequence": attempt.sequence,
        "type": attempt.type,
        "attemptedAt": attempt.attempted_at,
        "durationMs": attempt.duration_ms,
        "delivered": attempt.error is None,
        "status": attempt.status,
        "error": attempt.error,
    }
