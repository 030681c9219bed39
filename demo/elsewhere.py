"""Sales that were paid in cash: a store burns its share for all of them at once, and each shopper has a node for it."""

from __future__ import annotations

from collections.abc import Sequence

from demo.story import Story
from fec.client.client import Client
from fec.core.shares import burn_up
from fec.protocol.settlements import LEAST_PRINCIPAL, Leaf
from fec.replay import Row

#: Sales of one settlement here.
MOST = 50


class Elsewhere:
    """What stores settle: as many sales paid in cash as there were baskets paid in FEC, of the same amounts."""

    def __init__(self, story: Story) -> None:
        """Takes the story."""
        self._story = story
        self._last: tuple[Client, int, Sequence[Leaf], str] | None = None

    def settle(self, rows: Sequence[Row]) -> None:
        """A store of the seed's choice settles its latest sales, out of what it earned."""
        story = self._story
        name = story.rng.choice(rows).store
        bps = story.settings.terms_of(name).tiers[0].burn_bps
        sold = [row for row in rows if row.store == name and burn_up(row.amount, bps) >= LEAST_PRINCIPAL][-MOST:]
        leaves = [Leaf(story.account(row.shopper).address, burn_up(row.amount, bps)) for row in sold]
        total = sum(leaf.principal for leaf in leaves)
        if leaves and (merchant := story.ready(name, total)):
            program, ref = story.programs()[merchant.address], f"cash until {rows[-1].time}"
            merchant.settlements.settle(program, leaves, ref)
            story.settled[merchant.address] += total
            self._last = merchant, program, leaves, ref

    def try_again(self) -> None:
        """The last one once more, with the allowance for it: Checkout takes a reference once."""
        if self._last is None:
            return
        merchant, program, leaves, ref = self._last
        merchant.orders.approve(sum(leaf.principal for leaf in leaves))
        self._story.attempt("settle sales twice", lambda: merchant.settlements.settle(program, leaves, ref))
        merchant.orders.approve(0)
