"""How a payment is shared out: the exact twin of `contracts/libraries/PaymentShares.sol`.

With an amount `A` in wei, a burn share `b` and a donation share `d` in basis points, where b + d ≤ 10,000:

    burned      = ceil(A · b / 10,000)
    donated     = floor(A · d / 10,000)
    to merchant = A − burned − donated

The burn is rounded up, so that it is never below its share; the donation is rounded down. The library says why both
together are never above the amount.
"""

from __future__ import annotations

from typing import NamedTuple

#: 100 % in basis points.
BASIS_POINTS = 10_000


class Shares(NamedTuple):
    """What becomes of an amount paid, in wei. The three sum to the amount."""

    to_merchant: int
    burned: int
    donated: int


def burn_up(amount: int, burn_bps: int) -> int:
    """Part of an amount that is burned, rounded up; wei and basis points."""
    return -(-amount * burn_bps // BASIS_POINTS)


def donation_down(amount: int, donation_bps: int) -> int:
    """Part of an amount that is donated, rounded down; wei and basis points."""
    return amount * donation_bps // BASIS_POINTS


def split(amount: int, burn_bps: int, donation_bps: int) -> Shares:
    """All three shares of an amount; wei, and basis points that come to at most 10,000 together."""
    burned, donated = burn_up(amount, burn_bps), donation_down(amount, donation_bps)
    return Shares(amount - burned - donated, burned, donated)
