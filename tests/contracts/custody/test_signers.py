"""Signers of a vault: up to eight, each of whom can leave with everything; how one is removed, and what stays."""

from __future__ import annotations

from dataclasses import replace

import pyrevm
import pytest
from eth_utils.crypto import keccak

from fec.core.durations import DAY
from fec.protocol import acts
from fec.protocol.members import acting, signer_bytes, signer_hash
from tests.contracts.custody.acts import ALL, act, acts_hash, filled, signed_acts
from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.shop_world import Market, Member, key
from tests.contracts.support.world import FEC, account
from tests.fixtures.passkeys import passkey

ALICE = passkey("alice")
DELAY = 3 * DAY


@pytest.fixture
def member(market: Market) -> Member:
    """Alice's; with coins and a node."""
    return market.member()


@pytest.fixture
def node(market: Market, member: Member) -> int:
    return filled(market, member)


def other(member: Member, signer: str | bytes) -> Member:
    """Another signer of the same vault: brand and salt are nobody's business then."""
    given = signer if isinstance(signer, bytes) else signer_bytes(signer)
    return Member(member.vault, ZERO, bytes(32), given)


def add(market: Market, member: Member, signer: str, *, by: str = "alice") -> Member:
    act(market, member, acts.add_signer(signer), signed_by=by)
    return other(member, signer)


@pytest.fixture
def second(market: Market, member: Member, node: int) -> Member:
    """Bob, a signer of the same vault."""
    return add(market, member, market.bob)


# ------------------------------------------------------------------------- adding


def test_add__second__both_are_stored_and_told(market: Market, member: Member) -> None:
    assert market.custodian.signerCountOf(member.vault) == 0
    act(market, member, acts.add_signer(market.bob))
    assert [event.values for event in market.chain.events("SignerAdded")] == [
        {"vault": member.vault, "signerHash": keccak(signer), "signer": signer}
        for signer in (member.signer, signer_bytes(market.bob))
    ]
    assert market.custodian.signerCountOf(member.vault) == 2
    assert market.custodian.isStoredSigner(member.vault, member.signer)
    assert market.custodian.isStoredSigner(member.vault, signer_bytes(market.bob))
    assert not market.custodian.isStoredSigner(member.vault, signer_bytes(market.carol))


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_each_signer__leaves_with_everything_alone(
    market: Market, member: Member, second: Member, node: int, who: str
) -> None:
    """G8, for each signer."""
    signer = member if who == "alice" else second
    act(market, signer, acts.withdraw(market.carol, [node], ALL), signed_by=who)
    assert (market.adn.ownerOf(node), market.fec.balanceOf(market.carol)) == (market.carol, 1000 * FEC)


def test_first_signer__once_stored__needs_neither_brand_nor_salt(
    market: Market, member: Member, second: Member
) -> None:
    act(market, other(member, member.signer), acts.withdraw(market.carol, (), FEC))
    assert market.fec.balanceOf(market.carol) == FEC


def test_spend__by_the_second__pays(market: Market, member: Member, second: Member) -> None:
    order = market.order(market.shop(), customer=member.vault, amount=300 * FEC)
    signature = key("bob").sign(market.custodian.hashSpend(member.vault, order.words))
    market.custodian.spend(second.words, order.words, [], signature, sender=market.stranger)
    assert market.fec.balanceOf(member.vault) == 700 * FEC


def test_nonces__run_by_signer(market: Market, member: Member, second: Member) -> None:
    act(market, second, acts.withdraw(market.carol, (), FEC), signed_by="bob")
    act(market, second, acts.withdraw(market.carol, (), FEC), signed_by="bob")
    nonces = [market.custodian.nonceOf(member.vault, each.signer) for each in (member, second)]
    assert nonces == [1, 2]


def test_second__signature_of_the_first__reverts(market: Market, member: Member, second: Member) -> None:
    with expect("Custodian_InvalidSignature", second.signer):
        act(market, second, acts.withdraw(market.carol, (), FEC), signed_by="alice")


def test_second__signed_as_the_first__reverts(market: Market, member: Member, second: Member) -> None:
    """Who signs is in the hash: of two signers with one key, neither's signature is the other's."""
    signature = signed_acts(market, second, [acts.withdraw(market.carol)], signer=member.signer, signed_by="bob")
    with expect("Custodian_InvalidSignature", second.signer):
        act(market, second, acts.withdraw(market.carol), signature=signature)


def test_second__of_another_vault__reverts(market: Market, member: Member, second: Member) -> None:
    victim = market.member("carol")
    market.fund(victim.vault, FEC)
    with expect("Custodian_NotSigner", victim.vault, second.signer):
        act(market, replace(second, vault=victim.vault), acts.withdraw(market.bob, (), ALL), signed_by="bob")


def test_add__the_same_again__reverts(market: Market, member: Member, second: Member) -> None:
    for signer in (member.signer, second.signer):
        with expect("Custodian_AlreadySigner", member.vault, signer):
            act(market, member, acts.add_signer("0x" + signer.hex()))


def test_add__oneself_as_the_first_change__reverts(market: Market, member: Member) -> None:
    with expect("Custodian_AlreadySigner", member.vault, member.signer):
        act(market, member, acts.add_signer(market.alice))
    assert market.custodian.signerCountOf(member.vault) == 0


def test_add__up_to_eight__and_no_more(market: Market, member: Member) -> None:
    assert market.custodian.MAX_SIGNERS() == 8
    act(market, member, *[acts.add_signer(account(0x500 + number)) for number in range(7)])
    assert market.custodian.signerCountOf(member.vault) == 8
    with expect("Custodian_TooManySigners", member.vault, 8):
        act(market, member, acts.add_signer(account(0x600)))


@pytest.mark.parametrize("signer", [b"", b"\x11" * 19, bytes(20), b"\x11" * 21, bytes(84)])
def test_add__what_nobody_could_sign_as__reverts(market: Market, member: Member, signer: bytes) -> None:
    wanted = replace(acts.add_signer(market.bob), data=acts._act(acts.ActKind.ADD_SIGNER, signer).data)
    with expect("Custodian_UnusableSigner", signer):
        act(market, member, wanted)


def test_add__contract_wallet__signs_by_erc1271(market: Market, member: Member, node: int, guest: Contract) -> None:
    wallet = add(market, member, guest.address)
    wanted = [acts.withdraw(market.carol, [node])]
    with expect("Custodian_InvalidSignature", wallet.signer):
        act(market, wallet, *wanted, signature=b"x")
    fields = [each.fields for each in wanted]
    guest.sign(market.custodian.hashActs(member.vault, wallet.signer, fields, 0, 2**48))
    act(market, wallet, *wanted, signature=b"x")
    assert market.adn.ownerOf(node) == market.carol


def test_add__passkey__leaves_with_everything(market: Market, member: Member, node: int) -> None:
    signer = ALICE.signer(market.custodian.passkeyVerifier())
    act(market, member, acts.add_signer("0x" + signer.hex()))
    device, wanted = other(member, signer), acts.withdraw(market.carol, [node], ALL)
    digest = acts_hash(market.custodian.address, device, [wanted])
    act(market, device, wanted, signature=ALICE.sign(digest))
    assert (market.adn.ownerOf(node), market.fec.balanceOf(market.carol)) == (market.carol, 1000 * FEC)


def test_add__shorter_than_an_account_that_has_code__reverts(market: Market, member: Member) -> None:
    """An account's address that ends in a zero byte, without that byte."""
    cut = b"\x11" * 19
    market.chain.evm.insert_account_info("0x" + cut.hex() + "00", pyrevm.AccountInfo(code=b"\x00"))
    wanted = replace(acts.add_signer(market.bob), data=acts._act(acts.ActKind.ADD_SIGNER, cut).data)
    with expect("Custodian_UnusableSigner", cut):
        act(market, member, wanted)


def test_act__first_signer_shorter_than_an_account__is_nobodys(market: Market) -> None:
    """Not even of the account whose address it is with zeros behind it."""
    cut = b"\x22" * 19
    member = market.member_of(cut, ZERO)
    with expect("Custodian_InvalidSignature", cut):
        act(market, member, acts.withdraw(market.carol), signature=b"", sender="0x" + cut.hex() + "00")


@pytest.mark.parametrize("rest", [b"\x01" * 64, b""], ids=["verifier and key", "nothing"])
def test_act__signer_that_begins_like_the_vault__is_not_the_account_itself(market: Market, rest: bytes) -> None:
    vault = market.bob if rest else ZERO
    signer = signer_bytes(vault) + rest if rest else b""
    with expect("Custodian_NotSigner", vault, signer):
        act(market, Member(vault, ZERO, bytes(32), signer), acts.withdraw(market.carol), signature=b"")


# ----------------------------------------------------------------------- removing


def test_remove__one_of_three__leaves_two(market: Market, member: Member, second: Member) -> None:
    third = add(market, member, market.carol)
    act(market, third, acts.remove_signer(market.carol), signed_by="carol")
    assert market.custodian.signerCountOf(member.vault) == 2


def test_remove__later_than_it_could_be__is_done(market: Market, member: Member, second: Member) -> None:
    act(market, member, acts.ask_removal(market.bob))
    market.chain.now += DELAY + DAY
    act(market, member, acts.remove_signer(market.bob))
    assert not market.custodian.isStoredSigner(member.vault, second.signer)


def test_remove__another__waits_three_days(market: Market, member: Member, second: Member) -> None:
    assert market.custodian.REMOVAL_DELAY() == DELAY
    act(market, member, acts.ask_removal(market.bob))
    until, hashed = market.chain.now + DELAY, keccak(second.signer)
    values = {"vault": member.vault, "signerHash": hashed, "removableFrom": until}
    assert market.chain.events("SignerRemovalAsked") == [Event(market.custodian.address, "SignerRemovalAsked", values)]
    assert market.custodian.removableFrom(member.vault, hashed) == until
    market.chain.now = until - 1
    with expect("Custodian_RemovalWaits", member.vault, hashed, until, until - 1):
        act(market, member, acts.remove_signer(market.bob))
    market.chain.now = until
    act(market, member, acts.remove_signer(market.bob))
    removed = {"vault": member.vault, "signerHash": hashed}
    assert market.chain.events("SignerRemoved") == [Event(market.custodian.address, "SignerRemoved", removed)]
    assert market.custodian.signerCountOf(member.vault) == 1
    assert market.custodian.removableFrom(member.vault, hashed) == 0


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_removed__signs_no_more(market: Market, member: Member, second: Member, who: str) -> None:
    """The first one neither: it does not come back by its brand and salt."""
    gone, stays = (member, second) if who == "alice" else (second, member)
    signing = "bob" if who == "alice" else "alice"
    act(market, stays, acts.ask_removal(gone.key), signed_by=signing)
    market.chain.now += DELAY
    act(market, stays, acts.remove_signer(gone.key), signed_by=signing)
    with expect("Custodian_NotSigner", member.vault, gone.signer):
        act(market, gone, acts.withdraw(market.carol, (), ALL), signed_by=who)
    order = market.order(market.shop(), customer=member.vault, amount=FEC)
    signature = key(who).sign(market.custodian.hashSpend(member.vault, order.words))
    with expect("Custodian_NotSigner", member.vault, gone.signer):
        market.custodian.spend(gone.words, order.words, [], signature, sender=market.stranger)


def test_removed__added_again__goes_on_with_its_number(market: Market, member: Member, second: Member) -> None:
    act(market, second, acts.withdraw(market.carol), signed_by="bob")
    act(market, second, acts.remove_signer(market.bob), signed_by="bob")
    add(market, member, market.bob)
    assert market.custodian.nonceOf(member.vault, second.signer) == 2


def test_removal__cancelled_by_the_one_concerned__is_over(market: Market, member: Member, second: Member) -> None:
    act(market, member, acts.ask_removal(market.bob))
    act(market, second, acts.cancel_removal(market.bob), signed_by="bob")
    values = {"vault": member.vault, "signerHash": keccak(second.signer)}
    assert market.chain.events("SignerRemovalCancelled") == [
        Event(market.custodian.address, "SignerRemovalCancelled", values)
    ]
    market.chain.now += DELAY
    with expect("Custodian_RemovalNotAsked", member.vault, keccak(second.signer)):
        act(market, member, acts.remove_signer(market.bob))


def test_removal__asked_again__begins_anew(market: Market, member: Member, second: Member) -> None:
    act(market, member, acts.ask_removal(market.bob))
    market.chain.now += DELAY
    act(market, member, acts.ask_removal(market.bob))
    hashed, until = keccak(second.signer), market.chain.now + DELAY
    with expect("Custodian_RemovalWaits", member.vault, hashed, until, market.chain.now):
        act(market, member, acts.remove_signer(market.bob))


def test_remove__oneself__at_once(market: Market, member: Member, second: Member) -> None:
    act(market, second, acts.remove_signer(market.bob), signed_by="bob")
    assert not market.custodian.isStoredSigner(member.vault, second.signer)


def test_remove__oneself__the_other_acts_of_the_instruction_are_done(
    market: Market, member: Member, second: Member
) -> None:
    act(market, second, acts.remove_signer(market.bob), acts.withdraw(market.carol, (), FEC), signed_by="bob")
    assert market.fec.balanceOf(market.carol) == FEC


def test_remove__the_last__reverts(market: Market, member: Member, second: Member) -> None:
    act(market, second, acts.remove_signer(market.bob), signed_by="bob")
    with expect("Custodian_LastSigner", member.vault):
        act(market, member, acts.remove_signer(market.alice))


def test_remove__not_asked__reverts(market: Market, member: Member, second: Member) -> None:
    for wanted in (acts.remove_signer(market.bob), acts.cancel_removal(market.bob)):
        with expect("Custodian_RemovalNotAsked", member.vault, keccak(second.signer)):
            act(market, member, wanted)


@pytest.mark.parametrize("wanted", [acts.ask_removal, acts.cancel_removal, acts.remove_signer])
def test_removal__of_nobody__reverts(market: Market, member: Member, second: Member, wanted: object) -> None:
    assert callable(wanted)
    with expect("Custodian_UnknownSigner", member.vault, bytes.fromhex(signer_hash(market.carol)[2:])):
        act(market, member, wanted(market.carol))


@pytest.mark.parametrize("wanted", [acts.ask_removal, acts.remove_signer])
def test_removal__of_the_first_before_any_was_added__reverts(market: Market, member: Member, wanted: object) -> None:
    assert callable(wanted)
    with expect("Custodian_UnknownSigner", member.vault, keccak(member.signer)):
        act(market, member, wanted(market.alice))


def test_removal__of_each_other__the_first_to_carry_it_out_stays(
    market: Market, member: Member, second: Member
) -> None:
    act(market, member, acts.ask_removal(market.bob))
    act(market, second, acts.ask_removal(market.alice), signed_by="bob")
    market.chain.now += DELAY
    act(market, member, acts.remove_signer(market.bob))
    with expect("Custodian_NotSigner", member.vault, second.signer):
        act(market, second, acts.remove_signer(market.alice), signed_by="bob")


def test_acting__says_vault_and_signer_alone(market: Market, member: Member, second: Member) -> None:
    assert acting(market.bob).fields(member.vault) == second.words
