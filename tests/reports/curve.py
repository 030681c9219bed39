"""The curve as an expression, and what is asked of it on every engine."""

import random
from decimal import Decimal

import pyarrow as pa
import pytest

from fec.core import curve as schedule
from fec.reports import curve_expression
from fec.reports.data import Data, total

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


def check_every_period(data: Data) -> None:
    """Of every principal and period, it is what the schedule has."""
    found = {(principal, period): released for principal, period, released in table(data, cases())}
    assert len(found) == len(cases()) * 101
    assert found == {key: schedule.released(*key) for key in found}


def check_too_much(data: Data) -> None:
    """A total of more digits than decimals have is an error, and no other number."""
    most = [Decimal(10**38 - 1)] * 2
    amounts = data.small({"amount": most}, {"amount": pa.decimal128(38, 0)})
    with pytest.raises(Exception, match=r"(?i)overflow|out.of.range"):
        data.rows(amounts.agg(sum=total(amounts.amount)))
