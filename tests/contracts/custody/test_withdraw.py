"""Taking out of custody: everything, with the member's key alone, and nothing without it (G8)."""

from __future__ import annotations

from typing import Any

import pytest

from fec.protocol import acts
from fec.protocol.members import signer_bytes
from tests.contracts.custody.acts import ALL, acts_hash, filled, withdraw, withdrawal
from tests.contracts.support.evm import ZERO, Contract, expect
from tests.contracts.support.shop_world import NEVER, Market
from tests.contracts.support.world import FEC, account


def test_withdraw__everything__relayed_by_a_stranger(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    withdraw(market, member, [node], ALL, market.carol)
    [event] = market.chain.events("Withdrawn")
    assert event.values == {
        "vault": market.vault(member),
        "to": market.carol,
        "tokenIds": [node],
        "amount": 1000 * FEC,
    }
    assert (market.adn.ownerOf(node), market.fec.balanceOf(market.carol)) == (market.carol, 1000 * FEC)
    assert market.fec.balanceOf(market.vault(member)) == market.adn.balanceOf(market.vault(member)) == 0
    assert market.custodian.nonceOf(member.vault, member.signer) == 1


def test_withdraw__part(market: Market) -> None:
    member = market.member()
    nodes = [filled(market, member), filled(market, member)]
    withdraw(market, member, nodes[1:], 1, market.carol)
    assert market.adn.ownerOf(nodes[0]) == market.vault(member)
    assert market.fec.balanceOf(market.carol) == 1
    withdraw(market, member, nodes[:1], 1999 * FEC, market.bob)
    assert market.adn.ownerOf(nodes[0]) == market.bob


def test_withdraw__all_of_nothing(market: Market) -> None:
    withdraw(market, market.member(), [], ALL, market.carol)
    [event] = market.chain.events("Withdrawn")
    assert event.values["amount"] == 0


def test_withdraw__nodes_alone__moves_no_coins(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    withdraw(market, member, [node], 0, market.carol)
    assert [event.address for event in market.chain.events("Transfer")] == [market.adn.address]


def test_withdraw__member_without_a_key__reverts_whatever_the_signature(market: Market) -> None:
    # What cannot be recovered is recovered as zero.
    member = market.member_of(ZERO)
    with expect("Custodian_InvalidSignature", bytes(20)):
        withdraw(market, member, [filled(market, member)], ALL, market.bob, signature=b"x")


def test_withdraw__by_the_key_itself__needs_no_signature(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    withdraw(market, member, [node], ALL, market.alice, signature=b"", sender=market.alice)
    assert market.adn.ownerOf(node) == market.alice


def test_withdraw__key_of_a_contract_wallet(market: Market, guest: Contract) -> None:
    member = market.member_of(guest.address)
    node = filled(market, member)
    digest = acts_hash(market.custodian.address, member, [acts.withdraw(market.bob, [node], ALL)])
    with expect("Custodian_InvalidSignature", signer_bytes(guest.address)):
        withdraw(market, member, [node], ALL, market.bob, signature=b"x")
    guest.sign(digest)
    withdraw(market, member, [node], ALL, market.bob, signature=b"x")
    assert market.adn.ownerOf(node) == market.bob


def test_withdraw__in_the_last_second(market: Market) -> None:
    member = market.member()
    filled(market, member)
    withdraw(market, member, [], ALL, market.carol, deadline=market.chain.now)
    assert market.fec.balanceOf(market.carol) == 1000 * FEC


def test_withdraw__expired__reverts(market: Market) -> None:
    member, now = market.member(), market.chain.now
    with expect("Custodian_Expired", now - 1, now):
        withdraw(market, member, [], ALL, market.carol, deadline=now - 1)


def test_withdraw__replayed__reverts(market: Market) -> None:
    member = market.member()
    filled(market, member)
    signature = withdrawal(market, member, [], 400 * FEC, market.carol)
    withdraw(market, member, [], 400 * FEC, market.carol, signature=signature)
    with expect("Custodian_InvalidSignature", signer_bytes(market.alice)):
        withdraw(market, member, [], 400 * FEC, market.carol, signature=signature)
    assert market.fec.balanceOf(market.carol) == 400 * FEC


@pytest.mark.parametrize("who", ["bob", "merchant", "signer", "stranger"])
def test_withdraw__signed_by_another_member_brand_or_stranger__reverts(market: Market, who: str) -> None:
    member = market.member()
    node = filled(market, member)
    with expect("Custodian_InvalidSignature", signer_bytes(market.alice)):
        withdraw(market, member, [node], ALL, getattr(market, who), signed_by=who)


@pytest.mark.parametrize("who", ["bob", "merchant", "admin", "stranger"])
def test_withdraw__sent_by_another_without_signature__reverts(market: Market, who: str) -> None:
    member = market.member()
    node = filled(market, member)
    with expect("Custodian_InvalidSignature", signer_bytes(market.alice)):
        withdraw(market, member, [node], ALL, getattr(market, who), signature=b"\0", sender=getattr(market, who))


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("nodes", []),
        ("amount", 2),
        ("to", account(0x99)),
        ("deadline", NEVER + 1),
        ("nonce", 1),
        ("vault", account(0x98)),
        ("chain_id", 2),
        ("custodian", account(0x97)),
    ],
)
def test_withdraw__anything_but_what_was_signed__reverts(market: Market, field: str, other: Any) -> None:
    """A relayer can change nothing."""
    member = market.member()
    node = filled(market, member)
    asked: dict[str, Any] = {"nodes": [node], "amount": 1, "to": market.carol}
    signature = withdrawal(market, member, **{**asked, field: other})
    with expect("Custodian_InvalidSignature", signer_bytes(market.alice)):
        withdraw(market, member, **asked, signature=signature)


def test_withdraw__node_of_another_member__reverts(market: Market) -> None:
    member, robber = market.member("alice"), market.member("bob")
    node = filled(market, member)
    with expect("ERC721InsufficientApproval", market.vault(robber), node):
        withdraw(market, robber, [node], 0, market.bob, signed_by="bob")


def test_withdraw__more_than_there_is__reverts(market: Market) -> None:
    member = market.member()
    filled(market, member)
    with expect("ERC20InsufficientBalance", market.vault(member), 1000 * FEC, 1000 * FEC + 1):
        withdraw(market, member, [], 1000 * FEC + 1, market.alice)


def test_withdraw__to_a_receiver_that_refuses__reverts_and_can_go_elsewhere(market: Market, guest: Contract) -> None:
    member = market.member()
    node = filled(market, member)
    guest.set(1, ZERO, b"")
    with expect("ERC721InvalidReceiver", guest.address):
        withdraw(market, member, [node], ALL, guest.address)
    assert market.custodian.nonceOf(member.vault, member.signer) == 0
    withdraw(market, member, [node], ALL, market.carol)
    assert market.adn.ownerOf(node) == market.carol
