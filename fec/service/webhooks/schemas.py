"""Webhooks, over the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from fec.service.http.schemas import Identity, Model, Request, Seconds, Sequence

EventType = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,39}\.[a-z]{1,40}$", examples=["invoice.paid"])]
EventTypes = Annotated[list[EventType] | None, Field(description="Types of the events that are sent; all, if null.")]


class NewWebhook(Request):
    """Where to send events."""

    url: str = Field(
        pattern=r"^https?://[!-~]+$",
        max_length=2_000,
        examples=["https://shop.example/fec-events"],
        description="An https address of a host that is public.",
    )
    types: EventTypes = Field(default=None, min_length=1, max_length=50)
    after: Sequence | None = Field(
        default=None, description="Number of the event after which to begin; with those to come, unless given."
    )


class NewReplay(Request):
    """From where to send again."""

    after: Sequence | None = Field(
        default=None, description="Number of the event after which to go on; where it stands, unless given."
    )


class Webhook(Model):
    """An endpoint, and where it stands."""

    id: Identity
    url: str
    types: EventTypes
    enabled: bool = Field(description="It is disabled after days of nothing but failures, and when it answers 410.")
    cursor: int = Field(description="Number of the last event that was delivered, or is none that it is to get.")
    failures: int = Field(description="Attempts that failed since the last one that did not.")
    failing_since: Seconds | None
    next_attempt_at: Seconds | None
    created_at: Seconds
    secret_version: int
    previous_secret_until: Seconds | None = Field(
        description="Until when events are signed under the secret before too."
    )


class WebhookWithSecret(Webhook):
    """An endpoint, and its secret: only this answer has it."""

    secret: str = Field(pattern="^whsec_[A-Za-z0-9+/]{43}=$")


class WebhookPage(Model):
    """Some endpoints, the newest first."""

    items: list[Webhook]
    next: str | None = Field(description="Give it as `before` for the page that follows.")


class WebhookBody(Model):
    """What an endpoint gets."""

    type: EventType
    timestamp: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    sequence: Sequence | None = Field(description="Number of the event; null for a test.")
    data: dict[str, Any]


class DisabledWebhook(Model):
    """What the event `webhook.disabled` tells."""

    id: str
    url: str
    cursor: int
    failures: int
    failing_since: Seconds
    error: str | None


class Attempt(Model):
    """An attempt to send an event, and its result."""

    message_id: str = Field(description="The header `webhook-id`: the same each time that the event is sent.")
    sequence: int | None = Field(description="The event's number; null for a test.")
    type: str
    attempted_at: Seconds
    duration_ms: int
    delivered: bool
    status: int | None = Field(description="What the endpoint answered, if it did.")
    error: str | None = Field(
        description="address-refused, name-not-found, timeout, tls-failed, connection-failed or answered-<status>."
    )


class AttemptPage(Model):
    """Some attempts, the newest first."""

    items: list[Attempt]
    next: str | None = Field(description="Give it as `before` for the page that follows.")
