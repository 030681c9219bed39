"""The curve as an expression: equal to `fec.core.curve` for any principal and period, on both engines."""

import csv
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from fec.reports.data import WEI, Data, total
from tests.reports.curve import MOST, check_every_period, check_too_much, table

VECTORS = Path(__file__).parents[1] / "vectors" / "released_random.csv"


def test_released__every_period__as_the_schedule_has_it(data: Data) -> None:
    check_every_period(data)


def test_released__golden_vectors__to_the_wei(data: Data) -> None:
    with VECTORS.open() as file:
        rows = list(csv.DictReader(file))
    golden = {(int(row["principal_wei"]), int(row["k"])): int(row["released_wei"]) for row in rows}
    golden = {key: wei for key, wei in golden.items() if key[0] * 10 <= MOST}
    assert len(golden) > 500
    found = {(principal, period): released for principal, period, released in table(data, [key[0] for key in golden])}
    assert {key: found[key] for key in golden} == golden


def test_total__beyond_38_digits__is_an_error_and_no_other_number(data: Data) -> None:
    check_too_much(data)


def test_total__as_many_as_there_can_be__fits(data: Data) -> None:
    """2^31 amounts below 2^95: checked by their halves, quarters and so on, each as one amount."""
    parts = [Decimal(MOST * 2**power) for power in range(31)]
    amounts = data.small({"amount": parts}, {"amount": pa.decimal128(38, 0)})
    assert data.rows(amounts.agg(sum=total(amounts.amount).cast(WEI))) == [(MOST * (2**31 - 1),)]
