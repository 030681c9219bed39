"""What settlements promise, in plain Python: a settled node is a node from the settlement on, opened or not.

Amounts in wei, times in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.contracts.stateful.node_model import MIN_SPLIT, Family, Model, Node, Refused
from tests.contracts.support.evm import ZERO
from tests.contracts.support.settling import Batch, Leaf

MOST = 2**96 - 1


@dataclass
class SettlementModel(Model):
    """The state of everything, settlements included."""

    settlements: dict[int, Batch] = field(default_factory=dict)

    def settle(self, sender: str, program_id: int, leaves: Sequence[Leaf]) -> int:
        if not leaves:
            raise Refused("ADN_BatchTooShort", 0, 1)
        self._known(program_id)
        for index, (owner, principal) in enumerate(leaves):
            if owner == ZERO:
                raise Refused("ADN_LeafWithoutOwner", index)
            if principal < MIN_SPLIT:
                raise Refused("ADN_LeafTooSmall", index, principal, MIN_SPLIT)
        program = self._open(program_id)
        if program.issuer not in (ZERO, sender):
            raise Refused("ADN_NotIssuer", program_id, sender, program.issuer)
        total = sum(principal for _, principal in leaves)
        if total > program.quota:
            raise Refused("ADN_QuotaExceeded", program_id, total, program.quota)
        self._spend(sender, total)
        program.quota -= total
        self.burned += total
        start = self.now - (self.now - program.origin) % program.length
        kind = program_id << 64 | program.length << 40 | start
        batch = Batch(len(leaves) << 232 | kind << 136 | total << 40 | program.minted + 1, tuple(leaves))
        for (owner, principal), node_id in zip(leaves, batch.tokens, strict=True):
            self.families[node_id] = Family(start, program.length, principal)
            self.unopened[node_id] = Node(node_id, owner, principal, node_id, program_id, start, program.length)
        program.minted += len(leaves)
        self.settlements[batch.id] = batch
        return batch.id

    def open(self, settlement_id: int, index: int, leaf: Leaf, *, proven: bool) -> int:
        """`proven`: whether the proof is that of the place."""
        if settlement_id not in self.settlements:
            raise Refused("ADN_UnknownSettlement", settlement_id)
        batch = self.settlements[settlement_id]
        if index >= len(batch.leaves):
            raise Refused("ADN_NoSuchLeaf", settlement_id, index, len(batch.leaves))
        if leaf[1] > MOST:
            raise Refused("ADN_PrincipalTooLarge", leaf[1], MOST)
        if not proven or leaf != batch.leaves[index]:
            raise Refused("ADN_InvalidProof", settlement_id, index)
        node_id = batch.tokens[index]
        if node_id not in self.unopened:
            raise Refused("ADN_AlreadyOpened", node_id)
        self.nodes[node_id] = self.unopened.pop(node_id)
        return node_id

    def open_and_claim(self, settlement_id: int, index: int, leaf: Leaf, *, proven: bool) -> list[int]:
        """The node, and what its owner was paid."""
        node_id = self.open(settlement_id, index, leaf, proven=proven)
        node = self.nodes[node_id]
        return [node_id, self._pay(node, node.owner)]
