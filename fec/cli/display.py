"""Amounts, times and the shape of payback as people read them, and as machines do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fec.core import curve
from fec.core.amounts import exact_fec
from fec.i18n import Message, _, amount, local
from fec.protocol.types import Node, Receipt

#: Decimals of FEC in tables, where columns are to be compared; lines and JSON are exact.
TABLE_DECIMALS = 4
#: The shape of payback for nodes of any size.
SHAPE = Message("Nodes pay slowly at first: the burned amount is back in period 55, half of the total in period 86.")


def fec(wei: int) -> str:
    """An exact amount with its unit."""
    return f"{amount(wei)} FEC"


def cell(wei: int) -> str:
    """An amount in a table, rounded down."""
    return amount(wei, TABLE_DECIMALS)


def stamp(timestamp: int) -> str:
    """A time in a table: local, without its offset, which a line beside the table states."""
    return local(timestamp, short=True)


def utc(timestamp: int) -> str:
    """A time for machines: ISO 8601 in UTC."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return str(timestamp)


def shape(principal: int, period_length: int) -> str:
    """The payback of a node in a sentence. It stands wherever payback is shown."""
    face = curve.face(principal)
    last = face - curve.released(principal, curve.PERIODS - 1)
    return _(
        "{principal:fec} burned pay back {face:fec} over {periods} periods of {period_length:duration}, slowly at "
        "first: {first} in period 1, {last} in period {periods}. The burned amount is back in period {back}, half "
        "of the total in period {half}.",
        principal=principal,
        face=face,
        periods=curve.PERIODS,
        period_length=period_length,
        first=cell(curve.released(principal, 1)),
        last=cell(last),
        back=curve.period_when_released(principal, principal),
        half=curve.period_when_released(principal, face // 2),
    )


def node_record(node: Node, now: int) -> dict[str, Any]:
    """A node for machines."""
    release = node.next_release(now)
    return {
        "name": node.name,
        "tokenId": str(node.token_id),
        "owner": node.owner,
        "programId": node.program_id,
        "principal": exact_fec(node.principal),
        "face": exact_fec(node.face),
        "opened": node.opened,
        "claimed": exact_fec(node.claimed),
        "claimable": exact_fec(node.claimable(now)),
        "outstanding": exact_fec(node.outstanding),
        "period": node.period(now),
        "periodLength": node.period_length,
        "start": utc(node.start),
        "end": utc(node.end),
        "nextRelease": release and {"time": utc(release.timestamp), "amount": exact_fec(release.amount)},
    }


def receipt_record(receipt: Receipt) -> dict[str, Any]:
    """A transaction for machines."""
    return {"txHash": receipt.tx_hash, "blockNumber": receipt.block_number, "gasUsed": receipt.gas_used}


def receipt_line(receipt: Receipt) -> str:
    """A transaction in a line."""
    return _(
        "Transaction {tx_hash}, block {block_number:number}, {gas_used:number} gas",
        tx_hash=receipt.tx_hash,
        block_number=receipt.block_number,
        gas_used=receipt.gas_used,
    )


def safe(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of an error for machines: integers as text, since they may pass 2^53."""
    return {name: str(value) if isinstance(value, int) else value for name, value in values.items()}
