"""P-256: keys come back from signatures."""

from __future__ import annotations

from hashlib import sha256

import pytest
from Crypto.PublicKey.ECC import EccPoint
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core import p256

#: RFC 6979, A.2.5: the message "sample" with SHA-256.
KEY = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
DIGEST = int.from_bytes(sha256(b"sample").digest())
R = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
S = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8


def verifies(digest: int, r: int, s: int, key: p256.Point) -> bool:
    inverse = pow(s, -1, p256.N)
    point = p256.G * (digest * inverse % p256.N) + EccPoint(*key, "P-256") * (r * inverse % p256.N)
    return bool(point.x % p256.N == r)


def test_is_key__published_key__is_one() -> None:
    assert p256.is_key(*KEY)


@pytest.mark.parametrize("point", [(KEY[0], KEY[1] + 1), (KEY[0], KEY[1] + p256.P), (KEY[0] + p256.P, KEY[1]), (0, 0)])
def test_is_key__anything_else__is_none(point: p256.Point) -> None:
    assert not p256.is_key(*point)


def test_recovered__published_signature__is_the_key_or_one_other() -> None:
    found = p256.recovered(DIGEST, R, S)
    assert KEY in found
    assert len(found) == 2
    assert all(verifies(DIGEST, R, S, key) for key in found)


def test_recovered__both_forms__are_the_same_keys() -> None:
    assert p256.recovered(DIGEST, R, S) == p256.recovered(DIGEST, R, p256.N - S)


def test_recovered__r_whose_point_lies_beyond_the_order__is_found() -> None:
    """The point's x may be r + n: published in Wycheproof's signatures with r = 5 as a case that is rarely met."""
    digest = int.from_bytes(sha256(b"123400").digest())
    assert all(verifies(digest, 5, 1, key) for key in p256.recovered(digest, 5, 1))
    assert p256.recovered(digest, 5, 1)


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (p256.N, 1), (1, p256.N)])
def test_recovered__of_no_signature__is_nothing(r: int, s: int) -> None:
    assert p256.recovered(DIGEST, r, s) == set()


@given(st.integers(1, p256.N - 1), st.integers(0, 2**256 - 1), st.integers(1, p256.N - 1))
@settings(max_examples=5, deadline=None)
def test_recovered__of_any_signature__has_the_key(secret: int, digest: int, nonce: int) -> None:
    key = p256.G * secret
    r = int((p256.G * nonce).x) % p256.N
    s = pow(nonce, -1, p256.N) * (digest + r * secret) % p256.N
    if s:
        assert (int(key.x), int(key.y)) in p256.recovered(digest, r, s)
