"""Where there is little or nothing to report: right answers or a clear message, never a NaN."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fec import store
from fec.chain.anvil import Anvil
from fec.chain.deploy import deploy
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.curve import released
from fec.core.durations import DAY, WEEK
from fec.protocol.settlements import Leaf
from fec.reports.data import Data, Scope, of_index
from fec.reports.liability import Policy, statement
from fec.reports.registry import REPORTS
from fec.reports.table import Report
from fec.reports.value_formats import display_text, exact_text
from tests.indexer.story import MONDAY, Story
from tests.reports.conftest import index_of

YEAR = 366 * DAY
BOOKS = Policy(rate=FEC)


@pytest.fixture
def fresh() -> Iterator[Story]:
    """A chain of its own with nothing on it but the contracts."""
    with Anvil(timestamp=MONDAY) as anvil:
        yield Story(anvil, deploy(anvil.web3, anvil.accounts[0]))


@pytest.fixture
def read(fresh: Story, tmp_path: Path) -> Iterator[Any]:
    """Reads the chain as it is when this is called."""
    contexts = []

    def read() -> Data:
        number = len(contexts)
        context = of_index(store.open_database(index_of(fresh, f"sqlite:///{tmp_path / f'{number}.sqlite'}")))
        contexts.append(context)
        return context.__enter__()

    yield read
    for context in contexts:
        context.__exit__(None, None, None)


def everything(data: Data) -> dict[str, Report]:
    """All reports; each value can be shown and written, and is a number if it is to be one."""
    made = {name: build(data) for name, build in REPORTS.items()}
    for report in made.values():
        for row in report.rows:
            assert len(row) == len(report.columns)
            for value, column in zip(row, report.columns, strict=True):
                assert type(value) is not float or (column.kind == "estimate" and math.isfinite(value))
                for text in (display_text(value, column.kind), exact_text(value, column.kind)):
                    assert "nan" not in text.lower()
    return made


def test_reports__nothing_happened__are_empty(read: Any) -> None:
    made = everything(read())
    assert {name for name, report in made.items() if report.rows} == {"quota", "supply"}
    [(_, _, existing, burned, owed)] = made["supply"].rows
    assert (existing > 0, burned, owed) == (True, 0, 0)
    assert [row[:4] for row in made["quota"].rows] == [(1, "open", 0, 0)]  # the public program


def test_reports__one_shopper_one_order__are_that_order(fresh: Story, read: Any) -> None:
    fresh.open()
    fresh.pay(fresh.at_once, 100 * FEC)
    made = everything(read())
    [row] = made["overview-protocol"].rows
    assert row == (0, 1, 1, 0, 0, 1, 0, 100 * FEC, 100 * FEC, 100 * FEC, 0, 0)
    [row] = made["repeat-protocol"].rows
    assert row == (0, 1, 0, 0, 1, 0, 0, 0, None)
    [row] = made["cohorts-protocol"].rows
    assert row[2:7] == (1, 0, 1, 10_000, 1)
    assert made["value-protocol"].rows == []
    assert sum(row[-3] for row in made["calendar"].rows) == 100 * FEC


def test_reports__only_escrow__nothing_is_bound_and_nothing_owed(fresh: Story, read: Any) -> None:
    fresh.open()
    fresh.pay(fresh.escrow, 100 * FEC)
    made = everything(read())
    assert (made["calendar"].rows, made["liability"].rows) == ([], [])
    [row] = [row for row in made["quota"].rows if row[0] == fresh.escrow]
    assert row[3] == 10 * FEC
    assert made["overview-protocol"].rows[0][5:8] == (1, 0, 100 * FEC)


def test_reports__two_settled_sales__are_sales_without_a_price(fresh: Story, read: Any) -> None:
    """Of one shopper, seven weeks ago; one is opened by now, which changes no figure."""
    fresh.open()
    mine = fresh.alice.address
    tree = fresh.settle([Leaf(mine, 3 * FEC), Leaf(mine, 7 * FEC)], fresh.at_once, "day 1")
    fresh.travel(7 * WEEK)
    fresh.open_leaf(tree, 1)
    data = read()
    made = everything(data)
    due = released(3 * FEC, 7) + released(7 * FEC, 7)
    [row] = made["overview-protocol"].rows
    assert row == (0, 1, 0, 1, 0, 0, 2, 0, None, 100 * FEC, due, 0)
    [row] = made["shoppers-protocol"].rows
    assert row[1:6] == (mine, "lapsing", 0, 2, 0)
    [row] = made["repeat-protocol"].rows
    assert row[1:5] == (1, 1, 10_000, 2)
    [row] = made["cohorts-protocol"].rows
    assert row[2:8] == (1, 0, 1, 10_000, 2, 0)
    flows = [row for row in made["calendar"].rows if row[0] == fresh.at_once]
    assert (flows[0][3], sum(row[3] for row in flows)) == (due, 100 * FEC)
    [row] = [row for row in made["quota"].rows if row[0] == fresh.at_once]
    assert row[2] == 10 * FEC
    assert made["tiers"].rows == []
    last = statement(data, Scope("program", fresh.at_once), BOOKS).lines[-1]
    assert (last.points, last.movement.closing, last.price) == (100 * FEC, 0, 0)


def test_program__closed_half_way__pays_on_and_owes_on(fresh: Story, read: Any) -> None:
    fresh.open()
    fresh.pay(fresh.at_once, 100 * FEC)
    fresh.travel(50 * WEEK)
    fresh.shop.programs.close(fresh.at_once)
    data = read()
    made = everything(data)
    [row] = [row for row in made["quota"].rows if row[0] == fresh.at_once]
    assert (row[1], row[-1]) == ("closed", None)
    assert sum(row[-3] for row in made["calendar"].rows) == 100 * FEC
    last = statement(data, Scope("program", fresh.at_once), BOOKS).lines[-1]
    assert last.points == 100 * FEC
    assert last.movement.closing == last.movement.opening > 0


def test_provision__a_year_without_sales__opens_and_closes_at_nothing(fresh: Story, read: Any) -> None:
    fresh.open()
    fresh.pay(fresh.at_once, 100 * FEC)
    fresh.travel(2 * YEAR)
    fresh.alice.nodes.mint(1, 3 * FEC)
    data = read()
    scope = Scope("program", fresh.at_once)
    sold, quiet, _ = statement(data, scope, replace(BOOKS, name="provision"), "year").lines
    assert (sold.price, sold.movement.closing) == (90 * 100, 0)
    assert (quiet.price, quiet.movement.accrued, quiet.movement.closing) == (0, 0, 0)
    deferred = statement(data, scope, BOOKS, "year").lines
    assert deferred[1].movement.opening == deferred[1].movement.closing == deferred[0].movement.closing > 0


def test_reports__every_node_has_paid_in_full__nothing_flows_back(fresh: Story, read: Any) -> None:
    token_id = fresh.open().alice.nodes.mint(1, 5 * FEC).token_id
    fresh.travel(101 * WEEK)
    fresh.alice.nodes.claim(token_id)
    made = everything(read())
    assert made["calendar"].rows == []
    [row] = made["overview-protocol"].rows
    assert row == (0, 0, 0, 0, 0, 0, 0, 0, None, 0, 0, 50 * FEC)
