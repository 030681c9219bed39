"""Attack: rewards taken twice or without a right, pulled away from shoppers; vaults squatted on, emptied by replay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fec.core.durations import DAY
from fec.protocol.members import signer_bytes
from tests.contracts.attacks.attackers import coins
from tests.contracts.custody.acts import ALL, filled, withdraw, withdrawal
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import Contract, expect
from tests.contracts.support.merkle import Reward, layers, proof, root
from tests.contracts.support.shop_world import NEVER, Market, key
from tests.contracts.support.world import FEC, PUBLIC, account


def funded(market: Market, program: int, rewards: list[Reward], deadline: int | None = None) -> int:
    """A batch for these rewards, for a day unless a deadline is given."""
    market.allow(market.signer)
    deadline = deadline or market.chain.now + DAY
    due = sum(amount for _, amount in rewards)
    return int(market.checkout.fundRewards(program, root(rewards), due, deadline, bytes(32), sender=market.signer))


# --------------------------------------------------------------------------- proofs


@given(count=st.integers(1, 9), which=st.integers(0, 8), data=st.data())
@settings(max_examples=100)
def test_take__any_other_path_through_the_tree__reverts(
    opened: Market, count: int, which: int, data: st.DataObject
) -> None:
    """Shorter, longer, reordered: no inner node passes for a leaf, and a short path is good for its own leaf alone."""
    rewards = [(account(0x1000 + index), (index + 1) * FEC) for index in range(count)]
    index = which % count
    right = proof(rewards, index)
    hashes = [entry for level in layers(rewards) for entry in level]
    wrong = data.draw(
        st.sampled_from([right[1:], right[:-1], right[::-1], [*right, root(rewards)], [root(rewards), *right]])
        | st.lists(st.sampled_from(hashes), max_size=5)
    )
    assume(wrong != right)
    with opened.chain.rolled_back():
        batch = funded(opened, opened.shop(), rewards)
        with expect("Checkout_InvalidProof", batch, index):
            opened.checkout.takeReward(batch, index, *rewards[index], wrong, sender=opened.stranger)


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_take__inner_node_as_a_leaf__reverts(market: Market, count: int) -> None:
    """Its two hashes as index and shopper: a leaf is hashed twice over 96 bytes, an inner node once over 64."""
    rewards = [(account(0x1000 + index), FEC) for index in range(count)]
    batch = funded(market, market.shop(), rewards)
    levels = layers(rewards)
    for depth, level in enumerate(levels[:-1]):
        first, second = sorted(level[:2])
        path = [other[1] for other in levels[depth + 1 : -1] if len(other) > 1]
        index, shopper = int.from_bytes(first, "big"), account(int.from_bytes(second[12:], "big"))
        with expect("Checkout_InvalidProof", batch, index):
            market.checkout.takeReward(batch, index, shopper, FEC, path, sender=market.stranger)


@pytest.mark.parametrize("count", [1, 3, 5, 7, 9])
def test_take__odd_leaf__only_once_and_only_by_its_own_path(market: Market, count: int) -> None:
    rewards = [(account(0x1000 + index), FEC) for index in range(count)]
    batch = funded(market, market.shop(), rewards)
    last = count - 1
    market.checkout.takeReward(batch, last, *rewards[last], proof(rewards, last), sender=market.stranger)
    with expect("Checkout_RewardTaken", batch, last):
        market.checkout.takeReward(batch, last, *rewards[last], proof(rewards, last), sender=market.stranger)
    with expect("Checkout_InvalidProof", batch, last + 1):
        market.checkout.takeReward(batch, last + 1, *rewards[last], proof(rewards, last), sender=market.stranger)


def test_take__one_tree_funded_twice__pays_what_was_funded_twice(market: Market) -> None:
    """Proofs hold for every batch of that root, so a merchant who funds a list again pays it again."""
    rewards = [(market.alice, FEC), (market.bob, 2 * FEC)]
    program = market.shop()
    before = coins(market, market.signer)
    for batch in (funded(market, program, rewards), funded(market, program, rewards)):
        market.checkout.takeReward(batch, 0, *rewards[0], proof(rewards, 0), sender=market.stranger)
    assert market.fec.totalBurned() == 2 * FEC
    assert before - coins(market, market.signer) == 6 * FEC


# ----------------------------------------------------------------------------- races


@given(off=st.integers(-DAY, DAY) | st.integers(-2, 2))
@settings(max_examples=60)
def test_take_and_reclaim__in_any_second__exactly_one_of_them_is_possible(opened: Market, off: int) -> None:
    with opened.chain.rolled_back():
        rewards = [(opened.alice, FEC)]
        deadline = opened.chain.now + DAY
        batch = funded(opened, opened.shop(), rewards, deadline)
        opened.chain.now = deadline + off
        if off <= 0:
            with expect("Checkout_BatchOpen", batch, deadline):
                opened.checkout.reclaimRewards(batch, sender=opened.signer)
            opened.checkout.takeReward(batch, 0, *rewards[0], [], sender=opened.stranger)
        else:
            with expect("Checkout_BatchOver", batch, deadline):
                opened.checkout.takeReward(batch, 0, *rewards[0], [], sender=opened.stranger)
            opened.checkout.reclaimRewards(batch, sender=opened.stranger)
        assert (opened.checkout.rewardBatchOf(batch)["left"], coins(opened, opened.checkout.address)) == (0, 0)


def test_rewards__promised_then_pulled_by_closing_the_program__cost_the_merchant_the_program(market: Market) -> None:
    """Not stopped: what nobody has taken by then goes back to the funder at once, however far the deadline."""
    program = market.shop()
    rewards = [(market.alice, 10 * FEC), (market.bob, 20 * FEC)]
    before = coins(market, market.signer)
    batch = funded(market, program, rewards, NEVER)
    market.checkout.takeReward(batch, 0, *rewards[0], proof(rewards, 0), sender=market.alice)
    market.adn.closeProgram(program, sender=market.merchant)
    market.checkout.reclaimRewards(batch, sender=market.stranger)
    assert before - coins(market, market.signer) == 10 * FEC
    with expect("Checkout_BatchExhausted", batch, 20 * FEC, 0):
        market.checkout.takeReward(batch, 1, *rewards[1], proof(rewards, 1), sender=market.bob)
    with expect("ADN_ProgramClosed", program):
        market.adn.grantQuota(program, FEC, sender=market.admin)


def test_reward__then_a_refund_of_the_order_it_was_for__stays_with_the_shopper(market: Market) -> None:
    """Not stopped: a reward is a gift. Who rewards purchases does so after the return window."""
    program = market.shop(window=DAY)
    order = market.order(program)
    market.pay(order)
    market.allow(market.signer)
    node = market.checkout.reward(program, market.alice, 5 * FEC, bytes(32), sender=market.signer)
    market.checkout.refund(market.order_key(order), order.amount, sender=market.signer)
    assert (market.adn.ownerOf(node), market.principal(node)) == (market.alice, 5 * FEC)


# --------------------------------------------------------------------------- custody


def test_vault__deployed_first_by_another__needs_the_members_signature_to_be_deployed_at_all(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    with expect("Custodian_InvalidSignature", member.signer):
        withdraw(market, member, [], 0, market.bob, signature=b"")
    assert market.chain.evm.get_code(market.vault(member)) is None
    withdraw(market, member, [node], ALL, market.carol)
    assert market.adn.ownerOf(node) == market.carol


def test_vault__withdrawal_relayed_first_by_another__does_what_was_signed_once(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    signature = withdrawal(market, member, [node], ALL, market.carol)
    withdraw(market, member, [node], ALL, market.carol, signature=signature, sender=market.bob)
    with expect("Custodian_InvalidSignature", member.signer):
        withdraw(market, member, [node], ALL, market.carol, signature=signature)
    assert (market.adn.ownerOf(node), coins(market, market.carol)) == (market.carol, 1000 * FEC)


def test_vault__of_a_second_custodian__is_another_and_signatures_do_not_cross(market: Market) -> None:
    second: Contract = market.chain.deploy(shipped("Custodian"), market.checkout.address, sender=market.stranger)
    member = market.member()
    node = filled(market, member)
    member_id = market.custodian.memberIdOf(member.signer, member.salt)
    theirs = replace(member, vault=second.vaultOf(member.brand, member_id))
    assert theirs.vault != member.vault
    for custodian in (market.custodian.address, second.address):
        signature = withdrawal(market, member, [node], 0, market.bob, custodian=custodian)
        with expect("Custodian_InvalidSignature", member.signer):
            withdraw(market, theirs, [node], 0, market.bob, signature=signature, at=second)
    assert market.adn.ownerOf(node) == market.vault(member)


def test_vault__same_key_at_two_brands__a_withdrawal_from_one_is_none_from_the_other(market: Market) -> None:
    ours, theirs = market.member(), market.member(brand=market.bob)
    node, other = filled(market, ours), filled(market, theirs)
    signature = withdrawal(market, ours, [], ALL, market.carol)
    with expect("Custodian_InvalidSignature", theirs.signer):
        withdraw(market, theirs, [], ALL, market.carol, signature=signature)
    assert (market.adn.ownerOf(node), market.adn.ownerOf(other)) == (market.vault(ours), market.vault(theirs))


def test_vault__filled_with_dust__lets_the_member_leave_with_what_is_theirs(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    for _ in range(500):
        market.adn.mint(PUBLIC, 1, market.vault(member), sender=market.bob)
    withdraw(market, member, [node], ALL, market.carol)
    assert (market.adn.ownerOf(node), coins(market, market.carol)) == (market.carol, 1000 * FEC)


def test_vault__brand_that_knows_key_and_salt_but_signs_with_its_own__moves_nothing(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    for signed_by in ("merchant", "signer"):
        signature = withdrawal(market, member, [node], ALL, market.merchant, signed_by=signed_by)
        with expect("Custodian_InvalidSignature", signer_bytes(key("alice").address)):
            withdraw(market, member, [node], ALL, market.merchant, signature=signature, sender=market.merchant)
