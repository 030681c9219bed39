"""Claims for shoppers who have no gas coin: the service sends `claimFor`, and each node's owner is paid.

Anybody may ask, as nobody but the owner is paid. So nodes of programs served here are claimed from, if those of one
program have enough to be worth the gas; each program's so many times a day for one owner, at its merchant's cost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

from eth_utils.crypto import keccak
from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.core.durations import DAY
from fec.indexer.views import view
from fec.protocol import calls
from fec.protocol.types import Node
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.guard import subjects
from fec.service.context import Served, Service
from fec.service.http.problems import declared, later, problem
from fec.service.http.rows import one_row
from fec.service.http.schemas import Account, Identity
from fec.service.models import Action, ActionState, Merchant
from fec.service.shoppers import schemas
from fec.store import reading
from fec.store.functions import at_least, claimable

router = APIRouter(prefix="/v1/accounts/{address}/payouts", tags=["shoppers"])

PAYOUT = "payout"
#: Nodes of one transaction: each takes 10,000 gas, and a block takes them soon.
_AT_ONCE = 100

Address = Annotated[Account, Path(description="The owner's account or vault.")]


@router.post("", status_code=202, response_model=schemas.Payouts, responses=declared(409))
def claim(address: Address, service: Served, body: schemas.NewPayout | None = None) -> JSONResponse:
    """Have an account's nodes claimed from, for it, without gas. Asked again meanwhile, it is the same."""
    now = service.client.now()
    named = None if body is None or body.node_ids is None else list(map(int, body.node_ids))
    with reading(service.engine) as connection:
        due = _due(connection, service, address, now, named)
    with Session(service.engine) as session:
        under_way = {action.program_id: action for action in session.scalars(_under_way(address))}
    asked = [schemas.Payout.of(action) for action in under_way.values()]
    new = {program_id: nodes for program_id, nodes in due.items() if program_id not in under_way}
    if not new and not asked:
        raise problem(
            "nothing-to-claim",
            "The nodes of {account} of this service's programs have too little to be worth the gas. Wait until more is "
            "released, or claim from a wallet that pays for gas itself.",
            account=address,
        )
    open_today = {program_id: nodes for program_id, nodes in new.items() if _left_today(service, address, program_id)}
    if not open_today and not asked:
        raise later(
            "too-many-at-once",
            DAY - int(time.time()) % DAY,
            "The nodes of {account} were claimed from as often as may be today. Ask again tomorrow, or claim from a "
            "wallet that pays for gas itself.",
            account=address,
        )
    asked += [_claim(service, address, program_id, nodes, now) for program_id, nodes in open_today.items()]
    return JSONResponse(schemas.Payouts(items=asked).dump(), 202)


@router.get("/{payout_id}", responses=declared(404))
def one(address: Address, payout_id: Identity, service: Served) -> schemas.Payout:
    """Show how far a claim for an account has come."""
    query = select(Action).where(Action.id == payout_id, Action.kind == PAYOUT, Action.digest == _digest(address))
    missing = problem(
        "not-found", "Nothing was claimed for {account} under id {id}. Check the id.", account=address, id=payout_id
    )
    with Session(service.engine) as session:
        return schemas.Payout.of(one_row(session, query, missing))


def _claim(service: Service, address: str, program_id: int, nodes: Sequence[Node], now: int) -> schemas.Payout:
    details = schemas.PayoutDetails(
        owner=address,
        node_ids=[str(node.token_id) for node in nodes],
        due=exact_fec(sum(node.claimable(now) for node in nodes)),
    )
    wanted = Wanted(calls.claim_for([node.token_id for node in nodes]), details)

    def keep(session: Session, add: Add) -> Action:
        earlier = session.scalars(_under_way(address).where(Action.program_id == program_id)).first()
        return add(digest=_digest(address)) if earlier is None else earlier

    asked = ActionRequest(PAYOUT, program_id, whom=subjects(("owner", address)))
    answer = service.asking.ask(asked, lambda: wanted, lambda _, action: schemas.Payout.of(action), keep=keep)
    return schemas.Payout.model_validate(answer.body)


def _due(
    connection: Connection, service: Service, owner: str, now: int, named: Sequence[int] | None
) -> dict[int, list[Node]]:
    """By program served here, the account's nodes that have most to claim, if together they are worth it.

    Of all that it has, or of those named.
    """
    nodes, terms = view("nodes_latest").c, view("terms_latest").c
    served = select(terms.program_id, terms.min_claim).where(terms.program_id.in_(select(Merchant.program_id)))
    due = claimable(nodes.principal, nodes.claimed, nodes.start, nodes.period_length, now)
    query = select(nodes.token_id, nodes.owner, nodes.principal, nodes.claimed).where(
        nodes.owner == owner, nodes.opened, at_least(due, 1)
    )
    if named is not None:
        query = query.where(nodes.token_id.in_(named))
    found = {}
    for program_id, least in connection.execute(served):
        mine = [Node(*row) for row in connection.execute(query.where(nodes.program_id == program_id))]
        most = sorted(mine, key=lambda node: node.claimable(now), reverse=True)[:_AT_ONCE]
        if sum(node.claimable(now) for node in most) >= max(int(least), service.settings.min_payment):
            found[program_id] = most
    return found


def _under_way(owner: str) -> Select[Action]:
    return select(Action).where(
        Action.kind == PAYOUT,
        Action.digest == _digest(owner),
        Action.state.in_((ActionState.REQUESTED, ActionState.SENT)),
    )


def _left_today(service: Service, owner: str, program_id: int) -> bool:
    """Whether an owner's nodes of a program may be claimed from once more today."""
    midnight = int(time.time()) // DAY * DAY
    query = (
        select(func.count())
        .select_from(Action)
        .where(Action.kind == PAYOUT, Action.digest == _digest(owner), Action.program_id == program_id)
        .where(Action.created_at >= midnight)
    )
    with Session(service.engine) as session:
        return (session.scalar(query) or 0) < service.settings.payouts_a_day


def _digest(owner: str) -> str:
    return "0x" + keccak(bytes.fromhex(owner[2:])).hex()
