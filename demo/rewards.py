"""Rewards for behaviour: single ones, and one Merkle batch for everybody who shopped at the busiest store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from demo.story import Story
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY
from fec.protocol.merkle import Reward, RewardTree
from fec.replay import Row

SINGLE = 5 * WEI_PER_FEC
REASONS = ("check-in", "review", "referral")
PER_ORDER = WEI_PER_FEC
#: Days in which the batch can be taken.
OPEN_DAYS = 30
#: Of three, two take theirs.
TAKERS = 3


class Rewards:
    """Nodes that merchants give, out of what they earned."""

    def __init__(self, story: Story) -> None:
        """Takes the story."""
        self._story = story
        self.deadlines: dict[int, int] = {}
        """When each batch ends of which somebody has not taken theirs, in seconds since the epoch."""

    def give(self, rows: Sequence[Row]) -> None:
        """A merchant burns some of its own FEC into a node for one of its shoppers, by the seed."""
        row = self._story.rng.choice(rows)
        if merchant := self._story.ready(row.store, SINGLE):
            program = self._story.programs()[merchant.address]
            shopper = self._story.account(row.shopper).address
            merchant.rewards.reward(program, shopper, SINGLE, self._story.rng.choice(REASONS))
            self._story.rewarded[merchant.address] += SINGLE

    def fund(self, rows: Sequence[Row]) -> None:
        """The busiest store thanks each of its shoppers by a Merkle root, a FEC for each order; not all take it."""
        story = self._story
        store = Counter(row.store for row in rows).most_common(1)[0][0]
        visits = Counter(row.shopper for row in rows if row.store == store and row.amount > 0)
        tree = RewardTree(
            [
                Reward(index, story.account(name).address, count * PER_ORDER)
                for index, (name, count) in enumerate(visits.items())
            ]
        )
        if merchant := story.ready(store, tree.total):
            deadline = story.client.now() + OPEN_DAYS * DAY
            batch = merchant.rewards.fund(story.programs()[merchant.address], tree, deadline, "thank you").batch_id
            left = tree.total
            stranger = story.signed_by(story.account("stranger"))
            for proven in tree.proofs():
                if story.rng.randrange(TAKERS):
                    stranger.rewards.take(batch, proven)
                    story.rewarded[merchant.address] += proven.reward.amount
                    left -= proven.reward.amount
            if left:
                self.deadlines[batch] = deadline

    def reclaim(self) -> None:
        """What nobody took of the batches that are over goes back."""
        now = self._story.client.now()
        for batch in [batch for batch, deadline in self.deadlines.items() if deadline < now]:
            self._story.signed_by(self._story.account("stranger")).rewards.reclaim(batch)
            del self.deadlines[batch]
