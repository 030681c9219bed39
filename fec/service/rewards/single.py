"""Rewards: nodes that a merchant gives to shoppers one by one. They burn the FEC of the service's key.

If one service serves several merchants, all of them give away what its one key holds.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.core.node_id import NodeId
from fec.i18n.parsing import parse_fec
from fec.indexer.models import EventRecord, RewardRecord
from fec.protocol import calls
from fec.service.access.auth import Manager, Reader
from fec.service.actions.asking import ActionRequest, Wanted
from fec.service.actions.idempotency import Fingerprint, RequiredKey
from fec.service.context import Served
from fec.service.http.problems import declared, problem
from fec.service.http.rows import Before, Limit, following, newest, one_row
from fec.service.http.schemas import Identity
from fec.service.models import Action
from fec.service.rewards import schemas
from fec.service.rewards.lookup import in_their_blocks

router = APIRouter(prefix="/v1/rewards", tags=["rewards"])

REWARD = "reward"
ALLOWANCE = "allowance"


@router.post("", status_code=202, response_model=schemas.Reward, responses=declared(401, 403, 404, 409))
def create(
    body: schemas.NewReward, service: Served, caller: Manager, fingerprint: Fingerprint, key: RequiredKey
) -> JSONResponse:
    """Burn some of the service's FEC into a node for a shopper. Each key is one reward, however often it is sent."""
    amount = parse_fec(body.amount)
    call = calls.reward(caller.program_id, body.shopper, amount, body.reason)
    wanted = Wanted(call, schemas.RewardDetails(shopper=body.shopper, amount=exact_fec(amount), reason=body.reason))
    asked = ActionRequest(REWARD, caller.program_id, key, fingerprint)
    return service.asking.ask(asked, lambda: wanted, lambda _, action: _reward(action, None)).response()


@router.get("", responses=declared(401, 403))
def page(service: Served, caller: Reader, limit: Limit = 50, before: Before = None) -> schemas.RewardPage:
    """List rewards that were given one by one, the newest first."""
    query = select(Action).where(Action.program_id == caller.program_id, Action.kind == REWARD)
    with Session(service.engine) as session:
        found = newest(session, query, Action.number, limit, before)
        nodes = _nodes(session, found)
    items = [_reward(action, nodes.get(action.number)) for action in found]
    return schemas.RewardPage(items=items, next=following(found, limit))


@router.get("/funds", responses=declared(401, 403))
def funds(service: Served, _: Reader) -> schemas.Funds:
    """Say what rewards can be paid out of: the FEC of the service's key, and what Checkout may take of it."""
    account = service.signer.address
    return schemas.Funds(
        account=account,
        balance=exact_fec(service.client.balance(account)),
        allowance=exact_fec(service.client.orders.allowance(account)),
    )


@router.post("/funds", status_code=202, response_model=schemas.Allowance, responses=declared(401, 403, 409))
def allow(
    body: schemas.NewAllowance, service: Served, caller: Manager, fingerprint: Fingerprint, key: RequiredKey
) -> JSONResponse:
    """Let Checkout take so much of the key's FEC, in all, for rewards from now on; nothing, with 0.

    The key sends what the service sends, so that nobody else should use it: this is how it approves.
    """
    amount = parse_fec(body.amount)
    call = calls.approve(service.client.orders.address, amount)
    wanted = Wanted(call, schemas.AllowanceDetails(amount=exact_fec(amount)))
    asked = ActionRequest(ALLOWANCE, caller.program_id, key, fingerprint)
    return service.asking.ask(asked, lambda: wanted, lambda _, action: schemas.Allowance.of(action)).response()


@router.get("/{reward_id}", responses=declared(401, 403, 404))
def one(reward_id: Identity, service: Served, caller: Reader) -> schemas.Reward:
    """Show how far a reward has come."""
    query = select(Action).where(Action.id == reward_id, Action.program_id == caller.program_id, Action.kind == REWARD)
    with Session(service.engine) as session:
        missing = problem("not-found", "There is no reward with id {id} here. Check the id.", id=reward_id)
        found = one_row(session, query, missing)
        return _reward(found, _nodes(session, [found]).get(found.number))


def _reward(action: Action, token_id: int | None) -> schemas.Reward:
    node_id, node = (None, None) if token_id is None else (str(token_id), NodeId.decode(token_id).name)
    return schemas.Reward.of(action, node_id=node_id, node=node)


def _nodes(session: Session, actions: Sequence[Action]) -> dict[int, int]:
    """Nodes that rewards became, by the number of the action."""
    query = (
        in_their_blocks(select(Action.number, RewardRecord.token_id))
        .join(
            RewardRecord,
            (RewardRecord.block_number == EventRecord.block_number) & (RewardRecord.log_index == EventRecord.log_index),
        )
        .where(Action.number.in_([action.number for action in actions]))
    )
    return dict(session.execute(query).all())
