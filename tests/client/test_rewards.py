"""Rewards through the client: one at a time, and many under a Merkle root."""

import pytest

from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import HOUR
from fec.i18n.errors import InvalidArgument, InvalidInput, LimitExceeded, NotAllowed, NotFound, StateConflict
from fec.protocol.merkle import ProvenReward, Reward, RewardTree
from fec.protocol.rewards import RewardBatch

from .refusals import refused

FEC = WEI_PER_FEC
COUNT = 5


@pytest.fixture
def tree(alice: Client, bob: Client) -> RewardTree:
    shoppers = (alice.address, bob.address)
    return RewardTree([Reward(index, shoppers[index % 2], FEC + index) for index in range(COUNT)])


@pytest.fixture
def generous(shop: Client) -> Client:
    """The shop, which lets Checkout take what it gives away."""
    shop.orders.approve(1_000 * FEC)
    return shop


@pytest.fixture
def deadline(shop: Client) -> int:
    return shop.now() + HOUR


@pytest.fixture
def batch_id(generous: Client, program_id: int, tree: RewardTree, deadline: int) -> int:
    return generous.rewards.fund(program_id, tree, deadline, "week 1").batch_id


@pytest.fixture
def over(chain: Anvil, batch_id: int, deadline: int) -> None:
    """The batch's deadline has passed."""
    chain.travel_to(deadline + 1)


def test_reward__is_a_node_of_the_shoppers(generous: Client, bob: Client, program_id: int) -> None:
    rewarded = generous.rewards.reward(program_id, bob.address, 7 * FEC, "review")
    node = bob.nodes.get(rewarded.token_id)
    assert (rewarded.shopper, rewarded.amount) == (bob.address, 7 * FEC)
    assert (node.owner, node.principal) == (bob.address, 7 * FEC)


def test_reward__by_a_stranger__is_refused(bob: Client, program_id: int) -> None:
    with refused(NotAllowed, "Checkout_NotSignerOrOperator", programId=program_id, caller=bob.address):
        bob.rewards.reward(program_id, bob.address, FEC)


def test_reward__reason_too_long__raises(generous: Client, bob: Client, program_id: int) -> None:
    with pytest.raises(InvalidArgument, match="does not fit 32 bytes"):
        generous.rewards.reward(program_id, bob.address, FEC, "x" * 33)


def test_fund__batch__is_read_back(
    generous: Client, program_id: int, tree: RewardTree, deadline: int, batch_id: int
) -> None:
    expected = RewardBatch(generous.address, program_id, tree.root, tree.total, deadline)
    assert generous.rewards.get(batch_id) == expected


def test_fund__total__is_reserved(generous: Client, program_id: int, tree: RewardTree, deadline: int) -> None:
    assert generous.rewards.fund(program_id, tree, deadline).amount == tree.total
    assert generous.terms.reserved(program_id) == tree.total


def test_fund__deadline_past__is_refused(generous: Client, program_id: int, tree: RewardTree) -> None:
    before = generous.now()
    with pytest.raises(InvalidInput) as caught:
        generous.rewards.fund(program_id, tree, 1)
    assert caught.value.name == "Checkout_DeadlinePassed"
    assert caught.value.values["deadline"] == 1
    assert caught.value.values["timestamp"] >= before


def test_fund__above_quota__is_refused(generous: Client, bob: Client, program_id: int, deadline: int) -> None:
    tree = RewardTree([Reward(0, bob.address, 10_001 * FEC)])
    with refused(LimitExceeded, "Checkout_QuotaExceeded", programId=program_id, asked=10_001 * FEC, left=10_000 * FEC):
        generous.rewards.fund(program_id, tree, deadline)


def test_take__each__is_a_node_of_its_shoppers(owner: Client, batch_id: int, tree: RewardTree) -> None:
    for proven in tree.proofs():
        rewarded = owner.rewards.take(batch_id, proven)
        node = owner.nodes.get(rewarded.token_id)
        assert (node.owner, node.principal) == (proven.reward.shopper, proven.reward.amount)
    assert owner.rewards.get(batch_id).left == 0


def test_is_taken__only_what_was(owner: Client, batch_id: int, tree: RewardTree) -> None:
    owner.rewards.take(batch_id, list(tree.proofs())[2])
    assert [owner.rewards.is_taken(batch_id, index) for index in range(COUNT)] == [False, False, True, False, False]


def test_take__twice__is_refused(owner: Client, batch_id: int, tree: RewardTree) -> None:
    proven = next(tree.proofs())
    owner.rewards.take(batch_id, proven)
    with refused(StateConflict, "Checkout_RewardTaken", batchId=batch_id, index=0):
        owner.rewards.take(batch_id, proven)


def test_take__amount_raised__is_refused(owner: Client, batch_id: int, tree: RewardTree) -> None:
    proven = next(tree.proofs())
    reward = Reward(0, proven.reward.shopper, proven.reward.amount + 1)
    with refused(InvalidInput, "Checkout_InvalidProof", batchId=batch_id, index=0):
        owner.rewards.take(batch_id, ProvenReward(reward, proven.proof))


@pytest.mark.usefixtures("over")
def test_take__deadline_passed__is_refused(owner: Client, batch_id: int, tree: RewardTree, deadline: int) -> None:
    with refused(StateConflict, "Checkout_BatchOver", batchId=batch_id, deadline=deadline):
        owner.rewards.take(batch_id, next(tree.proofs()))


def test_get__unknown__is_refused(owner: Client) -> None:
    with refused(NotFound, "Checkout_UnknownBatch", batchId=9):
        owner.rewards.get(9)


def test_reclaim__before_the_deadline__is_refused(shop: Client, batch_id: int, deadline: int) -> None:
    with refused(StateConflict, "Checkout_BatchOpen", batchId=batch_id, deadline=deadline):
        shop.rewards.reclaim(batch_id)


@pytest.mark.usefixtures("over")
def test_reclaim__by_anybody__goes_back_to_the_funder(
    bob: Client, shop: Client, batch_id: int, tree: RewardTree
) -> None:
    assert bob.rewards.reclaim(batch_id).amount == tree.total
    assert shop.balance(shop.address) == 100_000 * FEC


def test_reclaim__some_taken__is_the_rest(
    chain: Anvil, shop: Client, batch_id: int, tree: RewardTree, deadline: int
) -> None:
    shop.rewards.take(batch_id, next(tree.proofs()))
    chain.travel_to(deadline + 1)
    assert shop.rewards.reclaim(batch_id).amount == tree.total - FEC
