"""What people type that cannot be meant: refused with words that say how to write it."""

from __future__ import annotations

from typing import Any

import click
import pytest

from fec.cli.params import ADDRESS, AMOUNT, DATETIME, DURATION, LABEL, NODE, ORDER, SHARE, TIER
from fec.protocol.orders import order_key


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (NODE, "three", "'three' is not a node. Write its name, such as 3-42, or its full id."),
        (
            DURATION,
            "a week",
            "'a week' is not a duration. Write weeks, days, hours, minutes and seconds, such as 7d or 14h24m.",
        ),
        (DATETIME, "soon", "'soon' is not a date. Write it as 2026-01-31 or 2026-01-31T18:30+01:00."),
        (
            DATETIME,
            "1969-12-31T00:00+00:00",
            "'1969-12-31T00:00+00:00' is before 1970, when chain time starts. Give a later date.",
        ),
        (SHARE, "12.345%", "'12.345%' is not a percentage with at most two decimals. Write it as 12.5%."),
        (SHARE, "tenth", "'tenth' is not a percentage with at most two decimals. Write it as 12.5%."),
        (
            ORDER,
            "A-1027",
            "'A-1027' is not an order. Write program and order id, such as 2/A-1027, or the order's key.",
        ),
        (
            ORDER,
            "two/A-1027",
            "'two/A-1027' is not an order. Write program and order id, such as 2/A-1027, or the order's key.",
        ),
        (TIER, "5000", "'5000' is not a tier. Write spend in whole FEC and percentage burned, such as 5000:12.5."),
        (TIER, "5000:much", "'much' is not a percentage with at most two decimals. Write it as 12.5%."),
    ],
)
def test_convert__not_of_its_kind__says_how_to_write_it(kind: click.ParamType, typed: str, words: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        kind.convert(typed, None, None)
    assert refused.value.message == words


@pytest.mark.parametrize(
    ("kind", "typed"), [(AMOUNT, "12.5.1"), (ADDRESS, "0x12"), (LABEL, "x" * 33), (ORDER, f"2/{'x' * 33}")]
)
def test_convert__refused_by_the_package__is_a_mistake_of_usage_with_its_value(
    kind: click.ParamType, typed: str
) -> None:
    with pytest.raises(click.BadParameter) as refused:
        kind.convert(typed, None, None)
    assert typed.removeprefix("2/") in refused.value.message


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        (DURATION, "14h24m", 51_840),
        (DURATION, 60, 60),
        (DATETIME, "1970-01-05T01:00+01:00", 345_600),
        (DATETIME, 345_600, 345_600),
        (SHARE, "12.5%", 1250),
        (SHARE, 1250, 1250),
        (ORDER, "0x" + "AB" * 32, "0x" + "ab" * 32),
        (ORDER, "2/A-1027", order_key(2, "A-1027")),
    ],
)
def test_convert__of_its_kind__gives_what_is_meant(kind: click.ParamType, typed: object, meant: Any) -> None:
    assert kind.convert(typed, None, None) == meant
