"""Who signs for the relayer. A key in a file or in memory here; a key-management service fits the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import rlp  # type: ignore[import-untyped]
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from fec.protocol.signing import TypedMessage

#: Fields of a transaction that the relayer sends on chains with a base fee.
_TYPE_2 = {"chainId", "nonce", "to", "value", "data", "gas", "maxFeePerGas", "maxPriorityFeePerGas"}


class TransactionSigner(Protocol):
    """Signs without showing its key."""

    @property
    def address(self) -> ChecksumAddress:
        """Whose signatures they are."""

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """A transaction, complete with chain id, nonce and fees, as the raw bytes that a node takes."""

    def sign_message(self, message: TypedMessage) -> str:
        """An EIP-712 signature, as hex."""


class LocalSigner:
    """A key that this process holds."""

    def __init__(self, account: LocalAccount) -> None:
        """Takes the key."""
        self._account = account
        # The library would work out the public key for each signature.
        self._key = PrivateKey(bytes(account.key))
        self._address = to_checksum_address(account.address)

    @property
    def address(self) -> ChecksumAddress:
        """The key's account."""
        return self._address

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """A transaction's raw bytes. The same transaction always gives the same bytes (RFC 6979)."""
        if transaction.keys() == _TYPE_2 and transaction["value"] == 0:
            return self._sign_type_2(transaction)
        return bytes(self._account.sign_transaction(dict(transaction)).raw_transaction)

    def _sign_type_2(self, transaction: Mapping[str, Any]) -> bytes:
        """What is sent by the hundred (EIP-1559), packed directly: the library checks ten times as long as it packs."""
        numbers = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas")
        fields = [transaction[name] for name in numbers]
        to, data = (bytes.fromhex(transaction[name][2:]) for name in ("to", "data"))
        unsigned = [*fields, to, 0, data, []]
        signed = self._key.sign_msg_hash(keccak(b"\x02" + rlp.encode(unsigned)))
        return bytes(b"\x02" + rlp.encode([*unsigned, signed.v, signed.r, signed.s]))

    def sign_message(self, message: TypedMessage) -> str:
        """An EIP-712 signature, as hex."""
        signed = self._key.sign_msg_hash(bytes.fromhex(message.hash[2:])).to_bytes()
        return "0x" + signed[:64].hex() + f"{27 + signed[64]:02x}"
