"""Nodes as readers get them, and how nodes pay back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Connection

from fec.core import curve
from fec.core.amounts import WEI_PER_FEC, exact_fec
from fec.i18n import N_
from fec.indexer.database import cursor_of
from fec.protocol.types import Node
from fec.service.http.language import language_of, say
from fec.service.http.schemas import AsOf
from fec.service.shoppers import schemas

_RELEASES = 3
_SHAPE = N_("Nodes pay slowly at first: the burned amount is back in period 55, half of the total in period 86.")


@cache
def _periods() -> tuple[int, int]:
    """Periods after which a node's principal is back, and half of its face; alike for any principal."""
    principal = WEI_PER_FEC
    return (
        curve.period_when_released(principal, principal),
        curve.period_when_released(principal, curve.face(principal) // 2),
    )


def indexed(connection: Connection, now: int) -> AsOf:
    """How far the index had come when it was read, at a time of the chain."""
    cursor = cursor_of(connection)
    return AsOf(block=cursor.block, block_hash=cursor.block_hash, timestamp=now)


def shape(accepted: str | None) -> schemas.Shape:
    """How nodes pay back, to be said with every amount; its sentence by a request's Accept-Language."""
    principal_back, half_back = _periods()
    return schemas.Shape(
        periods=curve.PERIODS,
        face_multiple=curve.FACE_MULTIPLE,
        principal_back_after=principal_back,
        half_back_after=half_back,
        sentence=say(_SHAPE, {}, language_of(accepted)),
    )


def held_node(node: Node, now: int) -> schemas.HeldNode:
    """A node as readers get it, at a time of the chain."""
    return schemas.HeldNode(
        id=str(node.token_id),
        name=node.name,
        opened=node.opened,
        principal=exact_fec(node.principal),
        face=exact_fec(node.face),
        claimed=exact_fec(node.claimed),
        claimable=exact_fec(node.claimable(now)),
        outstanding=exact_fec(node.outstanding),
        period=node.period(now),
        period_length=node.period_length,
        start=node.start,
        end=node.end,
        releases=[
            schemas.Release(period=release.period, timestamp=release.timestamp, amount=exact_fec(release.amount))
            for release in _next_releases(node, now)
        ],
    )


def _next_releases(node: Node, now: int) -> Iterator[curve.Release]:
    for _ in range(_RELEASES):
        release = node.next_release(now)
        if release is None:
            return
        yield release
        now = release.timestamp
