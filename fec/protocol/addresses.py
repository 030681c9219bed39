"""Addresses of accounts and contracts, with their checksums (EIP-55)."""

from __future__ import annotations

from functools import lru_cache

from eth_typing import ChecksumAddress, HexAddress, HexStr
from eth_utils.address import is_address, is_checksum_address, to_checksum_address

from fec.i18n.errors import InvalidArgument

#: Nobody. web3 has it too, and takes half a second to import.
ADDRESS_ZERO = ChecksumAddress(HexAddress(HexStr("0x" + "0" * 40)))


@lru_cache(1 << 14)
def checked_address(text: str) -> ChecksumAddress:
    """An address with its checksum. Raises InvalidArgument if the text is none, or its checksum is wrong."""
    # The library takes any mix of cases; one that is not the checksum's is a mistyped address.
    if not is_address(text) or not (_one_case(text.removeprefix("0x")) or is_checksum_address(text)):
        raise InvalidArgument("{text!r} is not an address, or its checksum is wrong. Check it.", text=text)
    return to_checksum_address(text)


def _one_case(digits: str) -> bool:
    return digits in (digits.lower(), digits.upper())
