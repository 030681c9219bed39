"""Scenes of Checkout: rewards, one at a time and under a Merkle root."""

from __future__ import annotations

from benchmarks.lab import Call, Lab, Scenario, address
from benchmarks.shop import Shop, allow
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import DAY
from fec.protocol.bytes32 import to_bytes32
from fec.protocol.merkle import ProvenReward, Reward, RewardTree

AMOUNT = 10 * FEC  # of each reward
LEAVES = 1_000
ALICES, NEWCOMERS, NEIGHBOURS = 512, 513, 514  # rewards whose marks share a storage word, 256 to each
OPEN_FOR = 30 * DAY  # seconds
REASON = to_bytes32("reviews in May")


def reward_first(lab: Lab, _: int) -> Call:
    """To a shopper who holds no node."""
    return _reward(lab, Shop(lab), lab.newcomer)


def reward(lab: Lab, _: int) -> Call:
    """To a shopper who holds one."""
    return _reward(lab, Shop(lab), lab.alice)


def _reward(lab: Lab, shop: Shop, shopper: str) -> Call:
    allow(lab, lab.merchant)
    args = (shop.program_id, shopper, AMOUNT, REASON)
    return lab.checkout("reward", args, lab.merchant)


def _proofs(lab: Lab) -> tuple[RewardTree, list[ProvenReward]]:
    shoppers = {ALICES: lab.alice, NEWCOMERS: lab.newcomer, NEIGHBOURS: lab.others[0]}
    tree = RewardTree([Reward(i, shoppers.get(i, address(f"shopper {i}")), AMOUNT) for i in range(LEAVES)])
    return tree, list(tree.proofs())


def fund(lab: Lab, _: int) -> Call:
    """Of 1,000 shoppers, by the program's operator."""
    shop = Shop(lab)
    allow(lab, lab.merchant)
    tree, _proven = _proofs(lab)
    args = (shop.program_id, tree.root, tree.total, lab.clock + OPEN_FOR, REASON)
    return lab.checkout("fundRewards", args, lab.merchant)


def fund_repeat(lab: Lab, _: int) -> Call:
    """A second batch."""
    call = fund(lab, 0)
    lab.send(call)
    return call


def _take(lab: Lab, index: int) -> Call:
    """By a third party, out of the first batch."""
    _, proven = _proofs(lab)
    reward, proof = proven[index].reward, proven[index].proof
    args = (1, reward.index, reward.shopper, reward.amount, proof)
    return lab.checkout("takeReward", args, lab.carol)


def take_first_node(lab: Lab, _: int) -> Call:
    """By a shopper who holds no node."""
    lab.send(fund(lab, 0))
    lab.send(_take(lab, NEIGHBOURS))
    return _take(lab, NEWCOMERS)


def take_first_of_word(lab: Lab, _: int) -> Call:
    """The first of the 256 whose marks share a storage word."""
    lab.send(fund(lab, 0))
    return _take(lab, ALICES)


def take(lab: Lab, _: int) -> Call:
    """After others of the 256."""
    lab.send(fund(lab, 0))
    lab.send(_take(lab, NEIGHBOURS))
    return _take(lab, ALICES)


def reclaim(lab: Lab, _: int) -> Call:
    """After the deadline, by a third party; some were taken."""
    lab.send(fund(lab, 0))
    lab.send(_take(lab, ALICES))
    lab.clock += OPEN_FOR
    return lab.checkout("reclaimRewards", (1,), lab.carol)


SCENARIOS = (
    Scenario("shopper's first node", reward_first),
    Scenario("shopper has a node", reward),
    Scenario("first batch", fund),
    Scenario("another batch", fund_repeat),
    Scenario("of 1,000, shopper's first node", take_first_node),
    Scenario("of 1,000, shopper has a node, first of its 256", take_first_of_word),
    Scenario("of 1,000, shopper has a node", take),
    Scenario("some taken", reclaim),
)
