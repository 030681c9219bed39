"""P-256: published signatures verify, and keys come back from signatures."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fec.core import p256

#: RFC 6979, A.2.5: the message "sample" with SHA-256.
KEY = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
SECRET = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
DIGEST = int.from_bytes(sha256(b"sample").digest())
R = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
S = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8


def test_multiply__generator_by_a_published_secret__is_its_key() -> None:
    assert p256.multiply(p256.G, SECRET) == KEY


@pytest.mark.parametrize("times", [0, p256.N])
def test_multiply__by_the_order__is_infinity(times: int) -> None:
    assert p256.multiply(p256.G, times) is None


def test_add__point_and_its_mirror__is_infinity() -> None:
    assert p256.add(KEY, (KEY[0], p256.P - KEY[1])) is None


@pytest.mark.parametrize("s", [S, p256.N - S])
def test_verifies__published_signature__in_both_forms(s: int) -> None:
    assert p256.verifies(DIGEST, R, s, KEY)


@pytest.mark.parametrize(
    ("digest", "r", "s", "key"),
    [
        (DIGEST + 1, R, S, KEY),
        (DIGEST, R + 1, S, KEY),
        (DIGEST, R, S + 1, KEY),
        (DIGEST, 0, S, KEY),
        (DIGEST, R, 0, KEY),
        (DIGEST, R + p256.N, S, KEY),
        (DIGEST, R, S + p256.N, KEY),
        (DIGEST, R, S, p256.G),
        (DIGEST, R, S, (KEY[0], KEY[1] + p256.P)),
        (DIGEST, R, S, (KEY[0], KEY[1] + 1)),
    ],
)
def test_verifies__anything_else__does_not(digest: int, r: int, s: int, key: p256.Point) -> None:
    assert not p256.verifies(digest, r, s, key)


def test_recovered__published_signature__is_the_key_or_one_other() -> None:
    found = p256.recovered(DIGEST, R, S)
    assert KEY in found
    assert len(found) == 2
    assert all(p256.verifies(DIGEST, R, S, key) for key in found)


def test_recovered__both_forms__are_the_same_keys() -> None:
    assert p256.recovered(DIGEST, R, S) == p256.recovered(DIGEST, R, p256.N - S)


def test_recovered__r_whose_point_lies_beyond_the_order__is_found() -> None:
    """The point's x may be r + n: published in Wycheproof's signatures with r = 5 as a case that is rarely met."""
    digest = int.from_bytes(sha256(b"123400").digest())
    assert all(p256.verifies(digest, 5, 1, key) for key in p256.recovered(digest, 5, 1))
    assert p256.recovered(digest, 5, 1)


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (p256.N, 1), (1, p256.N)])
def test_recovered__of_no_signature__is_nothing(r: int, s: int) -> None:
    assert p256.recovered(DIGEST, r, s) == set()


@given(st.integers(1, p256.N - 1), st.integers(0, 2**256 - 1), st.integers(1, p256.N - 1))
@settings(max_examples=5, deadline=None)
def test_recovered__of_any_signature__has_the_key(secret: int, digest: int, nonce: int) -> None:
    key, point = p256.multiply(p256.G, secret), p256.multiply(p256.G, nonce)
    assert key is not None
    assert point is not None
    r = point[0] % p256.N
    s = pow(nonce, -1, p256.N) * (digest + r * secret) % p256.N
    if s:
        assert key in p256.recovered(digest, r, s)
