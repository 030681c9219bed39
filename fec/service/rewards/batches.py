"""Batches of rewards: funded at once under a Merkle root, taken by shoppers one by one, without gas.

The list and its proofs are kept here. Anybody who knows the batch's id and a shopper's address may see them: each node
goes to the shopper that the list names. What nobody took can be reclaimed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.i18n.parsing import parse_fec
from fec.indexer.models import EventRecord, RewardBatchVersion, RewardRecord
from fec.indexer.views import view
from fec.protocol import calls
from fec.protocol.merkle import ProvenReward, Reward, RewardTree
from fec.service.access.auth import Caller, Manager, Reader
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.guard import subjects
from fec.service.actions.idempotency import Fingerprint, RequiredKey
from fec.service.context import Served
from fec.service.http.problems import Problem, declared, problem
from fec.service.http.rows import Before, Limit, following, newest, one_row
from fec.service.http.schemas import Account, Identity
from fec.service.models import Action, ActionState, RewardBatch, RewardEntry
from fec.service.rewards import schemas
from fec.service.rewards.lookup import in_their_blocks

router = APIRouter(prefix="/v1/reward-batches", tags=["rewards"])

FUNDING = "reward-batch"
TAKING = "reward-taking"
RECLAIM = "reward-reclaim"

Index = Annotated[int, Path(ge=0, le=2**31 - 1, description="The reward's number within the batch.")]
Shopper = Annotated[Account, Path(description="Whose rewards.")]


@dataclass(frozen=True)
class _Funded:
    """What the index says of a batch."""

    batch_id: int
    left: int


@router.post("", status_code=202, response_model=schemas.RewardBatch, responses=declared(401, 403, 404, 409))
def create(
    body: schemas.NewRewardBatch, service: Served, caller: Manager, fingerprint: Fingerprint, key: RequiredKey
) -> JSONResponse:
    """Set FEC of the service's key aside for a batch of rewards. Each key is one batch, however often it is sent."""
    tree = RewardTree([Reward(place, each.shopper, parse_fec(each.amount)) for place, each in enumerate(body.rewards)])
    call = calls.fund_rewards(caller.program_id, tree, body.deadline, body.reason)
    identity, now = secrets.token_urlsafe(16), int(time.time())
    details = schemas.FundingDetails(
        reward_batch_id=identity, root=tree.root, total=exact_fec(tree.total), count=len(tree.rewards)
    )

    def listed(action: Action) -> RewardBatch:
        return RewardBatch(
            id=identity,
            program_id=caller.program_id,
            root=tree.root,
            total=tree.total,
            count=len(tree.rewards),
            deadline=body.deadline,
            reason=body.reason,
            action_number=action.number,
            created_at=now,
        )

    def keep(session: Session, add: Add) -> Action:
        action = add()
        row = listed(action)
        session.add(row)
        session.flush()
        entries = [
            {
                "batch_number": row.number,
                "position": proven.reward.index,
                "shopper": proven.reward.shopper,
                "amount": proven.reward.amount,
                "proof": list(proven.proof),
            }
            for proven in tree.proofs()
        ]
        session.execute(insert(RewardEntry), entries)
        return action

    asked = ActionRequest(FUNDING, caller.program_id, key, fingerprint)
    return service.asking.ask(
        asked, lambda: Wanted(call, details), lambda _, action: _batch(listed(action), action, None), keep=keep
    ).response()


@router.get("", responses=declared(401, 403))
def page(service: Served, caller: Reader, limit: Limit = 50, before: Before = None) -> schemas.RewardBatchPage:
    """List batches and what is left of them, the newest first."""
    query = select(RewardBatch).where(RewardBatch.program_id == caller.program_id)
    with Session(service.engine) as session:
        found = newest(session, query, RewardBatch.number, limit, before)
        return schemas.RewardBatchPage(items=_batches(session, found), next=following(found, limit))


@router.get("/{reward_batch_id}", responses=declared(401, 403, 404))
def one(reward_batch_id: Identity, service: Served, caller: Reader) -> schemas.RewardBatch:
    """Show a batch and what is left of it."""
    with Session(service.engine) as session:
        return _batches(session, [_own(session, caller, reward_batch_id)])[0]


@router.get("/{reward_batch_id}/rewards", responses=declared(401, 403, 404))
def rewards(
    *,
    reward_batch_id: Identity,
    service: Served,
    caller: Reader,
    limit: Limit = 50,
    after: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="`next` of the page before.")] = None,
) -> schemas.ProvenRewardPage:
    """List a batch's rewards with their proofs, in its order, and which were taken."""
    with Session(service.engine) as session:
        found = _own(session, caller, reward_batch_id)
        query = select(RewardEntry).where(RewardEntry.batch_number == found.number)
        if after is not None:
            query = query.where(RewardEntry.position > after)
        entries = session.scalars(query.order_by(RewardEntry.position).limit(limit)).all()
        items = _proven(session, _funded(session, [found]).get(found.number), entries)
    return schemas.ProvenRewardPage(items=items, next=str(entries[-1].position) if len(entries) == limit else None)


@router.post(
    "/{reward_batch_id}/reclaim",
    status_code=202,
    response_model=schemas.Reclaim,
    responses=declared(401, 403, 404, 409),
)
def reclaim(
    reward_batch_id: Identity, service: Served, caller: Manager, fingerprint: Fingerprint, key: RequiredKey
) -> JSONResponse:
    """Have what nobody took sent back to the service's key, once the deadline has passed."""
    with Session(service.engine) as session:
        found = _own(session, caller, reward_batch_id)
        batch_id = _batch_id(session, found)
    wanted = Wanted(calls.reclaim_rewards(batch_id), schemas.ReclaimDetails(reward_batch_id=reward_batch_id))
    asked = ActionRequest(RECLAIM, caller.program_id, key, fingerprint)
    return service.asking.ask(asked, lambda: wanted, lambda _, action: schemas.Reclaim.of(action)).response()


# ------------------------------------------------------------- for the shopper


@router.get("/{reward_batch_id}/shoppers/{shopper}", responses=declared(404))
def proofs(reward_batch_id: Identity, shopper: Shopper, service: Served) -> schemas.ShoppersRewards:
    """Show a shopper's rewards in a batch, with the proofs that take them, to anybody who knows the batch's id."""
    with Session(service.engine) as session:
        found = _any(session, reward_batch_id)
        entries = _of_shopper(session, found, shopper)
        items = _proven(session, _funded(session, [found]).get(found.number), entries)
        return schemas.ShoppersRewards(batch=_batches(session, [found])[0], items=items)


@router.post(
    "/{reward_batch_id}/shoppers/{shopper}/rewards/{index}",
    status_code=202,
    response_model=schemas.Taking,
    responses=declared(403, 404, 409),
)
def take(reward_batch_id: Identity, shopper: Shopper, index: Index, service: Served) -> JSONResponse:
    """Have a reward's node minted to its shopper, without gas. Asked again, it is the same; it is taken once."""
    with Session(service.engine) as session:
        found = _any(session, reward_batch_id)
        entry = session.get(RewardEntry, (found.number, index))
        if entry is None or entry.shopper != shopper:
            raise problem(
                "not-found", "Reward {index} of this batch is not for {shopper}.", index=index, shopper=shopper
            )

    def prepare() -> Wanted:
        with Session(service.engine) as session:
            batch_id = _batch_id(session, found)
        proven = ProvenReward(Reward(index, entry.shopper, entry.amount), tuple(entry.proof))
        details = schemas.TakingDetails(
            reward_batch_id=reward_batch_id, index=index, shopper=entry.shopper, amount=exact_fec(entry.amount)
        )
        return Wanted(calls.take_reward(batch_id, proven), details)

    def known(session: Session) -> Action | None:
        return _taking(session, session.get_one(RewardEntry, (found.number, index)))

    def keep(session: Session, add: Add) -> Action:
        locked = session.get_one(RewardEntry, (found.number, index), with_for_update=True)
        # Somebody else may just have asked for the same, and got it.
        earlier = _taking(session, locked)
        if earlier is not None:
            return earlier
        action = add()
        locked.action_number = action.number
        return action

    whom = subjects(("shopper", entry.shopper), ("reward", f"{reward_batch_id} {index}"))
    asked = ActionRequest(TAKING, found.program_id, whom=whom)
    return service.asking.ask(
        asked, prepare, lambda _, action: schemas.Taking.of(action), keep=keep, known=known
    ).response()


# ------------------------------------------------------------------- shared


def _taking(session: Session, entry: RewardEntry) -> Action | None:
    """The action that takes a reward, or has taken it; none if it has failed."""
    action = None if entry.action_number is None else session.get(Action, entry.action_number)
    return None if action is None or action.state == ActionState.FAILED else action


def _any(session: Session, reward_batch_id: str) -> RewardBatch:
    return one_row(session, select(RewardBatch).where(RewardBatch.id == reward_batch_id), _unknown(reward_batch_id))


def _own(session: Session, caller: Caller, reward_batch_id: str) -> RewardBatch:
    query = select(RewardBatch).where(RewardBatch.id == reward_batch_id, RewardBatch.program_id == caller.program_id)
    return one_row(session, query, _unknown(reward_batch_id))


def _unknown(reward_batch_id: str) -> Problem:
    return problem("not-found", "There is no reward batch with id {id} here. Check the id.", id=reward_batch_id)


def _of_shopper(session: Session, found: RewardBatch, shopper: str) -> Sequence[RewardEntry]:
    query = select(RewardEntry).where(RewardEntry.batch_number == found.number, RewardEntry.shopper == shopper)
    return session.scalars(query.order_by(RewardEntry.position)).all()


def _funded(session: Session, records: Iterable[RewardBatch]) -> dict[int, _Funded]:
    """By the list's number, what the index says of it; nothing of those whose funding it has not seen."""
    query = (
        in_their_blocks(select(RewardBatch.number, RewardBatchVersion.batch_id))
        .join(RewardBatch, RewardBatch.action_number == Action.number)
        .join(
            RewardBatchVersion,
            (RewardBatchVersion.block_number == EventRecord.block_number)
            & (RewardBatchVersion.log_index == EventRecord.log_index),
        )
        .where(RewardBatch.number.in_([each.number for each in records]))
    )
    batches: dict[int, int] = dict(session.execute(query).all())
    latest = view("reward_batches_latest")
    left = dict(
        session.execute(
            select(latest.c.batch_id, latest.c.left).where(latest.c.batch_id.in_(list(batches.values())))
        ).all()
    )
    return {number: _Funded(batch_id, left[batch_id]) for number, batch_id in batches.items()}


def _batch_id(session: Session, found: RewardBatch) -> int:
    funded = _funded(session, [found]).get(found.number)
    if funded is None:
        raise problem(
            "not-found", "Batch {id} is not on the chain yet. Ask again once its funding is done.", id=found.id
        )
    return funded.batch_id


def _batches(session: Session, records: Sequence[RewardBatch]) -> list[schemas.RewardBatch]:
    funded = _funded(session, records)
    query = select(Action).where(Action.number.in_([each.action_number for each in records]))
    actions = {action.number: action for action in session.scalars(query)}
    return [_batch(each, actions[each.action_number], funded.get(each.number)) for each in records]


def _batch(found: RewardBatch, action: Action, funded: _Funded | None) -> schemas.RewardBatch:
    return schemas.RewardBatch(
        id=found.id,
        batch_id=None if funded is None else str(funded.batch_id),
        root=found.root,
        total=exact_fec(found.total),
        count=found.count,
        left=None if funded is None else exact_fec(funded.left),
        deadline=found.deadline,
        reason=found.reason,
        created_at=found.created_at,
        funding=schemas.Funding.of(action),
    )


def _proven(session: Session, funded: _Funded | None, entries: Sequence[RewardEntry]) -> list[schemas.ProvenReward]:
    taken: dict[int, int] = {}
    if funded is not None and entries:
        query = select(RewardRecord.batch_index, RewardRecord.token_id).where(
            RewardRecord.shopper.in_({entry.shopper for entry in entries}), RewardRecord.batch_id == funded.batch_id
        )
        taken = {index: token_id for index, token_id in session.execute(query) if index is not None}
    return [
        schemas.ProvenReward(
            index=entry.position,
            shopper=entry.shopper,
            amount=exact_fec(entry.amount),
            proof=entry.proof,
            taken=entry.position in taken,
            node_id=str(taken[entry.position]) if entry.position in taken else None,
        )
        for entry in entries
    ]
