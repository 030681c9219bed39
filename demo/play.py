"""The story: the buying year, then the rest of the 100 periods of every node."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from functools import partial

from demo.data import DAY, Year
from demo.holders import Holders
from demo.rewards import Rewards
from demo.shopping import Shopping
from demo.stage import Stage
from fec.core import curve

#: Nights between what happens by the calendar.
CHORE_EVERY, KEEPER_EVERY, CHECKPOINT_EVERY, REWARD_EVERY = 2, 7, 7, 10
#: Nodes that the keeper claims from at a time.
KEPT = 50
NIGHT = 3 * 3_600
#: When the Merkle batch is funded, in percent of the buying.
THANKS_AT = 60
#: After the last basket, members leave the brand between these days; orders and rewards are all final by then.
LEAVING_DAYS = (45, 200)
#: One program in so many is closed once the buying is over.
CLOSED_EVERY = 20


def play(stage: Stage, year: Year, tick: Callable[[int], object]) -> None:
    """Plays it all; `tick` gets the chain's time after each step."""
    shopping, holders, rewards = Shopping(stage), Holders(stage), Rewards(stage)
    for basket in year.baskets:
        stage.plan(basket.timestamp, partial(shopping.buy, basket))
    for day, midnight in enumerate(range(year.start + DAY, year.end + DAY, DAY)):
        night = midnight + NIGHT
        stage.plan(night, shopping.capture_due)
        _plan_night(stage, holders, day, night)
        if day % REWARD_EVERY == 0:
            stage.plan(night, rewards.give)
    stage.plan(year.start + (year.end - year.start) * THANKS_AT // 100, rewards.fund)
    stage.play_until(year.end, tick)
    stage.portrait = _portrait(stage)

    leaving, left = LEAVING_DAYS
    for day, midnight in enumerate(range(year.end + DAY, year.end + leaving * DAY, DAY)):
        stage.plan(midnight + NIGHT, shopping.capture_due)
        _plan_night(stage, holders, day, midnight + NIGHT)
    stage.plan(year.end + leaving * DAY, holders.try_everything)
    stage.plan(year.end + leaving * DAY, partial(holders.close_programs, CLOSED_EVERY))
    for household, member in stage.cast.members:
        moment = year.end + stage.rng.randrange(leaving * DAY + DAY, left * DAY)
        stage.plan(moment, partial(holders.leave, household, member))
    stage.play_until(year.end + leaving * DAY, tick)

    end = _last_release(stage)
    for day, midnight in enumerate(range(year.end + leaving * DAY, end, DAY)):
        _plan_night(stage, holders, day, midnight + NIGHT)
    stage.play_until(max(end, year.end + left * DAY), tick)
    holders.claim_for(list(stage.book.nodes))
    stage.checkpoint()
    tick(stage.now)


def _last_release(stage: Stage) -> int:
    """When the last node has let everything go, in seconds since the epoch."""
    births = [node.id for node in stage.book.nodes.values()]
    return max(born.start + curve.PERIODS * born.period_length for born in births)


def _portrait(stage: Stage) -> str:
    """The SVG of the largest node that has something to claim and is between half and three quarters of its way."""
    half, most = curve.PERIODS // 2, curve.PERIODS * 3 // 4
    nodes = [
        node
        for node in stage.book.nodes.values()
        if node.claimable(stage.now) and half < (stage.now - node.id.start) // node.id.period_length < most
    ]
    if not nodes:
        return ""
    largest = max(nodes, key=lambda node: node.principal)
    uri = stage.wire.view(stage.adn, "tokenURI", largest.token_id)
    image = json.loads(b64decode(uri.partition(",")[2]))["image"]
    return b64decode(image.partition(",")[2]).decode()


def _plan_night(stage: Stage, holders: Holders, day: int, night: int) -> None:
    if day % CHORE_EVERY == 0:
        stage.plan(night, holders.chore)
    if day % KEEPER_EVERY == 0:
        stage.plan(night, partial(holders.keep, KEPT))
    if day % CHECKPOINT_EVERY == 0:
        stage.plan(night, stage.checkpoint)
