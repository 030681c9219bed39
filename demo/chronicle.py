"""The lives of all nodes, told by the events of the node contract alone: families, payouts, and whatever broke a rule.

Knows nothing of what the script did. Amounts in wei, times in seconds since the epoch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, select

from fec import store
from fec.core import curve
from fec.core.node_id import NodeId
from fec.indexer.models import BlockRecord, EventRecord
from fec.protocol.addresses import ADDRESS_ZERO


@dataclass
class Life:
    """One node: principal and claimed as they stand, and what a merge holds back."""

    token_id: int
    owner: str
    principal: int
    family: int
    """The node that the first of its ancestors was minted as; merged families go by one of them."""
    claimed: int = 0
    held: int = 0
    """Wei that a merge holds back: rounding once for the whole must not release more than rounding for each part."""
    held_until: int = 0

    def released(self, timestamp: int) -> int:
        """What it has let go."""
        return self._by_curve(timestamp) - (self.held if timestamp < self.held_until else 0)

    def take_in(self, other: Life, timestamp: int) -> None:
        """Another node is merged into this one: until the period ends both release what they had released apart."""
        apart = self.released(timestamp) + other.released(timestamp)
        self.principal += other.principal
        self.claimed += other.claimed
        self.held = self._by_curve(timestamp) - apart
        born = NodeId.decode(self.token_id)
        self.held_until = timestamp + born.period_length - (timestamp - born.start) % born.period_length

    def _by_curve(self, timestamp: int) -> int:
        born = NodeId.decode(self.token_id)
        return curve.released(self.principal, curve.periods_elapsed(born.start, born.period_length, timestamp))


@dataclass
class Chronicle:
    """All lives, and what happened in them."""

    nodes: dict[int, Life] = field(default_factory=dict)
    families: dict[int, int] = field(default_factory=dict)
    """Family by the family it was merged into; itself if it was not."""
    principals: Counter[int] = field(default_factory=Counter)
    """Principal minted, by the node it was minted as."""
    payouts: Counter[int] = field(default_factory=Counter)
    """Paid out, by the node that the paying one descends from."""
    payout_count: int = 0
    early: list[int] = field(default_factory=list)
    """Nodes whose payouts differ from the curve."""
    moves: list[tuple[str, str]] = field(default_factory=list)
    """By whom each node was moved, or paid somebody else: the transaction, and the owner, who must have sent it."""

    def tell(self, name: str, values: Mapping[str, Any], time: int, tx_hash: str) -> None:
        """Takes in the next event."""
        match name:
            case "Transfer":
                self._transfer(int(values["tokenId"]), values["from"], values["to"], tx_hash)
            case "PayoutClaimed":
                self._payout(values, time, tx_hash)
            case "NodeSplit":
                node, part = self.nodes[int(values["tokenId"])], int(values["newTokenId"])
                principal, claimed = int(values["principal"]), int(values["claimed"])
                node.principal -= principal
                node.claimed -= claimed
                self.nodes[part] = Life(part, node.owner, principal, node.family, claimed)
            case "NodeMerged":
                node, other = self.nodes[int(values["tokenId"])], self.nodes.pop(int(values["mergedTokenId"]))
                node.take_in(other, time)
                self.families[self._root(other.family)] = self._root(node.family)

    def by_family(self) -> dict[int, tuple[int, int]]:
        """Principal minted and sum paid, by family."""
        totals: dict[int, tuple[int, int]] = {}
        for root in self.families:
            principal, paid = totals.get(self._root(root), (0, 0))
            totals[self._root(root)] = principal + self.principals[root], paid + self.payouts[root]
        return totals

    def _transfer(self, token_id: int, sender: str, to: str, tx_hash: str) -> None:
        if sender == ADDRESS_ZERO and token_id not in self.nodes:
            principal = NodeId.decode(token_id).birth_principal
            self.nodes[token_id] = Life(token_id, to, principal, token_id)
            self.families[token_id] = token_id
            self.principals[token_id] = principal
        elif to != ADDRESS_ZERO:
            # A part of a split came with the split's own event, which is first.
            if sender != ADDRESS_ZERO:
                self.moves.append((tx_hash, sender))
            self.nodes[token_id].owner = to

    def _payout(self, values: Mapping[str, Any], time: int, tx_hash: str) -> None:
        node, amount = self.nodes[int(values["tokenId"])], int(values["claimAmount"])
        node.claimed += amount
        # A claim pays all that is due, so that the node has then paid exactly what it has released.
        if node.claimed != node.released(time):
            self.early.append(node.token_id)
        if values["recipient"] != node.owner:
            self.moves.append((tx_hash, node.owner))
        self.payouts[node.family] += amount
        self.payout_count += 1

    def _root(self, family: int) -> int:
        while self.families[family] != family:
            family = self.families[family]
        return family


def read_chronicle(engine: Engine) -> Chronicle:
    """All lives, from an index's events."""
    chronicle = Chronicle()
    events = (
        select(EventRecord.name, EventRecord.arguments, BlockRecord.timestamp, EventRecord.transaction_hash)
        .join(BlockRecord, BlockRecord.number == EventRecord.block_number)
        .where(EventRecord.contract == "ADN")
        .order_by(EventRecord.block_number, EventRecord.log_index)
    )
    with store.reading(engine) as connection:
        for name, values, time, tx_hash in connection.execute(events):
            chronicle.tell(name, values, time, tx_hash)
    return chronicle
