"""The curve as an expression: equal to `fec.core.curve` for any principal and period, on both engines."""

import csv
import random
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from fec.core import curve as schedule
from fec.reports import curve_expression
from fec.reports.data import WEI, Data, total

VECTORS = Path(__file__).parents[1] / "vectors" / "released_random.csv"
#: The most that the cap can be, and so the most that a face can.
MOST = 2**95 - 1


def cases() -> list[int]:
    rng = random.Random(20)
    principals = [1, 2, 9, 10**7, 10**8 - 1, 10**8, 10**15, 10**18, 3 * 10**18 + 7, MOST // 10]
    principals += [rng.randrange(1, 10 ** rng.randint(1, 27)) for _ in range(200)]
    # Where F · g / D is hardly below an integer: the first principals that gain a wei at some period.
    for k in (1, 13, 55, 86, 99):
        for wei in (1, 10**9, 10**20 + 1):
            least = -(-wei * schedule.FULL_GROWTH // (10 * schedule.growth_down(k)))
            principals += [least, max(least - 1, 1)]
    return sorted({principal for principal in principals if principal * 10 <= MOST})


def table(data: Data, principals: list[int]) -> list[tuple[int, int, int]]:
    nodes = data.small({"principal": [Decimal(each) for each in principals]}, {"principal": pa.decimal128(38, 0)})
    pairs = curve_expression.with_limbs(nodes).cross_join(curve_expression.growths(data))
    return data.rows(pairs.select("principal", "period", released=curve_expression.released(pairs)))


def test_released__every_period__as_the_schedule_has_it(data: Data) -> None:
    found = {(principal, period): released for principal, period, released in table(data, cases())}
    assert len(found) == len(cases()) * 101
    assert found == {key: schedule.released(*key) for key in found}


def test_released__golden_vectors__to_the_wei(data: Data) -> None:
    with VECTORS.open() as file:
        rows = list(csv.DictReader(file))
    golden = {(int(row["principal_wei"]), int(row["k"])): int(row["released_wei"]) for row in rows}
    golden = {key: wei for key, wei in golden.items() if key[0] * 10 <= MOST}
    assert len(golden) > 500
    found = {(principal, period): released for principal, period, released in table(data, [key[0] for key in golden])}
    assert {key: found[key] for key in golden} == golden


def test_total__beyond_38_digits__is_an_error_and_no_other_number(data: Data) -> None:
    most = [Decimal(10**38 - 1)] * 2
    amounts = data.small({"amount": most}, {"amount": pa.decimal128(38, 0)})
    with pytest.raises(Exception, match=r"(?i)overflow|out.of.range"):
        data.rows(amounts.agg(sum=total(amounts.amount)))


def test_total__as_many_as_there_can_be__fits(data: Data) -> None:
    """2^31 amounts below 2^95: checked by their halves, quarters and so on, each as one amount."""
    parts = [Decimal(MOST * 2**power) for power in range(31)]
    amounts = data.small({"amount": parts}, {"amount": pa.decimal128(38, 0)})
    assert data.rows(amounts.agg(sum=total(amounts.amount).cast(WEI))) == [(MOST * (2**31 - 1),)]
