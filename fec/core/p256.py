"""The curve P-256 (FIPS 186-5, secp256r1): keys back from signatures, which no library offers as such.

PyCryptodome, by which eth-hash hashes, does the arithmetic. No secret comes near it.
"""

from __future__ import annotations

from Crypto.PublicKey.ECC import EccPoint

Point = tuple[int, int]

#: The field's prime, the group's order, and the coefficients of y² = x³ + A·x + B.
P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = P - 3
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
#: The generator of the group.
G = EccPoint(
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    "P-256",
)


def is_key(x: int, y: int) -> bool:
    """Whether a point is on the curve, with coordinates below the prime."""
    return 0 <= x < P and 0 <= y < P and (y * y - x * x * x - A * x - B) % P == 0


def recovered(digest: int, r: int, s: int) -> set[Point]:
    """All keys whose signature over a digest of 256 bits this may be: two as a rule."""
    found: set[Point] = set()
    if not (0 < r < N and 0 < s < N):
        return found
    inverse = pow(r, -1, N)
    for x in range(r, P, N):
        square = (x * x * x + A * x + B) % P
        y = pow(square, (P + 1) // 4, P)
        if y * y % P != square:
            continue
        for root in (y, P - y):
            key = EccPoint(x, root, "P-256") * (s * inverse % N) + G * (-digest * inverse % N)
            if not key.is_point_at_infinity():
                found.add((int(key.x), int(key.y)))
    return found
