"""How a payment is shared out, in Solidity: against exact rationals, and against the Python twin."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fec.core import shares as twin
from tests.contracts.support.build import compiled
from tests.contracts.support.evm import Contract
from tests.contracts.support.world import World

WHOLE = 10_000
#: Amounts of orders, in wei, and zero: of all bits, each power of two less one, and dust, where rounding shows.
AMOUNTS = st.one_of(
    st.integers(0, 2**96 - 1), st.integers(0, 96).map(lambda bits: (1 << bits) - 1), st.integers(0, 3 * WHOLE)
)
BPS = st.integers(0, WHOLE)
#: A burn share and a donation share that terms can have together, both in basis points.
BOTH = BPS.flatmap(lambda burn: st.tuples(st.just(burn), st.integers(0, WHOLE - burn)))
EDGES = [0, 1, 9_999, WHOLE, WHOLE + 1, 10**18, 2**96 - 1]


@pytest.fixture(scope="session")
def library(deployed: World) -> Contract:
    return deployed.chain.deploy(compiled("PaymentSharesHarness"), sender=deployed.stranger)


def test_basis_points__of_library_and_twin__are_ten_thousand(library: Contract) -> None:
    assert library.basisPoints() == twin.BASIS_POINTS == WHOLE


@given(amount=AMOUNTS, bps=BPS)
def test_burn__any_amount__is_the_exact_share_rounded_up(library: Contract, amount: int, bps: int) -> None:
    assert library.burnUp(amount, bps) == ceil(Fraction(amount * bps, WHOLE))


@given(amount=AMOUNTS, bps=BPS)
def test_burn__any_amount__equals_the_twin(library: Contract, amount: int, bps: int) -> None:
    assert library.burnUp(amount, bps) == twin.burn_up(amount, bps)


@given(amount=AMOUNTS, bps=BPS)
def test_donation__any_amount__is_the_exact_share_rounded_down(library: Contract, amount: int, bps: int) -> None:
    assert library.donationDown(amount, bps) == floor(Fraction(amount * bps, WHOLE))


@given(amount=AMOUNTS, bps=BPS)
def test_donation__any_amount__equals_the_twin(library: Contract, amount: int, bps: int) -> None:
    assert library.donationDown(amount, bps) == twin.donation_down(amount, bps)


@given(amount=AMOUNTS, both=BOTH)
def test_split__any_amount__equals_the_twin(library: Contract, amount: int, both: tuple[int, int]) -> None:
    assert tuple(library.split(amount, *both)) == twin.split(amount, *both)


@given(amount=AMOUNTS, both=BOTH)
def test_split__any_amount__sums_to_the_amount(library: Contract, amount: int, both: tuple[int, int]) -> None:
    assert sum(library.split(amount, *both)) == amount


@pytest.mark.parametrize("amount", EDGES)
@pytest.mark.parametrize(("burn", "donation"), [(0, 0), (1, WHOLE - 1), (1_000, 200), (WHOLE - 1, 1), (WHOLE, 0)])
def test_split__at_the_edges__equals_the_twin(library: Contract, amount: int, burn: int, donation: int) -> None:
    assert tuple(library.split(amount, burn, donation)) == twin.split(amount, burn, donation)
