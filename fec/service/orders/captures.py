"""Captures: orders whose return window is over become final. On schedule (background.py), or when a manager asks."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fec.indexer.views import as_of
from fec.relayer.models import RelayTransaction
from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.actions.outbox import Call, action_body
from fec.service.context import Service
from fec.service.http import schemas
from fec.service.http.auth import Manager, Reader, Served
from fec.service.http.problems import declared, problem
from fec.service.models import Action, ActionState, CaptureClaim
from fec.service.orders.payments import push_soon
from fec.store import writer

router = APIRouter(prefix="/v1/captures", tags=["captures"])

CAPTURE = "capture"


@router.post("", status_code=202, response_model=schemas.CapturePage, responses=declared(401, 403, 409))
def create(body: schemas.NewCapture, service: Served, caller: Manager) -> JSONResponse:
    """Capture orders whose return window is over: all that are due, or those named. An order is captured once."""
    keys = due(service, caller.program_id)
    if body.order_keys is not None:
        keys = [key for key in keys if key in set(body.order_keys)]
    captures = capture(service, caller.program_id, keys)
    if not captures:
        raise problem(
            "nothing-to-capture",
            "No order of the program that was asked for is in escrow with its return window over, and not being "
            "captured already. Ask again once a return deadline has passed.",
        )
    return JSONResponse({"items": captures}, 202)


@router.get("", response_model=schemas.CapturePage, responses=declared(401, 403))
def page(service: Served, caller: Reader) -> JSONResponse:
    """List the latest captures, the newest first."""
    query = select(Action).where(Action.program_id == caller.program_id, Action.kind == CAPTURE)
    with Session(service.engine) as session:
        found = session.scalars(query.order_by(Action.number.desc()).limit(100)).all()
    return JSONResponse({"items": [action_body(action) for action in found]})


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


def capture(service: Service, program_id: int, keys: Sequence[str]) -> list[dict[str, object]]:
    """Asks for orders to be captured, in batches that fit a block; gives the captures.

    Raises a ContractError if the contract refuses, and asks for nothing then.
    """
    captures = []
    for batch in service.client.orders.batches(keys) if keys else ():
        call = Call("Checkout", "capture", batch)
        service.outbox.simulate(call, program_id)
        try:
            with Session(writer(service.engine)) as session, session.begin():
                action = service.outbox.add(
                    session,
                    CAPTURE,
                    call,
                    program_id=program_id,
                    details={"orderKeys": batch},
                )
                session.add_all(CaptureClaim(order_key=key, action_number=action.number) for key in batch)
                shown = action_body(action)
                events.record(session, [Change(program_id, None, "capture.requested", shown)])
                number = action.number
        except IntegrityError:
            # Another instance has just claimed some of them; what it left is due again next time.
            continue
        push_soon(service, number, call)
        captures.append(shown)
    return captures


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
        # Looked for anew: another instance may have released and claimed some of them meanwhile.
        with Session(writer(service.engine)) as session, session.begin():
            session.execute(delete(CaptureClaim).where(*undone), execution_options={"synchronize_session": False})
