"""The books against the chain: balances roll forward to the cent, and every figure is its log entries."""

import csv
import io
import zipfile
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from fec import store
from fec.indexer import Indexer
from fec.indexer.models import EventRecord
from fec.reports import accounts, reconciliation, writers
from fec.reports.data import Data, Scope, opened
from fec.reports.dates import Every, interval_of
from fec.reports.errors import ExportStale, NothingToReport
from fec.reports.export import export
from fec.reports.liability import Policy, Statement, combined, statement
from fec.reports.pools import Estimates, divide_half_even
from fec.store import reading
from tests.reports.conftest import World

RATE = 100 * 10**18
#: An estimate that changes in the middle of what happens.
POLICIES = {
    "material right": Policy(rate=RATE, currency="USD", estimates=Estimates(((0, Fraction(9, 10)),))),
    "provision": Policy(rate=RATE, currency="USD", name="provision"),
    "borne by the protocol": Policy(rate=RATE, currency="USD", bearer="protocol"),
}


@pytest.fixture(params=POLICIES)
def policy(request: pytest.FixtureRequest, world: World) -> Policy:
    chosen = POLICIES[request.param]
    middle = (world.facts.now + min(world.facts.times.values())) // 2
    if chosen.name == "material-right":
        return replace(chosen, estimates=Estimates(((0, Fraction(9, 10)), (middle, Fraction(7, 10)))))
    return chosen


@pytest.fixture(params=["month", "year"])
def made(request: pytest.FixtureRequest, data: Data, policy: Policy) -> Statement:
    return statement(data, Scope("program"), policy, request.param)


def test_statement__each_line__opens_where_the_one_before_closed(made: Statement) -> None:
    by_scope = defaultdict(list)
    for line in made.lines:
        by_scope[line.scope].append(line)
    for lines in by_scope.values():
        assert lines[0].movement.opening == 0
        for before, after in pairwise(lines):
            assert before.interval.end == after.interval.begin
            assert before.movement.closing == after.movement.opening
    assert made.lines


def test_statement__every_figure__is_the_sum_of_its_entries(made: Statement) -> None:
    sums: dict[tuple[int, int, str], int] = defaultdict(int)
    for entry in made.entries:
        sums[entry.scope, entry.interval.begin, entry.kind] += entry.money
    for line in made.lines:
        for kind in ("accrued", "redeemed", "breakage", "catch_up"):
            assert sums.pop((line.scope, line.interval.begin, kind), 0) == getattr(line.movement, kind)
    assert set(sums.values()) <= {0}


def test_statement__every_entry_with_a_block__is_a_log_of_the_chain(world: World, made: Statement) -> None:
    with reading(store.open_database(world.index)) as connection:
        query = select(EventRecord.block_number, EventRecord.log_index, EventRecord.transaction_hash)
        places = {tuple(row) for row in connection.execute(query)}
    facts = [entry.fact for entry in made.entries if entry.fact.block_number is not None]
    assert {(fact.block_number, fact.log_index, fact.transaction_hash) for fact in facts} <= places


def test_statement__points_at_the_end__are_what_is_outstanding(world: World, made: Statement) -> None:
    last = {line.scope: line.points for line in made.lines}
    owed = sum(10 * row.principal - row.claimed for row in world.facts.nodes)
    assert sum(last.values()) == owed


@pytest.mark.parametrize("every", ["month", "year"])
def test_together__books_by_program__are_those_of_the_protocol(data: Data, policy: Policy, every: Every) -> None:
    by_program = statement(data, Scope("program"), policy, every)
    assert len({line.scope for line in by_program.lines}) > 1
    assert combined(by_program) == statement(data, Scope("protocol"), policy, every)


def test_journal__debits_and_credits__are_the_roll_forward(made: Statement) -> None:
    balances: dict[str, int] = defaultdict(int)
    for record in accounts.journal(made).records():
        assert record["money"] > 0
        balances[record["debit"]] += record["money"]
        balances[record["credit"]] -= record["money"]
    assert sum(balances.values()) == 0
    account = accounts.CONTRACT if made.policy.name == "material-right" else accounts.PROVISION
    closing = {line.scope: line.movement.closing for line in made.lines}
    assert -balances[account] == sum(closing.values())
    assert balances[accounts.COINS] == sum(line.price for line in made.lines) > 0


def test_material_right__each_sale__by_relative_stand_alone_prices(world: World, data: Data) -> None:
    policy = POLICIES["material right"]
    accrued = [entry for entry in statement(data, Scope("program"), policy).entries if entry.kind == "accrued"]
    orders = {
        (row.block_number, row.log_index): row for row in world.facts.orders if row.status == "captured" and row.burned
    }
    for entry in accrued:
        order = orders.pop((entry.fact.block_number, entry.fact.log_index))
        # Received · points' worth / (goods + points' worth), the worth being 90 % of ten times what was burned.
        worth = 9 * order.burned
        exact = Fraction(order.to_merchant * worth, (order.amount - order.refunded + worth))
        assert entry.money == divide_half_even(exact.numerator * 100, exact.denominator * RATE)
    # The others were too small for a cent.
    assert all(order.to_merchant * 100 < RATE for order in orders.values())
    assert len(accrued) > 5


def test_material_right__after_claims__recognises_by_what_was_redeemed(world: World, data: Data) -> None:
    policy = POLICIES["material right"]
    made = statement(data, Scope("protocol"), policy, "year")
    by_pool: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    years = {id_: interval_of(start, "year").begin for id_, start in data.rows(data.nodes.select("token_id", "start"))}
    for entry in made.entries:
        if entry.kind == "accrued":
            by_pool[entry.fact.program_id, entry.fact.year][0] += entry.money
    for row in world.facts.mints:
        by_pool[row.program_id, years[str(row.token_id)]][1] += 10 * row.principal
    for row in world.facts.claims:
        by_pool[row.program_id, years[str(row.token_id)]][2] += row.amount
    expected = sum(
        deferred - min(deferred, divide_half_even(deferred * redeemed * 10, issued * 9))
        for deferred, issued, redeemed in by_pool.values()
    )
    assert made.lines[-1].movement.closing == expected > 0
    assert sum(line.movement.redeemed for line in made.lines) > 0
    assert sum(line.movement.breakage for line in made.lines) > 0


def test_changed_estimate__is_caught_up_with_at_once(world: World, data: Data) -> None:
    policy = POLICIES["material right"]
    changed = replace(policy, estimates=Estimates(((0, Fraction(9, 10)), (world.facts.now, Fraction(8, 10)))))
    before, after = (statement(data, Scope("protocol"), each) for each in (policy, changed))
    *same, last = after.lines
    assert same == before.lines[:-1]
    assert last.movement.catch_up > before.lines[-1].movement.catch_up
    assert last.movement.opening == before.lines[-1].movement.opening


def test_provision__while_the_year_lasts__only_accrues(data: Data) -> None:
    made = statement(data, Scope("protocol"), POLICIES["provision"], "year")
    last = made.lines[-1]
    assert (last.movement.redeemed, last.movement.breakage) == (0, 0)
    assert last.movement.closing == last.movement.accrued > 0


def test_protocol_bears__merchants_owe_nothing(data: Data) -> None:
    made = statement(data, Scope("program"), POLICIES["borne by the protocol"])
    assert {line.movement.closing for line in made.lines} == {0}
    assert made.entries == []
    assert any("The merchant owes nothing" in note for note in accounts.roll_forward(made).notes)


def test_statement__no_such_program__is_refused(data: Data) -> None:
    with pytest.raises(NothingToReport, match="There is no program 99 at block"):
        statement(data, Scope("program", 99), POLICIES["material right"])


def test_files__csv_page_and_workbook__name_the_block(data: Data, tmp_path: Path) -> None:
    reports = accounts.reports(statement(data, Scope("protocol"), POLICIES["material right"]))
    rows = list(csv.DictReader(io.StringIO(writers.as_csv(reports[0]))))
    assert len(rows) == len(reports[0].rows)
    for row in rows:
        parts = [Fraction(row[name]) for name in ("opening", "accrued", "redeemed", "breakage", "catch_up", "closing")]
        assert parts[0] + parts[1] - sum(parts[2:5]) == parts[5]
    page = writers.page("Points", data.cutoff, reports)
    assert data.cutoff.block_hash in page
    writers.workbook(tmp_path / "points.xlsx", "Points", data.cutoff, reports)
    with zipfile.ZipFile(tmp_path / "points.xlsx") as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        text = b"".join(book.read(name) for name in book.namelist()).decode()
    assert len(sheets) == 1 + len(reports)
    assert data.cutoff.block_hash in text


def test_prove__the_chain_itself__agrees_to_the_wei(world: World, data: Data) -> None:
    found = reconciliation.reconcile(data, world.anvil.web3, world.deployment)
    assert [each for each in found if not each.equal] == []
    assert all(each.chain for each in found)


def test_prove__a_reorganised_block__is_refused(world: World, tmp_path: Path) -> None:
    """An export of a block that the chain then loses."""
    anvil, engine = world.anvil, store.open_database(tmp_path / "fec.sqlite")
    indexer = Indexer(engine, anvil.url, world.deployment)
    snapshot = anvil.request("evm_snapshot")
    try:
        anvil.mine()
        indexer.sync()
        export(engine, tmp_path / "export")
        anvil.request("evm_revert", snapshot)
        snapshot = anvil.request("evm_snapshot")
        anvil.travel_to(anvil.now + 77)
        with opened(tmp_path / "export") as lost, pytest.raises(ExportStale, match="The chain was reorganised"):
            reconciliation.reconcile(lost, anvil.web3, world.deployment)
        anvil.mine()
        indexer.sync()
        export(engine, tmp_path / "export")
        with opened(tmp_path / "export") as found:
            assert all(each.equal for each in reconciliation.reconcile(found, anvil.web3, world.deployment))
    finally:
        indexer.close()
        anvil.request("evm_revert", snapshot)
