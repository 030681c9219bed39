"""Signatures on the coupon: ERC-2612 permits and ERC-3009 authorizations, of accounts and of contract wallets."""

from __future__ import annotations

from typing import Any

import pyrevm
import pytest
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data

from tests.contracts.support.evm import Contract, Event, expect
from tests.contracts.support.world import NOW, World

KEY = "0x" + "a1" * 32
SIGNER = Account.from_key(KEY).address
NONCE = bytes.fromhex("9d" * 32)
AFTER, BEFORE = NOW - 10, NOW + 10
TYPES = {
    "Permit": "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
    "TransferWithAuthorization": (
        "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
    ),
    "ReceiveWithAuthorization": (
        "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
    ),
    "CancelAuthorization": "address authorizer,bytes32 nonce",
}
FUNCTIONS = {
    "TransferWithAuthorization": "transferWithAuthorization",
    "ReceiveWithAuthorization": "receiveWithAuthorization",
}
KINDS = list(FUNCTIONS)
VRS = "uint8,bytes32,bytes32"


def typed(world: World, kind: str, values: list[Any], *, chain: int = 1, contract: str | None = None) -> Any:
    """The EIP-712 message of a kind."""
    fields = [dict(zip(("type", "name"), field.split(), strict=True)) for field in TYPES[kind].split(",")]
    return encode_typed_data(
        {
            "name": "Fortune Earnings Coupon",
            "version": "1",
            "chainId": chain,
            "verifyingContract": contract or world.fec.address,
        },
        {kind: fields},
        dict(zip((field["name"] for field in fields), values, strict=True)),
    )


def sign(world: World, kind: str, values: list[Any], **domain: Any) -> Any:
    return Account.sign_message(typed(world, kind, values, **domain), KEY)


def vrs(signed: Any) -> list[Any]:
    return [signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")]


def name_of(kind: str, last: str) -> str:
    return f"{FUNCTIONS[kind]}(address,address,uint256,uint256,uint256,bytes32,{last})"


@pytest.fixture
def funded(world: World) -> World:
    world.fund(SIGNER, 100)
    return world


def values_of(world: World, **changes: Any) -> list[Any]:
    """A transfer of 40 wei from the signer to bob."""
    values = {"from": SIGNER, "to": world.bob, "value": 40, "after": AFTER, "before": BEFORE, "nonce": NONCE}
    return list((values | changes).values())


# -------------------------------------------------------------------- permit


def test_permit__signed__gives_the_allowance(funded: World) -> None:
    values = [SIGNER, funded.bob, 40, 0, NOW]
    funded.fec.permit(SIGNER, funded.bob, 40, NOW, *vrs(sign(funded, "Permit", values)), sender=funded.stranger)
    assert (funded.fec.allowance(SIGNER, funded.bob), funded.fec.nonces(SIGNER)) == (40, 1)


def test_permit__after_the_deadline__reverts(funded: World) -> None:
    signature = vrs(sign(funded, "Permit", [SIGNER, funded.bob, 40, 0, NOW - 1]))
    with expect("ERC2612ExpiredSignature", NOW - 1):
        funded.fec.permit(SIGNER, funded.bob, 40, NOW - 1, *signature)


def recovered(world: World, kind: str, values: list[Any], signature: list[Any]) -> str:
    """Whose signature this would be over other values."""
    rsv = (signature[0], int.from_bytes(signature[1], "big"), int.from_bytes(signature[2], "big"))
    return str(Account.recover_message(typed(world, kind, values), vrs=rsv))


def test_permit__altered_value__reverts(funded: World) -> None:
    signature = vrs(sign(funded, "Permit", [SIGNER, funded.bob, 40, 0, NOW]))
    wrong = recovered(funded, "Permit", [SIGNER, funded.bob, 41, 0, NOW], signature)
    with expect("ERC2612InvalidSigner", wrong, SIGNER):
        funded.fec.permit(SIGNER, funded.bob, 41, NOW, *signature)


def test_permit__replayed__reverts(funded: World) -> None:
    signature = vrs(sign(funded, "Permit", [SIGNER, funded.bob, 40, 0, NOW]))
    funded.fec.permit(SIGNER, funded.bob, 40, NOW, *signature)
    wrong = recovered(funded, "Permit", [SIGNER, funded.bob, 40, 1, NOW], signature)
    with expect("ERC2612InvalidSigner", wrong, SIGNER):
        funded.fec.permit(SIGNER, funded.bob, 40, NOW, *signature)


def test_permit__front_run__leaves_the_allowance_that_was_signed(funded: World) -> None:
    signature = vrs(sign(funded, "Permit", [SIGNER, funded.bob, 40, 0, NOW]))
    funded.fec.permit(SIGNER, funded.bob, 40, NOW, *signature, sender=funded.stranger)
    # A caller that permits and spends in one go has to carry on when another has used the permit.
    funded.fec.transferFrom(SIGNER, funded.bob, 40, sender=funded.bob)
    assert funded.fec.balanceOf(funded.bob) == 40


@pytest.mark.parametrize("domain", [{"chain": 2}, {"contract": "0x" + "12" * 20}])
def test_permit__signed_for_elsewhere__reverts(funded: World, domain: dict[str, Any]) -> None:
    values = [SIGNER, funded.bob, 40, 0, NOW]
    signature = vrs(sign(funded, "Permit", values, **domain))
    with expect("ERC2612InvalidSigner", recovered(funded, "Permit", values, signature), SIGNER):
        funded.fec.permit(SIGNER, funded.bob, 40, NOW, *signature)


def test_domain__separator__is_of_name_version_chain_and_contract(funded: World) -> None:
    message = typed(funded, "CancelAuthorization", [SIGNER, NONCE])
    assert funded.fec.DOMAIN_SEPARATOR() == message.header


# ------------------------------------------------------------------ ERC-3009


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("last", [VRS, "bytes"])
def test_authorization__signed__moves_and_tells(funded: World, kind: str, last: str) -> None:
    values = values_of(funded)
    signed = sign(funded, kind, values)
    signature = [bytes(signed.signature)] if last == "bytes" else vrs(signed)
    funded.fec[name_of(kind, last)](*values, *signature, sender=funded.bob)
    address = funded.fec.address
    assert funded.chain.events() == [
        Event(address, "AuthorizationUsed", {"authorizer": SIGNER, "nonce": NONCE}),
        Event(address, "Transfer", {"from": SIGNER, "to": funded.bob, "value": 40}),
    ]
    assert funded.fec.balanceOf(funded.bob) == 40
    assert funded.fec.authorizationState(SIGNER, NONCE)


@pytest.mark.parametrize("nonce", [bytes(32), b"\xff" * 32, (1).to_bytes(32, "big"), bytes.fromhex("80" + "00" * 31)])
def test_authorization__any_nonce__in_any_order(funded: World, nonce: bytes) -> None:
    for each in (NONCE, nonce):
        values = values_of(funded, nonce=each)
        signature = vrs(sign(funded, "TransferWithAuthorization", values))
        assert not funded.fec.authorizationState(SIGNER, each)
        funded.fec.transferWithAuthorization(*values, *signature)
        assert funded.fec.authorizationState(SIGNER, each)
    assert funded.fec.balanceOf(funded.bob) == 80


def test_authorization__permit_nonces__are_counted_apart(funded: World) -> None:
    values = values_of(funded, nonce=bytes(32))
    funded.fec.transferWithAuthorization(*values, *vrs(sign(funded, "TransferWithAuthorization", values)))
    assert funded.fec.nonces(SIGNER) == 0
    funded.fec.permit(SIGNER, funded.bob, 1, NOW, *vrs(sign(funded, "Permit", [SIGNER, funded.bob, 1, 0, NOW])))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("last", [VRS, "bytes"])
def test_authorization__replayed__reverts(funded: World, kind: str, last: str) -> None:
    values = values_of(funded)
    signed = sign(funded, kind, values)
    signature = [bytes(signed.signature)] if last == "bytes" else vrs(signed)
    funded.fec[name_of(kind, last)](*values, *signature, sender=funded.bob)
    with expect("ERC3009UsedAuthorization", SIGNER, NONCE):
        funded.fec[name_of(kind, last)](*values, *signature, sender=funded.bob)


@pytest.mark.parametrize("last", [VRS, "bytes"])
@pytest.mark.parametrize(
    ("after", "before"), [(NOW, BEFORE), (AFTER, NOW), (AFTER, NOW - 1), (NOW + 1, BEFORE), (2**255, BEFORE)]
)
def test_authorization__outside_its_time__reverts(funded: World, last: str, after: int, before: int) -> None:
    values = values_of(funded, after=after, before=before)
    signed = sign(funded, "TransferWithAuthorization", values)
    signature = [bytes(signed.signature)] if last == "bytes" else vrs(signed)
    with expect("ERC3009InvalidAuthorizationTime", after, before):
        funded.fec[name_of("TransferWithAuthorization", last)](*values, *signature)


@pytest.mark.parametrize(("after", "before"), [(NOW - 1, NOW + 1), (0, 2**256 - 1), (0, 2**255 + 1)])
def test_authorization__at_the_ends_of_its_time__moves(funded: World, after: int, before: int) -> None:
    values = values_of(funded, after=after, before=before)
    funded.fec.transferWithAuthorization(*values, *vrs(sign(funded, "TransferWithAuthorization", values)))
    assert funded.fec.balanceOf(funded.bob) == 40


def test_authorization__flag_bits_set_in_both_times__are_read_as_times(funded: World) -> None:
    # The parent would take such a pair for block numbers.
    flag = 1 << 47
    values = values_of(funded, after=flag, before=flag | BEFORE)
    with expect("ERC3009InvalidAuthorizationTime", flag, flag | BEFORE):
        funded.fec.transferWithAuthorization(*values, *vrs(sign(funded, "TransferWithAuthorization", values)))


@pytest.mark.parametrize("last", [VRS, "bytes"])
@pytest.mark.parametrize(
    "change", [{"value": 41}, {"nonce": bytes(32)}, {"after": AFTER - 1}, {"before": BEFORE + 1}, {"to": SIGNER}]
)
def test_authorization__altered__reverts(funded: World, last: str, change: dict[str, Any]) -> None:
    signed = sign(funded, "TransferWithAuthorization", values_of(funded))
    signature = [bytes(signed.signature)] if last == "bytes" else vrs(signed)
    with expect("ERC3009InvalidSignature"):
        funded.fec[name_of("TransferWithAuthorization", last)](*values_of(funded, **change), *signature)


@pytest.mark.parametrize("domain", [{"chain": 2}, {"contract": "0x" + "12" * 20}])
def test_authorization__signed_for_elsewhere__reverts(funded: World, domain: dict[str, Any]) -> None:
    values = values_of(funded)
    with expect("ERC3009InvalidSignature"):
        funded.fec.transferWithAuthorization(*values, *vrs(sign(funded, "TransferWithAuthorization", values, **domain)))


def test_authorization__of_the_other_kind__reverts(funded: World) -> None:
    values = values_of(funded)
    with expect("ERC3009InvalidSignature"):
        funded.fec.transferWithAuthorization(*values, *vrs(sign(funded, "ReceiveWithAuthorization", values)))


@pytest.mark.parametrize("last", [VRS, "bytes"])
def test_receive__by_another_than_the_payee__reverts(funded: World, last: str) -> None:
    values = values_of(funded)
    signed = sign(funded, "ReceiveWithAuthorization", values)
    signature = [bytes(signed.signature)] if last == "bytes" else vrs(signed)
    with expect("ERC20InvalidReceiver", funded.bob):
        funded.fec[name_of("ReceiveWithAuthorization", last)](*values, *signature, sender=funded.stranger)


def test_authorization__above_balance__reverts_and_keeps_the_nonce(funded: World) -> None:
    values = values_of(funded, value=101)
    with expect("ERC20InsufficientBalance", SIGNER, 100, 101):
        funded.fec.transferWithAuthorization(*values, *vrs(sign(funded, "TransferWithAuthorization", values)))
    assert not funded.fec.authorizationState(SIGNER, NONCE)


@pytest.mark.parametrize("last", [VRS, "bytes"])
def test_cancel__signed__ends_the_authorization(funded: World, last: str) -> None:
    cancelled = sign(funded, "CancelAuthorization", [SIGNER, NONCE])
    signature = [bytes(cancelled.signature)] if last == "bytes" else vrs(cancelled)
    funded.fec[f"cancelAuthorization(address,bytes32,{last})"](SIGNER, NONCE, *signature, sender=funded.stranger)
    told = {"authorizer": SIGNER, "nonce": NONCE}
    assert funded.chain.events() == [Event(funded.fec.address, "AuthorizationCanceled", told)]
    values = values_of(funded)
    with expect("ERC3009UsedAuthorization", SIGNER, NONCE):
        funded.fec.transferWithAuthorization(*values, *vrs(sign(funded, "TransferWithAuthorization", values)))


@pytest.mark.parametrize("last", [VRS, "bytes"])
def test_cancel__signed_by_another__reverts(funded: World, last: str) -> None:
    cancelled = sign(funded, "CancelAuthorization", [SIGNER, NONCE])
    signature = [bytes(cancelled.signature)] if last == "bytes" else vrs(cancelled)
    with expect("ERC3009InvalidSignature"):
        funded.fec[f"cancelAuthorization(address,bytes32,{last})"](funded.alice, NONCE, *signature)


def test_cancel__after_use__reverts(funded: World) -> None:
    values = values_of(funded)
    funded.fec.transferWithAuthorization(*values, *vrs(sign(funded, "TransferWithAuthorization", values)))
    cancelled = vrs(sign(funded, "CancelAuthorization", [SIGNER, NONCE]))
    with expect("ERC3009UsedAuthorization", SIGNER, NONCE):
        funded.fec.cancelAuthorization(SIGNER, NONCE, *cancelled)


# ------------------------------------------------------------ contract wallets

#: What code of an account says of signatures that its key gave: no, nothing, and a revert.
DISOWNING = {"no": "5f5f5260205ff3", "nothing": "00", "revert": "5f5ffd"}


def with_code(world: World, code: str) -> None:
    """As an account with delegated code (EIP-7702) looks to others: it has code, and a key."""
    world.chain.evm.insert_account_info(SIGNER, pyrevm.AccountInfo(code=bytes.fromhex(code)))


@pytest.mark.parametrize("code", DISOWNING)
@pytest.mark.parametrize("kind", KINDS)
def test_authorization__of_an_account_with_code__its_key_is_enough(funded: World, kind: str, code: str) -> None:
    with_code(funded, DISOWNING[code])
    values = values_of(funded)
    signature = bytes(sign(funded, kind, values).signature)
    funded.fec[name_of(kind, "bytes")](*values, signature, sender=funded.bob)
    assert funded.fec.balanceOf(funded.bob) == 40


def test_cancel__of_an_account_with_code__its_key_is_enough(funded: World) -> None:
    with_code(funded, DISOWNING["no"])
    signature = bytes(sign(funded, "CancelAuthorization", [SIGNER, NONCE]).signature)
    funded.fec["cancelAuthorization(address,bytes32,bytes)"](SIGNER, NONCE, signature)
    assert funded.fec.authorizationState(SIGNER, NONCE)


def test_authorization__of_an_account_with_code__anothers_key__reverts(funded: World) -> None:
    with_code(funded, DISOWNING["no"])
    values = values_of(funded)
    signed = Account.sign_message(typed(funded, "TransferWithAuthorization", values), "0x" + "a2" * 32)
    with expect("ERC3009InvalidSignature"):
        funded.fec[name_of("TransferWithAuthorization", "bytes")](*values, bytes(signed.signature))


def approved_by(world: World, wallet: Contract, kind: str, values: list[Any]) -> None:
    wallet.sign(bytes(_hash_eip191_message(typed(world, kind, values))))


@pytest.mark.parametrize("kind", KINDS)
def test_authorization__of_a_contract_wallet__moves(funded: World, receiver: Contract, kind: str) -> None:
    funded.fund(receiver.address, 40)
    values = values_of(funded, **{"from": receiver.address})
    approved_by(funded, receiver, kind, values)
    funded.fec[name_of(kind, "bytes")](*values, b"any", sender=funded.bob)
    assert funded.fec.balanceOf(funded.bob) == 40


def test_authorization__not_of_the_contract_wallet__reverts(funded: World, receiver: Contract) -> None:
    funded.fund(receiver.address, 40)
    approved_by(funded, receiver, "TransferWithAuthorization", values_of(funded, **{"from": receiver.address}))
    altered = values_of(funded, **{"from": receiver.address, "value": 39})
    with expect("ERC3009InvalidSignature"):
        funded.fec[name_of("TransferWithAuthorization", "bytes")](*altered, b"any")


def test_cancel__by_a_contract_wallet__ends_the_authorization(funded: World, receiver: Contract) -> None:
    approved_by(funded, receiver, "CancelAuthorization", [receiver.address, NONCE])
    funded.fec["cancelAuthorization(address,bytes32,bytes)"](receiver.address, NONCE, b"any")
    assert funded.fec.authorizationState(receiver.address, NONCE)
