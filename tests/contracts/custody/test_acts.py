"""Acts: everything that a holder can do, a vault does by signature; several in order, all or none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fec.protocol import acts
from fec.protocol.acts import Act, ActKind
from tests.contracts.custody.acts import ALL, act, act_arguments, filled, signed_acts
from tests.contracts.support.evm import ZERO, Contract, Event, Reverted, expect
from tests.contracts.support.settling import settled
from tests.contracts.support.shop_world import MODES, NEVER, Market, Member
from tests.contracts.support.world import FEC, account

NOTHING = acts.withdraw(account(0x99))


@pytest.fixture
def member(market: Market) -> Member:
    return market.member()


def nodes_of(market: Market, member: Member, count: int) -> list[int]:
    return [market.node(member.vault, 100 * FEC) for _ in range(count)]


# -------------------------------------------------------------------------- of each kind


def test_withdraw_part__splits_and_gives(market: Market, member: Member) -> None:
    node = filled(market, member)
    act(market, member, acts.withdraw_part(node, 30 * FEC, market.carol))
    [event] = market.chain.events("NodeSplit")
    part = event.values["newTokenId"]
    assert (market.adn.ownerOf(part), market.principal(part)) == (market.carol, 30 * FEC)
    assert (market.adn.ownerOf(node), market.principal(node)) == (member.vault, 70 * FEC)
    [told] = market.chain.events("Withdrawn")
    assert told.values == {"vault": member.vault, "to": market.carol, "tokenIds": [part], "amount": 0}


def test_claim__pays_the_vault(market: Market, member: Member) -> None:
    nodes = nodes_of(market, member, 2)
    market.pass_periods(100)
    act(market, member, acts.claim(nodes))
    assert market.fec.balanceOf(member.vault) == 2000 * FEC


def test_claim__of_anothers_node__pays_its_owner(market: Market, member: Member) -> None:
    node = market.node(market.bob, 100 * FEC)
    market.pass_periods(100)
    before = market.fec.balanceOf(market.bob)
    act(market, member, acts.claim([node]))
    assert market.fec.balanceOf(market.bob) - before == 1000 * FEC


def test_open__leaf_of_the_vault__is_opened_and_claimed(market: Market, member: Member) -> None:
    batch = settled(market, [(market.bob, 100 * FEC), (member.vault, 100 * FEC), (market.carol, 100 * FEC)])
    market.pass_periods(100)
    settlement, index, _, principal, proof = batch.opening(1)
    opening = Act(int(ActKind.OPEN), _encoded(ActKind.OPEN, settlement, index, principal, proof))
    act(market, member, opening)
    assert market.adn.ownerOf(batch.tokens[1]) == member.vault
    assert market.fec.balanceOf(member.vault) == 1000 * FEC


def test_open__leaf_of_another__reverts(market: Market, member: Member) -> None:
    batch = settled(market, [(market.bob, 100 * FEC), (member.vault, 100 * FEC)])
    settlement, index, _, principal, proof = batch.opening(0)
    with expect("ADN_InvalidProof", settlement, index):
        act(market, member, Act(int(ActKind.OPEN), _encoded(ActKind.OPEN, settlement, index, principal, proof)))


def test_split__parts_stay_in_the_vault(market: Market, member: Member) -> None:
    node = filled(market, member)
    act(market, member, acts.split(node, [10 * FEC, 20 * FEC]))
    parts = [event.values["newTokenId"] for event in market.chain.events("NodeSplit")]
    assert [market.principal(part) for part in [node, *parts]] == [70 * FEC, 10 * FEC, 20 * FEC]
    assert {market.adn.ownerOf(part) for part in parts} == {member.vault}


def test_merge__into_the_first(market: Market, member: Member) -> None:
    nodes = nodes_of(market, member, 3)
    act(market, member, acts.merge(nodes))
    assert market.principal(nodes[0]) == 300 * FEC
    assert market.adn.balanceOf(member.vault) == 1


def test_merge__of_none__reverts(market: Market, member: Member) -> None:
    with expect("ADN_BatchTooShort", 0, 2):
        act(market, member, acts.merge([]))


@pytest.mark.parametrize("wanted", [acts.merge, lambda nodes: acts.split(nodes[0], [FEC])])
def test_merge_or_split__anothers_node__reverts(market: Market, member: Member, wanted: Any) -> None:
    nodes = nodes_of(market, market.member("bob"), 2)
    with expect("ERC721IncorrectOwner", member.vault, nodes[0], market.member("bob").vault):
        act(market, member, wanted(nodes))


def test_approve_claimer__for_a_node__and_no_longer(market: Market, member: Member) -> None:
    node = filled(market, member)
    act(market, member, acts.approve_claimer(market.carol, node, approved=True))
    assert market.adn.getClaimApproved(node) == market.carol
    act(market, member, acts.approve_claimer(market.carol, node, approved=False))
    assert market.adn.getClaimApproved(node) == ZERO


def test_approve_claimer_for_all__and_no_longer(market: Market, member: Member) -> None:
    act(market, member, acts.approve_claimer_for_all(market.carol, approved=True))
    assert market.adn.isClaimApprovedForAll(member.vault, market.carol)
    act(market, member, acts.approve_claimer_for_all(market.carol, approved=False))
    assert not market.adn.isClaimApprovedForAll(member.vault, market.carol)


def test_name_successor__is_told_and_can_be_taken_back(market: Market, member: Member) -> None:
    act(market, member, acts.name_successor(market.carol))
    values = {"vault": member.vault, "successor": market.carol}
    assert market.chain.events("SuccessorNamed") == [Event(market.custodian.address, "SuccessorNamed", values)]
    assert market.custodian.successorOf(member.vault) == market.carol
    act(market, member, acts.name_successor(ZERO))
    assert market.custodian.successorOf(member.vault) == ZERO


# ----------------------------------------------------------------- several at once


def test_acts__in_order__leave_with_what_flows_back(market: Market, member: Member) -> None:
    nodes = nodes_of(market, member, 2)
    market.pass_periods(50)
    act(market, member, acts.merge(nodes), *acts.withdraw_all(market.carol, nodes[:1]))
    assert market.adn.ownerOf(nodes[0]) == market.carol
    assert market.fec.balanceOf(market.carol) > 0
    assert market.fec.balanceOf(member.vault) == market.adn.balanceOf(member.vault) == 0


def test_acts__one_fails__none_is_done(market: Market, member: Member) -> None:
    node = filled(market, member)
    with expect("ERC20InsufficientBalance", member.vault, 1000 * FEC, 1001 * FEC):
        act(market, member, acts.withdraw(market.carol, [node]), acts.withdraw(market.carol, (), 1001 * FEC))
    assert market.adn.ownerOf(node) == member.vault
    assert market.custodian.nonceOf(member.vault, member.signer) == 0


def test_acts__first_use__deploys_the_vault(market: Market, member: Member) -> None:
    act(market, member, NOTHING)
    [event] = market.chain.events("VaultDeployed")
    assert event.values["vault"] == member.vault
    act(market, member, NOTHING)
    assert market.chain.events("VaultDeployed") == []


def test_acts__thirty_two__are_done(market: Market, member: Member) -> None:
    assert market.custodian.MAX_ACTS() == 32
    act(market, member, *[NOTHING] * 32)
    assert len(market.chain.events("Withdrawn")) == 32


@pytest.mark.parametrize("count", [0, 33])
def test_acts__none_or_too_many__reverts(market: Market, member: Member, count: int) -> None:
    with expect("Custodian_ActsOutOfRange", count, 32):
        act(market, member, *[NOTHING] * count)


@pytest.mark.parametrize("kind", [13, 255])
def test_acts__unknown_kind__reverts(market: Market, member: Member, kind: int) -> None:
    with expect("Custodian_UnknownAct", 1, kind):
        act(market, member, NOTHING, Act(kind, "0x"))


@pytest.mark.parametrize("kind", ActKind)
def test_acts__arguments_cut_off__reverts(market: Market, member: Member, kind: ActKind) -> None:
    with pytest.raises(Reverted):
        act(market, member, Act(int(kind), "0x00"))


# ------------------------------------------------------------------- what is signed


def test_acts__two_swapped__reverts(market: Market, member: Member) -> None:
    node = filled(market, member)
    signed = [acts.withdraw(market.carol, (), FEC), acts.withdraw(market.bob, [node])]
    signature = signed_acts(market, member, signed)
    with expect("Custodian_InvalidSignature", member.signer):
        act(market, member, *reversed(signed), signature=signature)


def test_acts__one_left_out__reverts(market: Market, member: Member) -> None:
    signature = signed_acts(market, member, [NOTHING, NOTHING])
    with expect("Custodian_InvalidSignature", member.signer):
        act(market, member, NOTHING, signature=signature)


def test_acts__data_moved_between_two__reverts(market: Market, member: Member) -> None:
    signature = signed_acts(market, member, [Act(0, "0x1234"), Act(0, "0x56")])
    with expect("Custodian_InvalidSignature", member.signer):
        act(market, member, Act(0, "0x12"), Act(0, "0x3456"), signature=signature)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("nonce", 1),
        ("deadline", NEVER + 1),
        ("vault", account(0x98)),
        ("signer", b"\x11" * 20),
        ("chain_id", 2),
        ("custodian", account(0x97)),
    ],
)
def test_acts__anything_but_what_was_signed__reverts(market: Market, member: Member, field: str, other: Any) -> None:
    signature = signed_acts(market, member, [NOTHING], **{field: other})
    with expect("Custodian_InvalidSignature", member.signer):
        act(market, member, NOTHING, signature=signature)


@pytest.mark.parametrize("nonce", [1, 2**256 - 1])
def test_acts__another_nonce__reverts(market: Market, member: Member, nonce: int) -> None:
    with expect("Custodian_WrongNonce", nonce, 0):
        act(market, member, NOTHING, nonce=nonce)


def test_acts__replayed__reverts(market: Market, member: Member) -> None:
    arguments = act_arguments(market, member, [NOTHING])
    market.custodian.act(*arguments, sender=market.stranger)
    with expect("Custodian_WrongNonce", 0, 1):
        market.custodian.act(*arguments, sender=market.stranger)


def test_acts__vault_that_is_not_the_signers__reverts(market: Market, member: Member) -> None:
    other = market.member("bob")
    filled(market, other)
    with expect("Custodian_NotSigner", other.vault, member.signer):
        act(market, replace(member, vault=other.vault), acts.withdraw(market.alice, (), ALL))


@pytest.mark.parametrize(("field", "other"), [("brand", account(0x98)), ("salt", b"\x55" * 32)])
def test_acts__brand_or_salt_of_another_vault__reverts(market: Market, member: Member, field: str, other: Any) -> None:
    with expect("Custodian_NotSigner", member.vault, member.signer):
        act(market, replace(member, **{field: other}), NOTHING)


# --------------------------------------------------------------------- reentrancy


def test_acts__receiver_calls_back_with_the_same__changes_nothing_twice(market: Market, guest: Contract) -> None:
    member = market.member_of(guest.address)
    node, other = nodes_of(market, member, 2)
    market.fund(member.vault, 100 * FEC)
    again = act_arguments(market, member, [acts.withdraw(guest.address, [node], 10 * FEC)], signature=b"x")
    guest.set(MODES["Reenter"], market.custodian.address, market.custodian.encode("act", *again))
    guest.sign(market.custodian.hashActs(member.vault, member.signer, *again[1:4]))
    market.custodian.act(*again, sender=market.stranger)
    assert (market.adn.ownerOf(node), market.adn.ownerOf(other)) == (guest.address, member.vault)
    assert market.fec.balanceOf(guest.address) == 10 * FEC
    assert market.custodian.nonceOf(member.vault, member.signer) == 1


def _encoded(kind: ActKind, *arguments: Any) -> str:
    return acts._act(kind, *arguments).data
