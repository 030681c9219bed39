"""Histories settled day by day, all stores under one program."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, HOUR
from fec.protocol.terms import Tier
from fec.replay import DailyReplay, DailyReport, History, ReplayFailed, ReplayRefused, ReplaySettings, StoreTerms
from fec.replay.wallets import Wallets

from .conftest import MONDAY

FEC = WEI_PER_FEC
ROWS = (
    ("ann", HOUR, "10", "north"),
    ("bob", HOUR, "20", "south"),
    ("ann", 2 * HOUR, "30", "south"),
    ("ann", DAY + HOUR, "40", "north"),
)

Settle = Callable[..., DailyReport]


@pytest.fixture
def settle(chain: Anvil, client: Client, history: Callable[..., History]) -> Settle:
    """Settles rows by the owner's key."""

    def run(*rows: tuple[str, int, str, str], to_open: int = 0, **settings: Any) -> DailyReport:
        return DailyReplay(client, chain.accounts[0], ReplaySettings(**settings)).run(history(*rows), to_open=to_open)

    return run


def principals(client: Client, shopper: str) -> list[int]:
    address = "0x" + Wallets().shopper(shopper).address.hex()
    return [each.node.principal for each in client.settlements.unopened_of(address)]


def test_daily__two_stores_and_days__is_a_settlement_for_each_day(settle: Settle, client: Client, chain: Anvil) -> None:
    report = settle(*ROWS)
    assert (report.sales, report.settlements, report.days, report.store_days) == (4, 2, 2, 3)
    assert (principals(client, "ann"), principals(client, "bob")) == ([100 * FEC, 300 * FEC, 400 * FEC], [200 * FEC])
    assert chain.now == MONDAY + 2 * DAY
    assert report.burned == client.programs.get(report.program_id).burned == 1_000 * FEC


def test_daily__stores_apart__would_cost_more(settle: Settle) -> None:
    report = settle(*ROWS)
    assert report.apart_gas > report.gas


def test_daily__same_file_again__burns_nothing(settle: Settle) -> None:
    first = settle(*ROWS)
    again = settle(*ROWS)
    assert (again.new_settlements, again.gas, again.figures.burned) == (0, first.gas, first.figures.burned)


def test_daily__interrupted__goes_on_where_it_stopped(
    settle: Settle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(DailyReplay, "_travel", _stop_after(1, DailyReplay._travel))
        with pytest.raises(InterruptedError):
            settle(*ROWS)
    report = settle(*ROWS)
    assert (report.new_settlements, report.burned) == (1, client.programs.get(report.program_id).burned)


def _stop_after(count: int, travel: Callable[[DailyReplay, int], None]) -> Callable[[DailyReplay, int], None]:
    left = [count]

    def stopping(replay: DailyReplay, moment: int) -> None:
        if not left[0]:
            raise InterruptedError
        left[0] -= 1
        travel(replay, moment)

    return stopping


def test_daily__file_that_grows__settles_the_last_day_once_it_is_whole(settle: Settle, client: Client) -> None:
    settle(*ROWS[:2], leave_open=True)
    report = settle(*ROWS, leave_open=True)
    assert (report.settlements, report.new_settlements) == (1, 1)
    assert principals(client, "ann") == [100 * FEC, 300 * FEC]


def test_daily__returned_within_the_window__is_settled_less_that(settle: Settle, client: Client, chain: Anvil) -> None:
    rows = (*ROWS[:3], ("bob", DAY, "-5", "south"), ("ann", DAY, "-10", "north"))
    settle(*rows, terms=StoreTerms(return_window=2 * DAY))
    assert (principals(client, "ann"), principals(client, "bob")) == ([300 * FEC], [150 * FEC])
    assert chain.now == MONDAY + 3 * DAY


def test_daily__second_tier__is_reached_by_what_was_settled_before(settle: Settle, client: Client) -> None:
    settle(*ROWS, terms=StoreTerms(tiers=(Tier(0, 1_000), Tier(4_000, 2_000))))
    assert principals(client, "ann") == [100 * FEC, 300 * FEC, 800 * FEC]


def test_daily__sale_too_small_for_a_node__is_counted(settle: Settle) -> None:
    report = settle(*ROWS, ("bob", HOUR, "0.00005", "north"))
    assert (report.sales, report.too_small) == (4, 1)


def test_daily__opened__pay_ten_times_their_principal(settle: Settle, client: Client) -> None:
    report = settle(*ROWS, to_open=3)
    assert report.opened == 3
    left = sum(principals(client, "ann") + principals(client, "bob"))
    assert report.paid == 10 * (report.burned - left)
    assert report.figures.outstanding == 10 * left


def test_daily__clock_past_the_file__is_refused(settle: Settle, chain: Anvil) -> None:
    chain.travel_to(MONDAY + 5 * DAY)
    with pytest.raises(ReplayRefused, match="or move the file's times by whole weeks with --shift"):
        settle(*ROWS)


def test_daily__shifted__comes_whole_weeks_later(settle: Settle, chain: Anvil) -> None:
    chain.travel_to(MONDAY + 5 * DAY)
    settle(*ROWS, shift=True)
    assert chain.now == MONDAY + 9 * DAY
    assert settle(*ROWS, shift=True).new_settlements == 0


def test_daily__other_tiers_than_before__is_refused(settle: Settle) -> None:
    settle(*ROWS)
    with pytest.raises(ReplayRefused, match="On this chain the program has other tiers"):
        settle(*ROWS, terms=StoreTerms(tiers=(Tier(0, 2_000),)))


def test_daily__more_than_the_budget__is_refused_unsent(settle: Settle, client: Client) -> None:
    before = client.figures().burned
    with pytest.raises(ReplayRefused, match="Choose a lower --rate"):
        settle(("ann", HOUR, "99999999999", "north"))
    assert client.figures().burned == before


def test_daily__a_settlement_missing__fails(settle: Settle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DailyReplay, "_settled", lambda *_: {})
    with pytest.raises(ReplayFailed, match="The chain holds other settlements than the file"):
        settle(*ROWS)


# ------------------------------------------------------------ the command line


def test_command__settle_daily__tells_gas_and_what_grouping_saves(
    file: Callable[..., Path], run: Callable[..., Result]
) -> None:
    words = (file(*ROWS), "--settle", "daily", "--open", "2")
    printed = run(*words).stdout
    assert "2 settlements for 2 days, 2 of them in this run" in printed
    assert "gas, if each of 3 days of a store were settled by itself" in printed


def test_command__settle_daily__prints_json(file: Callable[..., Path], as_json: Callable[..., Any]) -> None:
    record = as_json(file(*ROWS), "--settle", "daily")
    assert (record["sales"], record["burned"], record["newSettlements"]) == (4, "1000", 2)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--open", "1"), "--open opens settled nodes. Give --settle daily with it."),
        (("--settle", "daily", "--every", "1h"), "Leave out --cause, --donation and --every."),
    ],
)
def test_command__options_that_do_not_go_together__are_refused(
    file: Callable[..., Path], run: Callable[..., Result], words: tuple[str, ...], sentence: str
) -> None:
    result = run(file(*ROWS), *words)
    assert result.exit_code == 1
    assert sentence in result.stderr
