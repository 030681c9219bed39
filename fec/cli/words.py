"""Amounts, times and the shape of payback as people read them, and as machines do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fec import schedule
from fec.times import duration, local
from fec.types import Node, Receipt
from fec.units import format_fec

#: Decimals of FEC in tables, where columns are to be compared; lines and JSON are exact.
TABLE_DECIMALS = 4
#: The shape of payback for nodes of any size.
SHAPE = "Nodes pay slowly at first: the burned amount is back in period 55, half of it all in period 86."


def fec(wei: int) -> str:
    """An exact amount with its unit."""
    return f"{format_fec(wei)} FEC"


def cell(wei: int) -> str:
    """An amount in a table, rounded down."""
    return format_fec(wei, TABLE_DECIMALS)


def exact(wei: int) -> str:
    """An amount for machines: exact decimals of FEC, without separators."""
    return format_fec(wei).replace(",", "")


def stamp(timestamp: int) -> str:
    """A moment in a table: local time without its offset, which a line beside the table says."""
    return local(timestamp)[:16]


def utc(timestamp: int) -> str:
    """A moment for machines: ISO 8601 in UTC."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return str(timestamp)


def percent(basis_points: int) -> str:
    """A share: `12.5 %`."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + " %"


def plural(count: int, noun: str) -> str:
    """A count and its noun: `1 node`, `12 nodes`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shape(principal: int, period_length: int) -> str:
    """The curve of a node in a sentence. Wherever payback is shown, this is shown too."""
    face = schedule.face(principal)
    last = face - schedule.released(principal, schedule.PERIODS - 1)
    return (
        f"{fec(principal)} burned pay back {fec(face)} over {schedule.PERIODS} periods of {duration(period_length)}, "
        f"slowly at first: "
        f"{cell(schedule.released(principal, 1))} in period 1, {cell(last)} in period {schedule.PERIODS}; "
        f"the burned amount is back in period {schedule.period_when_released(principal, principal)}, "
        f"half of it all in period {schedule.period_when_released(principal, face // 2)}."
    )


def node_record(node: Node, now: int) -> dict[str, Any]:
    """A node for machines."""
    release = node.next_release(now)
    return {
        "name": node.name,
        "tokenId": str(node.token_id),
        "owner": node.owner,
        "programId": node.program_id,
        "principal": exact(node.principal),
        "face": exact(node.face),
        "claimed": exact(node.claimed),
        "claimable": exact(node.claimable(now)),
        "outstanding": exact(node.outstanding),
        "period": node.period(now),
        "periodLength": node.period_length,
        "start": utc(node.start),
        "end": utc(node.end),
        "nextRelease": None if release is None else {"time": utc(release.timestamp), "amount": exact(release.amount)},
    }


def receipt_record(receipt: Receipt) -> dict[str, Any]:
    """A transaction for machines."""
    return {"txHash": receipt.tx_hash, "blockNumber": receipt.block_number, "gasUsed": receipt.gas_used}


def receipt_line(receipt: Receipt) -> str:
    """A transaction in a line."""
    return f"Transaction {receipt.tx_hash}, block {receipt.block_number:,}, {receipt.gas_used:,} gas"


def safe(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of an error for machines: integers as text, since they may pass 2^53."""
    return {name: str(value) if isinstance(value, int) else value for name, value in values.items()}
