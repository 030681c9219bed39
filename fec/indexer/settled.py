"""What `NodesSettled` says, in columns: thousands of nodes are in one log, and none becomes an object of its own."""

from __future__ import annotations

from functools import lru_cache
from itertools import count, repeat
from typing import Any

from fec.core.settlement_id import SettlementId
from fec.i18n.errors import WrongAnswer
from fec.indexer.events import Event
from fec.protocol.settlements import LEAF_LENGTH, SettlementTree, levels_above
from fec.store.types import checksummed

#: Hex digits of a leaf, and of its owner, who comes first; and bits of a serial in a token id.
_LEAF, _OWNER = 2 * LEAF_LENGTH, 40
_SERIAL_BITS = 40

#: Hex digits of leaves that take as much memory as any other log does with all that follows from it: four leaves.
SETTLED_DIGITS = 4 * _LEAF

Columns = tuple[Any, ...]


def check_leaves(event: Event) -> None:
    """Raises WrongAnswer unless id, other arguments and root of a `NodesSettled` are those of its leaves.

    A log that is so was not made up in part. `fec index check` asks the contract for the root.
    """
    settlement_id, program_id, start, first_serial, root, leaves = event.arguments
    try:
        id_, found = SettlementId.decode(settlement_id), root_in(branches_of(settlement_id, leaves))
    except ValueError as error:
        raise _lie(event) from error
    if (program_id, start, first_serial, root) != (id_.program_id, id_.start, id_.first_serial, found):
        raise _lie(event)


@lru_cache(64)
def branches_of(settlement_id: int, leaves: str) -> str:
    """Roots of each 64 leaves, in hex, as `SettlementRecord` keeps them. Raises ValueError for leaves of another one.

    They are asked for twice: when the event was read, and when it is written.
    """
    return "0x" + b"".join(SettlementTree(settlement_id, bytes.fromhex(leaves[2:])).branches).hex()


def root_in(branches: str) -> str:
    """The root above branches, in hex."""
    return "0x" + levels_above(unpack_branches(branches))[-1][0].hex()


def unpack_branches(branches: str) -> list[bytes]:
    """Branches in hex, one by one."""
    packed = bytes.fromhex(branches[2:])
    return [packed[at : at + LEAF_LENGTH] for at in range(0, len(packed), LEAF_LENGTH)]


def columns_of(id_: SettlementId, leaves: str) -> tuple[list[int], list[str], list[int]]:
    """Token ids, owners and principals in wei of leaves in hex, with 0x."""
    places = range(2, len(leaves), _LEAF)
    principals = [int(leaves[at + _OWNER : at + _LEAF], 16) for at in places]
    owners = [checksummed("0x" + leaves[at : at + _OWNER]) for at in places]
    first = id_.node(0, 0).token_id
    token_ids = [first + (principal << _SERIAL_BITS) + index for index, principal in enumerate(principals)]
    return token_ids, owners, principals


def births(id_: SettlementId, token_ids: list[int], principals: list[int]) -> Columns:
    """The nodes' births, but for their place: the columns of `NodeRecord`."""
    same = repeat(id_.period_length), repeat(id_.start)
    return token_ids, repeat(id_.program_id), count(id_.first_serial), *same, principals


def _lie(event: Event) -> WrongAnswer:
    return WrongAnswer(
        "The leaves of settlement {settlement_id} in block {number} do not match its count, sum or root. Try another "
        "endpoint.",
        settlement_id=event.arguments[0],
        number=event.block_number,
    )
