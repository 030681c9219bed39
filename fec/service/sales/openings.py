"""Settled nodes that nobody has opened: shown with their proofs, and opened for their owners without gas.

Anybody may settle dust for anybody. So the service opens nodes of its own programs only, and only those whose payout
reaches the program's minimum claim; so many a day for one owner. The owner is paid, whoever asks. What a member has
signed for their vault opens a node as soon as all that it has still to pay reaches that minimum.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.indexer.database import cursor_of
from fec.indexer.settlements import proofs_of_nodes, unopened_nodes
from fec.protocol.settlements import ProvenLeaf
from fec.protocol.types import Node
from fec.service.context import Served
from fec.service.http.problems import declared, problem
from fec.service.http.schemas import Account
from fec.service.sales import schemas
from fec.service.sales.opening import (
    AT_ONCE,
    due_nodes,
    enough_today,
    left_today,
    open_node,
    served_programs,
    under_way,
)
from fec.store import reading

router = APIRouter(prefix="/v1/accounts/{address}", tags=["sales"])

_LISTED = 200
#: Nodes of an account that are looked at: more are dust that somebody settled.
_LOOKED_AT = 2_000

Address = Annotated[Account, Path(description="The owner's account or vault.")]


@router.get("/unopened-nodes", responses=declared())
def unopened(address: Address, service: Served) -> schemas.UnopenedNodes:
    """List an account's settled nodes that nobody has opened, with the proofs that open them. Keep them as a file."""
    now = service.client.now()
    with reading(service.engine) as connection:
        block = cursor_of(connection).block
        found = unopened_nodes(connection, now, owner=address, limit=_LOOKED_AT)
        served = served_programs(service, connection)
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
        due = due_nodes(service, connection, address, now)
        proofs = proofs_of_nodes(connection, [each.node.token_id for each in due])
    with Session(service.engine) as session:
        known = {each.node.token_id: under_way(session, each.node) for each in due}
    opened = [schemas.Opening.of(action) for action in known.values() if action is not None]
    new = [each.node for each in due if known[each.node.token_id] is None and each.node.token_id in proofs]
    if not new and not opened:
        raise problem(
            "nothing-to-open",
            "No settled node of {account} has enough to pay for the gas of opening it. Wait until more is released, or "
            "open it from a wallet that pays for gas itself.",
            account=address,
        )
    left = left_today(service, address)
    if new and not left:
        raise enough_today(address)
    for node in new[: min(left, AT_ONCE)]:
        opened.append(open_node(service, address, node, proofs[node.token_id], now))
    return JSONResponse(schemas.Openings(items=opened).dump(), 202)


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
