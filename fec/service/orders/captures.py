"""Captures: orders whose return window is over become final. On schedule (background.py), or when a manager asks."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fec.indexer.views import as_of
from fec.protocol import calls
from fec.relayer.models import RelayTransaction
from fec.service.access.auth import Manager, Reader
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.context import Served, Service
from fec.service.http.problems import declared, problem
from fec.service.models import Action, ActionState, CaptureClaim
from fec.service.orders import schemas
from fec.store import writer

router = APIRouter(prefix="/v1/captures", tags=["captures"])

CAPTURE = "capture"


@router.post("", status_code=202, responses=declared(401, 403, 409))
def create(body: schemas.NewCapture, service: Served, caller: Manager) -> schemas.CapturePage:
    """Capture orders whose return window is over: all that are due, or those named. An order is captured once."""
    keys = due(service, caller.program_id)
    if body.order_keys is not None:
        keys = [key for key in keys if key in set(body.order_keys)]
    captures = capture(service, caller.program_id, keys)
    if not captures:
        raise problem(
            "nothing-to-capture",
            "None of these orders can be captured now: each is captured, is being captured, or can still be refunded. "
            "Ask again once a return deadline has passed.",
        )
    return schemas.CapturePage(items=captures)


@router.get("", responses=declared(401, 403))
def page(service: Served, caller: Reader) -> schemas.CapturePage:
    """List the latest captures, the newest first."""
    query = select(Action).where(Action.program_id == caller.program_id, Action.kind == CAPTURE)
    with Session(service.engine) as session:
        found = session.scalars(query.order_by(Action.number.desc()).limit(100)).all()
    return schemas.CapturePage(items=[schemas.Capture.of(action) for action in found])


def due(service: Service, program_id: int) -> list[str]:
    """Keys of a program's orders that can be captured now, and that no capture under way names; the oldest first."""
    _release_undone(service)
    orders = as_of("orders")
    columns = orders.selected_columns
    claimed = select(CaptureClaim.order_key)
    query = orders.where(
        columns.program_id == program_id,
        columns.status == "escrowed",
        columns.return_deadline <= service.client.now(),
        columns.order_key.not_in(claimed),
    )
    with Session(service.engine) as session:
        found = session.execute(query.order_by(columns.return_deadline, columns.order_key)).mappings()
        return [str(row["order_key"]) for row in found]


def capture(service: Service, program_id: int, keys: Sequence[str]) -> list[schemas.Capture]:
    """Asks for orders to be captured, in batches that fit a block; gives the captures.

    Raises a ContractError if the contract refuses, and asks for nothing then.
    """
    batches = service.client.orders.batches(keys) if keys else []
    return [found for batch in batches if (found := _capture(service, program_id, batch)) is not None]


def _capture(service: Service, program_id: int, batch: list[str]) -> schemas.Capture | None:
    """Asks for orders to be captured at once; nothing, if another instance has just claimed some of them."""

    def keep(session: Session, add: Add) -> Action:
        action = add()
        session.add_all(CaptureClaim(order_key=key, action_number=action.number) for key in batch)
        session.flush()
        return action

    wanted = Wanted(calls.capture(batch), schemas.CaptureDetails(order_keys=batch))
    asked = ActionRequest(CAPTURE, program_id)
    try:
        answer = service.asking.ask(asked, lambda: wanted, lambda _, action: schemas.Capture.of(action), keep=keep)
    except IntegrityError:
        # What the other left is due again next time.
        return None
    return schemas.Capture.model_validate(answer.body)


def release(session: Session, action: Action) -> None:
    """What a failed capture named can be captured by another."""
    if action.state == ActionState.FAILED:
        session.execute(delete(CaptureClaim).where(CaptureClaim.action_number == action.number))


def _release_undone(service: Service) -> None:
    """A capture that was done, but whose orders the index has in escrow after its block, was reorganised away."""
    block = service.index.cursor().block
    done = (
        select(Action.number)
        .join(RelayTransaction, RelayTransaction.id == Action.relay_id)
        .where(Action.kind == CAPTURE, Action.state == ActionState.DONE, RelayTransaction.block_number <= block)
    )
    orders = as_of("orders")
    columns = orders.selected_columns
    escrowed = orders.where(columns.status == "escrowed", columns.order_key.in_(select(CaptureClaim.order_key)))
    undone = CaptureClaim.action_number.in_(done), CaptureClaim.order_key.in_(select(escrowed.subquery().c.order_key))
    with Session(service.engine) as session:
        found = session.scalars(select(CaptureClaim.order_key).where(*undone)).all()
    if found:
        # Looked for again: another instance may have released and claimed some of them meanwhile.
        with Session(writer(service.engine)) as session, session.begin():
            session.execute(delete(CaptureClaim).where(*undone), execution_options={"synchronize_session": False})
