"""Each report against the slow reference: every row, every integer."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from fec import store
from fec.core.durations import DAY
from fec.indexer.models import OrderRecord
from fec.reports import calendar, cohorts, programs, shoppers, supply
from fec.reports.data import Data, Scope
from fec.store import reading
from tests.reports import reference
from tests.reports.conftest import World

SCOPES = ("program", "alliance", "protocol")


@pytest.fixture(autouse=True)
def _places(world: World) -> Iterator[None]:
    with reading(store.open_database(world.index)) as connection:
        query = select(OrderRecord.order_key, OrderRecord.block_number, OrderRecord.log_index)
        reference.PLACES.update({row[0]: (row[1], row[2]) for row in connection.execute(query)})
    yield
    reference.PLACES.clear()


@pytest.fixture(params=SCOPES)
def by(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_shoppers__every_scope__as_the_reference_has_them(world: World, data: Data, by: str) -> None:
    report = shoppers.shoppers(data, Scope(by), 30)
    found = {row[:2]: row[2:] for row in report.rows}
    assert found == reference.shoppers(world.facts, by, 30)
    assert len(found) == len(report.rows)
    assert {row[2] for row in shoppers.shoppers(data, Scope("protocol"), 30).rows} > {"active"}


def test_shoppers__of_a_program_anybody_may_settle_in__nobody_bought(data: Data) -> None:
    """The public program has settled nodes, opened and not, and each counts among its owner's nodes alone."""
    rows = shoppers.shoppers(data, Scope("program", 1)).records()
    settled = {row["settled"] for row in rows}
    assert settled == {0}
    assert data.rows(data.nodes.filter(lambda t: (t.cause == "settle") & (t.program_id == 1)).count().as_table())[0][0]


def test_overview__every_scope__is_the_sum_of_its_shoppers(world: World, data: Data, by: str) -> None:
    people = reference.shoppers(world.facts, by, 30)
    for row in shoppers.overview(data, Scope(by), 30).rows:
        mine = [each for (scope, _), each in people.items() if scope == row[0]]
        buyers, paying = [each for each in mine if each[1] or each[2]], [each for each in mine if each[1]]
        states = [sum(each[0] == state for each in mine) for state in ("active", "lapsing", "lapsed")]
        orders, settled, spend = (sum(each[place] for each in mine) for place in (1, 2, 3))
        assert row[1:8] == (len(buyers), *states, orders, settled, spend)
        assert row[8] == (spend // len(paying) if paying else None)
        assert row[9:] == tuple(sum(each[place] for each in mine) for place in (7, 8, 9))


def test_repeat__every_scope__as_the_reference_has_it(world: World, data: Data, by: str) -> None:
    found = {row[0]: (*row[1:3], row[4], *row[5:8]) for row in shoppers.repeat(data, Scope(by), 10).rows}
    assert found == reference.repeat(world.facts, by, 10)


def test_repeat__some_claims__were_followed_and_some_not(data: Data) -> None:
    [row] = shoppers.repeat(data, Scope("protocol"), 30).rows
    assert row[5] > row[6] > 0


def test_cohorts__by_month__as_the_reference_has_them(world: World, data: Data, by: str) -> None:
    found = {}
    for scope, cohort, size, age, buyers, _, orders, spend, _ in cohorts.cohorts(data, Scope(by)).rows:
        moment = datetime.fromtimestamp(cohort, UTC)
        found[scope, moment.year * 12 + moment.month - 1, age] = (size, buyers, orders, spend)
    assert found == reference.cohorts(world.facts, by)


def test_supply__by_week__as_the_reference_has_it(world: World, data: Data) -> None:
    rows = supply.supply(data, "week").rows
    assert {row[0]: row[1:] for row in rows} == reference.supply(world.facts)
    assert len(rows) > 1
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_tiers__every_scope__as_the_reference_has_them(world: World, data: Data, by: str) -> None:
    found = {row[:2]: (*row[2:5], row[6]) for row in programs.tiers(data, Scope(by)).rows}
    assert found == reference.tiers(world.facts, by)
    assert len({row[1] for row in programs.tiers(data, Scope("protocol")).rows}) == 2


def test_donations__every_scope__as_the_orders_have_them(world: World, data: Data, by: str) -> None:
    given = [row for row in world.facts.orders if row.donated]
    expected = reference.summed(
        (row for row in given if world.facts.scope(by, row.program_id) is not None),
        lambda row: (world.facts.scope(by, row.program_id), row.cause),
        lambda row: row.donated,
    )
    assert {row[:2]: row[4] for row in programs.donations(data, Scope(by)).rows} == expected
    assert given


def test_calendar__by_week__as_the_curve_has_it(world: World, data: Data, by: str) -> None:
    found = {(row[0], row[2]): (row[3], row[4]) for row in calendar.calendar(data, Scope(by)).rows}
    assert found == reference.calendar(world.facts, by)


@pytest.mark.parametrize("every", ["day", "month", "year"])
@pytest.mark.parametrize("split", [None, "cohort", "shopper"])
def test_calendar__any_length_and_split__adds_up_to_what_is_outstanding(
    world: World, data: Data, every: str, split: str
) -> None:
    report = calendar.calendar(data, Scope("protocol"), every, split=split)
    owed = sum(reference.node(row).outstanding for row in world.facts.nodes)
    assert sum(row["amount"] for row in report.records()) == owed


def test_calendar__of_one_shopper__is_theirs_alone(world: World, data: Data) -> None:
    shopper = world.story.bob.address
    report = calendar.calendar(data, Scope("protocol"), "week", shopper=shopper)
    mine = sum(reference.node(row).outstanding for row in world.facts.nodes if row.owner == shopper)
    assert sum(row["amount"] for row in report.records()) == mine > 0


def test_arrivals__at_least_so_much__are_those_the_calendar_has(world: World, data: Data) -> None:
    each = calendar.calendar(data, Scope("protocol"), "week", split="shopper").records()
    next_week = [row for row in each if row["begin"] > world.facts.now]
    begin = min(row["begin"] for row in next_week)
    amounts = {row["shopper"]: row["amount"] for row in next_week if row["begin"] == begin}
    limit = sorted(amounts.values())[len(amounts) // 2]
    found = {row["shopper"]: row["amount"] for row in calendar.arrivals(data, Scope("protocol"), limit).records()}
    assert found == {shopper: amount for shopper, amount in amounts.items() if amount >= limit}


def test_quota__each_program__burned_left_and_reserved(world: World, data: Data) -> None:
    found = {row["program"]: row for row in programs.quota(data, Scope("program")).records()}
    for program in world.facts.programs:
        row = found.pop(program.program_id)
        escrowed = [
            -(-reference.net(order) * order.burn_bps // 10_000)
            for order in world.facts.orders
            if order.program_id == program.program_id and order.status == "escrowed"
        ]
        assert (row["burned"], row["left"], row["escrowed"]) == (program.burned, program.quota, sum(escrowed))
        assert (row["state"] == "closed") == program.closed
        if program.closed:
            assert row["ends"] is None
    assert found == {}


def test_quota__at_the_pace_of_late__runs_out_when_it_does(world: World, data: Data) -> None:
    late = reference.summed(
        (row for row in world.facts.mints if world.facts.times[row.block_number] > world.facts.now - 100 * DAY),
        lambda row: row.program_id,
        lambda row: row.principal,
    )
    rows = list(programs.quota(data, Scope("program"), 100).records())
    assert any(row["ends"] for row in rows)
    for row in rows:
        pace = late.get(row["program"], 0)
        if row["state"] != "closed" and pace:
            free = max(row["left"] - row["escrowed"], 0)
            assert row["ends"] == world.facts.now + free * 100 * DAY // pace
