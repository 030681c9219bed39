"""Attack: assertions that nobody gave for this, of a device that did not look who signs, mirrored, cut, or reused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_abi.abi import decode, encode

from fec.core import p256
from fec.core.durations import DAY
from fec.protocol import acts
from fec.protocol.acts import Act
from fec.protocol.members import signer_bytes
from tests.contracts.attacks.attackers import contract
from tests.contracts.custody.acts import ALL, act, acts_hash, filled
from tests.contracts.support.evm import ZERO, expect
from tests.contracts.support.shop_world import NEVER, Market, Member
from tests.contracts.support.world import FEC
from tests.fixtures.passkeys import PRESENT, VERIFIED, Passkey, passkey

ALICE, MALLORY = passkey("alice"), passkey("mallory")
FIELDS = ["bytes32", "bytes32", "uint256", "uint256", "bytes", "bytes"]
BACKED_UP = 0x10


@pytest.fixture
def member(market: Market) -> Member:
    """Of nobody's brand, with a passkey; the vault has coins and a node."""
    return market.member_of(ALICE.signer(market.custodian.passkeyVerifier()), ZERO)


@pytest.fixture
def node(market: Market, member: Member) -> int:
    return filled(market, member)


def challenge(market: Market, member: Member, *wanted: Act) -> bytes:
    """What the browser gives to the passkey."""
    nonce = market.custodian.nonceOf(member.vault, member.signer)
    return acts_hash(market.custodian.address, member, wanted, nonce=nonce)


def leave(market: Market, node: int) -> Act:
    return acts.withdraw(market.carol, [node], ALL)


def changed(signature: bytes, **fields: int | bytes) -> bytes:
    """A signature with some of its six values changed."""
    names = ("r", "s", "challenge", "kind", "data", "text")
    values = dict(zip(names, decode(FIELDS, signature), strict=True))
    for name, value in fields.items():
        values[name] = value.to_bytes(32) if name in ("r", "s") and isinstance(value, int) else value
    return encode(FIELDS, list(values.values()))


# ----------------------------------------------------------------- what is meant to be


def test_passkey__leaves_with_everything__sent_by_a_stranger(market: Market, member: Member, node: int) -> None:
    """G8, without a wallet and without a brand."""
    wanted = leave(market, node)
    act(market, member, wanted, signature=ALICE.sign(challenge(market, member, wanted)))
    assert (market.adn.ownerOf(node), market.fec.balanceOf(market.carol)) == (market.carol, 1000 * FEC)


def test_passkey__pays(market: Market, member: Member, node: int) -> None:
    order = market.order(market.shop(), customer=member.vault, amount=300 * FEC)
    signature = ALICE.sign(market.custodian.hashSpend(member.vault, order.words))
    assert market.custodian.spend(member.words, order.words, [node], signature, sender=market.stranger)
    assert market.fec.balanceOf(member.vault) == 700 * FEC


def test_passkey__client_data_in_another_order__is_taken(market: Market, member: Member, node: int) -> None:
    """Browsers add fields and say so; where type and challenge stand is told by the signature."""
    wanted = leave(market, node)
    act(market, member, wanted, signature=Reordered(ALICE.secret).sign(challenge(market, member, wanted)))
    assert market.adn.ownerOf(node) == market.carol


class Reordered(Passkey):
    """A browser with an order of its own."""

    def client_data(self, challenge: bytes) -> bytes:
        text = super().client_data(challenge).decode()
        kind, rest = text[1:-1].split(",", 1)
        return f'{{{rest},"more":"do not compare clientDataJSON against a template",{kind}}}'.encode()


# ----------------------------------------------------------------------------- attacks

#: What is given in place of the passkey's own answer, from the challenge.
FORGED: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "a word": lambda _: bytes(32),
    "without user verification": lambda asked: replace(ALICE, flags=PRESENT).sign(asked),
    "without user presence": lambda asked: replace(ALICE, flags=VERIFIED).sign(asked),
    "backed up but not eligible for it": lambda asked: replace(ALICE, flags=PRESENT | VERIFIED | BACKED_UP).sign(asked),
    "another passkey": MALLORY.sign,
    "another challenge": lambda asked: ALICE.sign(bytes(reversed(asked))),
    "another challenge in the text": lambda asked: changed(
        ALICE.sign(bytes(32)), text=ALICE.assertion(asked).client_data_json
    ),
    "mirrored": lambda asked: changed(ALICE.sign(asked), s=p256.N - int.from_bytes(ALICE.sign(asked)[32:64])),
    "s of zero": lambda asked: changed(ALICE.sign(asked), s=0),
    "r of zero": lambda asked: changed(ALICE.sign(asked), r=0),
    "r beyond the order": lambda asked: changed(ALICE.sign(asked), r=p256.N),
    "challenge at another place": lambda asked: changed(ALICE.sign(asked), challenge=1),
    "challenge beyond the text": lambda asked: changed(ALICE.sign(asked), challenge=2**256 - 1),
    "type at another place": lambda asked: changed(ALICE.sign(asked), kind=2),
    "type beyond the text": lambda asked: changed(ALICE.sign(asked), kind=2**256 - 1),
    "authenticator data cut off": lambda asked: changed(
        ALICE.sign(asked), data=ALICE.assertion(asked).authenticator_data[:36]
    ),
    "a user verified afterwards": lambda asked: changed(
        replace(ALICE, flags=PRESENT).sign(asked), data=ALICE.assertion(asked).authenticator_data
    ),
    "cut off": lambda asked: ALICE.sign(asked)[:-32],
    "offsets beyond the end": lambda asked: ALICE.sign(asked)[:128] + b"\xff" * 64 + ALICE.sign(asked)[192:],
}


@pytest.mark.parametrize("name", FORGED)
def test_passkey__forged__reverts(market: Market, member: Member, node: int, name: str) -> None:
    wanted = leave(market, node)
    with expect("Custodian_InvalidSignature", member.signer):
        act(market, member, wanted, signature=FORGED[name](challenge(market, member, wanted)))
    assert market.adn.ownerOf(node) == member.vault


@pytest.mark.parametrize("kind", ["webauthn.create", "payment.get", "webauthn.get "])
def test_passkey__answer_of_another_type__cannot_be_encoded_as_one(
    market: Market, member: Member, node: int, kind: str
) -> None:
    wanted = leave(market, node)
    asked = challenge(market, member, wanted)
    other = replace(ALICE, kind=kind).assertion(asked)
    values = (*decode(FIELDS, ALICE.sign(asked))[:4], other.authenticator_data, other.client_data_json)
    r, s = other.numbers
    signature = changed(encode(FIELDS, values), r=r, s=s)
    with expect("Custodian_InvalidSignature", member.signer):
        act(market, member, wanted, signature=signature)


def test_passkey__page_on_another_origin__is_the_browsers_part(market: Market, member: Member, node: int) -> None:
    """Not stopped on chain: a browser gives a page no assertion of another site's passkey (rp.id)."""
    wanted = leave(market, node)
    elsewhere = replace(ALICE, origin="https://elsewhere.example")
    act(market, member, wanted, signature=elsewhere.sign(challenge(market, member, wanted)))
    assert market.adn.ownerOf(node) == market.carol


def test_passkey__replayed__reverts(market: Market, member: Member, node: int) -> None:
    wanted = acts.withdraw(market.carol, (), FEC)
    signature = ALICE.sign(challenge(market, member, wanted))
    act(market, member, wanted, signature=signature)
    with expect("Custodian_InvalidSignature", member.signer):
        act(market, member, wanted, signature=signature)
    with expect("Custodian_WrongNonce", 0, 1):
        act(market, member, wanted, signature=signature, nonce=0)


@pytest.mark.parametrize("counter", [bytes(4), b"\0\0\0\1", b"\xff" * 4])
def test_passkey__counter__is_no_nonce(market: Market, member: Member, node: int, counter: bytes) -> None:
    wanted = acts.withdraw(market.carol, (), FEC)
    signature = replace(ALICE, counter=counter).sign(challenge(market, member, wanted))
    act(market, member, wanted, signature=signature)
    assert market.fec.balanceOf(market.carol) == FEC


def test_passkey__of_another_vault__reverts(market: Market, member: Member, node: int) -> None:
    robber = market.member_of(MALLORY.signer(market.custodian.passkeyVerifier()), ZERO)
    wanted = leave(market, node)
    told = replace(robber, vault=member.vault)
    with expect("Custodian_NotSigner", member.vault, robber.signer):
        act(market, told, wanted, signature=MALLORY.sign(challenge(market, told, wanted)))


def test_passkey__removed__signs_no_more(market: Market, member: Member, node: int) -> None:
    add = acts.add_signer(market.bob)
    act(market, member, add, signature=ALICE.sign(challenge(market, member, add)))
    bob = Member(member.vault, ZERO, bytes(32), signer_bytes(market.bob))
    lost = "0x" + member.signer.hex()
    act(market, bob, acts.ask_removal(lost), signed_by="bob")
    market.chain.now += 3 * DAY
    act(market, bob, acts.remove_signer(lost), signed_by="bob")
    wanted = leave(market, node)
    with expect("Custodian_NotSigner", member.vault, member.signer):
        act(market, member, wanted, signature=ALICE.sign(challenge(market, member, wanted)))
    act(market, bob, wanted, signed_by="bob")
    assert market.adn.ownerOf(node) == market.carol


# ---------------------------------------------------------------- other verifiers

#: Runtime code of verifiers that answer anything: nothing, a yes to all, a yes of 31 bytes, and a word of ones.
SAYS_NOTHING = "5f5ff3"
SAYS_YES = "63024ad31860e01b5f5260205ff3"
SAYS_YES_SHORT = "63024ad31860e01b5f52601f5ff3"
SAYS_ONES = "5f195f5260205ff3"


@pytest.mark.parametrize("code", [SAYS_NOTHING, SAYS_YES_SHORT, SAYS_ONES, "5f5ffd", "fe"])
def test_verifier__that_does_not_say_yes__is_none(market: Market, code: str) -> None:
    member = market.member_of(deployed(market, code) + b"key", ZERO)
    with expect("Custodian_InvalidSignature", member.signer):
        act(market, member, acts.withdraw(market.carol), signature=b"")


def test_verifier__that_says_yes_to_all__opens_its_own_vaults_alone(market: Market) -> None:
    """Whose vault has such a signer has chosen it."""
    verifier = deployed(market, SAYS_YES)
    own = market.member_of(verifier + b"key", ZERO)
    market.fund(own.vault, FEC)
    act(market, own, acts.withdraw(market.carol, (), ALL), signature=b"")
    assert market.fec.balanceOf(market.carol) == FEC
    victim = market.member("bob")
    market.fund(victim.vault, FEC)
    with expect("Custodian_NotSigner", victim.vault, own.signer):
        act(market, replace(own, vault=victim.vault), acts.withdraw(market.carol, (), ALL), signature=b"")


def deployed(market: Market, code: str) -> bytes:
    """Where a verifier with this runtime code is."""
    return signer_bytes(contract(market.chain, bytes.fromhex(code)))


def test_spend__passkey_without_verification__reverts(market: Market, member: Member, node: int) -> None:
    order = market.order(market.shop(), customer=member.vault, amount=FEC, expiry=NEVER)
    signature = replace(ALICE, flags=PRESENT).sign(market.custodian.hashSpend(member.vault, order.words))
    with expect("Custodian_InvalidSignature", member.signer):
        market.custodian.spend(member.words, order.words, [], signature, sender=market.stranger)
