"""Actions beside what the index says that their transactions did."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from fec.indexer.models import EventRecord
from fec.relayer.models import RelayTransaction
from fec.service.models import Action


def in_their_blocks(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Joins actions with the events of their transactions, which are sought in the transactions' blocks only."""
    return (
        query.select_from(Action)
        .join(RelayTransaction, RelayTransaction.id == Action.relay_id)
        .join(
            EventRecord,
            (EventRecord.block_number == RelayTransaction.block_number)
            & (EventRecord.transaction_hash == RelayTransaction.transaction_hash),
        )
    )
