"""What should become of the purchases, by the script's own arithmetic; the audit compares it with the chain.

The order of events is the replay's own plan. Amounts in wei, by shopper, store or cause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fec.core.amounts import WEI_PER_FEC
from fec.core.shares import split
from fec.replay import Row, StoreTerms
from fec.replay.plan import PlannedCapture, PlannedPayment, PlannedRefund, plan

_BLOCK_GAS = 10**9


@dataclass
class Tally:
    """All sums as they should be."""

    paid: Counter[str] = field(default_factory=Counter)
    refunded: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    donated: Counter[str] = field(default_factory=Counter)
    burned: int = 0


def tally(
    rows: Sequence[Row], terms_of: Callable[[str], StoreTerms], alliance_of: Callable[[str], str] = lambda store: store
) -> Tally:
    """The sums of a whole history. Stores of one alliance count together what a shopper spends."""
    sums = Tally()
    kept: dict[int, int] = {}
    burn_bps: dict[int, int] = {}
    credit: Counter[tuple[str, str]] = Counter()

    def capture(place: int) -> None:
        row, terms = rows[place], terms_of(rows[place].store)
        shares = split(kept[place], burn_bps[place], terms.donation_bps if terms.cause else 0)
        sums.received[row.store] += shares.to_merchant
        sums.burned += shares.burned
        credit[alliance_of(row.store), row.shopper] += kept[place]
        if terms.cause:
            sums.donated[terms.cause] += shares.donated

    whole = plan(rows, window_of=lambda store: terms_of(store).return_window, shift=0, every=1, gas=_BLOCK_GAS)
    for action in (action for block in whole.blocks for action in block.actions):
        match action:
            case PlannedPayment(place):
                row, terms = rows[place], terms_of(rows[place].store)
                spent = credit[alliance_of(row.store), row.shopper]
                burn_bps[place] = [tier.burn_bps for tier in terms.tiers if spent >= tier.min_spend * WEI_PER_FEC][-1]
                kept[place] = row.amount
                sums.paid[row.shopper] += row.amount
                if not terms.return_window:
                    capture(place)
            case PlannedRefund(_, place, amount):
                kept[place] -= amount
                sums.refunded[rows[place].shopper] += amount
            case PlannedCapture(places):
                for place in places:
                    capture(place)
    return sums
