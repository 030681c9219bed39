"""Transactions that make many calls: what each call costs for whom, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from fec.relayer.endpoint import Mined
from fec.relayer.models import RelayShare, RelayTransaction
from fec.store.base import table

_SHARES = table(RelayShare)
_REASON = (
    update(_SHARES)
    .where(_SHARES.c.transaction_id == bindparam("whose"), _SHARES.c.place == bindparam("where"))
    .values(reason=bindparam("why"))
)
_MINE = _SHARES.c.transaction_id == bindparam("mine")
_THESE = _SHARES.c.transaction_id.in_(bindparam("these", expanding=True))
_MAKING_MANY = select(_SHARES.c.transaction_id).where(_THESE).distinct()
_WHOLE = select(func.sum(_SHARES.c.gas)).where(_MINE)
_SHARE_OUT = (
    update(_SHARES)
    .where(_MINE)
    .values(gwei=(bindparam("total") * _SHARES.c.gas + bindparam("whole") - 1) // bindparam("whole"))
)
_FORGET = update(_SHARES).where(_MINE, _SHARES.c.reason.is_not(None)).values(reason=None)
_FAILED = select(_SHARES.c.transaction_id, _SHARES.c.place, _SHARES.c.reason).where(
    _THESE, _SHARES.c.reason.is_not(None)
)


@dataclass(frozen=True)
class Share:
    """One of the calls that a transaction makes."""

    purse: str
    gas: int


def parts(total: int, shares: Sequence[Share]) -> list[int]:
    """What each call counts for of a total, by the gas that it may use; rounded up."""
    whole = sum(share.gas for share in shares)
    return [-(-total * share.gas // whole) for share in shares]


def keep(connection: Connection, kept: Iterable[tuple[int, int, Sequence[Share]]]) -> None:
    """Keeps the calls of transactions: of each its id, what it offers in gwei, and its calls."""
    rows = [
        {"transaction_id": id_, "place": place, "purse": share.purse, "gas": share.gas, "gwei": gwei}
        for id_, offered, shares in kept
        if shares
        for place, (share, gwei) in enumerate(zip(shares, parts(offered, shares), strict=True))
    ]
    if rows:
        connection.execute(insert(_SHARES), rows)


def making_many(session: Session, ids: Iterable[int]) -> set[int]:
    """Of these transactions, those that make many calls."""
    return set(session.scalars(_MAKING_MANY, {"these": list(ids)}))


def share_out(session: Session, request: RelayTransaction) -> None:
    """Has each call bear its share of what its transaction offers, or took in its block."""
    session.flush()
    connection = session.connection()
    whole = connection.scalar(_WHOLE, {"mine": request.id})
    if whole is not None:
        total = request.offered_gwei if request.cost_gwei is None else request.cost_gwei
        connection.execute(_SHARE_OUT, {"mine": request.id, "total": total, "whole": whole})


def note(session: Session, request: RelayTransaction, mined: Mined | None) -> None:
    """Notes how the calls of a transaction ended in its block, or that no block has it, and what they cost."""
    reasons = {} if mined is None else mined.reasons
    connection = session.connection()
    connection.execute(_FORGET, {"mine": request.id})
    if reasons:
        rows = [{"whose": request.id, "where": place, "why": reason} for place, reason in sorted(reasons.items())]
        connection.execute(_REASON, rows)
    share_out(session, request)


def failed(session: Session, ids: Iterable[int]) -> dict[tuple[int, int], str]:
    """Of these transactions, what calls reverted with that failed in their blocks, by transaction and place."""
    found = session.execute(_FAILED, {"these": list(set(ids))})
    return {(row.transaction_id, row.place): row.reason for row in found}
