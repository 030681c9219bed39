"""Shoppers of a program: what their nodes have yet to pay, what they can claim, and what flows back when.

Nodes are those of the index, claimable is by the curve, spend by the contract. Of a shopper, an address is all
that is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Response
from sqlalchemy import Connection, func, select, union

from fec.core import curve
from fec.core.amounts import WEI_PER_FEC, exact_fec
from fec.core.durations import DAY, WEEK
from fec.indexer.models import NodeRecord, NodeVersion, OrderRecord, RewardRecord
from fec.indexer.views import view
from fec.protocol.flows import Lots, flows
from fec.protocol.types import Node
from fec.service.access.auth import Reader
from fec.service.context import Served
from fec.service.http.images import SVG
from fec.service.http.problems import declared, problem
from fec.service.http.schemas import Account
from fec.service.reports.pictures import Looking, picture
from fec.service.shoppers import schemas
from fec.service.shoppers.holdings import held_node, indexed, shape
from fec.store import reading
from fec.store.functions import claimable, wei_sum

router = APIRouter(prefix="/v1/shoppers", tags=["shoppers"])

#: Days up to which a drawn calendar has one bar a day; a longer one has one a week.
_DAYS = 120

Language = Annotated[str | None, Header(alias="Accept-Language", max_length=500)]
Address = Annotated[Account, Path(description="The shopper's address.")]
AfterAddress = Annotated[Account | None, Query(description="`next` of the page before.")]
AfterNode = Annotated[
    str | None, Query(pattern="^(0|[1-9][0-9]{0,11})$", description="`next` of the page before: a serial number.")
]


@router.get("", responses=declared(401, 403))
def page(
    *,
    service: Served,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    after: AfterAddress = None,
    language: Language = None,
) -> schemas.ShopperPage:
    """List who has bought from the program, was rewarded in it, or has held its nodes; by address."""
    now = service.client.now()
    with reading(service.engine) as connection:
        as_of = indexed(connection, now)
        addresses = _addresses(connection, caller.program_id, after, limit)
        held = _held(connection, caller.program_id, addresses, now)
        tiers = _tiers(connection, caller.program_id)
    spends = service.client.terms.spends(caller.program_id, addresses)
    items = [
        _shopper(address, held.get(address, _NOTHING), spend, tiers)
        for address, spend in zip(addresses, spends, strict=True)
    ]
    return schemas.ShopperPage(
        as_of=as_of, shape=shape(language), items=items, next=addresses[-1] if len(addresses) == limit else None
    )


@router.get("/{address}", responses=declared(401, 403, 404))
def one(address: Address, service: Served, caller: Reader, language: Language = None) -> schemas.ShopperDetail:
    """Show what a shopper's nodes of the program have yet to pay, their spend and their tier."""
    now = service.client.now()
    with reading(service.engine) as connection:
        as_of = indexed(connection, now)
        _check_known(connection, caller.program_id, address)
        held = _held(connection, caller.program_id, [address], now)
        tiers = _tiers(connection, caller.program_id)
    spend = service.client.terms.spend(caller.program_id, address)
    found = _shopper(address, held.get(address, _NOTHING), spend, tiers)
    return schemas.ShopperDetail(**dict(found), as_of=as_of, shape=shape(language))


@router.get("/{address}/nodes", responses=declared(401, 403, 404))
def nodes_of(
    *,
    address: Address,
    service: Served,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: AfterNode = None,
    language: Language = None,
) -> schemas.NodePage:
    """List a shopper's nodes of the program, the oldest first: what can be claimed, and what comes next."""
    now = service.client.now()
    with reading(service.engine) as connection:
        as_of = indexed(connection, now)
        _check_known(connection, caller.program_id, address)
        nodes = _nodes(connection, caller.program_id, address, int(after or 0), limit)
    return schemas.NodePage(
        as_of=as_of,
        shape=shape(language),
        items=[held_node(node, now) for node in nodes],
        next=str(nodes[-1].id.serial) if len(nodes) == limit else None,
    )


@router.get("/{address}/calendar", responses=declared(401, 403, 404))
def calendar(
    *,
    address: Address,
    service: Served,
    caller: Reader,
    by: Annotated[Literal["day", "week"], Query(description="Days and weeks begin at midnight UTC; weeks on Mondays.")],
    count: Annotated[int, Query(ge=1, le=366, description="So many of them, the one under way first.")] = 12,
    language: Language = None,
) -> schemas.Calendar:
    """Say what flows back when out of a shopper's nodes of the program, exact by the curve, if nobody claims before."""
    now = service.client.now()
    with reading(service.engine) as connection:
        as_of = indexed(connection, now)
        _check_known(connection, caller.program_id, address)
        lots = _lots(connection, caller.program_id, address)
    found = list(flows(lots, now, DAY if by == "day" else WEEK, count))
    last = found[-1]
    return schemas.Calendar(
        as_of=as_of,
        shape=shape(language),
        claimable=exact_fec(lots.claimable(now)),
        items=[
            schemas.Flow(begin=flow.begin, end=flow.end, amount=exact_fec(flow.amount), in_all=exact_fec(flow.in_all))
            for flow in found
        ],
        later=exact_fec(lots.outstanding - last.in_all),
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
        lots = _lots(connection, caller.program_id, address)
    last = max(lots.end, now)
    step = DAY if last - now < _DAYS * DAY else WEEK
    found = flows(lots, now, step, (last - now) // step + 2)
    releases = [{"time": now, "amount": exact_fec(lots.claimable(now))}]
    releases += [{"time": flow.begin, "amount": exact_fec(flow.amount)} for flow in found if flow.amount]
    return picture("flowback", {"releases": releases}, look)


@dataclass(frozen=True)
class _Holding:
    """What a shopper's nodes of the program add up to; amounts in wei."""

    nodes: int
    principal: int
    claimed: int
    claimable: int


_NOTHING = _Holding(0, 0, 0, 0)


def _shopper(address: str, holding: _Holding, spend: int, tiers: Sequence[Sequence[int]]) -> schemas.Shopper:
    reached = [place for place, (least, _) in enumerate(tiers) if least * WEI_PER_FEC <= spend]
    tier = reached[-1] if reached else None
    face = curve.face(holding.principal)
    return schemas.Shopper(
        address=address,
        nodes=holding.nodes,
        principal=exact_fec(holding.principal),
        face=exact_fec(face),
        claimed=exact_fec(holding.claimed),
        claimable=exact_fec(holding.claimable),
        outstanding=exact_fec(face - holding.claimed),
        spend=exact_fec(spend),
        tier=tier,
        burn_bps=None if tier is None else tiers[tier][1],
    )


# -------------------------------------------------------------------- the index


def _addresses(connection: Connection, program_id: int, after: str | None, limit: int | None) -> list[str]:
    """Shoppers of a program behind an address, by address."""
    held = select(NodeVersion.owner.label("address")).join(NodeRecord, NodeRecord.token_id == NodeVersion.token_id)
    shoppers = union(
        select(OrderRecord.customer.label("address")).where(OrderRecord.program_id == program_id),
        select(RewardRecord.shopper).where(RewardRecord.program_id == program_id),
        held.where(NodeRecord.program_id == program_id, NodeVersion.owner.is_not(None)),
    ).subquery()
    query = select(shoppers.c.address)
    if after is not None:
        query = query.where(shoppers.c.address > after)
    return list(connection.scalars(query.order_by(shoppers.c.address).limit(limit)))


def _check_known(connection: Connection, program_id: int, address: str) -> None:
    """Raises a problem if an address never was a shopper of the program."""
    bought = select(OrderRecord.customer).where(OrderRecord.customer == address, OrderRecord.program_id == program_id)
    rewarded = select(RewardRecord.shopper).where(
        RewardRecord.shopper == address, RewardRecord.program_id == program_id
    )
    held = (
        select(NodeVersion.owner)
        .join(NodeRecord, NodeRecord.token_id == NodeVersion.token_id)
        .where(NodeVersion.owner == address, NodeRecord.program_id == program_id)
    )
    if not any(connection.scalar(query.limit(1)) for query in (bought, rewarded, held)):
        raise problem("not-found", "{address} is no shopper of this program. Check the address.", address=address)


def _nodes(connection: Connection, program_id: int, owner: str, after: int, limit: int) -> list[Node]:
    """Some of the nodes of a program that an account holds now, the oldest first."""
    latest = view("nodes_latest")
    columns = latest.c.token_id, latest.c.owner, latest.c.principal, latest.c.claimed, latest.c.opened
    query = select(*columns).where(latest.c.owner == owner, latest.c.program_id == program_id, latest.c.serial > after)
    return [Node(*row) for row in connection.execute(query.order_by(latest.c.serial).limit(limit))]


def _held(connection: Connection, program_id: int, owners: Sequence[str], now: int) -> dict[str, _Holding]:
    """What the nodes of a program add up to that some accounts hold now, by owner; one row each, of however many."""
    latest = view("nodes_latest")
    due = claimable(latest.c.principal, latest.c.claimed, latest.c.start, latest.c.period_length, now)
    query = (
        select(latest.c.owner, func.count(), wei_sum(latest.c.principal), wei_sum(latest.c.claimed), wei_sum(due))
        .where(latest.c.owner.in_(owners), latest.c.program_id == program_id)
        .group_by(latest.c.owner)
    )
    return {owner: _Holding(*sums) for owner, *sums in connection.execute(query)}


def _lots(connection: Connection, program_id: int, owner: str) -> Lots:
    """The nodes of a program that an account holds now, those that are alike together."""
    latest = view("nodes_latest")
    alike = (latest.c.start, latest.c.period_length, latest.c.principal, latest.c.claimed)
    query = select(*alike, func.count()).where(latest.c.owner == owner, latest.c.program_id == program_id)
    return Lots((row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(query.group_by(*alike)))


def _tiers(connection: Connection, program_id: int) -> Sequence[Sequence[int]]:
    """A program's tiers, each a lifetime spend in whole FEC and a share in basis points; none if it has no terms."""
    terms = view("terms_latest")
    tiers: Sequence[Sequence[int]] | None = connection.scalar(
        select(terms.c.tiers).where(terms.c.program_id == program_id)
    )
    return [] if tiers is None else [[int(least), int(share)] for least, share in tiers]
