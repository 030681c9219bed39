"""How a payment is shared out, in Python; the contract's library is held against it in tests/contracts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fec.core.shares import BASIS_POINTS, burn_up, donation_down, split

AMOUNTS = st.integers(0, 2**96 - 1)
BOTH = st.integers(0, BASIS_POINTS).flatmap(lambda burn: st.tuples(st.just(burn), st.integers(0, BASIS_POINTS - burn)))


def test_split__uneven_amount__burn_rounded_up_and_donation_down() -> None:
    assert split(1_001, 1_000, 100) == (890, 101, 10)


@pytest.mark.parametrize(("amount", "burned"), [(0, 0), (1, 1), (10, 1), (11, 2)])
def test_burn_up__a_tenth__is_never_below_its_share(amount: int, burned: int) -> None:
    assert burn_up(amount, 1_000) == burned


@pytest.mark.parametrize(("amount", "donated"), [(0, 0), (9, 0), (10, 1), (19, 1)])
def test_donation_down__a_tenth__is_never_above_its_share(amount: int, donated: int) -> None:
    assert donation_down(amount, 1_000) == donated


@given(amount=AMOUNTS, both=BOTH)
def test_split__any_amount__gives_nobody_less_than_nothing(amount: int, both: tuple[int, int]) -> None:
    assert min(split(amount, *both)) >= 0


@given(amount=AMOUNTS, both=BOTH)
def test_split__any_amount__sums_to_the_amount(amount: int, both: tuple[int, int]) -> None:
    assert sum(split(amount, *both)) == amount
