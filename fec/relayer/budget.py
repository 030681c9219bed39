"""How much of the chain's coin a key may spend in a day, in all and for each purse that it sends for.

What is open counts with all that it offers, what is in a block with what that took. Days are those of UTC. Amounts are
kept in gwei, rounded up: whole numbers that databases can add up.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.orm import Session

from fec.core.durations import DAY
from fec.relayer.errors import BudgetSpent
from fec.relayer.models import RelayShare, RelayTransaction

GWEI = 10**9


@dataclass(frozen=True)
class Budget:
    """Wei a day; None bounds nothing."""

    key: int | None = None
    """For all that the key sends."""
    purse: int | None = None
    """For what it sends for each one that it sends for."""

    def check(self, session: Session | Connection, sender: str, purse: str | None, needed: int = 1) -> None:
        """Raises BudgetSpent unless `needed` wei more can be spent today, by the key and for the purse."""
        asked = to_gwei(needed)
        limits = [(self.key, None)] + ([] if purse is None else [(self.purse, purse)])
        for limit, whose in limits:
            if limit is not None and spent_gwei(session, sender, whose) + asked > limit // GWEI:
                raise BudgetSpent(seconds_left())


def to_gwei(wei: int) -> int:
    """An amount in gwei, rounded up."""
    return -(-wei // GWEI)


def today() -> int:
    """The day, counted since the epoch."""
    return int(time.time()) // DAY


def seconds_left() -> int:
    """Seconds until the next day."""
    return DAY - int(time.time()) % DAY


def spent_gwei(session: Session | Connection, sender: str, purse: str | None = None) -> int:
    """What a key has spent today, and offers for what is open; for one purse if named."""
    mine = _of_today(sender)
    if purse is None:
        return int(session.scalar(select(func.sum(_SPENT)).where(*mine)) or 0)
    alone = session.scalar(select(func.sum(_SPENT)).where(*mine, RelayTransaction.purse == purse))
    shared = session.scalar(
        _SHARED.with_only_columns(func.sum(RelayShare.gwei)).where(*mine, RelayShare.purse == purse)
    )
    return int(alone or 0) + int(shared or 0)


def spent_by_purse(session: Session | Connection, sender: str) -> dict[str, int]:
    """What a key has spent today for each purse, in gwei."""
    mine = _of_today(sender)
    alone = select(RelayTransaction.purse, func.sum(_SPENT)).where(*mine, RelayTransaction.purse.is_not(None))
    shared = _SHARED.with_only_columns(RelayShare.purse, func.sum(RelayShare.gwei)).where(*mine)
    sums: Counter[str] = Counter()
    for query in (alone.group_by(RelayTransaction.purse), shared.group_by(RelayShare.purse)):
        for purse, total in session.execute(query):
            sums[str(purse)] += int(total)
    return dict(sums)


def _of_today(sender: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return RelayTransaction.sender == sender, RelayTransaction.day == today()


_SPENT = func.coalesce(RelayTransaction.cost_gwei, RelayTransaction.offered_gwei)
_SHARED = select(RelayShare).join(RelayTransaction, RelayTransaction.id == RelayShare.transaction_id)
