"""Custody: what a member's key can do alone, and that nobody else can do anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from fec.protocol import acts
from fec.protocol.members import signer_bytes
from tests.contracts.custody.acts import acts_hash, filled, withdraw
from tests.contracts.support.build import shipped
from tests.contracts.support.evm import Contract, Event, expect
from tests.contracts.support.shop_world import CUSTODY, Market, Member, Order, key, typed_hash
from tests.contracts.support.world import FEC

SPEND_TYPE = (("address", "vault"), ("bytes32", "orderHash"))


def order_of(market: Market, member: Member, program: int | None = None, **changes: Any) -> Order:
    vault = market.vault(member)
    return market.order(program or market.shop(), **{"customer": vault, **changes})


def spend(
    market: Market,
    member: Member,
    order: Order,
    nodes: list[int] | None = None,
    *,
    sender: str | None = None,
    **by: str,
) -> int:
    """Pays out of a vault, relayed by a stranger; signed by alice unless `by` names another."""
    digest = market.custodian.hashSpend(market.vault(member), order.words)
    signature = key(by.get("signed_by", "alice")).sign(digest)
    sender = sender or market.stranger
    return int(market.custodian.spend(member.words, order.words, nodes or [], signature, sender=sender))


# ------------------------------------------------------------------------ addresses


def test_vault_of__brand_and_member__is_where_their_clone_goes(market: Market) -> None:
    # EIP-1014 of an ERC-1167 clone; the salt is the hash of the two, each in a word of its own.
    brand, member_id = market.merchant, b"\x11" * 32
    implementation = market.custodian.vaultImplementation().removeprefix("0x")
    clone = bytes.fromhex(f"3d602d80600a3d3981f3363d3d373d3d3d363d73{implementation}5af43d82803e903d91602b57fd5bf3")
    salt = keccak(bytes(12) + bytes.fromhex(brand.removeprefix("0x")) + member_id)
    deployer = bytes.fromhex(market.custodian.address.removeprefix("0x"))
    expected = keccak(b"\xff" + deployer + salt + keccak(clone))[12:]
    assert market.custodian.vaultOf(brand, member_id) == to_checksum_address(expected)


def test_enroll__announces(market: Market) -> None:
    member = market.member()
    member_id = keccak(encode(["bytes32", "bytes32"], [keccak(member.signer), member.salt]))
    assert market.custodian.memberIdOf(member.signer, member.salt) == member_id
    vault = market.custodian.enroll(member_id, sender=market.merchant)
    assert vault == market.vault(member)
    values = {"brand": market.merchant, "memberId": member_id, "vault": vault}
    assert market.chain.events() == [Event(market.custodian.address, "MemberEnrolled", values)]


def test_vault__apart_by_brand_key_and_salt(market: Market) -> None:
    members = [
        market.member("alice"),
        market.member("bob"),
        market.member("alice", brand=market.admin),
        market.member("alice", salt=bytes(32)),
    ]
    assert len({market.vault(member) for member in members}) == 4


def test_views(market: Market) -> None:
    custodian = market.custodian
    found = (custodian.checkout(), custodian.adn(), custodian.fec())
    assert found == (market.checkout.address, market.adn.address, market.fec.address)


def test_hash_spend__equals_eth_account(market: Market) -> None:
    member = market.member()
    order = order_of(market, member)
    values = [market.vault(member), market.checkout.hashOrder(order.words)]
    expected = typed_hash(CUSTODY, market.custodian.address, "Spend", SPEND_TYPE, values)
    assert market.custodian.hashSpend(market.vault(member), order.words) == expected


@pytest.mark.parametrize("count", [0, 1, 3])
def test_hash_acts__equals_eth_account(market: Market, count: int) -> None:
    member = market.member()
    wanted = [acts.merge([1, 2]), acts.withdraw(market.bob, [7, 2**255], 5), acts.claim([])][:count]
    expected = acts_hash(market.custodian.address, member, wanted, nonce=6, deadline=7)
    fields = [act.fields for act in wanted]
    assert market.custodian.hashActs(member.vault, member.signer, fields, 6, 7) == expected


# ----------------------------------------------------------------------- into a vault


def test_pay__for_a_vault_not_deployed(market: Market) -> None:
    member = market.member()
    node = market.pay(order_of(market, member), market.merchant)
    assert market.adn.ownerOf(node) == market.vault(member)
    assert bytes(market.chain.evm.get_code(market.vault(member)) or b"") == b""


def test_pay__for_a_vault_deployed(market: Market) -> None:
    member = market.member()
    withdraw(market, member, [], 0, market.alice)
    node = market.pay(order_of(market, member), market.merchant)
    assert market.adn.ownerOf(node) == market.vault(member)


def test_claim_for__arrives_with_the_right_member(market: Market) -> None:
    one, other = market.member("alice"), market.member("bob")
    nodes = [market.node(market.vault(one), 100 * FEC), market.node(market.vault(other), 200 * FEC)]
    market.pass_periods(100)
    market.adn.claimFor(nodes, sender=market.stranger)
    assert market.fec.balanceOf(market.vault(one)) == 1000 * FEC
    assert market.fec.balanceOf(market.vault(other)) == 2000 * FEC


# --------------------------------------------------------------------------- spending


def test_spend__out_of_coins(market: Market) -> None:
    member = market.member()
    filled(market, member)
    order = order_of(market, member, amount=300 * FEC)
    node = spend(market, member, order)
    [spent] = market.chain.events("Spent")
    assert spent.values == {
        "vault": market.vault(member),
        "programId": order.program,
        "orderId": order.order_id,
        "amount": 300 * FEC,
    }
    assert market.adn.ownerOf(node) == market.vault(member)
    assert market.fec.balanceOf(market.vault(member)) == 700 * FEC
    assert market.fec.allowance(market.vault(member), market.checkout.address) == 0


def test_spend__first_use__deploys_the_vault_once(market: Market) -> None:
    member = market.member()
    filled(market, member)
    spend(market, member, order_of(market, member, amount=1))
    [event] = market.chain.events("VaultDeployed")
    member_id = market.custodian.memberIdOf(member.signer, member.salt)
    assert event.values == {"brand": member.brand, "memberId": member_id, "vault": market.vault(member)}
    spend(market, member, order_of(market, member, amount=1))
    assert market.chain.events("VaultDeployed") == []


def test_spend__what_flows_back(market: Market) -> None:
    member = market.member()
    node = market.node(market.vault(member), 100 * FEC)
    market.pass_periods(100)
    spend(market, member, order_of(market, member, amount=1000 * FEC), [node])
    assert market.fec.balanceOf(market.vault(member)) == 0


def test_spend__refund__comes_back_to_the_vault(market: Market) -> None:
    member = market.member()
    filled(market, member)
    order = order_of(market, member, market.shop(window=DAY))
    assert spend(market, member, order) == 0
    market.checkout.refund(market.order_key(order), order.amount, sender=market.signer)
    assert market.fec.balanceOf(market.vault(member)) == 1000 * FEC


def test_spend__by_the_key_itself__needs_no_signature(market: Market) -> None:
    member = market.member()
    filled(market, member)
    order = order_of(market, member)
    assert market.custodian.spend(member.words, order.words, [], b"", sender=market.alice)


def test_spend__for_another_customer__reverts(market: Market) -> None:
    member = market.member()
    filled(market, member)
    order = order_of(market, member, customer=market.alice)
    with expect("Custodian_WrongCustomer", market.alice, market.vault(member)):
        spend(market, member, order)


@pytest.mark.parametrize("who", ["bob", "merchant", "signer", "stranger"])
def test_spend__signed_by_another_member_brand_or_stranger__reverts(market: Market, who: str) -> None:
    member = market.member()
    filled(market, member)
    with expect("Custodian_InvalidSignature", signer_bytes(market.alice)):
        spend(market, member, order_of(market, member), signed_by=who)


@pytest.mark.parametrize("who", ["bob", "merchant", "admin", "stranger"])
def test_spend__sent_by_another_without_signature__reverts(market: Market, who: str) -> None:
    member = market.member()
    filled(market, member)
    order = order_of(market, member)
    with expect("Custodian_InvalidSignature", signer_bytes(market.alice)):
        market.custodian.spend(member.words, order.words, [], b"", sender=getattr(market, who))


def test_spend__as_a_member_with_ones_own_key__reaches_only_ones_own_vault(market: Market) -> None:
    member, robber = market.member("alice"), market.member("bob")
    filled(market, member)
    order = order_of(market, member)
    with expect("Custodian_WrongCustomer", market.vault(member), market.vault(robber)):
        spend(market, robber, order, signed_by="bob")


def test_spend__replayed__reverts(market: Market) -> None:
    member = market.member()
    filled(market, member)
    order = order_of(market, member, amount=FEC)
    spend(market, member, order)
    with expect("Checkout_OrderAlreadyPaid", market.order_key(order)):
        spend(market, member, order)


def test_spend__signature_for_another_order__reverts(market: Market) -> None:
    member = market.member()
    filled(market, member)
    order = order_of(market, member)
    signature = key("alice").sign(market.custodian.hashSpend(market.vault(member), order.words))
    dearer = market.signed(replace(order, amount=order.amount + 1))
    with expect("Custodian_InvalidSignature", signer_bytes(market.alice)):
        market.custodian.spend(member.words, dearer.words, [], signature, sender=market.merchant)


def test_spend__signature_for_another_vault_of_the_same_key__reverts(market: Market) -> None:
    member, other = market.member(), market.member(salt=bytes(32))
    filled(market, member)
    order = order_of(market, member)
    signature = key("alice").sign(market.custodian.hashSpend(market.vault(other), order.words))
    with expect("Custodian_InvalidSignature", signer_bytes(market.alice)):
        market.custodian.spend(member.words, order.words, [], signature, sender=market.merchant)


def test_spend__too_little_in_the_vault__reverts(market: Market) -> None:
    member = market.member()
    market.fund(market.vault(member), FEC - 1)
    with expect("ERC20InsufficientBalance", market.vault(member), FEC - 1, FEC):
        spend(market, member, order_of(market, member, amount=FEC))


def test_spend__errors_of_checkout_come_through(market: Market) -> None:
    member = market.member()
    filled(market, member)
    order = order_of(market, member, expiry=market.chain.now - 1)
    with expect("Checkout_OrderExpired", market.chain.now - 1, market.chain.now):
        spend(market, member, order)


# ------------------------------------------------------------------------ the vault


@pytest.mark.parametrize("who", ["merchant", "admin", "alice", "stranger"])
def test_execute__by_another_than_the_custodian__reverts(market: Market, who: str) -> None:
    """Not even the member's own key commands the vault directly."""
    member = market.member()
    filled(market, member)
    withdraw(market, member, [], 1, market.carol)
    vault = vault_at(market, market.vault(member))
    caller = getattr(market, who)
    transfer = market.fec.encode("transfer", caller, 1)
    with expect("MemberVault_NotCustodian", caller):
        vault.execute(market.fec.address, transfer, sender=caller)


def vault_at(market: Market, address: str) -> Contract:
    abi = [
        {
            "type": "function",
            "name": "execute",
            "stateMutability": "nonpayable",
            "inputs": [{"name": "target", "type": "address"}, {"name": "data", "type": "bytes"}],
            "outputs": [{"name": "", "type": "bytes"}],
        }
    ]
    market.chain.learn(shipped("Custodian")["abi"])
    return Contract(market.chain, address, abi)


def test_vault__operators_of_the_brand_have_no_say(market: Market) -> None:
    member = market.member()
    node = filled(market, member)
    vault = market.vault(member)
    for who in [market.merchant, market.admin]:
        with expect("ERC721InsufficientApproval", who, node):
            market.adn.transferFrom(vault, who, node, sender=who)
        with expect("ADN_NotClaimer", node, who):
            market.adn.claim(node, sender=who)
        with expect("ERC20InsufficientAllowance", who, 0, 1):
            market.fec.transferFrom(vault, who, 1, sender=who)
