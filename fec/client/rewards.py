"""Rewards: a merchant burns its own FEC into nodes for shoppers, one at a time or many under a Merkle root."""

from __future__ import annotations

from typing import Any

from fec.chain.contracts import Handle, basics
from fec.protocol import calls
from fec.protocol.merkle import ProvenReward, RewardTree
from fec.protocol.rewards import RewardBatch, Rewarded, RewardsFunded, RewardsReclaimed


class Rewards:
    """Rewards of one deployment. Amounts in wei, times in seconds. What sends raises as `Sender.send` does.

    What is burned or funded comes out of the signer's allowance to Checkout: see `Orders.approve`.
    """

    def __init__(self, checkout: Handle) -> None:
        """Takes Checkout."""
        self._checkout = checkout

    def reward(self, program_id: int, shopper: str, amount: int, reason: str = "") -> Rewarded:
        """Burns the signer's FEC into a node for a shopper; only for the program's operator and signer.

        `reason` is text of at most 32 bytes. Raises InvalidArgument if it is longer.
        """
        receipt = self._checkout.send(calls.reward(program_id, shopper, amount, reason))
        event = self._checkout.emitted("Rewarded", receipt)[0]
        return Rewarded(basics(receipt), event["tokenId"], event["shopper"], event["amount"])

    def fund(self, program_id: int, tree: RewardTree, deadline: int, reason: str = "") -> RewardsFunded:
        """Funds all rewards of a tree, to be taken up to a deadline; only for the program's operator and signer.

        `reason` is text of at most 32 bytes. Raises InvalidArgument if it is longer.
        """
        receipt = self._checkout.send(calls.fund_rewards(program_id, tree, deadline, reason))
        event = self._checkout.emitted("RewardsFunded", receipt)[0]
        return RewardsFunded(basics(receipt), event["batchId"], event["amount"])

    def take(self, batch_id: int, proven: ProvenReward) -> Rewarded:
        """Mints a shopper's node out of a batch. Anybody may; the node goes to the shopper."""
        receipt = self._checkout.send(calls.take_reward(batch_id, proven))
        event = self._checkout.emitted("RewardTaken", receipt)[0]
        return Rewarded(basics(receipt), event["tokenId"], event["shopper"], event["amount"])

    def reclaim(self, batch_id: int) -> RewardsReclaimed:
        """Returns what nobody took to who funded it, once the deadline has passed. Anybody may."""
        receipt = self._checkout.send(calls.reclaim_rewards(batch_id))
        return RewardsReclaimed(basics(receipt), self._checkout.emitted("RewardsReclaimed", receipt)[0]["amount"])

    def get(self, batch_id: int) -> RewardBatch:
        """One batch. Raises NotFound if there is none."""
        funder, program_id, root, left, deadline = self._checkout.read("rewardBatchOf", batch_id)
        return RewardBatch(funder, program_id, "0x" + root.hex(), left, deadline)

    def is_taken(self, batch_id: int, index: int) -> bool:
        """Whether a reward of a batch was taken."""
        taken: Any = self._checkout.read("isRewardTaken", batch_id, index)
        return bool(taken)
