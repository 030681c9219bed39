"""Acts: what a vault's signer signs, several in one instruction, to be carried out in order, all or none.

    Instruction(vault, signer, (merge([one, other]), withdraw(friend, [one])), nonce, deadline)

Amounts in wei, times in seconds since the epoch. All raise InvalidArgument for an address that is none, or bad hex.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError

from fec.i18n.errors import InvalidArgument
from fec.protocol.addresses import checked_address
from fec.protocol.bytes32 import from_hex
from fec.protocol.members import ALL_COINS, signer_bytes, signer_hash
from fec.protocol.settlements import ProvenLeaf


class ActKind(IntEnum):
    """What can be done, by its number at the contract."""

    WITHDRAW = 0
    WITHDRAW_PART = 1
    CLAIM = 2
    OPEN = 3
    SPLIT = 4
    MERGE = 5
    APPROVE_CLAIMER = 6
    APPROVE_CLAIMER_FOR_ALL = 7
    ADD_SIGNER = 8
    ASK_REMOVAL = 9
    CANCEL_REMOVAL = 10
    REMOVE_SIGNER = 11
    NAME_SUCCESSOR = 12


#: Types of each kind's arguments, as the contract decodes them.
ARGUMENTS: dict[ActKind, tuple[str, ...]] = {
    ActKind.WITHDRAW: ("address", "uint256[]", "uint256"),
    ActKind.WITHDRAW_PART: ("uint256", "uint256", "address"),
    ActKind.CLAIM: ("uint256[]",),
    ActKind.OPEN: ("uint256", "uint256", "uint256", "bytes32[]"),
    ActKind.SPLIT: ("uint256", "uint256[]"),
    ActKind.MERGE: ("uint256[]",),
    ActKind.APPROVE_CLAIMER: ("address", "bool", "uint256"),
    ActKind.APPROVE_CLAIMER_FOR_ALL: ("address", "bool"),
    ActKind.ADD_SIGNER: ("bytes",),
    ActKind.ASK_REMOVAL: ("bytes32",),
    ActKind.CANCEL_REMOVAL: ("bytes32",),
    ActKind.REMOVE_SIGNER: ("bytes32",),
    ActKind.NAME_SUCCESSOR: ("address",),
}


@dataclass(frozen=True)
class Act:
    """One thing that is done, as the contract takes it."""

    kind: int
    data: str
    """Its arguments as the ABI encodes them, as hex."""

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Its arguments. Raises InvalidArgument if the kind is unknown or they are not of its types."""
        try:
            return decode(ARGUMENTS[ActKind(self.kind)], from_hex(self.data))
        except (ValueError, DecodingError) as error:
            raise InvalidArgument(
                "This is no act of a known kind: {kind}. Update to the version that signed it.", kind=self.kind
            ) from error

    @property
    def token_ids(self) -> tuple[int, ...]:
        """Nodes that it is about. Raises what `arguments` raises."""
        arguments = self.arguments
        if self.kind == ActKind.WITHDRAW:
            return tuple(arguments[1])
        if self.kind == ActKind.APPROVE_CLAIMER:
            return (arguments[2],)
        if self.kind in (ActKind.WITHDRAW_PART, ActKind.SPLIT):
            return (arguments[0],)
        return tuple(arguments[0]) if self.kind in (ActKind.CLAIM, ActKind.MERGE) else ()

    @property
    def receiver(self) -> str | None:
        """Who gets something by it, whose code may have a say; None for nobody. Raises what `arguments` raises."""
        if self.kind == ActKind.WITHDRAW:
            return checked_address(self.arguments[0])
        return checked_address(self.arguments[2]) if self.kind == ActKind.WITHDRAW_PART else None

    @property
    def fields(self) -> tuple[int, bytes]:
        """The contract's struct."""
        return self.kind, from_hex(self.data)


@dataclass(frozen=True)
class Instruction:
    """Acts that a signer signs at once."""

    vault: str
    """The vault; or the account itself, if it acts on what it has."""
    signer: str
    acts: tuple[Act, ...]
    nonce: int
    """Number of the signer's next instruction for the vault."""
    deadline: int
    """Last second at which it may be carried out."""

    @property
    def token_ids(self) -> tuple[int, ...]:
        """Nodes that the acts are about, in order, each once. Raises what `Act.arguments` raises."""
        return tuple(dict.fromkeys(token_id for act in self.acts for token_id in act.token_ids))


def withdraw(to: str, token_ids: Sequence[int] = (), amount: int = 0) -> Act:
    """Gives nodes, and coins in wei, to somebody; ALL_COINS for all coins. An account gives nodes alone."""
    return _act(ActKind.WITHDRAW, checked_address(to), list(token_ids), amount)


def withdraw_all(to: str, token_ids: Sequence[int]) -> tuple[Act, Act] | tuple[Act]:
    """Leaves with everything: claims what the nodes have released, then gives all coins and the nodes to somebody."""
    leave = withdraw(to, token_ids, ALL_COINS)
    return (claim(token_ids), leave) if token_ids else (leave,)


def withdraw_part(token_id: int, principal: int, to: str) -> Act:
    """Splits a part of so much principal off a node and gives it to somebody."""
    return _act(ActKind.WITHDRAW_PART, token_id, principal, checked_address(to))


def claim(token_ids: Sequence[int]) -> Act:
    """Claims what nodes have released, for their owners."""
    return _act(ActKind.CLAIM, list(token_ids))


def open_leaf(proven: ProvenLeaf) -> Act:
    """Takes a leaf of the holder's in, and claims what it has released."""
    settlement_id, index, _, principal, proof = proven.arguments
    return _act(ActKind.OPEN, settlement_id, index, principal, proof)


def split(token_id: int, principals: Sequence[int]) -> Act:
    """Splits parts of these principals off a node."""
    return _act(ActKind.SPLIT, token_id, list(principals))


def merge(token_ids: Sequence[int]) -> Act:
    """Merges nodes into the first of them."""
    return _act(ActKind.MERGE, list(token_ids))


def approve_claimer(claimer: str, token_id: int, *, approved: bool) -> Act:
    """Lets an account claim from a node for itself, or no longer."""
    return _act(ActKind.APPROVE_CLAIMER, checked_address(claimer), approved, token_id)


def approve_claimer_for_all(claimer: str, *, approved: bool) -> Act:
    """Lets an account claim for itself from all of the vault's nodes, or no longer."""
    return _act(ActKind.APPROVE_CLAIMER_FOR_ALL, checked_address(claimer), approved)


def add_signer(signer: str) -> Act:
    """Adds a signer, who can do everything from then on."""
    return _act(ActKind.ADD_SIGNER, signer_bytes(signer))


def ask_removal(signer: str) -> Act:
    """Starts the wait after which another signer may be removed."""
    return _act(ActKind.ASK_REMOVAL, from_hex(signer_hash(signer)))


def cancel_removal(signer: str) -> Act:
    """Ends such a wait: the signer stays."""
    return _act(ActKind.CANCEL_REMOVAL, from_hex(signer_hash(signer)))


def remove_signer(signer: str) -> Act:
    """Removes a signer: oneself at once, another after the wait."""
    return _act(ActKind.REMOVE_SIGNER, from_hex(signer_hash(signer)))


def name_successor(successor: str) -> Act:
    """Says where what is still to come for the vault should go; the zero address takes it back."""
    return _act(ActKind.NAME_SUCCESSOR, checked_address(successor))


def _act(kind: ActKind, *arguments: Any) -> Act:
    try:
        return Act(int(kind), "0x" + encode(ARGUMENTS[kind], arguments).hex())
    except (EncodingError, TypeError, ValueError) as error:
        raise InvalidArgument("The call cannot carry these values: {reasons}", reasons=str(arguments)) from error


def acts_of(arguments: Sequence[Any]) -> tuple[Act, ...]:
    """The acts among the arguments of `Custodian.act`, whose bytes may be in hex."""
    return tuple(Act(kind, data if isinstance(data, str) else "0x" + data.hex()) for kind, data in arguments[1])
