"""Settled nodes that nobody has opened: shown with their proofs, and opened for their owners without gas.

Anybody may settle dust for anybody. So the service opens nodes of its own programs only, and only those whose payout
reaches the program's minimum claim; so many a day for one owner. The owner is paid, whoever asks. What a member has
signed for their vault opens a node as soon as all that it has still to pay reaches that minimum.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from eth_utils.crypto import keccak
from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.core.durations import DAY
from fec.indexer.database import cursor_of
from fec.indexer.settlements import proofs_of_nodes, unopened_nodes
from fec.indexer.views import view
from fec.protocol import calls
from fec.protocol.settlements import ProvenLeaf
from fec.protocol.types import Node, UnopenedNode
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.guard import subjects
from fec.service.context import Served, Service
from fec.service.http.problems import Problem, declared, later, problem
from fec.service.http.schemas import Account
from fec.service.models import Action, ActionState, Merchant
from fec.service.sales import schemas
from fec.store import reading

router = APIRouter(prefix="/v1/accounts/{address}", tags=["sales"])

OPENING = "opening"
_LISTED = 200
#: Nodes of an account that are looked at: more are dust that somebody settled.
_LOOKED_AT = 2_000
#: After so long what is being opened may be open.
_OPENING_SECONDS = 2
#: Nodes that one request opens.
_AT_ONCE = 10

Address = Annotated[Account, Path(description="The owner's account or vault.")]


@router.get("/unopened-nodes", responses=declared())
def unopened(address: Address, service: Served) -> schemas.UnopenedNodes:
    """List an account's settled nodes that nobody has opened, with the proofs that open them. Keep them as a file."""
    now = service.client.now()
    with reading(service.engine) as connection:
        block = cursor_of(connection).block
        found = unopened_nodes(connection, now, owner=address, limit=_LOOKED_AT)
        served = _served(connection)
        own = [each.node for each in found if each.node.id.program_id in served]
        proofs = proofs_of_nodes(connection, [node.token_id for node in own[:_LISTED]])
    return schemas.UnopenedNodes(
        items=[_shown(node, proofs[node.token_id], now) for node in own[:_LISTED] if node.token_id in proofs],
        others=len(found) - len(own),
        block=block,
    )


@router.post("/openings", status_code=202, response_model=schemas.Openings, responses=declared(409))
def open_nodes(address: Address, service: Served) -> JSONResponse:
    """Have an account's settled nodes that are worth it opened and claimed from, for their owner, without gas."""
    now = service.client.now()
    with reading(service.engine) as connection:
        due = _due(connection, address, now)
        proofs = proofs_of_nodes(connection, [each.node.token_id for each in due])
    with Session(service.engine) as session:
        known = {each.node.token_id: _under_way(session, each.node) for each in due}
    opened = [schemas.Opening.of(action) for action in known.values() if action is not None]
    new = [each.node for each in due if known[each.node.token_id] is None and each.node.token_id in proofs]
    if not new and not opened:
        raise problem(
            "nothing-to-open",
            "No settled node of {account} has enough to pay for the gas of opening it. Wait until more is released, or "
            "open it from a wallet that pays for gas itself.",
            account=address,
        )
    left = _left_today(service, address)
    if new and not left:
        raise _enough_today(address)
    for node in new[: min(left, _AT_ONCE)]:
        opened.append(_open(service, address, node, proofs[node.token_id], now))
    return JSONResponse(schemas.Openings(items=opened).dump(), 202)


def open_first(service: Service, owner: str, token_ids: Sequence[int], has_signed: Callable[[], bool]) -> None:
    """Has those of an owner's nodes opened that nobody has opened yet, if who moves them has signed for that.

    Raises the problem that they are being opened, or that they will not be; nothing if all are open.
    """
    with reading(service.engine) as connection:
        proofs = proofs_of_nodes(connection, token_ids)
        served = _served(connection) if proofs else {}
    # What nobody has signed is refused by the contract.
    if not proofs or not has_signed():
        return
    now = service.client.now()
    nodes = [
        Node(token_id, owner, proven.leaf.principal, claimed=0, opened=False) for token_id, proven in proofs.items()
    ]
    small = [node for node in nodes if node.outstanding < served.get(node.id.program_id, node.face + 1)]
    if small:
        raise problem(
            "not-opened",
            "{names} was settled and nobody has opened it. It is too small to be worth the gas, or of a program that "
            "is not served here. Leave it out, or open it from a wallet that pays for gas itself.",
            names=", ".join(f"ADN {node.name}" for node in small),
        )
    with Session(service.engine) as session:
        new = [node for node in nodes if _under_way(session, node) is None]
    if len(new) > _left_today(service, owner):
        raise _enough_today(owner)
    for node in new:
        _open(service, owner, node, proofs[node.token_id], now)
    raise later(
        "nodes-opening",
        _OPENING_SECONDS,
        "{names} was settled and is being opened for its owner. Send this again in a moment: what was signed stays "
        "good.",
        names=", ".join(f"ADN {node.name}" for node in nodes),
    )


def _enough_today(owner: str) -> Problem:
    return later(
        "too-many-at-once",
        DAY - int(time.time()) % DAY,
        "As many nodes as may be were opened for {account} today. Ask again tomorrow, or open them from a wallet that "
        "pays for gas itself.",
        account=owner,
    )


def _open(service: Service, address: str, node: Node, proven: ProvenLeaf, now: int) -> schemas.Opening:
    details = schemas.OpeningDetails(
        owner=address, node_id=str(node.token_id), node=node.name, due=exact_fec(node.claimable(now))
    )
    wanted = Wanted(calls.open_node(proven, claim=True), details)
    whom = subjects(("owner", address))

    def known(session: Session) -> Action | None:
        return _under_way(session, node)

    def keep(session: Session, add: Add) -> Action:
        earlier = _under_way(session, node)
        if earlier is not None:
            return earlier
        # Of two who ask at once one gets this key, and the other one finds the action.
        failed = len(session.scalars(_all_of(node).where(Action.state == ActionState.FAILED)).all())
        return add(digest=_digest(address), request_key=f"{OPENING} {node.token_id} {failed + 1}")

    asked = ActionRequest(OPENING, node.id.program_id, whom=whom)
    answer = service.asking.ask(
        asked, lambda: wanted, lambda _, action: schemas.Opening.of(action), keep=keep, known=known
    )
    return schemas.Opening.model_validate(answer.body)


def _due(connection: Connection, owner: str, now: int) -> list[UnopenedNode]:
    """Settled nodes of an account, of programs served here, whose payout reaches the program's minimum claim."""
    served = _served(connection)
    found: list[UnopenedNode] = []
    for program_id, least in served.items():
        found += unopened_nodes(
            connection, now, owner=owner, program_id=program_id, least_due=max(least, 1), limit=_AT_ONCE
        )
    return sorted(found, key=lambda each: each.node.claimable(now), reverse=True)[:_AT_ONCE]


def _served(connection: Connection) -> Mapping[int, int]:
    """The minimum claim, in wei, of each program that is served here and has terms."""
    terms = view("terms_latest").c
    query = select(terms.program_id, terms.min_claim).where(terms.program_id.in_(select(Merchant.program_id)))
    return {row.program_id: int(row.min_claim) for row in connection.execute(query)}


def _under_way(session: Session, node: Node) -> Action | None:
    """The action that opens a node, or has done so; none if it has failed."""
    mine = _all_of(node).where(Action.state != ActionState.FAILED)
    return session.scalars(mine.order_by(Action.number.desc()).limit(1)).one_or_none()


def _all_of(node: Node) -> Select[Action]:
    """All attempts at opening a node."""
    return select(Action).where(
        Action.program_id == node.id.program_id,
        Action.kind == OPENING,
        Action.details["nodeId"].as_string() == str(node.token_id),
    )


def _left_today(service: Service, owner: str) -> int:
    """How many nodes may still be opened for an owner today."""
    midnight = int(time.time()) // DAY * DAY
    query = (
        select(func.count())
        .select_from(Action)
        .where(Action.kind == OPENING, Action.digest == _digest(owner), Action.created_at >= midnight)
    )
    with Session(service.engine) as session:
        return max(0, service.settings.openings_a_day - (session.scalar(query) or 0))


def _digest(owner: str) -> str:
    return "0x" + keccak(bytes.fromhex(owner[2:])).hex()


def _shown(node: Node, proven: ProvenLeaf, now: int) -> schemas.UnopenedNode:
    return schemas.UnopenedNode(
        node_id=str(node.token_id),
        node=node.name,
        program_id=node.id.program_id,
        settlement_id=str(proven.settlement_id),
        index=proven.index,
        owner=proven.leaf.owner,
        principal=exact_fec(node.principal),
        claimable=exact_fec(node.claimable(now)),
        proof=["0x" + each.hex() for each in proven.proof],
    )
