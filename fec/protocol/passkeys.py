"""Passkeys as signers: what WebAuthn gives, as the contracts take it.

    signer = passkey_signer(verifier, x, y)            # verifier ‖ x ‖ y (ERC-7913)
    assertion = Assertion(authenticator_data, client_data_json, signature)
    signature = webauthn_signature(assertion)          # what Custodian takes as the signature
    x, y = recovered_key(one_assertion, another)       # where only assertions are left

The challenge of an assertion is the EIP-712 hash of what is signed. All raise InvalidArgument for what is no assertion.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from Crypto.Util.asn1 import DerSequence
from eth_abi.abi import encode

from fec.core import p256
from fec.i18n.errors import InvalidArgument
from fec.protocol.addresses import checked_address
from fec.protocol.bytes32 import from_hex

_TYPE = b'"type":"webauthn.get"'
_CHALLENGE = b'"challenge":"'
#: Of authenticator data: hash of the relying party (32 bytes), flags, counter (4 bytes).
_LEAST_AUTHENTICATOR_DATA = 37
_FLAGS = 32
_USER_PRESENT, _USER_VERIFIED = 0x01, 0x04


@dataclass(frozen=True)
class Assertion:
    """What an authenticator answers when it is asked to sign."""

    authenticator_data: bytes
    client_data_json: bytes
    signature: bytes
    """DER, as WebAuthn gives it."""

    @property
    def digest(self) -> int:
        """What the passkey's key signed."""
        return int.from_bytes(sha256(self.authenticator_data + sha256(self.client_data_json).digest()).digest())

    @property
    def numbers(self) -> tuple[int, int]:
        """r and s of the signature, the lower s of the two that verify."""
        r, s = _numbers(self.signature)
        return r, min(s, p256.N - s)


def passkey_signer(verifier: str, x: int, y: int) -> str:
    """The signer that a passkey is, as hex: 84 bytes. Raises InvalidArgument for a point that is no key."""
    if not p256.is_key(x, y):
        raise InvalidArgument("This is no public key of a passkey: its point is not on the curve P-256.")
    return "0x" + (bytes.fromhex(checked_address(verifier)[2:]) + x.to_bytes(32) + y.to_bytes(32)).hex()


def webauthn_signature(assertion: Assertion) -> str:
    """An assertion as OpenZeppelin's verifier takes it, as hex: abi.encode of six values, s low, places searched."""
    r, s = assertion.numbers
    text = assertion.client_data_json
    values = (
        r.to_bytes(32),
        s.to_bytes(32),
        _place(text, _CHALLENGE),
        _place(text, _TYPE),
        assertion.authenticator_data,
        text,
    )
    return "0x" + encode(["bytes32", "bytes32", "uint256", "uint256", "bytes", "bytes"], values).hex()


def check_assertion(assertion: Assertion, message_hash: str) -> None:
    """Raises InvalidArgument, with the reason, for an assertion that the contracts would not take for this hash.

    Whether its key signed it is not looked at.
    """
    data = assertion.authenticator_data
    if len(data) < _LEAST_AUTHENTICATOR_DATA:
        raise InvalidArgument("The passkey's answer is cut off. Sign again.")
    if not data[_FLAGS] & _USER_PRESENT or not data[_FLAGS] & _USER_VERIFIED:
        raise InvalidArgument(
            "The device did not check who signs. Unlock it with a fingerprint, a face or a PIN, and sign again."
        )
    _place(assertion.client_data_json, _TYPE)
    challenge = urlsafe_b64encode(from_hex(message_hash)).rstrip(b"=")
    if _CHALLENGE + challenge + b'"' not in assertion.client_data_json:
        raise InvalidArgument("The passkey signed something else. Sign again what is shown now.")


def recovered_key(one: Assertion, other: Assertion) -> tuple[int, int]:
    """The public key, x and y, of the passkey that gave two assertions. Raises InvalidArgument if no one key did.

    A single assertion leaves two keys to choose from; the browser tells the right one only when a passkey is made.
    """
    keys = _keys(one) & _keys(other)
    if len(keys) != 1:
        raise InvalidArgument("The two signatures are not of one passkey. Sign twice with the same one.")
    return keys.pop()


def _keys(assertion: Assertion) -> set[p256.Point]:
    return p256.recovered(assertion.digest, *assertion.numbers)


def _place(text: bytes, part: bytes) -> int:
    """Where something begins in client data, whose length and order vary."""
    place = text.find(part)
    if place < 0:
        raise InvalidArgument(
            "The passkey's answer is not a signature: {part} is missing. Sign again.", part=part.decode()
        )
    return place


def _numbers(der: bytes) -> tuple[int, int]:
    """r and s of a signature in DER, in which either may have less than 32 bytes, or a zero before them."""
    try:
        decoded = DerSequence().decode(der, strict=True, nr_elements=2, only_ints_expected=True)
    except ValueError as error:
        raise _not_der() from error
    r, s = cast("Sequence[int]", decoded)
    if not (0 < r < p256.N and 0 < s < p256.N):
        raise _not_der()
    return r, s


def _not_der() -> InvalidArgument:
    return InvalidArgument("The passkey's signature cannot be read. Sign again.")
