"""How much of the chain's coin a key may spend in a day, in all and for each purse that it sends for.

What is open counts with all that it offers, what is in a block with what that took. Days are those of UTC. Amounts are
kept in gwei, rounded up: whole numbers that databases can add up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from fec.core.durations import DAY
from fec.relayer.errors import BudgetSpent
from fec.relayer.models import RelayTransaction

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
    spent = func.coalesce(RelayTransaction.cost_gwei, RelayTransaction.offered_gwei)
    query = select(func.sum(spent)).where(RelayTransaction.sender == sender, RelayTransaction.day == today())
    return int(session.scalar(query if purse is None else query.where(RelayTransaction.purse == purse)) or 0)


def spent_by_purse(session: Session | Connection, sender: str) -> dict[str, int]:
    """What a key has spent today for each purse, in gwei."""
    spent = func.coalesce(RelayTransaction.cost_gwei, RelayTransaction.offered_gwei)
    query = (
        select(RelayTransaction.purse, func.sum(spent))
        .where(RelayTransaction.sender == sender, RelayTransaction.day == today(), RelayTransaction.purse.is_not(None))
        .group_by(RelayTransaction.purse)
    )
    return {str(purse): int(total) for purse, total in session.execute(query)}
