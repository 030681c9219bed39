"""Two cafés in one alliance: orders paid in the ways that `fec.replay` does not use, at programs of their own."""

from __future__ import annotations

from collections.abc import Sequence

from eth_account.signers.local import LocalAccount

from demo.story import ALLIANCE, CAFE_ORDER, Story
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import HOUR
from fec.protocol.orders import Invoice, Order, Paid
from fec.protocol.types import Node
from fec.replay import Row

#: Shoppers who come: those whose nodes have most to pay, since they pay once out of nodes.
GUESTS = 2
QUOTA = 1_000 * WEI_PER_FEC
#: Nodes claimed from to pay an order.
SPENT_NODES = 3


class Cafes:
    """What is sold at the cafés. Both count what a shopper spends at either."""

    def __init__(self, story: Story) -> None:
        """Takes the story."""
        self._story = story
        self._programs: list[int] = []

    def open(self) -> None:
        """Admits both programs, sets their terms, and founds the alliance."""
        merchants = []
        for name in ALLIANCE:
            terms, key = self._story.settings.terms_of(name), self._story.merchant(name)
            created = self._story.client.programs.create(
                key.address,
                issuer=self._story.client.orders.address,
                period_length=terms.period_length,
                origin=self._story.year.start,
                quota=QUOTA,
            )
            self._programs.append(created.program_id)
            merchants.append(self._story.signed_by(key))
            merchants[-1].terms.set(created.program_id, terms.of(key.address))
        (first, second), (founder, joiner) = self._programs, merchants
        alliance = founder.terms.found_alliance(first).alliance_id
        founder.terms.approve_candidate(first, second)
        joiner.terms.join_alliance(second, alliance)

    def serve(self) -> None:
        """The first guests whose nodes have something to pay buy four times each, and pay another way each time."""
        if self._story.sold:
            return
        now = self._story.client.now()
        ready = {
            owner: sorted((node for node in nodes if node.claimable(now)), key=lambda node: -node.claimable(now))
            for owner, nodes in self._story.nodes_by_owner().items()
            if owner in self._story.shoppers
        }
        guests = sorted(ready, key=lambda owner: -sum(node.claimable(now) for node in ready[owner]))[:GUESTS]
        if len(guests) < GUESTS or not all(ready[guest] for guest in guests):
            return
        self.open()
        for guest in guests:
            self._buy(self._story.shoppers[guest], ready[guest][:SPENT_NODES])

    def _buy(self, key: LocalAccount, nodes: Sequence[Node]) -> None:
        story = self._story
        story.client.transfer(key.address, 3 * CAFE_ORDER)
        guest, stranger = story.signed_by(key), story.signed_by(story.account("stranger"))
        permitted = self._order(guest, 0)
        self._sold(guest.orders.pay_with_permit(permitted, guest.orders.permit(permitted, key)))
        authorized = self._order(guest, 1)
        self._sold(stranger.orders.pay_with_authorization(authorized, guest.orders.authorize(authorized, key)))
        self._sold(guest.orders.transfer_and_call(self._order(guest, 0)))
        story.client.transfer(key.address, CAFE_ORDER)
        guest.orders.approve(CAFE_ORDER)
        self._sold(guest.orders.pay_from_nodes(self._order(guest, 1), [node.token_id for node in nodes]))

    def _order(self, guest: Client, cafe: int) -> Order:
        invoice = Invoice(
            self._programs[cafe], f"latte-{len(self._story.sold)}", CAFE_ORDER, "USD 0.60", guest.now() + HOUR
        )
        signature = guest.orders.sign(invoice, self._story.merchant(ALLIANCE[cafe]))
        return Order(invoice, signature, guest.address)

    def _sold(self, paid: Paid) -> None:
        """Notes an order as a row of the history, and what its nodes paid."""
        story, number = self._story, len(self._story.sold)
        for payout in paid.claimed:
            story.flowed_back[payout.recipient] += payout.amount
        name = story.households[paid.customer]
        store = ALLIANCE[number % len(ALLIANCE)]
        story.sold.append(Row(number, story.anvil.now, name, store, paid.amount, "", paid.order_id))
