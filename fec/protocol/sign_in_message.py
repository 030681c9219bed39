"""Messages by which accounts sign in (EIP-4361): read in one pass, as anybody may send one.

message = read("shop.example wants you to sign in with your Ethereum account:\\n0x…")
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from fec.protocol.addresses import checked_address

_TIME = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"
#: The grammar of EIP-4361. Each part ends at a character that it cannot have, so that nothing is tried twice.
_MESSAGE = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?P<domain>[^\s/?#@]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9A-Fa-f]{40})\n\n"
    r"(?:[^\n]+\n)?\n"
    r"URI: [^\s]+\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain_id>[0-9]{1,78})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,})\n"
    rf"Issued At: {_TIME}"
    rf"(?:\nExpiration Time: (?P<ends>{_TIME}))?"
    rf"(?:\nNot Before: (?P<begins>{_TIME}))?"
    r"(?:\nRequest ID: [^\s]*)?"
    r"(?:\nResources:(?:\n- [^\s]+)*)?",
    re.ASCII,
)


@dataclass(frozen=True)
class SignInMessage:
    """What a message says of who signs in, where, and when."""

    domain: str
    """Host and port, as the page that made it has them."""
    address: str
    chain_id: int
    nonce: str
    begins: datetime | None
    ends: datetime | None


def read(text: str) -> SignInMessage:
    """Takes a message apart. Raises ValueError if it is none."""
    found = _MESSAGE.fullmatch(text)
    if found is None:
        raise ValueError("no message of EIP-4361")
    try:
        begins, ends = _time(found["begins"]), _time(found["ends"])
    except OverflowError as error:
        raise ValueError("a time beyond what there is") from error
    address = checked_address(found["address"])
    return SignInMessage(found["domain"], address, int(found["chain_id"]), found["nonce"], begins, ends)


def _time(text: str | None) -> datetime | None:
    """Raises ValueError or OverflowError for a time that there is not, such as the 30th of February."""
    return None if text is None else datetime.fromisoformat(text.upper()).astimezone(UTC)
