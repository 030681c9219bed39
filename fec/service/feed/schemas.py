"""Events, over the wire."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from fec.service.http.schemas import Model, Seconds


class Event(Model):
    """Something that changed."""

    sequence: int
    type: str
    created_at: Seconds
    data: dict[str, Any] = Field(description="The invoice or action as it was right after.")


class EventPage(Model):
    """Some events, the oldest first."""

    items: list[Event]
    next: int = Field(description="Give it as `after` for what follows, now or later.")
