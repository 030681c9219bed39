"""Passkeys: what WebAuthn gives, as the contracts take it, and what is refused before anything is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import decode

from fec.core import p256
from fec.i18n.errors import InvalidArgument
from fec.protocol.passkeys import (
    Assertion,
    check_assertion,
    passkey_signer,
    recovered_key,
    webauthn_signature,
)
from tests.fixtures.passkeys import PRESENT, VERIFIED, der, passkey

VERIFIER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CHALLENGE = bytes(range(32))
KEY = passkey("alice")
FIELDS = ["bytes32", "bytes32", "uint256", "uint256", "bytes", "bytes"]


def encoded(assertion: Assertion) -> tuple[int, int, int, int, bytes, bytes]:
    """The six values of a signature."""
    r, s, challenge, kind, data, text = decode(FIELDS, bytes.fromhex(webauthn_signature(assertion)[2:]))
    return int.from_bytes(r), int.from_bytes(s), challenge, kind, data, text


def test_passkey_signer__is_verifier_and_key() -> None:
    x, y = KEY.point
    expected = bytes.fromhex(VERIFIER[2:]) + x.to_bytes(32) + y.to_bytes(32)
    assert passkey_signer(VERIFIER, x, y) == "0x" + expected.hex()


def test_passkey_signer__point_off_the_curve__is_refused() -> None:
    with pytest.raises(InvalidArgument, match="its point is not on the curve"):
        passkey_signer(VERIFIER, KEY.point[0], KEY.point[1] + 1)


def test_webauthn_signature__names_the_places() -> None:
    answer = KEY.assertion(CHALLENGE)
    _, _, challenge, kind, data, text = encoded(answer)
    assert (data, text) == (answer.authenticator_data, answer.client_data_json)
    assert text[challenge:].startswith(b'"challenge":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"')
    assert text[kind:].startswith(b'"type":"webauthn.get"')


def test_webauthn_signature__client_data_in_another_order__names_the_places() -> None:
    text = b'{"other_keys_can_be_added_here":"x","challenge":"AA","origin":"https://a","type":"webauthn.get"}'
    _, _, challenge, kind, _, _ = encoded(replace(KEY.assertion(CHALLENGE), client_data_json=text))
    assert (challenge, kind) == (text.index(b'"challenge"'), text.index(b'"type"'))


@pytest.mark.parametrize("number", range(8))
def test_webauthn_signature__of_any_assertion__has_the_lower_s(number: int) -> None:
    answer = KEY.assertion(bytes([number] * 32))
    r, s, *_ = encoded(answer)
    assert s <= p256.N // 2
    assert KEY.point in p256.recovered(answer.digest, r, s)


@pytest.mark.parametrize(("r", "s"), [(1, 1), (0x7F, 2**200), (2**255, p256.N - 1), (2**240 - 1, 2**128)])
def test_webauthn_signature__numbers_of_any_length__are_read(r: int, s: int) -> None:
    answer = replace(KEY.assertion(CHALLENGE), signature=der(r, s))
    assert encoded(answer)[:2] == (r, min(s, p256.N - s))


GOOD = der(2**200, 2**190)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x30",
        GOOD[:-1],
        GOOD + b"\0",
        b"\x31" + GOOD[1:],
        bytes([0x30, 0x81]) + GOOD[1:],
        GOOD[:2] + b"\x03" + GOOD[3:],
        bytes([0x30, 6, 2, 1, 0x80, 2, 1, 1]),
        bytes([0x30, 5, 2, 0, 2, 1, 1]),
        bytes([0x30, 6, 2, 9, 1, 2, 1, 1]),
        bytes([0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1]),
        der(0, 1),
        der(1, 0),
        der(p256.N, 1),
        der(1, p256.N),
    ],
)
def test_webauthn_signature__that_is_none__is_refused(signature: bytes) -> None:
    with pytest.raises(InvalidArgument, match="signature cannot be read"):
        webauthn_signature(replace(KEY.assertion(CHALLENGE), signature=signature))


def test_webauthn_signature__of_a_passkey_being_made__is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"webauthn\.get.* is missing"):
        webauthn_signature(replace(KEY, kind="webauthn.create").assertion(CHALLENGE))


def test_check_assertion__of_this_hash__is_taken() -> None:
    check_assertion(KEY.assertion(CHALLENGE), "0x" + CHALLENGE.hex())


def test_check_assertion__of_another_hash__is_refused() -> None:
    with pytest.raises(InvalidArgument, match="signed something else"):
        check_assertion(KEY.assertion(bytes(32)), "0x" + CHALLENGE.hex())


@pytest.mark.parametrize("flags", [0, PRESENT, VERIFIED])
def test_check_assertion__without_presence_or_verification__is_refused(flags: int) -> None:
    with pytest.raises(InvalidArgument, match="did not check who signs"):
        check_assertion(replace(KEY, flags=flags).assertion(CHALLENGE), "0x" + CHALLENGE.hex())


def test_check_assertion__cut_off__is_refused() -> None:
    answer = KEY.assertion(CHALLENGE)
    with pytest.raises(InvalidArgument, match="cut off"):
        check_assertion(replace(answer, authenticator_data=answer.authenticator_data[:36]), "0x" + CHALLENGE.hex())


def test_recovered_key__of_two_assertions__is_the_passkeys() -> None:
    assert recovered_key(KEY.assertion(CHALLENGE), KEY.assertion(bytes(32))) == KEY.point


def test_recovered_key__of_one_assertion_twice__is_refused() -> None:
    with pytest.raises(InvalidArgument, match="not of one passkey"):
        recovered_key(KEY.assertion(CHALLENGE), KEY.assertion(CHALLENGE))


def test_recovered_key__of_two_passkeys__is_refused() -> None:
    with pytest.raises(InvalidArgument, match="not of one passkey"):
        recovered_key(KEY.assertion(CHALLENGE), passkey("bob").assertion(bytes(32)))
