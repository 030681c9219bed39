"""How actions end: done, or failed and why, by what became of their transactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from fec.i18n.errors import ContractError
from fec.protocol import relays
from fec.protocol.bytes32 import from_hex
from fec.relayer import GasTooHigh, RequestConflict
from fec.relayer.models import RelayAttempt, RelayTransaction
from fec.service.actions import schemas
from fec.service.http.problems import safe
from fec.service.models import Action, ActionState

#: Why calls failed that were among many, in hex, by transaction and place.
Reasons = Mapping[tuple[int, int], str]


class End(NamedTuple):
    """How an action has ended."""

    action: Action
    state: ActionState
    error: schemas.ActionError | None


_REVERTED = schemas.ActionError(
    name="reverted",
    values={},
    sentence="The transaction was reverted in its block, although its simulation had passed. "
    "Something else came first: look at the state, and ask again.",
)
DISPLACED = schemas.ActionError(
    name="displaced",
    values={},
    sentence="It was never sent: somebody else used the service's key. Ask again.",
)


def went_well(action: Action, relayed: RelayTransaction, reasons: Reasons) -> bool:
    """Whether the block of an action's transaction did what was asked for."""
    return bool(relayed.succeeded) and (relayed.id, action.relay_place) not in reasons


def end_of(session: Session, action: Action, relayed: RelayTransaction, reasons: Reasons) -> End:
    """The end of an action whose transaction is in a block."""
    if went_well(action, relayed, reasons):
        return End(action, ActionState.DONE, None)
    return End(action, ActionState.FAILED, _why_failed(session, action, relayed, reasons))


def is_to_be_sent_again(action: Action, relayed: RelayTransaction) -> bool:
    """Whether a transaction of many calls did nothing at all: then each goes by itself, and nobody is to blame."""
    return action.relay_place is not None and not relayed.succeeded


def error_of(error: ContractError | GasTooHigh | RequestConflict) -> schemas.ActionError:
    """What readers are told of a refusal."""
    values = error.values if isinstance(error, ContractError) else {}
    return schemas.ActionError(
        name=error.name if isinstance(error, ContractError) else type(error).__name__,
        values={name: safe(value) for name, value in values.items()},
        sentence=str(error),
    )


def _why_failed(session: Session, action: Action, relayed: RelayTransaction, reasons: Reasons) -> schemas.ActionError:
    """What to say of a request whose block did not do it."""
    if relayed.succeeded:
        return error_of(relays.why(from_hex(reasons[relayed.id, action.relay_place or 0])))
    if not session.get_one(RelayAttempt, relayed.transaction_hash).filler:
        return _REVERTED
    return schemas.ActionError(
        name="refused",
        values={"reason": relayed.refused},
        sentence="It was not sent: the chain's node never takes such a transaction. Ask for less at once.",
    )
