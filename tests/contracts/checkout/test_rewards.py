"""Rewards: one node at once, or many under a Merkle root."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from tests.contracts.support.evm import ZERO, Contract, expect
from tests.contracts.support.merkle import Reward, proof, root
from tests.contracts.support.shop_world import NEVER, Market
from tests.contracts.support.world import FEC

REASON = b"review".ljust(32, b"\0")


def rewards_of(market: Market) -> list[Reward]:
    """Six FEC for alice, bob and carol."""
    return [(market.alice, FEC), (market.bob, 2 * FEC), (market.carol, 3 * FEC)]


def give(market: Market, program: int, shopper: str, amount: int, sender: str | None = None) -> int:
    sender = sender or market.signer
    market.allow(sender)
    return int(market.checkout.reward(program, shopper, amount, REASON, sender=sender))


def fund(market: Market, program: int, rewards: list[Reward], *, amount: int | None = None, **how: Any) -> int:
    """A batch that ends in a day, unless `how` says something else."""
    sender = how.get("sender", market.signer)
    amount = sum(due for _, due in rewards) if amount is None else amount
    deadline = how.get("deadline", market.chain.now + DAY)
    market.allow(sender)
    return int(market.checkout.fundRewards(program, root(rewards), amount, deadline, REASON, sender=sender))


def take(market: Market, batch: int, rewards: list[Reward], which: int, **changes: Any) -> int:
    """The reward at `which`, claimed as somebody else's or as another amount if `changes` says so."""
    shopper, amount = changes.get("shopper", rewards[which][0]), changes.get("amount", rewards[which][1])
    claimed = changes.get("index", which)
    path = changes.get("path", proof(rewards, which))
    return int(market.checkout.takeReward(batch, claimed, shopper, amount, path, sender=market.stranger))


# ------------------------------------------------------------------------ at once


@pytest.mark.parametrize("who", ["signer", "merchant"])
def test_reward__burns_the_callers_own(market: Market, who: str) -> None:
    program, caller = market.shop(), getattr(market, who)
    node = give(market, program, market.carol, 5 * FEC, caller)
    [event] = market.chain.events("Rewarded")
    assert event.values == {
        "programId": program,
        "shopper": market.carol,
        "tokenId": node,
        "amount": 5 * FEC,
        "reason": REASON,
    }
    assert (market.adn.ownerOf(node), market.principal(node)) == (market.carol, 5 * FEC)
    assert market.fec.balanceOf(caller) == 10**6 * FEC - 5 * FEC
    assert market.checkout.spendOf(program, market.carol) == 0


def test_reward__by_a_stranger__reverts(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_NotSignerOrOperator", program, market.alice):
        give(market, program, market.alice, FEC, market.alice)


def test_reward__unknown_program__reverts(market: Market) -> None:
    with expect("ADN_UnknownProgram", 99):
        give(market, 99, market.alice, FEC)


@pytest.mark.parametrize("amount", [0, 2**96])
def test_reward__amount_out_of_range__reverts(market: Market, amount: int) -> None:
    program = market.shop()
    with expect("Checkout_AmountOutOfRange", amount, 2**96 - 1):
        give(market, program, market.alice, amount)


def test_reward__quota_reserved__reverts(market: Market) -> None:
    program = market.shop(quota=10 * FEC)
    fund(market, program, rewards_of(market))
    with expect("Checkout_QuotaExceeded", program, 4 * FEC + 1, 4 * FEC):
        give(market, program, market.alice, 4 * FEC + 1)


def test_reward__program_closed__reverts(market: Market) -> None:
    program = market.shop()
    market.adn.closeProgram(program, sender=market.merchant)
    with expect("Checkout_ProgramClosed", program):
        give(market, program, market.alice, FEC)


def test_reward__checkout_is_not_the_issuer__reverts(market: Market) -> None:
    program = market.program(issuer=market.bob)
    with expect("Checkout_NotIssuer", program, market.bob):
        give(market, program, market.alice, FEC, market.merchant)


def test_reward__no_allowance__reverts(market: Market) -> None:
    program = market.shop()
    with expect("ERC20InsufficientAllowance", market.checkout.address, 0, FEC):
        market.checkout.reward(program, market.alice, FEC, REASON, sender=market.signer)


def test_reward__to_nobody__reverts(market: Market) -> None:
    program = market.shop()
    with expect("ERC721InvalidReceiver", ZERO):
        give(market, program, ZERO, FEC)


# -------------------------------------------------------------------------- funding


def test_fund__reserves_and_holds(market: Market) -> None:
    program = market.shop()
    rewards = rewards_of(market)
    batch = fund(market, program, rewards)
    [event] = market.chain.events("RewardsFunded")
    assert event.values == {
        "batchId": batch,
        "programId": program,
        "funder": market.signer,
        "root": root(rewards),
        "amount": 6 * FEC,
        "deadline": market.chain.now + DAY,
        "reason": REASON,
    }
    assert market.checkout.rewardBatchOf(batch) == {
        "funder": market.signer,
        "programId": program,
        "root": root(rewards),
        "left": 6 * FEC,
        "deadline": market.chain.now + DAY,
    }
    assert market.checkout.reservedOf(program) == market.fec.balanceOf(market.checkout.address) == 6 * FEC


def test_fund__a_second_batch__is_reserved_on_top(market: Market) -> None:
    program = market.shop()
    for _ in range(2):
        fund(market, program, rewards_of(market))
    assert market.checkout.reservedOf(program) == market.fec.balanceOf(market.checkout.address) == 12 * FEC


def test_fund__by_a_stranger__reverts(market: Market) -> None:
    program = market.shop()
    with expect("Checkout_NotSignerOrOperator", program, market.alice):
        fund(market, program, rewards_of(market), sender=market.alice)


@pytest.mark.parametrize("amount", [0, 2**96])
def test_fund__amount_out_of_range__reverts(market: Market, amount: int) -> None:
    program = market.shop()
    with expect("Checkout_AmountOutOfRange", amount, 2**96 - 1):
        fund(market, program, rewards_of(market), amount=amount)


def test_fund__deadline_in_the_past__reverts(market: Market) -> None:
    program, now = market.shop(), market.chain.now
    with expect("Checkout_DeadlinePassed", now - 1, now):
        fund(market, program, rewards_of(market), deadline=now - 1)
    assert fund(market, program, rewards_of(market), deadline=now) == 1


def test_fund__quota_too_small__reverts(market: Market) -> None:
    program = market.shop(quota=10 * FEC)
    fund(market, program, rewards_of(market))
    with expect("Checkout_QuotaExceeded", program, 6 * FEC, 4 * FEC):
        fund(market, program, rewards_of(market))


def test_fund__program_closed__reverts(market: Market) -> None:
    program = market.shop()
    market.adn.closeProgram(program, sender=market.merchant)
    with expect("Checkout_ProgramClosed", program):
        fund(market, program, rewards_of(market))


def test_fund__no_coins__reverts(market: Market) -> None:
    program = market.shop(quota=10**8 * FEC)
    with expect("ERC20InsufficientBalance", market.signer, 10**6 * FEC, 10**6 * FEC + 1):
        fund(market, program, rewards_of(market), amount=10**6 * FEC + 1)


# --------------------------------------------------------------------------- taking


def test_take__each_by_anybody__for_the_shopper(market: Market) -> None:
    program = market.shop()
    rewards = rewards_of(market)
    batch = fund(market, program, rewards)
    for index, (shopper, amount) in enumerate(rewards):
        assert not market.checkout.isRewardTaken(batch, index)
        node = take(market, batch, rewards, index)
        [event] = market.chain.events("RewardTaken")
        assert event.values == {
            "batchId": batch,
            "index": index,
            "shopper": shopper,
            "tokenId": node,
            "amount": amount,
        }
        assert (market.adn.ownerOf(node), market.principal(node)) == (shopper, amount)
        assert market.checkout.isRewardTaken(batch, index)
    assert market.checkout.reservedOf(program) == market.fec.balanceOf(market.checkout.address) == 0


def test_take__only_leaf(market: Market) -> None:
    rewards = rewards_of(market)[:1]
    assert take(market, fund(market, market.shop(), rewards), rewards, 0)


@pytest.mark.parametrize("count", [2, 5, 8, 13])
def test_take__trees_of_many_sizes(market: Market, count: int) -> None:
    rewards = [(market.alice, number + 1) for number in range(count)]
    batch = fund(market, market.shop(), rewards)
    assert all(take(market, batch, rewards, index) for index in range(count))


def test_take__twice__reverts(market: Market) -> None:
    rewards = rewards_of(market)
    batch = fund(market, market.shop(), rewards, amount=100 * FEC)
    take(market, batch, rewards, 1)
    with expect("Checkout_RewardTaken", batch, 1):
        take(market, batch, rewards, 1)


@pytest.mark.parametrize("change", ["index", "shopper", "amount", "path", "longer", "none"])
def test_take__anything_but_what_the_proof_is_for__reverts(market: Market, change: str) -> None:
    rewards = rewards_of(market)
    batch = fund(market, market.shop(), rewards)
    path = proof(rewards, 1)
    altered: dict[str, dict[str, Any]] = {
        "index": {"index": 2},
        "shopper": {"shopper": market.stranger},
        "amount": {"amount": 2 * FEC + 1},
        "path": {"path": proof(rewards, 0)},
        "longer": {"path": [*path, bytes(32)]},
        "none": {"path": []},
    }
    with expect("Checkout_InvalidProof", batch, altered[change].get("index", 1)):
        take(market, batch, rewards, 1, **altered[change])


def test_take__proof_for_another_batch__reverts(market: Market) -> None:
    program = market.shop()
    rewards, others = rewards_of(market), [(market.stranger, FEC)] * 2
    fund(market, program, rewards)
    other = fund(market, program, others)
    with expect("Checkout_InvalidProof", other, 0):
        take(market, other, rewards, 0)


def test_take__leaves_sum_to_more_than_was_funded__reverts(market: Market) -> None:
    program = market.shop()
    rewards = rewards_of(market)
    batch = fund(market, program, rewards, amount=4 * FEC)
    fund(market, program, rewards)
    take(market, batch, rewards, 1)
    with expect("Checkout_BatchExhausted", batch, 3 * FEC, 2 * FEC):
        take(market, batch, rewards, 2)
    assert not market.checkout.isRewardTaken(batch, 2)


def test_take__nothing__reverts(market: Market) -> None:
    rewards = [(market.alice, 0), (market.bob, FEC)]
    batch = fund(market, market.shop(), rewards)
    with expect("ADN_ZeroPrincipal"):
        take(market, batch, rewards, 0)


def test_take__in_the_last_second(market: Market) -> None:
    rewards = rewards_of(market)
    batch = fund(market, market.shop(), rewards)
    market.chain.now += DAY
    assert take(market, batch, rewards, 0)


def test_take__too_late__reverts(market: Market) -> None:
    rewards = rewards_of(market)
    batch = fund(market, market.shop(), rewards)
    market.chain.now += DAY + 1
    with expect("Checkout_BatchOver", batch, market.chain.now - 1):
        take(market, batch, rewards, 0)


@pytest.mark.parametrize("batch", [0, 1])
def test_take__unknown_batch__reverts(market: Market, batch: int) -> None:
    with expect("Checkout_UnknownBatch", batch):
        take(market, batch, rewards_of(market), 0)


def test_take__program_closed__reverts_and_can_be_reclaimed(market: Market) -> None:
    program = market.shop()
    rewards = rewards_of(market)
    batch = fund(market, program, rewards)
    market.adn.closeProgram(program, sender=market.merchant)
    with expect("ADN_ProgramClosed", program):
        take(market, batch, rewards, 0)
    market.chain.now += DAY + 1
    market.checkout.reclaimRewards(batch, sender=market.stranger)
    assert market.fec.balanceOf(market.signer) == 10**6 * FEC


def test_take__receiver_refuses__reverts_and_stays_there_for_it(market: Market, guest: Contract) -> None:
    rewards = [(guest.address, FEC), (market.bob, FEC)]
    batch = fund(market, market.shop(), rewards)
    guest.set(1, ZERO, b"")
    with expect("ERC721InvalidReceiver", guest.address):
        take(market, batch, rewards, 0)
    guest.set(0, ZERO, b"")
    assert take(market, batch, rewards, 0)


# ------------------------------------------------------------------------ reclaiming


def test_reclaim__what_nobody_took__to_the_funder(market: Market) -> None:
    program = market.shop()
    rewards = rewards_of(market)
    batch = fund(market, program, rewards)
    take(market, batch, rewards, 0)
    market.chain.now += DAY + 1
    market.checkout.reclaimRewards(batch, sender=market.stranger)
    [event] = market.chain.events("RewardsReclaimed")
    assert event.values == {"batchId": batch, "amount": 5 * FEC}
    assert market.fec.balanceOf(market.signer) == 10**6 * FEC - FEC
    assert market.checkout.reservedOf(program) == market.fec.balanceOf(market.checkout.address) == 0
    assert market.checkout.rewardBatchOf(batch)["left"] == 0


def test_reclaim__again__reverts(market: Market) -> None:
    program = market.shop(window=DAY)
    market.pay(market.order(program))
    batch = fund(market, program, rewards_of(market))
    market.chain.now += DAY + 1
    market.checkout.reclaimRewards(batch, sender=market.stranger)
    with expect("Checkout_BatchExhausted", batch, 0, 0):
        market.checkout.reclaimRewards(batch, sender=market.stranger)
    assert market.fec.balanceOf(market.signer) == 10**6 * FEC
    assert market.fec.balanceOf(market.checkout.address) == 1000 * FEC


def test_reclaim__before_the_deadline_has_passed__reverts(market: Market) -> None:
    batch = fund(market, market.shop(), rewards_of(market))
    market.chain.now += DAY
    with expect("Checkout_BatchOpen", batch, market.chain.now):
        market.checkout.reclaimRewards(batch, sender=market.signer)


def test_reclaim__program_closed__before_the_deadline(market: Market) -> None:
    """Nothing can be taken from it any more, so that the coins need not wait."""
    program = market.shop()
    batch = fund(market, program, rewards_of(market), deadline=NEVER)
    market.adn.closeProgram(program, sender=market.merchant)
    market.checkout.reclaimRewards(batch, sender=market.stranger)
    assert market.fec.balanceOf(market.signer) == 10**6 * FEC


def test_reclaim__unknown_batch__reverts(market: Market) -> None:
    with expect("Checkout_UnknownBatch", 3):
        market.checkout.reclaimRewards(3, sender=market.signer)


def test_reward_batch_of__unknown_batch__reverts(market: Market) -> None:
    with expect("Checkout_UnknownBatch", 3):
        market.checkout.rewardBatchOf(3)


def test_escrow_and_rewards__share_the_quota(market: Market) -> None:
    program = market.shop(quota=106 * FEC, window=DAY)
    fund(market, program, rewards_of(market))
    market.pay(market.order(program))
    assert market.checkout.reservedOf(program) == 106 * FEC
    with expect("Checkout_QuotaExceeded", program, 1, 0):
        market.pay(market.order(program, 1, order_id=keccak(1)))
