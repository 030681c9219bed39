"""The curve alone: exact rationals, golden vectors, and the contract's own source."""

import csv
import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fec.core import curve
from fec.core.durations import DAY, HOUR, WEEK

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
CURVE_SOURCE = (ROOT / "contracts" / "libraries" / "ReleaseCurve.sol").read_text()
METADATA_SOURCE = (ROOT / "contracts" / "nodes" / "NodeMetadata.sol").read_text()

ONE_ADN = 1000 * 10**18
MONDAY = 345_600
PRINCIPAL_LIMIT = 1 << 96

ALL_PERIODS = range(curve.PERIODS + 1)
EXACT_GROWTH = Fraction(21, 20)

principals = st.integers(min_value=0, max_value=PRINCIPAL_LIMIT - 1)
periods = st.integers(min_value=0, max_value=curve.PERIODS)


def exact_weight(k: int) -> Fraction:
    return (EXACT_GROWTH**k - 1) / (EXACT_GROWTH**curve.PERIODS - 1)


def golden(name: str) -> list[tuple[int, int, int]]:
    with (VECTORS / name).open() as file:
        return [(int(row["k"]), int(row["principal_wei"]), int(row["released_wei"])) for row in csv.DictReader(file)]


# ------------------------------------------------------------------- arithmetic


def test_growth_down__all_periods__never_above_exact() -> None:
    assert all(Fraction(curve.growth_down(k), curve.ONE) <= EXACT_GROWTH**k - 1 for k in range(curve.PERIODS))


def test_full_growth__rounded_up__never_below_exact() -> None:
    excess = Fraction(curve.FULL_GROWTH, curve.ONE) - (EXACT_GROWTH**curve.PERIODS - 1)
    assert 0 <= excess < Fraction(1, curve.ONE)


@pytest.mark.parametrize("k", ALL_PERIODS)
def test_weight__largest_principal__error_below_2_to_minus_23_wei(k: int) -> None:
    error = exact_weight(k) - Fraction(curve.growth_down(k), curve.FULL_GROWTH)
    assert 0 <= curve.FACE_MULTIPLE * PRINCIPAL_LIMIT * error < Fraction(1, 2**23)


def test_growth_down__products__fit_256_bits() -> None:
    # The contract multiplies unchecked. The widest product is that with the last and largest factor.
    widest = max(curve.growth_down(k - 64) + curve.ONE for k in range(64, curve.PERIODS)) * curve.GROWTHS[-1]
    assert widest < 1 << 256


def test_released__product__fits_256_bits() -> None:
    assert curve.face(PRINCIPAL_LIMIT) * curve.FULL_GROWTH < 1 << 256


def test_growth_down__one_period_more__grows() -> None:
    growths = [curve.growth_down(k) for k in ALL_PERIODS]
    assert all(before < after for before, after in pairwise(growths))


def test_growth_down__beyond_the_last_period__stays_full() -> None:
    assert curve.growth_down(curve.PERIODS + 1) == curve.FULL_GROWTH


@given(principals)
def test_released__after_all_periods__is_the_face(principal: int) -> None:
    assert curve.released(principal, curve.PERIODS) == curve.face(principal)


@given(principals, periods)
def test_released__any_node__at_most_one_wei_below_exact_floor(principal: int, k: int) -> None:
    exact = curve.face(principal) * exact_weight(k)
    assert exact.__floor__() - 1 <= curve.released(principal, k) <= exact.__floor__()


@given(principals, principals, periods)
def test_released__two_parts__never_more_than_the_whole(a: int, b: int, k: int) -> None:
    assert curve.released(a, k) + curve.released(b, k) <= curve.released(a + b, k)


@pytest.mark.parametrize("name", ["released_one_adn.csv", "released_random.csv"])
def test_released__golden_vectors__equal(name: str) -> None:
    rows = golden(name)
    assert [(k, principal, curve.released(principal, k)) for k, principal, _ in rows] == rows


def test_golden_vectors__one_adn__has_all_periods() -> None:
    assert [k for k, _, _ in golden("released_one_adn.csv")] == list(ALL_PERIODS)


# ------------------------------------------------------------ one source checked


def solidity_constants() -> dict[str, int]:
    found = re.findall(r"uint256 (?:internal|private) constant (\w+) = (0x[0-9a-f]+|\d+);", CURVE_SOURCE)
    return {name: int(value, 0) for name, value in found}


def test_constants__solidity__are_those_of_python() -> None:
    expected = {f"GROWTH_{1 << bit}": growth for bit, growth in enumerate(curve.GROWTHS)}
    expected |= {
        "PERIODS": curve.PERIODS,
        "FACE_MULTIPLE": curve.FACE_MULTIPLE,
        "FULL_GROWTH": curve.FULL_GROWTH,
    }
    assert solidity_constants() == expected


def test_fixed_point__solidity__is_that_of_python() -> None:
    assert f"constant ONE = 1 << {curve.FRACTION_BITS};" in CURVE_SOURCE


def test_metadata_picture__curve__follows_the_weights() -> None:
    path = re.search(r'CURVE =\s+"M([^"]+)";', METADATA_SOURCE)
    assert path is not None
    numbers = [Fraction(number) for number in path[1].split()]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    expected_x = [40 + Fraction(320 * k, curve.PERIODS) for k in range(0, curve.PERIODS + 1, 4)]
    assert [x for x, _ in points] == expected_x
    rounding = Fraction(1, 20)
    heights = [300 - 200 * exact_weight(k) for k in range(0, curve.PERIODS + 1, 4)]
    assert all(abs(y - height) <= rounding for (_, y), height in zip(points, heights, strict=True))


# ------------------------------------------------------------- what a user asks


@pytest.mark.parametrize(
    ("timestamp", "k"),
    [
        (MONDAY - 1, 0),
        (MONDAY, 0),
        (MONDAY + WEEK - 1, 0),
        (MONDAY + WEEK, 1),
        (MONDAY + 100 * WEEK - 1, 99),
        (MONDAY + 100 * WEEK, 100),
        (MONDAY + 1000 * WEEK, 100),
    ],
)
def test_periods_elapsed__around_boundaries__counts_whole_ones(timestamp: int, k: int) -> None:
    assert curve.periods_elapsed(MONDAY, WEEK, timestamp) == k


@given(origin=st.integers(0, 2**40), length=st.integers(12 * HOUR, 90 * DAY), later=st.integers(0, 2**40))
def test_starts_at__any_moment__is_the_last_boundary(origin: int, length: int, later: int) -> None:
    start = curve.starts_at(origin, length, origin + later)
    assert (start - origin) % length == 0
    assert start <= origin + later < start + length


@pytest.mark.parametrize(
    ("timestamp", "start"), [(MONDAY, MONDAY), (MONDAY + WEEK - 1, MONDAY), (MONDAY + WEEK, MONDAY + WEEK)]
)
def test_starts_at__public_grid__is_a_monday(timestamp: int, start: int) -> None:
    assert curve.starts_at(MONDAY, WEEK, timestamp) == start


def test_claimable__some_claimed__is_the_rest() -> None:
    assert curve.claimable(ONE_ADN, curve.released(ONE_ADN, 3), 5) == curve.released(ONE_ADN, 5) - curve.released(
        ONE_ADN, 3
    )


def test_claimable__ahead_of_the_curve_after_a_split__is_zero() -> None:
    assert curve.claimable(ONE_ADN, curve.released(ONE_ADN, 5) + 1, 5) == 0


def test_next_release__new_node__is_period_1() -> None:
    first = curve.released(ONE_ADN, 1)
    assert curve.next_release(ONE_ADN, MONDAY, WEEK, MONDAY) == curve.Release(1, MONDAY + WEEK, first, first)


def test_next_release__at_a_boundary__is_the_one_after() -> None:
    release = curve.next_release(ONE_ADN, MONDAY, WEEK, MONDAY + 54 * WEEK)
    assert release is not None
    assert (release.period, release.timestamp) == (55, MONDAY + 55 * WEEK)


def test_next_release__dust__skips_periods_that_bring_nothing() -> None:
    release = curve.next_release(1, MONDAY, WEEK, MONDAY)
    assert release is not None
    assert curve.released(1, release.period - 1) == 0
    assert release.amount == 1


def test_next_release__all_released__is_none() -> None:
    assert curve.next_release(ONE_ADN, MONDAY, WEEK, MONDAY + 100 * WEEK) is None


@pytest.mark.parametrize(
    ("amount", "period"),
    [
        (0, 0),
        (1, 1),
        (ONE_ADN, 55),
        (curve.face(ONE_ADN) // 2, 86),
        (curve.face(ONE_ADN), 100),
    ],
)
def test_period_when_released__one_adn(amount: int, period: int) -> None:
    assert curve.period_when_released(ONE_ADN, amount) == period


@given(st.integers(1, PRINCIPAL_LIMIT - 1).flatmap(lambda p: st.tuples(st.just(p), st.integers(1, 10 * p))))
def test_period_when_released__any_sum__is_the_first(node: tuple[int, int]) -> None:
    principal, amount = node
    k = curve.period_when_released(principal, amount)
    assert curve.released(principal, k - 1) < amount <= curve.released(principal, k)


@pytest.mark.parametrize("amount", [-1, curve.face(ONE_ADN) + 1])
def test_period_when_released__never_paid__raises(amount: int) -> None:
    with pytest.raises(ValueError, match=f"pays {curve.face(ONE_ADN)} wei in all, never {amount}"):
        curve.period_when_released(ONE_ADN, amount)


def test_time_when_released__principal__is_the_end_of_period_55() -> None:
    assert curve.time_when_released(ONE_ADN, ONE_ADN, MONDAY, WEEK) == MONDAY + 55 * WEEK


@given(principals)
def test_table__any_node__adds_up_to_the_face(principal: int) -> None:
    assert sum(release.amount for release in curve.table(principal, MONDAY, WEEK)) == curve.face(principal)


def test_table__one_adn__has_all_periods_in_order() -> None:
    rows = list(curve.table(ONE_ADN, MONDAY, WEEK))
    assert [(row.period, row.timestamp) for row in rows] == [(k, MONDAY + k * WEEK) for k in range(1, 101)]
