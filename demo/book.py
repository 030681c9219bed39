"""The script's own tallies: what it meant to happen, by its own arithmetic. The audit compares them with the chain.

Amounts in wei. Only token ids, and how a split shares out what was claimed, are taken from the chain.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from demo.cast import Store
from demo.node import Node
from fec.core.amounts import WEI_PER_FEC
from fec.core.shares import Shares, split
from fec.protocol.orders import Order


@dataclass
class OrderTally:
    """One order as it should be."""

    order: Order
    store: Store
    payer: str
    burn_bps: int
    refunded: int = 0
    shares: Shares | None = None
    """Known once it is final; None if all of it was refunded."""

    @property
    def final(self) -> Shares:
        """What becomes of what was not refunded."""
        donation_bps = self.store.terms.donation_bps if self.order.cause else 0
        return split(self.order.amount - self.refunded, self.burn_bps, donation_bps)


@dataclass
class Book:
    """All tallies, by account where nothing else is said."""

    orders: dict[str, OrderTally] = field(default_factory=dict)
    nodes: dict[int, Node] = field(default_factory=dict)
    balances: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    """What merchants got out of orders."""
    donated: Counter[str] = field(default_factory=Counter)
    """What causes got."""
    paid: Counter[str] = field(default_factory=Counter)
    """What payers paid for orders."""
    refunded: Counter[str] = field(default_factory=Counter)
    """What payers were paid back."""
    flowed_back: Counter[str] = field(default_factory=Counter)
    """What nodes paid."""
    rewarded: Counter[str] = field(default_factory=Counter)
    """What merchants burned into rewards."""
    credit: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Lifetime spend by store and customer."""
    allied: Counter[str] = field(default_factory=Counter)
    """Lifetime spend with the alliance."""
    burned: int = 0
    spent_back: int = 0
    """What was paid out of nodes in the same transaction that paid an order."""

    def move(self, sender: str, receiver: str, amount: int) -> None:
        """Coins change hands."""
        self.balances[sender] -= amount
        self.balances[receiver] += amount

    def tier(self, store: Store, customer: str, allied: bool) -> int:
        """Burn share of a customer's tier, in basis points."""
        spend = self.credit[store.number, customer]
        if allied:
            spend = max(spend, self.allied[customer])
        return [tier.burn_bps for tier in store.terms.tiers if spend >= tier.min_spend * WEI_PER_FEC][-1]

    def pay(self, tally: OrderTally, till: str) -> None:
        """An order is paid; its coins wait at the till until it is final."""
        self.orders[tally.order.key] = tally
        self.paid[tally.payer] += tally.order.amount
        self.move(tally.payer, till, tally.order.amount)

    def capture(self, tally: OrderTally, till: str, allied: bool, token_id: int) -> None:
        """An order is final."""
        tally.shares = shares = tally.final
        customer, merchant = tally.order.customer, tally.store.merchant
        self.move(till, merchant, shares.to_merchant)
        self.received[merchant] += shares.to_merchant
        if tally.order.cause:
            self.move(till, tally.order.cause, shares.donated)
            self.donated[tally.order.cause] += shares.donated
        kept = tally.order.amount - tally.refunded
        self.credit[tally.store.number, customer] += kept
        if allied:
            self.allied[customer] += kept
        self.mint(token_id, customer, shares.burned, till)

    def refund(self, tally: OrderTally, till: str, amount: int) -> None:
        """Some of an order is paid back."""
        tally.refunded += amount
        self.refunded[tally.payer] += amount
        self.move(till, tally.payer, amount)

    def mint(self, token_id: int, owner: str, principal: int, burner: str) -> None:
        """Coins are burned into a node."""
        self.balances[burner] -= principal
        self.burned += principal
        self.nodes[token_id] = Node(token_id, owner, principal)

    def claim(self, token_id: int, timestamp: int, to: str | None = None) -> int:
        """A node pays what it can; returns how much."""
        node = self.nodes[token_id]
        amount = node.claimable(timestamp)
        node.claimed += amount
        self.balances[to or node.owner] += amount
        self.flowed_back[to or node.owner] += amount
        return amount

    def split(self, token_id: int, new_id: int, principal: int, claimed: int) -> None:
        """A part of a node becomes a node of its own."""
        node = self.nodes[token_id]
        node.split_off(principal, claimed)
        self.nodes[new_id] = Node(new_id, node.owner, principal, claimed)

    def merge(self, token_ids: list[int], timestamp: int) -> None:
        """Nodes are taken into the first of them."""
        for other_id in token_ids[1:]:
            self.nodes[token_ids[0]].take_in(self.nodes.pop(other_id), timestamp)

    def owned_by(self, owner: str) -> list[Node]:
        """An account's nodes, oldest first."""
        return [node for node in self.nodes.values() if node.owner == owner]
