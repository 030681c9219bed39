from __future__ import annotations

import pytest

from demo import cast, data


def test_read__whole_year__all_stores_in_time_order(year: data.Year) -> None:
    times = [basket.timestamp for basket in year.baskets]

    assert len(year.stores) == 457
    assert times == sorted(times)


def test_read__baskets__cost_whole_cents_and_more_than_none(year: data.Year) -> None:
    assert all(type(basket.cents) is int and basket.cents > 0 for basket in year.baskets)


def test_choose__same_seed__same_baskets(year: data.Year) -> None:
    assert data.choose(year, 50, 30, "a") == data.choose(year, 50, 30, "a")


def test_choose__other_seed__other_households(year: data.Year) -> None:
    assert data.choose(year, 50, 30, "a") != data.choose(year, 50, 30, "b")


def test_choose__household_drawn__all_its_baskets_of_those_days(year: data.Year) -> None:
    chosen = data.choose(year, 50, 30, "a")
    households = {basket.household for basket in chosen.baskets}
    end = year.start + 30 * data.DAY

    assert list(chosen.baskets) == [
        basket for basket in year.baskets if basket.household in households and basket.timestamp < end
    ]


def test_choose__more_than_there_are__says_how_many(year: data.Year) -> None:
    with pytest.raises(ValueError, match=r"In 1 days there were \d+ baskets, not 1000000\."):
        data.choose(year, 1_000_000, 1, "a")


def test_gather__same_seed__same_keys_and_terms(year: data.Year) -> None:
    chosen = data.choose(year, 50, 30, "a")
    one, two = cast.gather(chosen, "a"), cast.gather(chosen, "a")

    assert [(store.till.address, store.terms) for store in one.stores.values()] == [
        (store.till.address, store.terms) for store in two.stores.values()
    ]
