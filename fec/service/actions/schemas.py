"""What is asked of the chain, over the wire."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from fec.service import models
from fec.service.http.schemas import Hash, Identity, Model, Seconds


class ActionError(Model):
    """Why something failed."""

    name: str
    values: dict[str, Any]
    sentence: str


class Details(Model):
    """What an action of one kind tells besides how far it has come; kept with it."""


class Action(Model):
    """Something that was asked of the chain."""

    id: Identity
    kind: str
    state: models.ActionState = Field(description="What failed has changed nothing.")
    transaction_hash: Hash | None
    error: ActionError | None
    created_at: Seconds

    @classmethod
    def of(cls, action: models.Action, **more: Any) -> Self:
        """An action as readers get it, with the details of its kind; `more` is what its row does not tell."""
        return cls.model_validate({**body(action), **more})


def body(action: Any) -> dict[str, Any]:
    """An action of any kind, or a row of its table, for JSON: what its event carries."""
    own = Action(
        id=action.id,
        kind=action.kind,
        state=models.ActionState(action.state),
        transaction_hash=action.transaction_hash,
        error=None if action.error is None else ActionError.model_validate(action.error),
        created_at=action.created_at,
    )
    return {**own.dump(), **action.details}
