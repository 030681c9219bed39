"""Shoppers of a program: what is bound in their nodes, what they can claim, and what flows back when.

Nodes are those of the index, claimable is by the curve, spend by the contract. Of a shopper, an address is all
that is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, select, union

from fec.chain.rpc import clear_errors
from fec.core import curve
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, WEEK
from fec.i18n import N_
from fec.indexer.database import cursor_of
from fec.indexer.models import NodeRecord, NodeVersion, OrderRecord
from fec.indexer.models import Reward as RewardRow
from fec.indexer.views import view
from fec.protocol.flows import claimable, flows
from fec.protocol.types import Node
from fec.service.actions.outbox import Call
from fec.service.context import Service
from fec.service.http import schemas
from fec.service.http.auth import Reader, Served
from fec.service.http.language import exact, language_of, say
from fec.service.http.problems import declared, problem
from fec.service.reports.pictures import SVG, Looking, picture
from fec.service.shoppers import schemas as schemas_shoppers
from fec.store import reading

router = APIRouter(prefix="/v1/shoppers", tags=["shoppers"])

_RELEASES = 3
#: For so long a drawn calendar is one of days, and of weeks if it is longer.
_DAYS = 120

Language = Annotated[str | None, Header(alias="Accept-Language", max_length=500)]
Address = Annotated[schemas.Account, Path(description="The shopper's address.")]
AfterAddress = Annotated[schemas.Account | None, Query(description="`next` of the page before.")]
AfterNode = Annotated[
    str | None, Query(pattern="^(0|[1-9][0-9]{0,11})$", description="`next` of the page before: a serial number.")
]


@dataclass(frozen=True)
class _Moment:
    block: int
    timestamp: int

    @property
    def shown(self) -> dict[str, int]:
        return {"block": self.block, "timestamp": self.timestamp}


@router.get("", response_model=schemas_shoppers.ShopperPage, responses=declared(401, 403))
def page(
    *,
    service: Served,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    after: AfterAddress = None,
    language: Language = None,
) -> JSONResponse:
    """List who has bought from the program, was rewarded in it, or has held its nodes; by address."""
    now = service.client.now()
    with reading(service.engine) as connection:
        moment = _Moment(cursor_of(connection).block, now)
        addresses = _addresses(connection, caller.program_id, after, limit)
        nodes = _nodes(connection, caller.program_id, addresses)
        tiers = _tiers(connection, caller.program_id)
    spends = _spends(service, caller.program_id, addresses)
    shown = [
        _shopper(address, nodes[address], spend, tiers, now) for address, spend in zip(addresses, spends, strict=True)
    ]
    return JSONResponse(
        {
            "asOf": moment.shown,
            "shape": shape(language),
            "items": shown,
            "next": addresses[-1] if len(addresses) == limit else None,
        }
    )


@router.get("/{address}", response_model=schemas_shoppers.ShopperShown, responses=declared(401, 403, 404))
def one(address: Address, service: Served, caller: Reader, language: Language = None) -> JSONResponse:
    """Show what is bound in a shopper's nodes of the program, their spend and their tier."""
    now = service.client.now()
    with reading(service.engine) as connection:
        moment = _Moment(cursor_of(connection).block, now)
        _check_known(connection, caller.program_id, address)
        nodes = _nodes(connection, caller.program_id, [address])
        tiers = _tiers(connection, caller.program_id)
    spend = _spends(service, caller.program_id, [address])[0]
    shown = _shopper(address, nodes[address], spend, tiers, now)
    return JSONResponse({**shown, "asOf": moment.shown, "shape": shape(language)})


@router.get("/{address}/nodes", response_model=schemas_shoppers.NodePage, responses=declared(401, 403, 404))
def nodes_of(
    *,
    address: Address,
    service: Served,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: AfterNode = None,
    language: Language = None,
) -> JSONResponse:
    """List a shopper's nodes of the program, the oldest first: what can be claimed, and what comes next."""
    now = service.client.now()
    with reading(service.engine) as connection:
        moment = _Moment(cursor_of(connection).block, now)
        _check_known(connection, caller.program_id, address)
        nodes = _nodes(connection, caller.program_id, [address], int(after or 0), limit)[address]
    return JSONResponse(
        {
            "asOf": moment.shown,
            "shape": shape(language),
            "items": [node_body(node, now) for node in nodes],
            "next": str(nodes[-1].id.serial) if len(nodes) == limit else None,
        }
    )


@router.get("/{address}/calendar", response_model=schemas_shoppers.Calendar, responses=declared(401, 403, 404))
def calendar(
    *,
    address: Address,
    service: Served,
    caller: Reader,
    by: Annotated[Literal["day", "week"], Query(description="Days and weeks begin at midnight UTC; weeks on Mondays.")],
    count: Annotated[int, Query(ge=1, le=366, description="So many of them, the one under way first.")] = 12,
    language: Language = None,
) -> JSONResponse:
    """Say what flows back when out of a shopper's nodes of the program, exact by the curve, if nobody claims before."""
    now = service.client.now()
    with reading(service.engine) as connection:
        moment = _Moment(cursor_of(connection).block, now)
        _check_known(connection, caller.program_id, address)
        nodes = _nodes(connection, caller.program_id, [address])[address]
    found = list(flows(nodes, now, DAY if by == "day" else WEEK, count))
    last = found[-1]
    return JSONResponse(
        {
            "asOf": moment.shown,
            "shape": shape(language),
            "claimable": exact(claimable(nodes, now)),
            "items": [
                {"begin": flow.begin, "end": flow.end, "amount": exact(flow.amount), "inAll": exact(flow.in_all)}
                for flow in found
            ],
            "later": exact(sum(node.outstanding for node in nodes) - last.in_all),
        }
    )


@router.get("/{address}/calendar.svg", response_class=Response, responses={**declared(401, 403, 404, 501), **SVG})
def calendar_svg(
    *,
    address: Address,
    service: Served,
    caller: Reader,
    look: Looking,
) -> Response:
    """Draw what flows back out of a shopper's nodes of the program, until they have paid in full."""
    now = service.client.now()
    with reading(service.engine) as connection:
        _check_known(connection, caller.program_id, address)
        nodes = _nodes(connection, caller.program_id, [address])[address]
    last = max((node.end for node in nodes), default=now)
    step = DAY if last - now < _DAYS * DAY else WEEK
    found = flows(nodes, now, step, max(last - now, 0) // step + 2)
    releases = [{"time": now, "amount": exact(claimable(nodes, now))}]
    releases += [{"time": flow.begin, "amount": exact(flow.amount)} for flow in found if flow.amount]
    return picture("flowback", {"releases": releases}, look)


# -------------------------------------------------------------------- the curve


@cache
def _periods() -> tuple[int, int]:
    """Periods after which a node's principal is back, and half of its face; alike for any principal."""
    principal = WEI_PER_FEC
    return (
        curve.period_when_released(principal, principal),
        curve.period_when_released(principal, curve.face(principal) // 2),
    )


_SHAPE = N_("Nodes pay slowly at first: the burned amount is back in period 55, half of the total in period 86.")


def shape(accepted: str | None) -> dict[str, Any]:
    """How nodes pay back, for whoever is told what they are to get; its sentence by a request's Accept-Language."""
    principal_back, half_back = _periods()
    return {
        "periods": curve.PERIODS,
        "faceMultiple": curve.FACE_MULTIPLE,
        "principalBackAfter": principal_back,
        "halfBackAfter": half_back,
        "sentence": say(_SHAPE, {}, language_of(accepted)),
    }


def node_body(node: Node, now: int) -> dict[str, Any]:
    """A node as readers get it."""
    return {
        "id": str(node.token_id),
        "name": node.name,
        "principal": exact(node.principal),
        "face": exact(node.face),
        "claimed": exact(node.claimed),
        "claimable": exact(node.claimable(now)),
        "outstanding": exact(node.outstanding),
        "period": node.period(now),
        "periodLength": node.period_length,
        "start": node.start,
        "end": node.end,
        "releases": [
            {"period": release.period, "timestamp": release.timestamp, "amount": exact(release.amount)}
            for release in _next_releases(node, now)
        ],
    }


def _next_releases(node: Node, now: int) -> Iterator[curve.Release]:
    for _ in range(_RELEASES):
        release = node.next_release(now)
        if release is None:
            return
        yield release
        now = release.timestamp


def _shopper(
    address: str, nodes: Sequence[Node], spend: int, tiers: Sequence[Sequence[int]], now: int
) -> dict[str, Any]:
    reached = [place for place, (least, _) in enumerate(tiers) if least * WEI_PER_FEC <= spend]
    tier = reached[-1] if reached else None
    return {
        "address": address,
        "nodes": len(nodes),
        "principal": exact(sum(node.principal for node in nodes)),
        "face": exact(sum(node.face for node in nodes)),
        "claimed": exact(sum(node.claimed for node in nodes)),
        "claimable": exact(claimable(nodes, now)),
        "outstanding": exact(sum(node.outstanding for node in nodes)),
        "spend": exact(spend),
        "tier": tier,
        "burnBps": None if tier is None else tiers[tier][1],
    }


# -------------------------------------------------------------------- the index


def _addresses(connection: Connection, program_id: int, after: str | None, limit: int | None) -> list[str]:
    """Shoppers of a program behind an address, by address."""
    held = select(NodeVersion.owner.label("address")).join(NodeRecord, NodeRecord.token_id == NodeVersion.token_id)
    shoppers = union(
        select(OrderRecord.customer.label("address")).where(OrderRecord.program_id == program_id),
        select(RewardRow.shopper).where(RewardRow.program_id == program_id),
        held.where(NodeRecord.program_id == program_id, NodeVersion.owner.is_not(None)),
    ).subquery()
    query = select(shoppers.c.address)
    if after is not None:
        query = query.where(shoppers.c.address > after)
    return list(connection.scalars(query.order_by(shoppers.c.address).limit(limit)))


def _check_known(connection: Connection, program_id: int, address: str) -> None:
    """Raises a problem if an address never was a shopper of the program."""
    bought = select(OrderRecord.customer).where(OrderRecord.customer == address, OrderRecord.program_id == program_id)
    rewarded = select(RewardRow.shopper).where(RewardRow.shopper == address, RewardRow.program_id == program_id)
    held = (
        select(NodeVersion.owner)
        .join(NodeRecord, NodeRecord.token_id == NodeVersion.token_id)
        .where(NodeVersion.owner == address, NodeRecord.program_id == program_id)
    )
    if not any(connection.scalar(query.limit(1)) for query in (bought, rewarded, held)):
        raise problem("not-found", "{address} is no shopper of this program. Check the address.", address=address)


def _nodes(
    connection: Connection, program_id: int, owners: Sequence[str], after: int = 0, limit: int | None = None
) -> dict[str, list[Node]]:
    """The nodes of a program that some accounts hold now, by owner, the oldest first."""
    latest = view("nodes_latest")
    query = select(latest.c.token_id, latest.c.owner, latest.c.principal, latest.c.claimed).where(
        latest.c.owner.in_(owners), latest.c.program_id == program_id, latest.c.serial > after
    )
    found: dict[str, list[Node]] = defaultdict(list)
    for row in connection.execute(query.order_by(latest.c.serial).limit(limit)):
        found[row.owner].append(Node(row.token_id, row.owner, row.principal, row.claimed))
    return found


def _tiers(connection: Connection, program_id: int) -> Sequence[Sequence[int]]:
    """A program's tiers, each a lifetime spend in whole FEC and a share in basis points; none if it has no terms."""
    terms = view("terms_latest")
    tiers: Sequence[Sequence[int]] | None = connection.scalar(
        select(terms.c.tiers).where(terms.c.program_id == program_id)
    )
    return [] if tiers is None else [[int(least), int(share)] for least, share in tiers]


def _spends(service: Service, program_id: int, shoppers: Sequence[str]) -> list[int]:
    """Lifetime spends in wei, as the contract has them; in one round trip."""
    if not shoppers:
        return []
    with clear_errors(), service.web3.batch_requests() as batch:
        for shopper in shoppers:
            batch.add(service.outbox.bound(Call("Checkout", "spendOf", program_id, shopper)).call())
        return [int(spend) for spend in batch.execute()]  # type: ignore[call-overload]
