"""Amounts as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fec.core.amounts import format_fec
from fec.i18n.errors import FECError, InvalidAmount
from fec.i18n.parsing import parse_fec


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("0", 0),
        ("12.5", 12_500_000_000_000_000_000),
        ("1,250.75", 1_250_750_000_000_000_000_000),
        ("0.000000000000000001", 1),
        (" 3 ", 3 * 10**18),
        ("1234567", 1_234_567 * 10**18),
    ],
)
def test_parse_fec__an_amount__is_exact(text: str, wei: int) -> None:
    assert parse_fec(text) == wei


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1e18", "1.", ".5", "1,00", "1,0000", "1.5.2", "0x10", "١", "12 FEC", "nan", "1_000"]
)
def test_parse_fec__not_an_amount__raises(text: str) -> None:
    with pytest.raises(InvalidAmount, match="is not an amount of FEC"):
        parse_fec(text)


def test_parse_fec__nineteen_decimals__raises() -> None:
    with pytest.raises(InvalidAmount, match="has 19 decimals, but FEC has 18"):
        parse_fec("0.0000000000000000001")


def test_invalid_amount__is_both_an_error_of_this_package_and_a_value_error() -> None:
    assert issubclass(InvalidAmount, FECError)
    assert issubclass(InvalidAmount, ValueError)


@given(st.integers(min_value=0, max_value=2**96))
def test_format_fec__any_amount__is_read_back(wei: int) -> None:
    assert parse_fec(format_fec(wei)) == wei


@pytest.mark.parametrize(
    ("wei", "decimals", "text"),
    [
        (1_234_567_890_000_000_000_000, None, "1,234.56789"),
        (10**27, None, "1,000,000,000"),
        (1_234_567_890_000_000_000_000, 2, "1,234.56"),
        (10**18, 2, "1.00"),
        (999_999_999_999_999_999, 0, "0"),
        (1, 18, "0.000000000000000001"),
    ],
)
def test_format_fec__decimals__rounds_down(wei: int, decimals: int | None, text: str) -> None:
    assert format_fec(wei, decimals) == text


def test_format_fec__negative__raises() -> None:
    with pytest.raises(ValueError, match="-1 wei is negative"):
        format_fec(-1)


@pytest.mark.parametrize("decimals", [-1, 19])
def test_format_fec__decimals_out_of_range__raises(decimals: int) -> None:
    with pytest.raises(ValueError, match=f"0 to 18 decimals, not {decimals}"):
        format_fec(1, decimals)
