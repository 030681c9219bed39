"""What happens when: holders act between stretches of buying, and go on for all 100 periods of every node."""

from __future__ import annotations

from collections.abc import Callable

from demo.cafes import Cafes
from demo.elsewhere import Elsewhere
from demo.holders import Holders
from demo.rewards import Rewards
from demo.story import Story
from fec.core.durations import DAY, WEEK

#: How much is bought between.
STRETCH = 4 * WEEK
#: Holders who act after each stretch of buying, and in each step after it.
BUSY, CALM = 20, 3
#: Nodes that the stranger claims from at a time.
KEPT = 100
#: When the Merkle batch is funded, in percent of the buying.
THANKS_AT = 60
#: Once the buying is over, holders act so often.
REST = 20 * DAY
#: Members leave the brand between these steps.
LEAVING = (2, 10)
#: One program in so many is closed once the buying is over.
CLOSED_EVERY = 20


def play(story: Story, tick: Callable[[int, int], object]) -> None:
    """Plays it all; `tick` gets the chain's time after each stretch, and when this part of the story ends."""
    holders, rewards, cafes, elsewhere = Holders(story), Rewards(story), Cafes(story), Elsewhere(story)
    story.checkpoint()
    last = story.rows[-1].time + 1
    thanks = story.year.start + (story.year.end - story.year.start) * THANKS_AT // 100
    for start in range(story.year.start, last, STRETCH):
        end = min(start + STRETCH, last)
        story.replay(end, leave_open=end < last)
        rows = [row for row in story.year.rows if row.time < end]
        rewards.reclaim()
        rewards.give(rows)
        elsewhere.settle(rows)
        if start <= thanks < end:
            rewards.fund(rows)
        cafes.serve()
        holders.act(BUSY)
        holders.hand_over()
        if end == last:
            story.take_portrait()
        story.claim_for_owners(KEPT)
        story.checkpoint()
        tick(min(end, story.year.end), story.year.end)
    story.repeated = story.replay(last, leave_open=False)
    holders.try_everything()
    elsewhere.try_again()
    holders.close_programs(CLOSED_EVERY)
    _rest(story, holders, rewards, tick)


def _rest(story: Story, holders: Holders, rewards: Rewards, tick: Callable[[int, int], object]) -> None:
    first, last = LEAVING
    leaving = {address: story.rng.randrange(first, last) for address in holders.staying}
    step, begun, end = 0, story.anvil.now, 0
    while story.anvil.now < end or step <= last:
        step += 1
        story.anvil.travel_to(max(begun + step * REST, story.anvil.now + 1))
        rewards.reclaim()
        holders.act(CALM)
        for address in [address for address, when in leaving.items() if when == step]:
            holders.leave(address)
        story.claim_for_owners(KEPT)
        story.checkpoint()
        end = max(node.end for node in story.nodes())
        tick(story.anvil.now, end)
    story.claim_for_owners()
    story.checkpoint()
