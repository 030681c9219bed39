"""The curve P-256 (FIPS 186-5, secp256r1), for public keys and signatures alone: no secret comes near it.

Kept here because no library that the package needs anyway has it, and because keys are recovered from signatures, which
most libraries do not offer. Points are pairs of integers; the point at infinity is None.
"""

from __future__ import annotations

Point = tuple[int, int]

#: The field's prime, the group's order, and the coefficients of y² = x³ + A·x + B.
P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = P - 3
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
#: The generator of the group.
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def is_key(x: int, y: int) -> bool:
    """Whether a point is on the curve, with coordinates below the prime."""
    return 0 <= x < P and 0 <= y < P and (y * y - x * x * x - A * x - B) % P == 0


def add(one: Point | None, other: Point | None) -> Point | None:
    """The sum of two points of the curve."""
    if one is None or other is None:
        return one or other
    (x, y), (other_x, other_y) = one, other
    if x == other_x and (y + other_y) % P == 0:
        return None
    rise, run = (3 * x * x + A, 2 * y) if one == other else (other_y - y, other_x - x)
    slope = rise * pow(run, -1, P)
    sum_x = (slope * slope - x - other_x) % P
    return sum_x, (slope * (x - sum_x) - y) % P


def multiply(point: Point | None, times: int) -> Point | None:
    """A point of the curve, so many times."""
    total = None
    times %= N
    while times:
        if times & 1:
            total = add(total, point)
        point = add(point, point)
        times >>= 1
    return total


def verifies(digest: int, r: int, s: int, key: Point) -> bool:
    """Whether a signature over a digest of 256 bits is the key's, by ECDSA; either s of the two that verify."""
    if not (0 < r < N and 0 < s < N and is_key(*key)):
        return False
    inverse = pow(s, -1, N)
    point = add(multiply(G, digest * inverse), multiply(key, r * inverse))
    return point is not None and point[0] % N == r


def recovered(digest: int, r: int, s: int) -> set[Point]:
    """All keys whose signature this may be: two as a rule."""
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
            key = multiply(add(multiply((x, root), s), multiply(G, -digest)), inverse)
            if key is not None:
                found.add(key)
    return found
