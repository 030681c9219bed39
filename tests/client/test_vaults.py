"""Vaults with several signers through the client: acts, passkeys among the signers, and who is left in the end."""

from __future__ import annotations

import pytest
from eth_account.signers.local import LocalAccount

from fec.chain.anvil import Anvil
from fec.chain.signatures import has_signed
from fec.client.client import Client
from fec.client.custody import StoredSigner
from fec.core.amounts import WEI_PER_FEC as FEC
from fec.core.durations import HOUR
from fec.i18n.errors import NotAllowed, StateConflict
from fec.protocol import acts
from fec.protocol.acts import Act
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.members import ALL_COINS, Member, acting, vault_address
from tests.fixtures.passkeys import passkey

from .refusals import refused

SALT = "0x" + "5b" * 32
KEY = passkey("the client's shopper")
PUBLIC = 1


@pytest.fixture
def member(bob: Client) -> Member:
    """Of nobody's brand, with a passkey."""
    return Member(ADDRESS_ZERO, "0x" + KEY.signer(bob.custody.passkey_verifier()).hex(), SALT)


@pytest.fixture
def vault(owner: Client, member: Member) -> str:
    """Where the member has 500 FEC."""
    vault = owner.custody.vault(member.brand, member.id)
    owner.transfer(vault, 500 * FEC)
    return vault


def by_passkey(sender: Client, member: Member, vault: str, *wanted: Act) -> None:
    """Acts signed by the passkey, which somebody else sends."""
    instruction = sender.custody.instruction(member, vault, wanted, sender.now() + HOUR)
    challenge = bytes.fromhex(sender.custody.acts_message(instruction).hash[2:])
    sender.custody.act(member, instruction, "0x" + KEY.sign(challenge).hex())


def by_account(sender: Client, vault: str, *wanted: Act) -> None:
    """Acts of an added signer, which is the sending account."""
    member = acting(sender.address)
    sender.custody.act(member, sender.custody.instruction(member, vault, wanted, sender.now() + HOUR))


def test_vault_address__is_the_contracts(bob: Client, member: Member) -> None:
    custody = bob.custody
    implementation = custody.vault_implementation()
    expected = custody.vault(member.brand, member.id)
    assert vault_address(custody.address, implementation, member.brand, member.id) == expected


def test_act__by_passkey__gives_a_part_of_a_node(owner: Client, bob: Client, member: Member, vault: str) -> None:
    node = owner.nodes.mint(PUBLIC, 10 * FEC, vault).token_id
    by_passkey(bob, member, vault, acts.withdraw_part(node, 3 * FEC, bob.address))
    assert bob.nodes.get(node).principal == 7 * FEC
    assert 3 * FEC in {found.principal for found in bob.nodes.owned_by(bob.address)}
    assert bob.custody.nonce(vault, member.signer) == 1


def test_signers__second_added__both_are_stored(bob: Client, member: Member, vault: str) -> None:
    assert bob.custody.signers(vault) == ()
    by_passkey(bob, member, vault, acts.add_signer(bob.address))
    assert bob.custody.signers(vault) == (StoredSigner(member.signer, None), StoredSigner(bob.address, None))


def test_signers__first_removed_after_the_wait__does_not_come_back(
    chain: Anvil, owner: Client, bob: Client, member: Member, vault: str
) -> None:
    by_passkey(owner, member, vault, acts.add_signer(bob.address))
    by_account(bob, vault, acts.ask_removal(member.signer))
    asked = bob.custody.removable_from(vault, member.signer)
    assert asked is not None
    with pytest.raises(StateConflict) as caught:
        by_account(bob, vault, acts.remove_signer(member.signer))
    assert (caught.value.name, caught.value.values["removableFrom"]) == ("Custodian_RemovalWaits", asked)
    chain.travel_to(asked)
    by_account(bob, vault, acts.remove_signer(member.signer))
    assert bob.custody.signers(vault) == (StoredSigner(bob.address, None),)
    with refused(NotAllowed, "Custodian_NotSigner", vault=vault, signer=member.signer):
        by_passkey(owner, member, vault, acts.withdraw(owner.address, (), ALL_COINS))
    by_account(bob, vault, acts.withdraw(bob.address, (), ALL_COINS))
    assert bob.balance(vault) == 0


def test_successor__named__is_read(bob: Client, member: Member, vault: str) -> None:
    assert bob.custody.successor(vault) is None
    by_passkey(bob, member, vault, acts.name_successor(bob.address))
    assert bob.custody.successor(vault) == bob.address


def test_has_signed__passkey__by_its_verifier(bob: Client, member: Member, accounts: list[LocalAccount]) -> None:
    challenge = b"\x11" * 32
    signed = "0x" + KEY.sign(challenge).hex()
    assert has_signed(bob.web3, member.signer, "0x" + challenge.hex(), signed)
    assert not has_signed(bob.web3, member.signer, "0x" + bytes(32).hex(), signed)
    assert not has_signed(bob.web3, accounts[1].address + member.signer[42:], "0x" + challenge.hex(), signed)
