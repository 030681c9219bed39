"""The curve in Solidity against golden values, exact rationals and the Python twin."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fec.core import curve as schedule
from fec.core.durations import DAY, HOUR
from tests.contracts.support.evm import Contract

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
#: Principals that fit an id, in wei.
PRINCIPALS = st.one_of(
    st.integers(0, 2**96 - 1), st.integers(0, 96).map(lambda bits: (1 << bits) - 1), st.integers(0, 10**4)
)
PERIODS = st.integers(0, 100)
#: Error of the fixed point before the last floor, in wei, as ReleaseCurve documents it.
BOUND = Fraction(1, 2**23)


def golden(name: str) -> list[tuple[int, int, int]]:
    """Rows (k, principal in wei, released in wei)."""
    with (VECTORS / name).open() as file:
        return [(int(row["k"]), int(row["principal_wei"]), int(row["released_wei"])) for row in csv.DictReader(file)]


def exact(principal: int, k: int) -> Fraction:
    """10·P·(1.05^k − 1)/(1.05^100 − 1)."""
    growth = Fraction(21, 20)
    return 10 * principal * (growth**k - 1) / (growth**100 - 1)


@pytest.mark.parametrize(("name", "rows"), [("released_one_adn.csv", 101), ("released_random.csv", 1000)])
def test_released__golden_pairs__equal_to_the_wei(curve: Contract, name: str, rows: int) -> None:
    pairs = golden(name)
    assert len(pairs) == rows
    assert [curve.released(principal, k) for k, principal, _ in pairs] == [released for *_, released in pairs]


@pytest.mark.parametrize("k", range(101))
def test_released__widest_principal__within_the_bound(curve: Contract, k: int) -> None:
    principal = 2**96 - 1
    assert exact(principal, k) - BOUND - 1 < curve.released(principal, k) <= exact(principal, k)


@pytest.mark.parametrize("k", range(102))
def test_growth__each_period__equals_the_twin(curve: Contract, k: int) -> None:
    assert curve.growthDown(k) == schedule.growth_down(k)


@given(principal=PRINCIPALS, k=PERIODS)
def test_released__any_pair__is_the_exact_floor_within_the_bound(curve: Contract, principal: int, k: int) -> None:
    released = curve.released(principal, k)
    ideal = exact(principal, k)
    assert int(ideal - BOUND if ideal > BOUND else 0) <= released <= int(ideal)


@given(principal=PRINCIPALS, k=st.integers(0, 2**256 - 1) | PERIODS)
def test_released__any_pair__equals_the_twin(curve: Contract, principal: int, k: int) -> None:
    assert curve.released(principal, k) == schedule.released(principal, min(k, 100))


@given(one=PRINCIPALS, other=PRINCIPALS, k=PERIODS)
def test_released__two_parts__never_more_than_the_whole(curve: Contract, one: int, other: int, k: int) -> None:
    whole = min(one + other, 2**96 - 1)
    part = min(one, whole)
    assert curve.released(part, k) + curve.released(whole - part, k) <= curve.released(whole, k)


@given(principal=PRINCIPALS, k=st.integers(0, 99))
def test_released__next_period__never_less(curve: Contract, principal: int, k: int) -> None:
    assert curve.released(principal, k) <= curve.released(principal, k + 1)


@given(principal=PRINCIPALS)
def test_released__last_period__is_the_face(curve: Contract, principal: int) -> None:
    assert curve.released(principal, 100) == 10 * principal


@given(
    start=st.integers(0, 2**40 - 1),
    length=st.integers(1, 2**24 - 1),
    timestamp=st.integers(0, 2**64 - 1) | st.integers(0, 2**41),
)
def test_periods_elapsed__any_moment__is_whole_periods_up_to_100(
    curve: Contract, start: int, length: int, timestamp: int
) -> None:
    expected = 0 if timestamp < start else min(100, (timestamp - start) // length)
    assert curve.periodsElapsed(start, length, timestamp) == expected
    assert schedule.periods_elapsed(start, length, timestamp) == expected


@given(start=st.integers(0, 2**40 - 1), length=st.integers(12 * HOUR, 90 * DAY), k=st.integers(1, 100))
def test_periods_elapsed__second_before_a_boundary__is_one_less(
    curve: Contract, start: int, length: int, k: int
) -> None:
    boundary = start + k * length
    assert curve.periodsElapsed(start, length, boundary - 1) == k - 1
    assert curve.periodsElapsed(start, length, boundary) == k
