"""Many signed calls in one transaction, each for itself, by the contract Relay.

How calls are packed, how much gas they need, and which of them failed and why:

    some = calls[: fitting(calls, gas=limit)]
    relay(some)                              # ContractCall("Relay", "relay", (…,)), to be sent with gas_limit(some)
    failures(receipt["logs"], address)       # {3: StateConflict(…)}: all others went through

`contracts/interfaces/IRelay.sol` says how calls are packed. Amounts in wei, times in seconds, sizes in bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from fec.i18n import N_
from fec.i18n.errors import ContractError, InvalidArgument
from fec.protocol import abi
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.bytes32 import from_hex
from fec.protocol.calls import ContractCall
from fec.protocol.refusals import decode_revert

#: Most calls in one transaction, as the contract has it.
MAX_CALLS = 256
#: Most gas of a call: what fits its three bytes, which is what a transaction may have (EIP-7825).
MAX_CALL_GAS = (1 << 24) - 1
#: Most call data of a transaction: Geth takes 128 KiB, of which other fields and the signature need less than 1 KiB.
MAX_DATA = 127 * 1024

#: Functions that do not ask who calls them, by their numbers at the contract; a payment in its short form has number 0.
_KINDS = {
    ("Checkout", "payWithAuthorization"): 1,
    ("Custodian", "spend"): 2,
    ("Custodian", "act"): 3,
    ("ADN", "claimFor"): 4,
    ("Checkout", "takeReward"): 5,
    ("Checkout", "capture"): 6,
    ("ADN", "open"): 7,
    ("ADN", "openAndClaim"): 8,
    ("ADN", "permitForAll"): 9,
}
_FUNCTIONS = {kind: function for function, kind in _KINDS.items()}
_SHORT = 0
_PAYMENT = 1

#: Sizes of a short payment: program, order id, amount, reference, expiry, least principal, payer, two signatures.
_SHORT_FIELDS = (4, 32, 12, 32, 5, 12, 20, 65, 65)
_SHORT_LENGTH = sum(_SHORT_FIELDS)
_SIGNATURE = 65
_MAX_ARGUMENTS = (1 << 16) - 1

_TRANSACTION_GAS = 21_000  # Yellow Paper, G_transaction
_ZERO_BYTE_GAS, _BYTE_GAS = 4, 16  # EIP-2028
_FLOOR_TOKEN_GAS = 10  # EIP-7623
#: What the contract does before the first call and after the last, with room to spare.
_RELAY_GAS = 6_000
#: What it does around a call, the event of its failure included, with room to spare.
_AROUND_GAS = 6_000
#: What has to be left besides what a call may use, as the contract has it.
GAS_AFTER_CALL = 10_000

_MALFORMED = N_("Call {index} is of no known kind, or is cut off. Nothing was done. Pack the calls again.")
_FAILED = keccak(b"CallFailed(uint256,bytes)")


@dataclass(frozen=True)
class RelayedCall:
    """A call, and the most gas that it may use."""

    call: ContractCall
    gas: int


def relayable(call: ContractCall) -> bool:
    """Whether a call is of a kind that can be relayed, and no longer than can be."""
    known = (call.contract, _name(call)) in _KINDS
    return known and len(call.encoded_arguments) <= _MAX_ARGUMENTS


def relay(calls: Sequence[RelayedCall]) -> ContractCall:
    """All calls in one. Raises InvalidArgument for none, too many, or what cannot be relayed."""
    if not 1 <= len(calls) <= MAX_CALLS:
        raise InvalidArgument(
            "{count} calls cannot be relayed at once. Give from 1 to {most}.", count=len(calls), most=MAX_CALLS
        )
    return ContractCall("Relay", "relay", (b"".join(map(packed, calls)),))


def packed(relayed: RelayedCall) -> bytes:
    """One call as the contract takes it. Raises InvalidArgument for what cannot be relayed."""
    call = relayed.call
    if not 0 < relayed.gas <= MAX_CALL_GAS:
        raise InvalidArgument(
            "A call's gas of {gas} is out of range. Give from 1 to {most}.", gas=relayed.gas, most=MAX_CALL_GAS
        )
    gas = relayed.gas.to_bytes(3, "big")
    kind = _KINDS.get((call.contract, _name(call)))
    if kind == _PAYMENT and (short := _short(call)) is not None:
        return bytes([_SHORT]) + gas + short
    if kind is None or not relayable(call):
        raise InvalidArgument(
            "{contract}.{function} cannot be relayed. Send it in a transaction of its own.",
            contract=call.contract,
            function=_name(call),
        )
    arguments = call.encoded_arguments
    return bytes([kind]) + gas + len(arguments).to_bytes(2, "big") + arguments


def unpacked(data: bytes) -> list[RelayedCall]:
    """The calls in what `relay` packed. Raises InvalidArgument for anything else."""
    calls: list[RelayedCall] = []
    place = 0
    while place < len(data):
        kind, gas = data[place], int.from_bytes(data[place + 1 : place + 4], "big")
        start = place + (4 if kind == _SHORT else 6)
        length = _SHORT_LENGTH if kind == _SHORT else int.from_bytes(data[place + 4 : place + 6], "big")
        place = start + length
        body = data[start:place]
        if len(body) < length or (kind != _SHORT and kind not in _FUNCTIONS):
            raise InvalidArgument(_MALFORMED, index=len(calls))
        try:
            call = _from_short(body) if kind == _SHORT else _from_long(kind, body)
        except DecodingError as error:
            raise InvalidArgument(_MALFORMED, index=len(calls)) from error
        calls.append(RelayedCall(call, gas))
    return calls


def fitting(calls: Sequence[RelayedCall], *, gas: int, size: int = MAX_DATA) -> int:
    """How many calls, from the first on, fit into one transaction of so much gas and call data.

    Raises InvalidArgument for one that cannot be relayed.
    """
    load = _Load()
    for count, call in enumerate(calls[:MAX_CALLS]):
        load.add(call)
        if load.gas > gas or load.size > size:
            return count
    return min(len(calls), MAX_CALLS)


def gas_limit(calls: Sequence[RelayedCall]) -> int:
    """Gas with which a relay of these calls goes through, whatever the calls do with what they may use.

    Raises InvalidArgument for one that cannot be relayed.
    """
    load = _Load()
    for call in calls:
        load.add(call)
    return load.gas


def failures(logs: Iterable[Mapping[str, Any]], address: str) -> dict[int, ContractError]:
    """Why calls failed, by their places, from the logs of a transaction that was sent to the Relay at `address`.

    Calls that are not in it went through, if the transaction did. Logs are as JSON-RPC has them, or as web3.py does.
    """
    return {place: why(reason) for place, reason in reasons(logs, address).items()}


def reasons(logs: Iterable[Mapping[str, Any]], address: str) -> dict[int, bytes]:
    """The same, each reason as the contract tells it: what the call reverted with, cut short."""
    found = {}
    for log in logs:
        topics = log["topics"]
        if str(log["address"]).lower() == address.lower() and topics and _bytes(topics[0]) == _FAILED:
            (reason,) = decode(["bytes"], _bytes(log["data"]))
            found[int.from_bytes(_bytes(topics[1]), "big")] = reason
    return found


def why(reason: bytes) -> ContractError:
    """Why a call failed, by what it reverted with."""
    if reason:
        return decode_revert(reason)
    return ContractError(
        "revert",
        {"data": "0x"},
        N_(
            "The call used up the gas that it may use, or was refused without a reason. Nothing was changed. Send it "
            "again in a transaction of its own."
        ),
    )


class _Load:
    """What a transaction of some calls needs."""

    def __init__(self) -> None:
        """Of none."""
        self._count = 0
        self._bytes = 0
        self._zeros = 0
        self._calls_gas = 0
        self._most = 0
        self._memory = 2_000

    def add(self, relayed: RelayedCall) -> None:
        """One call more."""
        data = packed(relayed)
        self._count += 1
        self._bytes += len(data)
        self._zeros += data.count(0)
        self._calls_gas += relayed.gas
        self._most = max(self._most, relayed.gas)
        if data[0] != _SHORT:
            # Arguments are copied behind each other.
            self._memory += len(data) + 96

    @property
    def size(self) -> int:
        """Bytes of call data: the selector, where the calls are, how long they are, and the calls."""
        return 4 + 32 + 32 + -(-self._bytes // 32) * 32

    @property
    def gas(self) -> int:
        """A gas limit that is enough."""
        zeros = self._zeros + self.size - self._bytes
        others = self.size - zeros
        words = -(-self._memory // 32)
        data = _ZERO_BYTE_GAS * zeros + _BYTE_GAS * others
        floor = _FLOOR_TOKEN_GAS * (zeros + 4 * others)
        # Of the gas left, a 64th stays behind when a call is made: what the call gets then is a 63rd less.
        work = _RELAY_GAS + self._calls_gas + self._count * _AROUND_GAS + self._most // 63 + GAS_AFTER_CALL
        memory = 6 * words + words * words // 512
        return _TRANSACTION_GAS + max(data + work + memory, floor)


def _short(call: ContractCall) -> bytes | None:
    """A payment in its short form, if it has one: for the payer, by keys, without cause, for as long as the order."""
    order, payer, after, before, signature = call.arguments
    program, order_id, amount, reference, expiry, customer, least, cause, merchants = order
    usual = (
        customer.lower() == payer.lower()
        and cause.lower() == ADDRESS_ZERO
        and (after, before) == (0, expiry + 1)
        and len(signature) == len(merchants) == _SIGNATURE
    )
    if not usual:
        return None
    fields = (program, order_id, amount, reference, expiry, least, from_hex(payer), merchants, signature)
    try:
        return b"".join(
            field if isinstance(field, bytes) else field.to_bytes(size, "big")
            for field, size in zip(fields, _SHORT_FIELDS, strict=True)
        )
    except OverflowError:
        return None


def _from_short(body: bytes) -> ContractCall:
    fields, place = [], 0
    for size in _SHORT_FIELDS:
        fields.append(body[place : place + size])
        place += size
    program, order_id, amount, reference, expiry, least, account, merchants, signature = fields
    payer, until = "0x" + account.hex(), int.from_bytes(expiry, "big")
    order = (
        int.from_bytes(program, "big"),
        order_id,
        int.from_bytes(amount, "big"),
        reference,
        until,
        payer,
        int.from_bytes(least, "big"),
        ADDRESS_ZERO,
        merchants,
    )
    return ContractCall(*_FUNCTIONS[_PAYMENT], (order, payer, 0, until + 1, signature))


def _from_long(kind: int, body: bytes) -> ContractCall:
    contract, function = _FUNCTIONS[kind]
    return ContractCall(contract, function, decode(abi.input_types(contract, function), body))


def _name(call: ContractCall) -> str:
    return call.function.partition("(")[0]


def _bytes(value: bytes | str) -> bytes:
    return from_hex(value) if isinstance(value, str) else bytes(value)
