"""Scenes of FEC: the coupon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_typing import ChecksumAddress

from benchmarks.lab import Call, Lab, Scenario
from fec.core.amounts import WEI_PER_FEC as FEC

AMOUNT = 100 * FEC
FOREVER = 2**40  # seconds since the epoch
AUTHORIZATION = (
    ("address", "from"),
    ("address", "to"),
    ("uint256", "value"),
    ("uint256", "validAfter"),
    ("uint256", "validBefore"),
    ("bytes32", "nonce"),
)
CANCELLATION = (("address", "authorizer"), ("bytes32", "nonce"))
PERMIT = (
    ("address", "owner"),
    ("address", "spender"),
    ("uint256", "value"),
    ("uint256", "nonce"),
    ("uint256", "deadline"),
)


def transfer_first(lab: Lab, _: int) -> Call:
    """To an account that holds no FEC."""
    return lab.fec("transfer", (lab.newcomer, AMOUNT), lab.alice)


def transfer(lab: Lab, _: int) -> Call:
    """To an account that holds some."""
    return lab.fec("transfer", (lab.merchant, AMOUNT), lab.alice)


def approve(lab: Lab, _: int) -> Call:
    """Where there was no allowance."""
    return lab.fec("approve", (lab.issuer, 2 * AMOUNT), lab.alice)


def approve_repeat(lab: Lab, _: int) -> Call:
    """Another allowance in place of the first."""
    lab.send(approve(lab, 0))
    return lab.fec("approve", (lab.issuer, AMOUNT), lab.alice)


def transfer_from(lab: Lab, _: int) -> Call:
    """Out of an allowance that is not used up."""
    lab.send(approve(lab, 0))
    return lab.fec("transferFrom", (lab.alice, lab.merchant, AMOUNT), lab.issuer)


def transfer_and_call(lab: Lab, _: int) -> Call:
    """To a contract that only accepts; holds no FEC before."""
    return lab.fec("transferAndCall(address,uint256)", (lab.receiver, AMOUNT), lab.alice)


def transfer_and_call_repeat(lab: Lab, _: int) -> Call:
    """The same contract again."""
    lab.send(transfer_and_call(lab, 0))
    return transfer_and_call(lab, 0)


def transfer_and_call_data(lab: Lab, _: int) -> Call:
    """With a word of data."""
    lab.send(transfer_and_call(lab, 0))
    return lab.fec("transferAndCall(address,uint256,bytes)", (lab.receiver, AMOUNT, b"\x01" * 32), lab.alice)


def transfer_from_and_call(lab: Lab, _: int) -> Call:
    """Out of an allowance, to a contract that holds FEC."""
    lab.send(transfer_and_call(lab, 0))
    lab.send(approve(lab, 0))
    return lab.fec("transferFromAndCall(address,address,uint256)", (lab.alice, lab.receiver, AMOUNT), lab.issuer)


def transfer_from_and_call_data(lab: Lab, _: int) -> Call:
    """The same with a word of data."""
    lab.send(transfer_and_call(lab, 0))
    lab.send(approve(lab, 0))
    args = (lab.alice, lab.receiver, AMOUNT, b"\x01" * 32)
    return lab.fec("transferFromAndCall(address,address,uint256,bytes)", args, lab.issuer)


def approve_and_call(lab: Lab, _: int) -> Call:
    """Where there was no allowance."""
    return lab.fec("approveAndCall(address,uint256)", (lab.receiver, AMOUNT), lab.alice)


def approve_and_call_data(lab: Lab, _: int) -> Call:
    """The same with a word of data."""
    return lab.fec("approveAndCall(address,uint256,bytes)", (lab.receiver, AMOUNT, b"\x01" * 32), lab.alice)


def permit(lab: Lab, nonce: int) -> Call:
    """Relayed; the signer's first."""
    values = (lab.signer.address, lab.issuer, AMOUNT, nonce, FOREVER)
    args = (lab.signer.address, lab.issuer, AMOUNT, FOREVER, *lab.sign("Permit", PERMIT, values))
    return lab.fec("permit", args, lab.issuer)


def permit_repeat(lab: Lab, _: int) -> Call:
    """The signer's second, after the first was spent in part."""
    lab.send(permit(lab, 0))
    spend = (lab.signer.address, lab.merchant, AMOUNT // 2)
    lab.send(lab.fec("transferFrom", spend, lab.issuer))
    return permit(lab, 1)


def _authorized(
    lab: Lab,
    function: str,
    fields: Sequence[tuple[str, str]],
    values: Sequence[Any],
    *,
    sender: ChecksumAddress,
    packed: bool,
) -> Call:
    """A call of an ERC-3009 function with v, r, s, or with the signature as bytes."""
    v, r, s = lab.sign(function[0].upper() + function[1:], fields, values)
    kinds = ",".join([kind for kind, _ in fields] + (["bytes"] if packed else ["uint8", "bytes32", "bytes32"]))
    signature: tuple[Any, ...] = (r + s + bytes([v]),) if packed else (v, r, s)
    return lab.fec(f"{function}({kinds})", (*values, *signature), sender)


def _authorization(lab: Lab, function: str, *, packed: bool) -> Call:
    nonce = lab.web3.keccak(text="order 1")
    values = (lab.signer.address, lab.merchant, AMOUNT, 0, FOREVER, nonce)
    return _authorized(lab, function, AUTHORIZATION, values, sender=lab.merchant, packed=packed)


def transfer_with_authorization(lab: Lab, _: int) -> Call:
    """Relayed; receiver holds FEC."""
    return _authorization(lab, "transferWithAuthorization", packed=False)


def transfer_with_authorization_packed(lab: Lab, _: int) -> Call:
    """The same, with the signature as bytes."""
    return _authorization(lab, "transferWithAuthorization", packed=True)


def receive_with_authorization(lab: Lab, _: int) -> Call:
    """Sent by the receiver, who holds FEC."""
    return _authorization(lab, "receiveWithAuthorization", packed=False)


def receive_with_authorization_packed(lab: Lab, _: int) -> Call:
    """The same, with the signature as bytes."""
    return _authorization(lab, "receiveWithAuthorization", packed=True)


def _cancellation(lab: Lab, *, packed: bool) -> Call:
    values = (lab.signer.address, lab.web3.keccak(text="order 1"))
    return _authorized(lab, "cancelAuthorization", CANCELLATION, values, sender=lab.merchant, packed=packed)


def cancel_authorization(lab: Lab, _: int) -> Call:
    """Relayed."""
    return _cancellation(lab, packed=False)


def cancel_authorization_packed(lab: Lab, _: int) -> Call:
    """The same, with the signature as bytes."""
    return _cancellation(lab, packed=True)


SCENARIOS = (
    Scenario("receiver's first FEC", transfer_first),
    Scenario("receiver holds FEC", transfer),
    Scenario("first", approve),
    Scenario("another amount", approve_repeat),
    Scenario("receiver holds FEC", transfer_from),
    Scenario("receiver's first FEC", transfer_and_call),
    Scenario("receiver holds FEC", transfer_and_call_repeat),
    Scenario("with data, receiver holds FEC", transfer_and_call_data),
    Scenario("receiver holds FEC", transfer_from_and_call),
    Scenario("with data, receiver holds FEC", transfer_from_and_call_data),
    Scenario("first", approve_and_call),
    Scenario("first, with data", approve_and_call_data),
    Scenario("first", permit),
    Scenario("repeat", permit_repeat),
    Scenario("receiver holds FEC", transfer_with_authorization),
    Scenario("receiver holds FEC, signature as bytes", transfer_with_authorization_packed),
    Scenario("receiver holds FEC", receive_with_authorization),
    Scenario("receiver holds FEC, signature as bytes", receive_with_authorization_packed),
    Scenario("", cancel_authorization),
    Scenario("signature as bytes", cancel_authorization_packed),
)
