"""Accounts without gas: give, split, merge, open and claim what they have themselves, by signature."""

from __future__ import annotations

import pytest

from fec.protocol import acts
from fec.protocol.acts import Act, ActKind
from fec.protocol.members import signer_bytes
from tests.contracts.custody.acts import ALL, act, act_arguments, permit_arguments
from tests.contracts.relay.packing import ACTS, CLAIMS, PAYMENT, PERMIT, long, relay
from tests.contracts.support.evm import ZERO, expect
from tests.contracts.support.settling import settled
from tests.contracts.support.shop_world import Market, Member, key
from tests.contracts.support.world import FEC, account


def holder(name: str) -> Member:
    """Somebody who acts on what their account has."""
    address = key(name).address
    return Member(address, ZERO, bytes(32), signer_bytes(address))


@pytest.fixture
def alice(market: Market) -> Member:
    """She has made the custodian her operator, by signature."""
    permit(market, "alice")
    return holder("alice")


def permit(market: Market, name: str) -> None:
    arguments = permit_arguments(market, key(name).address, market.custodian.address, signed_by=name)
    market.adn.permitForAll(*arguments, sender=market.stranger)


def test_account__gives_merges_and_splits_by_signature(market: Market, alice: Member) -> None:
    one, other, third = [market.node(market.alice, 100 * FEC) for _ in range(3)]
    wanted = acts.merge([one, other]), acts.split(third, [FEC]), acts.withdraw(market.carol, [one])
    act(market, alice, *wanted)
    assert (market.adn.ownerOf(one), market.principal(one)) == (market.carol, 200 * FEC)
    assert market.principal(third) == 99 * FEC
    assert market.custodian.nonceOf(market.alice, alice.signer) == 1


def test_account__gives_a_part(market: Market, alice: Member) -> None:
    node = market.node(market.alice, 100 * FEC)
    act(market, alice, acts.withdraw_part(node, 30 * FEC, market.carol))
    [event] = market.chain.events("NodeSplit")
    assert market.adn.ownerOf(event.values["newTokenId"]) == market.carol
    assert market.chain.events("Withdrawn") == []


def test_account__opens_its_leaf(market: Market) -> None:
    batch = settled(market, [(market.alice, 100 * FEC), (market.bob, 100 * FEC)])
    settlement, index, _, principal, proof = batch.opening(0)
    data = acts._act(ActKind.OPEN, settlement, index, principal, proof).data
    act(market, holder("alice"), Act(int(ActKind.OPEN), data))
    assert market.adn.ownerOf(batch.tokens[0]) == market.alice


def test_account__without_its_permit__reverts(market: Market) -> None:
    node = market.node(market.alice, 100 * FEC)
    with expect("ADN_NotOwnerOrOperator", node, market.custodian.address):
        act(market, holder("alice"), acts.split(node, [FEC]))
    with expect("ERC721InsufficientApproval", market.custodian.address, node):
        act(market, holder("alice"), acts.withdraw(market.carol, [node]))


@pytest.mark.parametrize("kind", ["split", "merge", "withdraw", "withdraw_part"])
def test_account__node_of_another_who_trusts_the_custodian_too__reverts(
    market: Market, alice: Member, kind: str
) -> None:
    """The custodian is the operator of both: only the owner's own signature counts."""
    permit(market, "bob")
    nodes = [market.node(market.bob, 100 * FEC) for _ in range(2)]
    wanted = {
        "split": acts.split(nodes[0], [FEC]),
        "merge": acts.merge(nodes),
        "withdraw": acts.withdraw(market.alice, nodes),
        "withdraw_part": acts.withdraw_part(nodes[0], FEC, market.alice),
    }[kind]
    with expect("ERC721IncorrectOwner", market.alice, nodes[0], market.bob):
        act(market, alice, wanted)


def test_account__merges_anothers_node_into_its_own__reverts(market: Market, alice: Member) -> None:
    permit(market, "bob")
    mine, theirs = market.node(market.alice, 100 * FEC), market.node(market.bob, 100 * FEC)
    with expect("ERC721IncorrectOwner", market.alice, theirs, market.bob):
        act(market, alice, acts.merge([mine, theirs]))


@pytest.mark.parametrize("amount", [1, ALL])
def test_account__coins__move_by_authorizations_alone(market: Market, alice: Member, amount: int) -> None:
    with expect("Custodian_CoinsOfAccount", market.alice, amount):
        act(market, alice, acts.withdraw(market.carol, (), amount))


@pytest.mark.parametrize(
    "wanted",
    [
        acts.approve_claimer(account(0x99), 1, approved=True),
        acts.approve_claimer_for_all(account(0x99), approved=True),
        acts.add_signer(account(0x99)),
        acts.ask_removal(account(0x99)),
        acts.cancel_removal(account(0x99)),
        acts.remove_signer(account(0x99)),
        acts.name_successor(account(0x99)),
    ],
)
def test_account__what_is_for_vaults__reverts(market: Market, alice: Member, wanted: Act) -> None:
    with expect("Custodian_OnlyForVaults", 0, wanted.kind):
        act(market, alice, wanted)


def test_account__signed_by_another__reverts(market: Market, alice: Member) -> None:
    node = market.node(market.alice, 100 * FEC)
    with expect("Custodian_InvalidSignature", alice.signer):
        act(market, alice, acts.withdraw(market.bob, [node]), signed_by="bob")


def test_account__spends__by_authorization_alone(market: Market, alice: Member) -> None:
    order = market.order(market.shop(), amount=FEC)
    signature = key("alice").sign(market.custodian.hashSpend(market.alice, order.words))
    with expect("Custodian_NotSigner", market.alice, alice.signer):
        market.custodian.spend(alice.words, order.words, [], signature, sender=market.stranger)


def test_account__as_signer_of_a_vault_at_its_own_address__is_no_vault(market: Market, alice: Member) -> None:
    """An account that is its own holder deploys nothing."""
    act(market, alice, acts.claim([market.node(market.alice, FEC)]))
    assert market.chain.events("VaultDeployed") == []


# -------------------------------------------------------------------------- relayed


def test_relay__permit_and_acts__in_one_transaction(market: Market) -> None:
    node = market.node(market.alice, 100 * FEC)
    permitted = permit_arguments(market, market.alice, market.custodian.address)
    acted = act_arguments(market, holder("alice"), [acts.withdraw(market.carol, [node])])
    calls = long(PERMIT, market.adn.encode("permitForAll", *permitted)) + long(
        ACTS, market.custodian.encode("act", *acted)
    )
    assert relay(market, calls) == {}
    assert market.adn.ownerOf(node) == market.carol


def test_relay__claim_and_payment__pay_out_of_nodes_by_one_authorization(market: Market) -> None:
    node = market.node(market.carol, 100 * FEC)
    market.pass_periods(100)
    order = market.order(market.shop(), customer=market.carol, amount=1000 * FEC)
    authorization = market.authorization(order, market.carol, signed_by="carol")
    claim = long(CLAIMS, market.adn.encode("claimFor", [node]))
    payment = long(PAYMENT, market.checkout.encode("payWithAuthorization", order.words, *authorization))
    assert market.fec.balanceOf(market.carol) == 0
    assert relay(market, claim + payment) == {}
    assert market.fec.balanceOf(market.carol) == 0
    assert market.adn.balanceOf(market.carol) == 2
