"""Who signs for the relayer. A key in a file or in memory here; a key-management service fits the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from fec.protocol.signing import TypedMessage


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
        self._address = to_checksum_address(account.address)

    @property
    def address(self) -> ChecksumAddress:
        """The key's account."""
        return self._address

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """A transaction's raw bytes. The same transaction always gives the same bytes (RFC 6979)."""
        return bytes(self._account.sign_transaction(dict(transaction)).raw_transaction)

    def sign_message(self, message: TypedMessage) -> str:
        """An EIP-712 signature, as hex."""
        return message.sign(self._account)
