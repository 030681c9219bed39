"""ERC-2612, ERC-3009 and EIP-712, clause by clause, where no other test shows it. docs/assurance/standards.md has all.

The digests are put together by hand from the numbers that the standards print, not by a library that knows them.
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode
from eth_keys.datatypes import Signature
from eth_utils import keccak

from tests.contracts.support.evm import ZERO, Contract, Event, expect
from tests.contracts.support.shop_world import GROUP, Market, key
from tests.contracts.support.world import NOW

#: As ERC-3009 prints them.
TYPEHASHES = {
    "transferWithAuthorization": bytes.fromhex("7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267"),
    "receiveWithAuthorization": bytes.fromhex("d099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8"),
    "cancelAuthorization": bytes.fromhex("158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429"),
}
PERMIT_TYPEHASH = keccak(text="Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)")
DOMAIN_TYPEHASH = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
AUTHORIZATION = ["address", "address", "uint256", "uint256", "uint256", "bytes32"]
NONCE = b"\x9d" * 32


def domain_of(name: str, contract: Contract) -> bytes:
    """The domain separator that ERC-2612 calls a common choice."""
    words = [DOMAIN_TYPEHASH, keccak(text=name), keccak(text="1"), 1, contract.address]
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], words))


def digest(market: Market, typehash: bytes, types: list[str], values: list[Any]) -> bytes:
    body = keccak(encode(["bytes32", *types], [typehash, *values]))
    return keccak(b"\x19\x01" + market.fec.DOMAIN_SEPARATOR() + body)


def vrs(signature: bytes) -> tuple[int, bytes, bytes]:
    return signature[64], signature[:32], signature[32:64]


def permit(market: Market, nonce: int, *, owner: str | None = None, spender: str | None = None) -> list[Any]:
    """All arguments of a permit of 40 wei that alice signed."""
    values = [owner or market.alice, spender or market.bob, 40]
    types = ["address", "address", "uint256", "uint256", "uint256"]
    signed = key("alice").sign(digest(market, PERMIT_TYPEHASH, types, [*values, nonce, NOW]))
    return [*values, NOW, *vrs(signed)]


# -------------------------------------------------------------------- ERC-2612


def test_permit__by_the_letter__sets_the_allowance_counts_and_tells(market: Market) -> None:
    market.fec.permit(*permit(market, 0), sender=market.stranger)
    told = {"owner": market.alice, "spender": market.bob, "value": 40}
    assert market.chain.events() == [Event(market.fec.address, "Approval", told)]
    assert (market.fec.allowance(market.alice, market.bob), market.fec.nonces(market.alice)) == (40, 1)


def test_permit__again_with_the_next_nonce__overwrites(market: Market) -> None:
    market.fec.approve(market.bob, 7, sender=market.alice)
    for nonce in (0, 1):
        market.fec.permit(*permit(market, nonce))
    assert (market.fec.allowance(market.alice, market.bob), market.fec.nonces(market.alice)) == (40, 2)


def test_permit__with_a_nonce_to_come__reverts(market: Market) -> None:
    arguments = permit(market, 1)
    types = ["address", "address", "uint256", "uint256", "uint256"]
    now_due = digest(market, PERMIT_TYPEHASH, types, [market.alice, market.bob, 40, 0, NOW])
    found = recovered(now_due, arguments)
    with expect("ERC2612InvalidSigner", found, market.alice):
        market.fec.permit(*arguments)


def recovered(signed: bytes, arguments: list[Any]) -> str:
    """Whose signature the last three arguments would be over a digest."""
    v, r, s = arguments[-3:]
    made = Signature(vrs=(v - 27, int.from_bytes(r, "big"), int.from_bytes(s, "big")))
    return str(made.recover_public_key_from_msg_hash(signed).to_checksum_address())


def test_permit__owner_zero__reverts_for_a_malformed_signature(market: Market) -> None:
    # The precompile answers zero, which must not pass for the owner.
    with expect("ECDSAInvalidSignature"):
        market.fec.permit(ZERO, market.bob, 40, NOW, 0, bytes(32), bytes(32))


def test_permit__owner_zero__reverts_for_a_signature_of_somebody(market: Market) -> None:
    arguments = permit(market, 0, owner=ZERO)
    with expect("ERC2612InvalidSigner", market.alice, ZERO):
        market.fec.permit(*arguments)


def test_permit__mirrored_signature__reverts(market: Market) -> None:
    arguments = permit(market, 0)
    v, s = arguments[-3], GROUP - int.from_bytes(arguments[-1], "big")
    mirrored = s.to_bytes(32, "big")
    with expect("ECDSAInvalidSignatureS", mirrored):
        market.fec.permit(*arguments[:-3], 55 - v, arguments[-2], mirrored)


def test_permit__spender_zero__reverts_as_approve_does(market: Market) -> None:
    # Stricter than the standard, which names no such condition.
    with expect("ERC20InvalidSpender", ZERO):
        market.fec.permit(*permit(market, 0, spender=ZERO))


def test_permit__reverted__counts_nothing(market: Market) -> None:
    with expect("ERC2612ExpiredSignature", NOW - 1):
        market.fec.permit(market.alice, market.bob, 40, NOW - 1, *permit(market, 0)[-3:])
    assert (market.fec.nonces(market.alice), market.fec.allowance(market.alice, market.bob)) == (0, 0)


# -------------------------------------------------------------------- ERC-3009


@pytest.mark.parametrize(
    ("getter", "kind"),
    [
        ("TRANSFER_WITH_AUTHORIZATION_TYPEHASH", "transferWithAuthorization"),
        ("RECEIVE_WITH_AUTHORIZATION_TYPEHASH", "receiveWithAuthorization"),
        ("CANCEL_AUTHORIZATION_TYPEHASH", "cancelAuthorization"),
    ],
)
def test_type_hashes__each__is_what_the_standard_prints(market: Market, getter: str, kind: str) -> None:
    assert getattr(market.fec, getter)() == TYPEHASHES[kind]


def test_version__of_the_coupon__is_that_of_its_domain(market: Market) -> None:
    assert (market.fec.version(), market.fec.eip712Domain()[2]) == ("1", "1")


def authorization(market: Market, function: str, giver: str | None = None) -> tuple[list[Any], bytes]:
    """Arguments of a transfer of 40 wei to bob, and alice's signature over them."""
    values = [giver or market.alice, market.bob, 40, NOW - 1, NOW + 1, NONCE]
    return values, key("alice").sign(digest(market, TYPEHASHES[function], AUTHORIZATION, values))


def function_of(name: str, last: str) -> str:
    types = "address,bytes32" if name == "cancelAuthorization" else ",".join(AUTHORIZATION)
    return f"{name}({types},{last})"


@pytest.mark.parametrize("name", ["transferWithAuthorization", "receiveWithAuthorization"])
@pytest.mark.parametrize("last", ["uint8,bytes32,bytes32", "bytes"])
def test_authorization__by_the_letter__moves_uses_the_nonce_and_tells(market: Market, name: str, last: str) -> None:
    values, signature = authorization(market, name)
    before = market.fec.balanceOf(market.bob)
    assert market.fec.authorizationState(market.alice, NONCE) is False
    proof = [signature] if last == "bytes" else vrs(signature)
    market.fec[function_of(name, last)](*values, *proof, sender=market.bob)
    assert [event.name for event in market.chain.events()] == ["AuthorizationUsed", "Transfer"]
    assert market.fec.authorizationState(market.alice, NONCE) is True
    assert market.fec.balanceOf(market.bob) == before + 40


@pytest.mark.parametrize("last", ["uint8,bytes32,bytes32", "bytes"])
def test_cancel__by_the_letter__uses_the_nonce_and_tells(market: Market, last: str) -> None:
    name = "cancelAuthorization"
    values = [market.alice, NONCE]
    signature = key("alice").sign(digest(market, TYPEHASHES[name], ["address", "bytes32"], values))
    proof = [signature] if last == "bytes" else vrs(signature)
    market.fec[function_of(name, last)](*values, *proof, sender=market.stranger)
    told = {"authorizer": market.alice, "nonce": NONCE}
    assert market.chain.events() == [Event(market.fec.address, "AuthorizationCanceled", told)]
    assert market.fec.authorizationState(market.alice, NONCE) is True


def test_authorization__same_nonce_of_another_authorizer__is_another(market: Market) -> None:
    name = "transferWithAuthorization"
    values, signature = authorization(market, name)
    market.fec[function_of(name, "bytes")](*values, signature)
    assert market.fec.authorizationState(market.bob, NONCE) is False


@pytest.mark.parametrize("name", ["transferWithAuthorization", "receiveWithAuthorization"])
def test_authorization__from_zero_with_a_malformed_signature__reverts(market: Market, name: str) -> None:
    values, _ = authorization(market, name, giver=ZERO)
    with expect("ECDSAInvalidSignature"):
        market.fec[function_of(name, "uint8,bytes32,bytes32")](*values, 0, bytes(32), bytes(32), sender=market.bob)
    with expect("ERC3009InvalidSignature"):
        market.fec[function_of(name, "bytes")](*values, bytes(65), sender=market.bob)


# --------------------------------------------------------------------- EIP-712


def test_domain__coupon_checkout_and_custody__are_apart(market: Market) -> None:
    names = {"Fortune Earnings Coupon": market.fec, "FEC Checkout": market.checkout, "FEC Custodian": market.custodian}
    assert market.fec.DOMAIN_SEPARATOR() == domain_of("Fortune Earnings Coupon", market.fec)
    for name, contract in names.items():
        # 0x0f: name, version, chain id and contract; no salt, no extensions (ERC-5267).
        assert contract.eip712Domain() == [b"\x0f", name, "1", 1, contract.address, bytes(32), []]
    assert len({domain_of(name, contract) for name, contract in names.items()}) == len(names)
