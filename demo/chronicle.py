"""What happened, told by the chain's logs alone: orders, nodes and their families, coins, and whatever broke a rule.

Knows nothing of the script's tallies. Amounts in wei, times in seconds since the epoch.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial

from eth_utils.address import to_checksum_address
from web3.constants import ADDRESS_ZERO

from demo.node import Node
from demo.wire import Event
from fec.core import curve
from fec.core.node_id import NodeId
from fec.core.shares import burn_up


@dataclass
class OrderStory:
    """One order key."""

    paid: list[Event] = field(default_factory=list)
    captured: list[Event] = field(default_factory=list)
    refunds: list[int] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        """All that was paid back."""
        return sum(self.refunds)

    @property
    def left(self) -> int:
        """What is neither paid back nor accounted for by the capture."""
        return self.kept - self._settled

    @property
    def kept(self) -> int:
        """What was paid and not paid back."""
        return sum(int(event.values["amount"]) for event in self.paid) - self.refunded

    @property
    def burn_exact(self) -> bool:
        """Whether exactly the burn share of what was not refunded was burned, and nothing if all was."""
        burned = sum(int(event.values["burned"]) for event in self.captured)
        return burned == sum(burn_up(self.kept, int(event.values["burnBps"])) for event in self.paid)

    @property
    def _settled(self) -> int:
        parts = ("toMerchant", "burned", "donated", "returned")
        return sum(int(event.values[part]) for event in self.captured for part in parts)


@dataclass
class NodeStory(Node):
    """One node, as its events leave it."""

    family: int = 0
    """The node that the first of its ancestors was minted as; merged families go by one of them."""


@dataclass
class Chronicle:
    """All of it."""

    orders: defaultdict[str, OrderStory] = field(default_factory=partial(defaultdict, OrderStory))
    nodes: dict[int, NodeStory] = field(default_factory=dict)
    families: dict[int, int] = field(default_factory=dict)
    """Family by the family it was merged into; itself if it was not."""
    principals: Counter[int] = field(default_factory=Counter)
    """Principal minted, by the node it was minted as."""
    payouts: Counter[int] = field(default_factory=Counter)
    """Paid out, by the node that the paying one descends from."""
    received: Counter[str] = field(default_factory=Counter)
    donated: Counter[str] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)
    refunded: Counter[str] = field(default_factory=Counter)
    flowed_back: Counter[str] = field(default_factory=Counter)
    rewarded: Counter[str] = field(default_factory=Counter)
    funders: dict[int, str] = field(default_factory=dict)
    """Who pays, by batch of rewards."""
    credit: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Captured spend by program and customer."""
    alliances: dict[int, int] = field(default_factory=dict)
    """Alliance by program."""
    moves: list[Event] = field(default_factory=list)
    """Transfers of nodes between accounts."""
    withdrawals: list[Event] = field(default_factory=list)
    vaults: set[str] = field(default_factory=set)
    early: list[Event] = field(default_factory=list)
    """Payouts that differ from the curve."""
    elsewhere: list[tuple[Event, str]] = field(default_factory=list)
    """Payouts to somebody other than the owner, and the owner, who must have sent them."""
    treasuries: dict[tuple[int, int], str] = field(default_factory=dict)
    """Who gets the merchant's part, by program and version of its terms."""
    burned: int = 0
    minted: int = 0
    principal: int = 0
    """Of all nodes ever minted."""
    payout_count: int = 0
    paid_out: int = 0
    """By all nodes."""
    checkpoints: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Supply, burned, and Σ (10·principal − claimed) over all nodes, after each block that changed them."""

    def tell(self, events: list[Event]) -> None:
        """Goes through all events, in their order."""
        tellers = {
            "Transfer": self._transfer,
            "PayoutClaimed": self._payout,
            "NodeSplit": self._split,
            "NodeMerged": self._merged,
            "OrderPaid": self._paid,
            "OrderCaptured": self._captured,
            "OrderRefunded": self._refunded,
            "Rewarded": self._rewarded,
            "RewardsFunded": self._funded,
            "RewardTaken": self._taken,
            "AllianceJoined": self._joined,
            "TermsSet": self._terms,
            "MemberEnrolled": lambda event: self.vaults.add(event.values["vault"]),
            "Withdrawn": self.withdrawals.append,
        }
        for event in events:
            if teller := tellers.get(event.name):
                teller(event)
                self.checkpoints[event.block] = (self.supply, self.burned, self.owed)

    @property
    def supply(self) -> int:
        """Created less burned."""
        return self.minted - self.burned

    @property
    def owed(self) -> int:
        """What all nodes have yet to pay: face minted less payouts."""
        return curve.face(self.principal) - self.paid_out

    def at(self, block: int) -> tuple[int, int, int]:
        """Supply, burned and owed after a block."""
        return self.checkpoints[max(number for number in self.checkpoints if number <= block)]

    def by_family(self) -> dict[int, tuple[int, int]]:
        """Principal minted and sum paid, by family."""
        totals: dict[int, tuple[int, int]] = {}
        for root in self.families:
            family = self._root(root)
            principal, paid = totals.get(family, (0, 0))
            totals[family] = principal + self.principals[root], paid + self.payouts[root]
        return totals

    def _transfer(self, event: Event) -> None:
        values = event.values
        if "tokenId" in values:
            self._moved(event)
            return
        if values["from"] == ADDRESS_ZERO:
            self.minted += values["value"]
        if values["to"] == ADDRESS_ZERO:
            self.burned += values["value"]

    def _moved(self, event: Event) -> None:
        token_id, sender, to = event.values["tokenId"], event.values["from"], event.values["to"]
        if sender == ADDRESS_ZERO and token_id not in self.nodes:
            principal = NodeId.decode(token_id).birth_principal
            self.nodes[token_id] = NodeStory(token_id, to, principal, family=token_id)
            self.families[token_id] = token_id
            self.principals[token_id] = principal
            self.principal += principal
        elif sender == ADDRESS_ZERO:
            # A part of a split: the split's own event came first.
            self.nodes[token_id].owner = to
        elif to != ADDRESS_ZERO:
            self.nodes[token_id].owner = to
            self.moves.append(event)

    def _payout(self, event: Event) -> None:
        values = event.values
        node = self.nodes[values["tokenId"]]
        node.claimed += values["claimAmount"]
        # Whoever claims gets all there is, so that the node has then paid exactly what it has released.
        if node.claimed != node.released(event.timestamp):
            self.early.append(event)
        if values["recipient"] != node.owner:
            self.elsewhere.append((event, node.owner))
        self.payouts[node.family] += values["claimAmount"]
        self.paid_out += values["claimAmount"]
        self.payout_count += 1
        self.flowed_back[values["recipient"]] += values["claimAmount"]

    def _split(self, event: Event) -> None:
        values = event.values
        node = self.nodes[values["tokenId"]]
        node.split_off(values["principal"], values["claimed"])
        self.nodes[values["newTokenId"]] = NodeStory(
            values["newTokenId"], node.owner, values["principal"], values["claimed"], family=node.family
        )

    def _merged(self, event: Event) -> None:
        values = event.values
        other = self.nodes.pop(values["mergedTokenId"])
        node = self.nodes[values["tokenId"]]
        node.take_in(other, event.timestamp)
        self.families[self._root(other.family)] = self._root(node.family)

    def _root(self, family: int) -> int:
        while self.families[family] != family:
            family = self.families[family]
        return family

    def _paid(self, event: Event) -> None:
        self.orders[event.values["orderKey"].hex()].paid.append(event)
        self.paid[event.values["payer"]] += event.values["amount"]

    def _captured(self, event: Event) -> None:
        values = event.values
        story = self.orders[values["orderKey"].hex()]
        story.captured.append(event)
        (paid,) = story.paid
        if values["donated"]:
            self.donated[values["cause"]] += values["donated"]
        treasury = self.treasuries[paid.values["programId"], paid.values["termsVersion"]]
        self.received[treasury] += values["toMerchant"]
        kept = paid.values["amount"] - story.refunded
        self.credit[paid.values["programId"], paid.values["customer"]] += kept

    def _refunded(self, event: Event) -> None:
        story = self.orders[event.values["orderKey"].hex()]
        story.refunds.append(event.values["amount"])
        self.refunded[story.paid[0].values["payer"]] += event.values["amount"]

    def _rewarded(self, event: Event) -> None:
        # Merchants here never change their first treasury, and it is what they reward from.
        self.rewarded[self.treasuries[event.values["programId"], 1]] += event.values["amount"]

    def _funded(self, event: Event) -> None:
        self.funders[event.values["batchId"]] = event.values["funder"]

    def _taken(self, event: Event) -> None:
        self.rewarded[self.funders[event.values["batchId"]]] += event.values["amount"]

    def _terms(self, event: Event) -> None:
        _, treasury, *_ = event.values["terms"]
        self.treasuries[event.values["programId"], event.values["version"]] = to_checksum_address(treasury)

    def _joined(self, event: Event) -> None:
        self.alliances[event.values["programId"]] = event.values["allianceId"]
