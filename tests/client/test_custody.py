"""Custody through the client: what a member's key does, and what nobody else can."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import Contract

from fec.chain.anvil import Anvil
from fec.chain.deployments import Deployment
from fec.client.client import Client
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import HOUR
from fec.i18n.errors import NotAllowed, StateConflict
from fec.protocol import abi, acts
from fec.protocol.members import ALL_COINS, Member, signer_bytes
from fec.protocol.orders import Order
from fec.protocol.types import Payout

from .refusals import refused

FEC = WEI_PER_FEC
SALT = "0x" + "5a" * 32

NewOrder = Callable[..., Order]


@pytest.fixture
def key(accounts: list[LocalAccount]) -> LocalAccount:
    """The member's."""
    return accounts[7]


@pytest.fixture
def own(owner: Client, key: LocalAccount) -> Client:
    """The member's own, with the key."""
    return owner.signed_by(key)


@pytest.fixture
def member(shop: Client, key: LocalAccount) -> Member:
    return Member(shop.address, key.address, SALT)


@pytest.fixture
def vault(shop: Client, member: Member) -> str:
    """Where the member has 500 FEC."""
    vault = shop.custody.vault(member.brand, member.id)
    shop.transfer(vault, 500 * FEC)
    return vault


@pytest.fixture
def kept(shopper: Client, order: NewOrder, vault: str) -> int:
    """A node that was bought for the member."""
    token_id = shopper.orders.pay(order(customer=vault)).token_id
    assert token_id is not None
    return token_id


@pytest.fixture
def custodian(owner: Client, deployment: Deployment) -> Contract:
    address = Web3.to_checksum_address(deployment["contracts"]["Custodian"]["address"])
    return owner.web3.eth.contract(address=address, abi=abi.load("Custodian")["abi"])


# -------------------------------------------------------------------- members


def test_member_id__is_the_contracts(member: Member, custodian: Contract) -> None:
    expected = custodian.functions.memberIdOf(bytes.fromhex(member.signer[2:]), bytes.fromhex(SALT[2:])).call()
    assert member.id == Web3.to_hex(expected)


def test_enroll__member__is_listed(shop: Client, member: Member) -> None:
    enrolled = shop.custody.enroll(member.id)
    assert (enrolled.member_id, enrolled.vault) == (member.id, shop.custody.vault(shop.address, member.id))
    assert shop.custody.members(shop.address) == {member.id: enrolled.vault}


def test_members__of_another_brand__are_not_listed(shop: Client, bob: Client, member: Member) -> None:
    shop.custody.enroll(member.id)
    assert bob.custody.members(bob.address) == {}


def test_vault__of_another_brand__is_another(shop: Client, bob: Client, member: Member) -> None:
    assert shop.custody.vault(shop.address, member.id) != shop.custody.vault(bob.address, member.id)


# --------------------------------------------------------------------- buying


def test_pay__for_a_member__is_kept_in_their_vault(shop: Client, vault: str, kept: int) -> None:
    assert [node.token_id for node in shop.nodes.owned_by(vault)] == [kept]


def test_spend_message__hash__is_the_contracts(shop: Client, order: NewOrder, vault: str, custodian: Contract) -> None:
    bought = order(customer=vault)
    expected = custodian.functions.hashSpend(vault, bought.fields).call()
    assert shop.custody.spend_message(bought).hash == Web3.to_hex(expected)


def test_spend__signed_by_the_member__is_sent_by_anybody(
    bob: Client, order: NewOrder, member: Member, vault: str, key: LocalAccount
) -> None:
    bought = order(customer=vault)
    paid = bob.custody.spend(member, bought, signature=bob.custody.sign_spend(bought, key))
    assert (paid.payer, paid.customer, paid.amount) == (vault, vault, 100 * FEC)
    assert bob.balance(vault) == 400 * FEC


def test_spend__by_the_key_itself__needs_no_signature(own: Client, order: NewOrder, member: Member, vault: str) -> None:
    assert own.custody.spend(member, order(customer=vault)).payer == vault


def test_spend__from_nodes__says_what_flowed_back(
    chain: Anvil, own: Client, member: Member, kept: int, order: NewOrder
) -> None:
    node = own.nodes.get(kept)
    chain.travel_to(node.end)
    paid = own.custody.spend(member, order(customer=node.owner), [kept])
    assert paid.claimed == (Payout(kept, node.owner, 100 * FEC),)


def test_spend__signed_by_the_brand__is_refused(
    shop: Client, order: NewOrder, member: Member, vault: str, accounts: list[LocalAccount]
) -> None:
    bought = order(customer=vault)
    with refused(NotAllowed, "Custodian_InvalidSignature", signer=member.signer.lower()):
        shop.custody.spend(member, bought, signature=shop.custody.sign_spend(bought, accounts[3]))


@pytest.mark.usefixtures("vault")
def test_spend__for_somebody_else__is_refused(bob: Client, order: NewOrder, member: Member, key: LocalAccount) -> None:
    bought = order(customer=bob.address)
    with refused(NotAllowed, "Custodian_NotSigner", vault=bob.address, signer=member.signer.lower()):
        bob.custody.spend(member, bought, signature=bob.custody.sign_spend(bought, key))


# ---------------------------------------------------------------- withdrawing


def test_acts_message__hash__is_the_contracts(bob: Client, member: Member, kept: int, custodian: Contract) -> None:
    wanted = bob.custody.withdrawal(member, bob.address, 5, token_ids=[kept], amount=7)
    fields = [act.fields for act in wanted.acts]
    expected = custodian.functions.hashActs(wanted.vault, signer_bytes(member.signer), fields, 0, 5).call()
    assert bob.custody.acts_message(wanted).hash == Web3.to_hex(expected)


def test_withdraw__signed__takes_everything_out(
    bob: Client, member: Member, vault: str, kept: int, key: LocalAccount
) -> None:
    wanted = bob.custody.withdrawal(member, key.address, bob.now() + HOUR, token_ids=[kept])
    withdrawn = bob.custody.withdraw(member, wanted, bob.custody.sign_acts(wanted, key))
    assert (withdrawn.to, withdrawn.token_ids, withdrawn.amount) == (key.address, (kept,), 500 * FEC)
    assert (bob.nodes.get(kept).owner, bob.balance(key.address), bob.balance(vault)) == (key.address, 500 * FEC, 0)


def test_withdraw__by_the_key_itself__needs_no_signature(own: Client, member: Member, vault: str) -> None:
    wanted = own.custody.withdrawal(member, own.address, own.now() + HOUR, amount=7)
    assert own.custody.withdraw(member, wanted).amount == 7
    assert own.custody.nonce(vault, member.signer) == 1


@pytest.mark.usefixtures("vault")
def test_withdraw__sent_again__is_refused(bob: Client, member: Member, key: LocalAccount) -> None:
    wanted = bob.custody.withdrawal(member, key.address, bob.now() + HOUR, amount=7)
    signature = bob.custody.sign_acts(wanted, key)
    bob.custody.withdraw(member, wanted, signature)
    with refused(StateConflict, "Custodian_WrongNonce", nonce=0, expected=1):
        bob.custody.withdraw(member, wanted, signature)


@pytest.mark.usefixtures("vault")
def test_withdraw__to_another_account__is_refused(bob: Client, member: Member, key: LocalAccount) -> None:
    wanted = bob.custody.withdrawal(member, key.address, bob.now() + HOUR)
    signature = bob.custody.sign_acts(wanted, key)
    with refused(NotAllowed, "Custodian_InvalidSignature", signer=member.signer.lower()):
        bob.custody.withdraw(member, replace(wanted, acts=(acts.withdraw(bob.address, (), ALL_COINS),)), signature)


def test_withdraw__too_late__is_refused(chain: Anvil, bob: Client, member: Member, key: LocalAccount) -> None:
    wanted = bob.custody.withdrawal(member, key.address, bob.now() + HOUR, amount=ALL_COINS)
    late = wanted.deadline + 1
    chain.request("evm_setNextBlockTimestamp", late)
    with refused(StateConflict, "Custodian_Expired", deadline=wanted.deadline, timestamp=late):
        bob.custody.withdraw(member, wanted, bob.custody.sign_acts(wanted, key))
