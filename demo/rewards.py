"""Rewards for behaviour: single ones, and one Merkle batch for everybody who shopped at the busiest store."""

from __future__ import annotations

from functools import partial

from demo.data import DAY
from demo.opening import MAX_UINT256
from demo.stage import Stage
from fec.core.amounts import WEI_PER_FEC
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.merkle import ProvenReward, Reward, RewardTree

SINGLE = 5 * WEI_PER_FEC
REASONS = ("check-in", "review", "referral")
PER_ORDER = WEI_PER_FEC
#: Days in which the batch can be taken.
OPEN_DAYS = 30
#: Of three, two take theirs.
TAKERS = 3


class Rewards:
    """Nodes that merchants give."""

    def __init__(self, stage: Stage) -> None:
        """Takes the stage."""
        self._stage = stage
        self._approved: set[str] = set()

    def give(self) -> None:
        """A merchant burns some of its own FEC into a node for one of its customers, by the seed."""
        stage = self._stage
        final = [tally for tally in stage.book.orders.values() if tally.shares]
        affordable = [tally for tally in final if stage.book.balances[tally.store.merchant] >= SINGLE]
        if not affordable:
            return
        tally = stage.rng.choice(affordable)
        merchant, customer = tally.store.merchant, tally.order.customer
        self._approve(merchant)
        program, reason = stage.programs[tally.store.number], to_bytes32(stage.rng.choice(REASONS))
        done = stage.act(stage.checkout.call(merchant, "reward", program, customer, SINGLE, reason))
        stage.book.rewarded[merchant] += SINGLE
        stage.book.mint(done.only("Rewarded")["tokenId"], customer, SINGLE, merchant)

    def fund(self) -> None:
        """The busiest store thanks each of its customers by a Merkle root, a FEC of principal for each order."""
        stage, book = self._stage, self._stage.book
        store = stage.cast.stores[stage.cast.alliance[0]]
        merchant = store.merchant
        orders = [tally for tally in book.orders.values() if tally.store is store]
        customers = list(dict.fromkeys(tally.order.customer for tally in orders))
        visits = [sum(tally.order.customer == customer for tally in orders) for customer in customers]
        rewards = [
            Reward(index, customer, count * PER_ORDER)
            for index, (customer, count) in enumerate(zip(customers, visits, strict=True))
        ]
        if not rewards or book.balances[merchant] < sum(reward.amount for reward in rewards):
            return
        tree = RewardTree(rewards)
        self._approve(merchant)
        deadline = stage.now + OPEN_DAYS * DAY
        done = stage.act(
            stage.checkout.call(
                merchant,
                "fundRewards",
                stage.programs[store.number],
                bytes.fromhex(tree.root[2:]),
                tree.total,
                deadline,
                to_bytes32("thank you"),
            )
        )
        batch_id = done.only("RewardsFunded")["batchId"]
        book.move(merchant, stage.checkout.address, tree.total)
        proven = list(tree.proofs())
        takers = [each for each in proven if stage.rng.randrange(TAKERS)]
        for each in takers:
            moment = stage.now + stage.rng.randrange(DAY, OPEN_DAYS * DAY - DAY)
            stage.plan(moment, partial(self._take, batch_id, merchant, each))
        left = tree.total - sum(each.reward.amount for each in takers)
        if left:
            stage.plan(deadline + DAY, partial(self._reclaim, batch_id, merchant, left))

    def _take(self, batch_id: int, merchant: str, proven: ProvenReward) -> None:
        stage, reward = self._stage, proven.reward
        proof = [bytes.fromhex(node[2:]) for node in proven.proof]
        done = stage.act(
            stage.checkout.call(
                stage.cast.relayer,
                "takeReward",
                batch_id,
                reward.index,
                reward.shopper,
                reward.amount,
                proof,
            )
        )
        stage.book.rewarded[merchant] += reward.amount
        token_id = done.only("RewardTaken")["tokenId"]
        stage.book.mint(token_id, reward.shopper, reward.amount, stage.checkout.address)

    def _reclaim(self, batch_id: int, merchant: str, left: int) -> None:
        stage = self._stage
        stage.act(stage.checkout.call(merchant, "reclaimRewards", batch_id))
        stage.book.move(stage.checkout.address, merchant, left)

    def _approve(self, merchant: str) -> None:
        if merchant not in self._approved:
            self._approved.add(merchant)
            stage = self._stage
            stage.act(stage.fec.call(merchant, "approve", stage.checkout.address, MAX_UINT256))
