"""Members: who signs for a vault, and what follows from that. Times in seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from fec.core.durations import DAY
from fec.i18n.errors import InvalidArgument
from fec.protocol.addresses import ADDRESS_ZERO, checked_address
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.types import Receipt

#: As an amount of coins to take out: all coins of the vault.
ALL_COINS = (1 << 256) - 1

#: Most signers of a vault, most acts in an instruction, and how long another's removal waits, as the contract has them.
MAX_SIGNERS = 8
MAX_ACTS = 32
REMOVAL_DELAY = 3 * DAY

_ACCOUNT_BYTES = 20


def signer_bytes(signer: str) -> bytes:
    """A signer as the contracts take it (ERC-7913): an account's 20 bytes, or a verifier's address and a key.

    Raises InvalidArgument for anything shorter, and for an address whose letters are not those of its checksum.
    """
    if len(signer.removeprefix("0x")) == 2 * _ACCOUNT_BYTES:
        return bytes.fromhex(checked_address(signer)[2:])
    try:
        found = bytes.fromhex(signer.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) <= _ACCOUNT_BYTES:
        raise InvalidArgument(
            "{signer} is no signer. Give an account's address, or a verifier's address with a key behind it, in hex.",
            signer=signer,
        )
    return found


def signer_text(signer: bytes) -> str:
    """A signer as people read it: an account's address with its checksum, anything else in hex."""
    return to_checksum_address(signer) if len(signer) == _ACCOUNT_BYTES else "0x" + signer.hex()


def signer_hash(signer: str) -> str:
    """keccak256 of a signer, by which a vault knows it, as hex. Raises what `signer_bytes` raises."""
    return "0x" + keccak(signer_bytes(signer)).hex()


def account_of(signer: str) -> str | None:
    """The account that a signer is, with its checksum; None for a verifier and a key."""
    return to_checksum_address(signer) if len(signer.removeprefix("0x")) == 2 * _ACCOUNT_BYTES else None


def code_of(signer: str | bytes) -> str:
    """The account whose code has a say in a signer's signatures: the account itself, or the verifier of the key."""
    found = signer if isinstance(signer, bytes) else signer_bytes(signer)
    return to_checksum_address(found[:_ACCOUNT_BYTES])


def vault_salt(brand: str, member_id: str) -> bytes:
    """The salt with which a member's vault is created."""
    return keccak(encode(["address", "bytes32"], [checked_address(brand), to_bytes32(member_id)]))


def vault_address(custodian: str, implementation: str, brand: str, member_id: str) -> str:
    """Where a member's vault is: CREATE2 (EIP-1014) of a minimal proxy (ERC-1167) by the custodian."""
    target = checked_address(implementation)[2:]
    code = bytes.fromhex(f"3d602d80600a3d3981f3363d3d373d3d3d363d73{target}5af43d82803e903d91602b57fd5bf3")
    deployer = bytes.fromhex(checked_address(custodian)[2:])
    return to_checksum_address(keccak(b"\xff" + deployer + vault_salt(brand, member_id) + keccak(code))[12:])


@dataclass(frozen=True)
class Member:
    """Who acts. The first signer, with its salt, is the member that a brand knows by an id; later ones need no salt."""

    brand: str
    """Name space of the vault; the zero address for a vault of nobody's brand."""
    signer: str
    """An account's address, or a verifier's address and a key, as hex."""
    salt: str
    """Random 32 bytes, as hex."""

    @property
    def id(self) -> str:
        """keccak256(abi.encode(keccak256(signer), salt)), as hex. Raises InvalidArgument for a salt of other length."""
        hashed = keccak(signer_bytes(self.signer))
        return "0x" + keccak(encode(["bytes32", "bytes32"], [hashed, to_bytes32(self.salt)])).hex()

    def fields(self, vault: str) -> tuple[Any, ...]:
        """The contract's struct, to act on a vault. Raises InvalidArgument if a value is not what it should be."""
        return (
            checked_address(vault),
            checked_address(self.brand),
            to_bytes32(self.salt),
            signer_bytes(self.signer),
        )


def acting(signer: str) -> Member:
    """Who acts by a signer alone: one that was added to a vault, or an account on what it has itself."""
    return Member(ADDRESS_ZERO, signer, "0x" + bytes(32).hex())


@dataclass(frozen=True)
class Enrolled:
    """A brand has a member."""

    receipt: Receipt
    member_id: str
    vault: str


@dataclass(frozen=True)
class Withdrawn:
    """A member took nodes and coins out."""

    receipt: Receipt
    to: str
    token_ids: tuple[int, ...]
    amount: int
