from __future__ import annotations

from demo.book import share


def test_share__uneven_amount__burn_rounded_up_and_donation_down() -> None:
    shares = share(1_001, 1_000, 100)

    assert (shares.burned, shares.donated, shares.to_merchant) == (101, 10, 890)


def test_share__donation_larger_than_what_the_burn_leaves__capped() -> None:
    shares = share(1, 1_000, 10_000)

    assert (shares.burned, shares.donated, shares.to_merchant) == (1, 0, 0)
