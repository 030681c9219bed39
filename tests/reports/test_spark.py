"""The same expressions on Spark: the same rows, every one of them."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from fec.reports import accounts, calendar, cohorts, programs, shoppers, spark, supply
from fec.reports.data import Data, Scope, opened
from fec.reports.liability import Policy, statement
from fec.reports.pools import Estimates
from tests.reports.conftest import World
from tests.reports.curve import check_every_period, check_too_much

BOOKS = Policy(rate=10**18, estimates=Estimates.constant(Fraction(9, 10)))
REPORTS = {
    "shoppers": shoppers.shoppers,
    "overview": shoppers.overview,
    "repeat": shoppers.repeat,
    "cohorts": cohorts.cohorts,
    "tiers": programs.tiers,
    "donations": programs.donations,
    "quota": programs.quota,
    "supply": lambda data, _: supply.supply(data),
    "calendar": calendar.calendar,
    "calendar by shopper": lambda data, scope: calendar.calendar(data, scope, "month", split="shopper"),
    "calendar by cohort": lambda data, scope: calendar.calendar(data, scope, "quarter", split="cohort"),
    "arrivals": lambda data, scope: calendar.arrivals(data, scope, 1),
    "liability": lambda data, scope: accounts.roll_forward(statement(data, scope, BOOKS)),
    "entries": lambda data, scope: accounts.log_entries(statement(data, scope, BOOKS)),
    "provision": lambda data, scope: accounts.journal(statement(data, scope, replace(BOOKS, name="provision"), "year")),
}


@pytest.fixture(scope="module")
def on_spark(world: World) -> Iterator[Data]:
    with opened(world.folder, "spark") as found:
        yield found


@pytest.mark.parametrize("by", ["program", "protocol"])
@pytest.mark.parametrize("name", REPORTS)
def test_report__on_spark__is_the_one_on_duckdb(data: Data, on_spark: Data, name: str, by: str) -> None:
    scope = Scope(by)
    report = REPORTS[name](on_spark, scope)
    assert report.rows == REPORTS[name](data, scope).rows
    assert report.rows


def test_curve__on_spark__as_the_schedule_has_it(on_spark: Data) -> None:
    check_every_period(on_spark)


def test_total__beyond_38_digits_on_spark__is_an_error_and_no_null(on_spark: Data) -> None:
    check_too_much(on_spark)


def test_moment__before_the_end_on_spark__is_the_same(world: World) -> None:
    block = sorted(world.facts.times)[len(world.facts.times) // 2]
    with opened(world.folder, block=block) as one, opened(world.folder, "spark", block=block) as other:
        assert one.cutoff == other.cutoff
        scope = Scope("protocol")
        assert shoppers.shoppers(one, scope).rows == shoppers.shoppers(other, scope).rows


def test_java__of_the_wheel__runs_without_the_module_that_it_lacks() -> None:
    java = spark.wheel_home() / "bin" / "java"
    said = subprocess.run([java, spark._MODULE, "-version"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert 'version "21' in said.stderr


def test_java__of_the_wheel__carries_spark(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own: Spark's Java lives as long as Python."""
    code = (
        "import sys; from pathlib import Path\n"
        "from fec.reports import shoppers, spark\n"
        "from fec.reports.data import Scope, opened\n"
        "spark.java_home = spark.wheel_home\n"
        "with opened(Path(sys.argv[1]), 'spark') as data:\n"
        "    print(shoppers.overview(data, Scope('protocol')).rows)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(world.folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with opened(world.folder) as data:
        assert done.stdout.strip() == str(shoppers.overview(data, Scope("protocol")).rows)
