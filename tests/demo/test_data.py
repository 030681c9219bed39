from __future__ import annotations

import pytest

from demo import data
from fec.core.durations import DAY


def test_read__whole_year__all_stores_in_time_order(year: data.Year) -> None:
    times = [row.time for row in year.rows]

    assert len(year.stores) == 457
    assert times == sorted(times)


def test_read__baskets__cost_whole_cents_and_more_than_none(year: data.Year) -> None:
    assert all(row.amount > 0 and row.amount % data.WEI_PER_CENT == 0 for row in year.rows)


def test_choose__same_seed__same_baskets(year: data.Year) -> None:
    assert data.choose(year, 50, 30, "a") == data.choose(year, 50, 30, "a")


def test_choose__other_seed__other_households(year: data.Year) -> None:
    assert data.choose(year, 50, 30, "a") != data.choose(year, 50, 30, "b")


def test_choose__household_drawn__all_its_baskets_of_those_days(year: data.Year) -> None:
    chosen = data.choose(year, 50, 30, "a")
    households = {row.shopper for row in chosen.rows}
    end = year.start + 30 * DAY

    assert list(chosen.rows) == [row for row in year.rows if row.shopper in households and row.time < end]


def test_choose__more_than_there_are__says_how_many(year: data.Year) -> None:
    with pytest.raises(ValueError, match=r"In 1 days there were \d+ baskets, not 1000000\."):
        data.choose(year, 1_000_000, 1, "a")


def test_returns__each__lies_within_its_window_and_takes_back_no_more_than_was_bought(year: data.Year) -> None:
    bought = {row.line: row for row in year.rows}
    brought_back = list(data.returns(year.rows[:1_000], 14 * DAY, "a"))

    assert 0 < len(brought_back) < 1_000
    assert all(DAY <= row.time - bought[row.line].time < 14 * DAY for row in brought_back)
    assert all(-bought[row.line].amount <= row.amount < 0 for row in brought_back)
