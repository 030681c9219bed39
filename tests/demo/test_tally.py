from __future__ import annotations

from demo.tally import tally
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY
from fec.protocol.terms import Tier
from fec.replay import Row, StoreTerms

MONDAY = 1_483_315_200
CAUSE = "0x" + "11" * 20


def rows(*each: tuple[int, int]) -> list[Row]:
    """Rows of (seconds after Monday, whole FEC) of one shopper at one store."""
    return [
        Row(n, MONDAY + time, "ann", "x", amount * WEI_PER_FEC, "", str(n)) for n, (time, amount) in enumerate(each)
    ]


def test_tally__tier_reached__burns_more_from_the_next_order_on() -> None:
    terms = StoreTerms(tiers=(Tier(0, 1_000), Tier(100, 2_000)))

    assert tally(rows((0, 100), (1, 100)), lambda _: terms).burned == 30 * WEI_PER_FEC


def test_tally__two_stores_of_an_alliance__count_together() -> None:
    terms = StoreTerms(tiers=(Tier(0, 1_000), Tier(100, 2_000)))
    there = [Row(2, MONDAY + 2, "ann", "y", 100 * WEI_PER_FEC, "", "2")]

    assert tally([*rows((0, 100)), *there], lambda _: terms, lambda _: "both").burned == 30 * WEI_PER_FEC


def test_tally__part_taken_back__is_neither_burned_nor_received() -> None:
    sums = tally(rows((0, 100), (60, -40)), lambda _: StoreTerms(return_window=14 * DAY))

    assert (sums.paid["ann"], sums.refunded["ann"]) == (100 * WEI_PER_FEC, 40 * WEI_PER_FEC)
    assert (sums.burned, sums.received["x"]) == (6 * WEI_PER_FEC, 54 * WEI_PER_FEC)


def test_tally__cause__gets_its_share_off_the_merchants_part() -> None:
    sums = tally(rows((0, 100)), lambda _: StoreTerms(donation_bps=100, cause=CAUSE))

    assert (sums.donated[CAUSE], sums.received["x"]) == (WEI_PER_FEC, 89 * WEI_PER_FEC)
