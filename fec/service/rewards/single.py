"""Rewards: nodes that a merchant gives to shoppers one by one. They burn the FEC of the service's key.

Whoever serves several merchants with one key lets all of them give away what it holds: its FEC is one purse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from fec.core.node_id import NodeId
from fec.i18n.parsing import parse_fec
from fec.indexer.models import EventRecord
from fec.indexer.models import Reward as RewardRow
from fec.protocol.bytes32 import to_bytes32
from fec.relayer.models import RelayTransaction
from fec.service.actions.events import Change
from fec.service.actions.outbox import Call, action_body
from fec.service.context import Service
from fec.service.http import schemas
from fec.service.http.auth import Manager, Reader, Served
from fec.service.http.idempotency import Answer, Effect, Fingerprint, RequiredKey
from fec.service.http.language import exact
from fec.service.http.problems import declared, problem
from fec.service.models import Action
from fec.service.orders.payments import push_soon
from fec.service.rewards import schemas as schemas_rewards

router = APIRouter(prefix="/v1/rewards", tags=["rewards"])

REWARD = "reward"
ALLOWANCE = "allowance"

Before = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.post("", status_code=202, response_model=schemas_rewards.Reward, responses=declared(401, 403, 404, 409))
def create(
    body: schemas_rewards.NewReward, service: Served, caller: Manager, fingerprint: Fingerprint, key: RequiredKey
) -> JSONResponse:
    """Burn some of the service's FEC into a node for a shopper. Each key is one reward, however often it is sent."""
    amount = parse_fec(body.amount)
    call = Call("Checkout", "reward", caller.program_id, body.shopper, amount, to_bytes32(body.reason))
    details = {"shopper": body.shopper, "amount": exact(amount), "reason": body.reason}
    return asked(
        service,
        Asker(caller.program_id, key, fingerprint),
        REWARD,
        call,
        details,
        shown=lambda action: reward_body(action, None),
    )


@router.get("", response_model=schemas_rewards.RewardPage, responses=declared(401, 403))
def page(service: Served, caller: Reader, limit: Limit = 50, before: Before = None) -> JSONResponse:
    """List rewards that were given one by one, the newest first."""
    query = select(Action).where(Action.program_id == caller.program_id, Action.kind == REWARD)
    if before is not None:
        query = query.where(Action.number < before)
    with Session(service.engine) as session:
        found = session.scalars(query.order_by(Action.number.desc()).limit(limit)).all()
        nodes = _nodes(session, found)
    shown = [reward_body(action, nodes.get(action.number)) for action in found]
    return JSONResponse({"items": shown, "next": str(found[-1].number) if len(found) == limit else None})


@router.get("/funds", response_model=schemas_rewards.Funds, responses=declared(401, 403))
def funds(service: Served, _: Reader) -> JSONResponse:
    """Say what rewards can be paid out of: the FEC of the service's key, and what Checkout may take of it."""
    account = service.signer.address
    return JSONResponse(
        {
            "account": account,
            "balance": exact(service.client.balance(account)),
            "allowance": exact(service.client.orders.allowance(account)),
        }
    )


@router.post("/funds", status_code=202, response_model=schemas_rewards.Allowance, responses=declared(401, 403, 409))
def allow(
    body: schemas_rewards.NewAllowance, service: Served, caller: Manager, fingerprint: Fingerprint, key: RequiredKey
) -> JSONResponse:
    """Let Checkout take so much of the key's FEC, in all, for rewards from now on; nothing, with 0.

    The key sends what the service sends, so that nobody else should use it: this is how it approves.
    """
    amount = parse_fec(body.amount)
    call = Call("FEC", "approve", service.client.orders.address, amount)
    return asked(service, Asker(caller.program_id, key, fingerprint), ALLOWANCE, call, {"amount": exact(amount)})


@router.get("/{reward_id}", response_model=schemas_rewards.Reward, responses=declared(401, 403, 404))
def one(reward_id: schemas.Identity, service: Served, caller: Reader) -> JSONResponse:
    """Show how far a reward has come."""
    query = select(Action).where(Action.id == reward_id, Action.program_id == caller.program_id, Action.kind == REWARD)
    with Session(service.engine) as session:
        found = session.scalars(query).one_or_none()
        if found is None:
            raise problem("not-found", "There is no reward {id} here. Check the id.", id=reward_id)
        return JSONResponse(reward_body(found, _nodes(session, [found]).get(found.number)))


# ------------------------------------------------------------------- shared


@dataclass(frozen=True)
class Asker:
    """Who asks for an action, under which Idempotency-Key, and by which request."""

    program_id: int
    key: str | None
    fingerprint: str


def asked(
    service: Service,
    by: Asker,
    kind: str,
    call: Call,
    details: Mapping[str, Any],
    *,
    shown: Callable[[Action], dict[str, Any]] = action_body,
    also: Callable[[Session, Action], None] | None = None,
) -> JSONResponse:
    """Has a call made once for an Idempotency-Key, and answers with the action; `also` is done in its transaction."""
    pushed: list[int] = []

    def prepare() -> None:
        service.outbox.simulate(call, by.program_id)

    def commit(session: Session, _: None) -> Effect:
        action = service.outbox.add(session, kind, call, program_id=by.program_id, details=details)
        if also is not None:
            also(session, action)
        pushed.append(action.number)
        return Effect(
            Answer(202, shown(action)), [Change(by.program_id, None, f"{kind}.requested", action_body(action))]
        )

    answer = service.idempotency.do(by.program_id, by.key, by.fingerprint, prepare, commit)
    for number in pushed:
        push_soon(service, number, call)
    return answer


def reward_body(action: Action, token_id: int | None) -> dict[str, Any]:
    """A reward as readers get it."""
    return {**action_body(action), **node_names(token_id)}


def node_names(token_id: int | None) -> dict[str, str | None]:
    """A node's id and short name."""
    if token_id is None:
        return {"nodeId": None, "node": None}
    return {"nodeId": str(token_id), "node": NodeId.decode(token_id).name}


def _nodes(session: Session, actions: Sequence[Action]) -> dict[int, int]:
    """Nodes that rewards became, by the number of the action."""
    query = (
        in_their_blocks(select(Action.number, RewardRow.token_id))
        .join(
            RewardRow,
            (RewardRow.block_number == EventRecord.block_number) & (RewardRow.log_index == EventRecord.log_index),
        )
        .where(Action.number.in_([action.number for action in actions]))
    )
    return dict(session.execute(query).all())


def in_their_blocks(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Joins actions with the events of their transactions, which are sought in the transactions' blocks only."""
    return (
        query.select_from(Action)
        .join(RelayTransaction, RelayTransaction.id == Action.relay_id)
        .join(
            EventRecord,
            (EventRecord.block_number == RelayTransaction.block_number)
            & (EventRecord.transaction_hash == RelayTransaction.transaction_hash),
        )
    )
