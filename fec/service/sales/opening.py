"""Having settled nodes opened for their owners, once each: what several routes ask for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from eth_utils.crypto import keccak
from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.core.durations import DAY
from fec.indexer.settlements import proofs_of_nodes, unopened_nodes
from fec.indexer.views import view
from fec.protocol import calls
from fec.protocol.settlements import ProvenLeaf
from fec.protocol.types import Node, UnopenedNode
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.guard import subjects
from fec.service.context import Service
from fec.service.http.problems import Problem, later, problem
from fec.service.models import Action, ActionState, Merchant
from fec.service.sales import schemas
from fec.store import reading

OPENING = "opening"
#: After so long what is being opened may be open.
_OPENING_SECONDS = 2
#: Nodes that one request opens.
AT_ONCE = 10


def open_first(service: Service, owner: str, token_ids: Sequence[int], has_signed: Callable[[], bool]) -> None:
    """Has those of an owner's nodes opened that nobody has opened yet, if who moves them has signed for that.

    Raises the problem that they are being opened, or that they will not be; nothing if all are open.
    """
    with reading(service.engine) as connection:
        proofs = proofs_of_nodes(connection, token_ids)
        served = served_programs(service, connection) if proofs else {}
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
        new = [node for node in nodes if under_way(session, node) is None]
    if len(new) > left_today(service, owner):
        raise enough_today(owner)
    for node in new:
        open_node(service, owner, node, proofs[node.token_id], now)
    raise later(
        "nodes-opening",
        _OPENING_SECONDS,
        "{names} was settled and is being opened for its owner. Send this again in a moment: what was signed stays "
        "good.",
        names=", ".join(f"ADN {node.name}" for node in nodes),
    )


def enough_today(owner: str) -> Problem:
    """That no more nodes of an owner are opened today."""
    return later(
        "too-many-at-once",
        DAY - int(time.time()) % DAY,
        "As many nodes as may be were opened for {account} today. Ask again tomorrow, or open them from a wallet that "
        "pays for gas itself.",
        account=owner,
    )


def open_node(service: Service, address: str, node: Node, proven: ProvenLeaf, now: int) -> schemas.Opening:
    """Has a node opened and claimed from, for its owner; the same action if that was asked for before."""
    details = schemas.OpeningDetails(
        owner=address, node_id=str(node.token_id), node=node.name, due=exact_fec(node.claimable(now))
    )
    wanted = Wanted(calls.open_node(proven, claim=True), details)
    whom = subjects(("owner", address))

    def known(session: Session) -> Action | None:
        return under_way(session, node)

    def keep(session: Session, add: Add) -> Action:
        earlier = under_way(session, node)
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


def due_nodes(service: Service, connection: Connection, owner: str, now: int) -> list[UnopenedNode]:
    """Settled nodes of an account, of programs served here, whose payout reaches the program's minimum claim."""
    served = served_programs(service, connection)
    found: list[UnopenedNode] = []
    for program_id, least in served.items():
        found += unopened_nodes(
            connection, now, owner=owner, program_id=program_id, least_due=max(least, 1), limit=AT_ONCE
        )
    return sorted(found, key=lambda each: each.node.claimable(now), reverse=True)[:AT_ONCE]


def served_programs(service: Service, connection: Connection) -> Mapping[int, int]:
    """What a payout is to be at least, in wei, for each program that is served here and has terms.

    That is the program's minimum claim; one without it leaves it to what the service pays gas for.
    """
    terms = view("terms_latest").c
    query = select(terms.program_id, terms.min_claim).where(terms.program_id.in_(select(Merchant.program_id)))
    least = service.settings.min_payment
    return {row.program_id: max(int(row.min_claim), least) for row in connection.execute(query)}


def under_way(session: Session, node: Node) -> Action | None:
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


def left_today(service: Service, owner: str) -> int:
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
