"""Operators by signature: an owner without gas makes somebody their ERC-721 operator, and nobody else does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.custody.acts import permit_arguments
from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.shop_world import NEVER, NODES, PERMIT_FOR_ALL_TYPE, Market, typed_hash
from tests.contracts.support.world import account


def permit(market: Market, owner: str, operator: str, **how: Any) -> None:
    market.adn.permitForAll(*permit_arguments(market, owner, operator, **how), sender=market.stranger)


def test_permit_for_all__signed__makes_an_operator(market: Market) -> None:
    permit(market, market.alice, market.bob)
    values = {"owner": market.alice, "operator": market.bob, "approved": True}
    assert market.chain.events() == [Event(market.adn.address, "ApprovalForAll", values)]
    assert market.adn.isApprovedForAll(market.alice, market.bob)
    assert market.adn.nonces(market.alice) == 1


def test_permit_for_all__not_approved__ends_it(market: Market) -> None:
    permit(market, market.alice, market.bob)
    permit(market, market.alice, market.bob, approved=False)
    assert not market.adn.isApprovedForAll(market.alice, market.bob)
    assert market.adn.nonces(market.alice) == 2


def test_permit_for_all__operator__moves_nodes(market: Market) -> None:
    node = market.node(market.alice, 10**20)
    permit(market, market.alice, market.bob)
    market.adn.transferFrom(market.alice, market.carol, node, sender=market.bob)
    assert market.adn.ownerOf(node) == market.carol


def test_permit_for_all__in_the_last_second(market: Market) -> None:
    permit(market, market.alice, market.bob, deadline=market.chain.now)
    assert market.adn.isApprovedForAll(market.alice, market.bob)


def test_permit_for_all__expired__reverts(market: Market) -> None:
    now = market.chain.now
    with expect("ADN_PermitExpired", now - 1, now):
        permit(market, market.alice, market.bob, deadline=now - 1)


def test_permit_for_all__replayed__reverts(market: Market) -> None:
    arguments = permit_arguments(market, market.alice, market.bob)
    market.adn.permitForAll(*arguments, sender=market.stranger)
    with expect("ADN_InvalidPermit", market.alice):
        market.adn.permitForAll(*arguments, sender=market.stranger)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("told_owner", account(0x98)),
        ("told_operator", account(0x98)),
        ("signed", False),
        ("nonce", 1),
        ("sent", NEVER + 1),
        ("contract", account(0x97)),
        ("chain_id", 2),
        ("signed_by", "bob"),
    ],
)
def test_permit_for_all__anything_but_what_was_signed__reverts(market: Market, field: str, other: Any) -> None:
    with expect("ADN_InvalidPermit", market.alice):
        permit(market, market.alice, market.bob, **{field: other})


def test_permit_for_all__contract_as_owner__by_erc1271(market: Market, guest: Contract) -> None:
    values = [guest.address, market.bob, True, 0, NEVER]
    digest = typed_hash(NODES, market.adn.address, "PermitForAll", PERMIT_FOR_ALL_TYPE, values)
    with expect("ADN_InvalidPermit", guest.address):
        market.adn.permitForAll(guest.address, market.bob, True, NEVER, b"x", sender=market.stranger)
    guest.sign(digest)
    market.adn.permitForAll(guest.address, market.bob, True, NEVER, b"x", sender=market.stranger)
    assert market.adn.isApprovedForAll(guest.address, market.bob)


def test_permit_for_all__of_nobody__reverts_whatever_the_signature(market: Market) -> None:
    for signature in (b"", b"x", bytes(65)):
        with expect("ADN_InvalidPermit", ZERO):
            market.adn.permitForAll(ZERO, market.bob, True, NEVER, signature, sender=market.stranger)


def test_permit_for_all__nobody_as_operator__reverts(market: Market) -> None:
    with expect("ERC721InvalidOperator", ZERO):
        permit(market, market.alice, ZERO)
    assert market.adn.nonces(market.alice) == 0


def test_domain__is_told_by_erc5267(market: Market) -> None:
    fields, name, version, chain_id, contract, salt, extensions = market.adn.eip712Domain()
    assert (fields, name, version, chain_id, salt, extensions) == (b"\x0f", NODES, "1", 1, bytes(32), [])
    assert contract.lower() == market.adn.address.lower()
