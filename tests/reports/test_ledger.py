"""Points in the books, to the cent: worked examples that others published, and what must hold for any numbers.

IFRS 15 Illustrative Examples, Example 52 (IE267–IE270), which ASC 606-10-55-353 to 55-356 repeat.
KPMG, Revenue – IFRS 15 handbook (2019), Examples 10A and 10B: an estimate that rises, and one that falls.
IFRIC 13 Customer Loyalty Programmes, Illustrative Examples, Example 1: an estimate that rises, over three years.
"""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fec.reports.pools import (
    Estimates,
    Movement,
    Pool,
    Year,
    allocate_to_points,
    apportion,
    divide_half_even,
    movement_between,
    provision_between,
    round_half_even,
    sum_movements,
)

CENTS = 100


# ------------------------------------------------------------- published examples


def test_example_52__currency_units__as_published() -> None:
    """Sales of 100,000 with 10,000 points of 1 each, 95 % of them expected to be redeemed."""
    deferred = round_half_even(allocate_to_points(100_000, 100_000, Fraction(10_000), Fraction(95, 100)))
    assert (100_000 - deferred, deferred) == (91_324, 8_676)
    granted = Pool(deferred, 10_000, 0, Fraction(95, 100))
    first = Pool(deferred, 10_000, 4_500, Fraction(95, 100))
    assert (movement_between(granted, first).revenue, first.liability) == (4_110, 4_566)
    second = Pool(deferred, 10_000, 8_500, Fraction(97, 100))
    year = movement_between(first, second)
    assert (year.revenue, second.liability) == (3_493, 1_073)
    assert (year.opening, year.closing) == (4_566, 1_073)
    # What was redeemed in the first year would have been 8,676 · 4,500 / 9,700 = 4,025 by the new estimate.
    assert year.catch_up == 4_025 - 4_110


def test_example_52__in_cents__to_the_cent() -> None:
    deferred = round_half_even(
        allocate_to_points(100_000 * CENTS, 100_000 * CENTS, Fraction(10_000 * CENTS), Fraction(95, 100))
    )
    assert deferred == 867_580  # 8,675.80, where the standard says 8,676
    first = Pool(deferred, 10_000, 4_500, Fraction(95, 100))
    second = Pool(deferred, 10_000, 8_500, Fraction(97, 100))
    assert first.recognised() == 410_959
    assert movement_between(first, second) == Movement(456_621, 0, 347_032, 10_733, 402_486 - 410_959)
    assert second.recognised() == 760_251


def test_kpmg_10a__estimate_rises__as_published() -> None:
    """The handbook allocates 9,000 to the points, a share rounded to 9 %; 97 % of them are expected, then 99 %."""
    pool = [Pool(9_000, 10_000, redeemed, Fraction(97, 100)) for redeemed in (0, 4_500)]
    assert movement_between(*pool).revenue == 4_175
    assert movement_between(pool[1], Pool(9_000, 10_000, 8_500, Fraction(99, 100))).revenue == 3_552


def test_kpmg_10b__estimate_falls__as_published() -> None:
    before = Pool(9_000, 10_000, 4_500, Fraction(97, 100))
    movement = movement_between(before, Pool(9_000, 10_000, 8_500, Fraction(92, 100)))
    assert movement.revenue == 4_140
    assert movement.catch_up > 0


def test_ifric_13_example_1__three_years__as_published() -> None:
    """100 points for 100: 40 of 80 expected redeemed in year 1, 41 more of 90 in year 2, the last nine in year 3."""
    steps = [Pool(100, 100, 0, Fraction(80, 100)), Pool(100, 100, 40, Fraction(80, 100))]
    steps += [Pool(100, 100, 81, Fraction(90, 100)), Pool(100, 100, 90, Fraction(90, 100))]
    assert [movement_between(*pair).revenue for pair in pairwise(steps)] == [50, 40, 10]
    assert steps[-1].liability == 0


# -------------------------------------------------------------------- any numbers

AMOUNTS = st.integers(0, 10**12)
SHARES = st.fractions(0, 1, max_denominator=10_000)


@given(deferred=AMOUNTS, issued=AMOUNTS, redeemed=st.tuples(SHARES, SHARES), expected=st.tuples(SHARES, SHARES))
def test_moved__any_two_moments__closes_where_the_pool_stands(
    deferred: int, issued: int, redeemed: tuple[Fraction, Fraction], expected: tuple[Fraction, Fraction]
) -> None:
    first, last = sorted(int(issued * share) for share in redeemed)
    before = Pool(deferred // 2, issued // 2, min(first, issued // 2), expected[0])
    after = Pool(deferred, issued, last if last >= before.redeemed else before.redeemed, expected[1])
    movement = movement_between(before, after)
    assert (movement.opening, movement.closing) == (before.liability, after.liability)
    assert 0 <= after.liability <= after.deferred
    assert movement.redeemed >= 0


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=6), SHARES)
def test_moved__in_steps__adds_up_to_one_step(steps: list[tuple[int, int]], expected: Fraction) -> None:
    pools = [Pool()]
    for deferred, issued in steps:
        last = pools[-1]
        pools.append(Pool(last.deferred + deferred, last.issued + issued, last.redeemed + issued // 3, expected))
    combined = sum_movements(movement_between(*pair) for pair in pairwise(pools))
    at_once = movement_between(pools[0], pools[-1])
    assert (combined.accrued, combined.revenue) == (at_once.accrued, at_once.revenue)


@given(sum_=st.integers(-(10**15), 10**15), weights=st.lists(AMOUNTS, min_size=1, max_size=50))
def test_apportioned__any_weights__adds_up(sum_: int, weights: list[int]) -> None:
    parts = apportion(sum_, weights)
    assert sum(parts) == (sum_ if any(weights) else 0)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (-1, 2, 0), (-3, 2, -2), (7, 3, 2), (8, 3, 3), (0, 5, 0)],
)
def test_divide__halves__go_to_the_even(numerator: int, denominator: int, quotient: int) -> None:
    assert divide_half_even(numerator, denominator) == quotient


def test_pool__nothing_expected__owes_nothing() -> None:
    assert Pool(100, 1_000, 0, Fraction(0)).liability == 0
    assert Pool().liability == 0
    assert allocate_to_points(100, 100, Fraction(10), Fraction(0)) == 0


def test_pool__more_redeemed_than_was_expected__owes_nothing() -> None:
    assert Pool(100, 1_000, 900, Fraction(1, 2)).liability == 0


def test_estimates__before_between_and_after__the_one_in_force() -> None:
    estimates = Estimates(((0, Fraction(1)), (10, Fraction(9, 10)), (20, Fraction(8, 10))))
    assert [estimates.at(time) * 10 for time in (0, 9, 10, 19, 20, 99)] == [10, 10, 9, 9, 8, 8]


# ------------------------------------------------------------------ the provision

RATE = Fraction(15, 1_000)


def test_provided__within_the_year__only_accrues() -> None:
    assert provision_between(Year(), Year(100_000), RATE) == Movement(0, 1_500)
    assert provision_between(Year(100_000), Year(300_050), RATE) == Movement(1_500, 3_001)


def test_provided__less_redeemed_than_accrued__the_rest_is_released() -> None:
    settled = provision_between(Year(100_000), Year(200_000, 2_200, over=True), RATE)
    assert settled == Movement(1_500, 1_500, 2_200, 800, 0)
    assert settled.closing == 0


def test_provided__more_redeemed_than_accrued__is_expensed() -> None:
    settled = provision_between(Year(100_000), Year(100_000, 2_200, over=True), RATE)
    assert settled == Movement(1_500, 0, 2_200, 0, -700)
    assert settled.closing == 0


def test_provided__year_without_sales__settles_at_nothing() -> None:
    assert provision_between(Year(), Year(0, 0, over=True), RATE) == Movement()
