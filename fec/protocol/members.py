"""Members of a brand, and what they take out of their vaults. Amounts in wei, times in seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

from fec.protocol.addresses import checked_address
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.types import Receipt

#: As the amount of a withdrawal: all coins of the vault.
ALL_COINS = (1 << 256) - 1


@dataclass(frozen=True)
class Member:
    """Who a member of a brand is. The brand keeps the id; the member keeps key and salt."""

    brand: str
    key: str
    """Address of the member's key."""
    salt: str
    """Random 32 bytes, as hex."""

    @property
    def id(self) -> str:
        """keccak256(abi.encode(key, salt)), as hex. Raises InvalidArgument if the salt is not 32 bytes."""
        return "0x" + keccak(encode(["address", "bytes32"], [checked_address(self.key), to_bytes32(self.salt)])).hex()

    @property
    def fields(self) -> tuple[Any, ...]:
        """The contract's struct. Raises InvalidArgument if the salt is not 32 bytes, or an address is none."""
        return (checked_address(self.brand), checked_address(self.key), to_bytes32(self.salt))


@dataclass(frozen=True)
class Enrolled:
    """A brand has a member."""

    receipt: Receipt
    member_id: str
    vault: str


@dataclass(frozen=True)
class Withdrawal:
    """Nodes and coins that a member wants out of their vault."""

    vault: str
    token_ids: tuple[int, ...]
    amount: int
    """The maximum of uint256 means all."""
    to: str
    nonce: int
    """Number of the vault's next withdrawal."""
    deadline: int
    """Last second at which it may be carried out."""


@dataclass(frozen=True)
class Withdrawn:
    """A member took nodes and coins out."""

    receipt: Receipt
    to: str
    token_ids: tuple[int, ...]
    amount: int
