"""Calls packed for the contract Relay: read back, fitted into transactions, and why some failed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from fec.i18n.errors import ContractError, InvalidArgument, StateConflict
from fec.protocol import abi, acts, calls, relays
from fec.protocol.acts import Instruction
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.calls import ContractCall
from fec.protocol.members import Member
from fec.protocol.orders import Authorization, Invoice, Order
from fec.protocol.relays import MAX_CALLS, RelayedCall
from tests.contracts.support.shop_world import deploy_market
from tests.unit.test_calls import CALLS, SEEN

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
RELAY = "0x" + "4e" * 20
SIGNATURE = "0x" + "51" * 65
INVOICE = Invoice(7, "A-1", 10**20, "USD 1.00", 2_000_000_000)
ORDER = Order(INVOICE, SIGNATURE, ALICE, min_principal=10**19)
AUTHORIZATION = Authorization(ALICE, 0, INVOICE.expiry + 1, SIGNATURE)
PAYMENT = calls.pay_with_authorization(ORDER, AUTHORIZATION)
MEMBER = Member(BOB, ALICE, "0x" + "5a" * 32)
GAS = 300_000
#: Bytes of a payment in its short form, with its kind and gas.
SHORT = 251

#: Payments that have no short form.
LONG = {
    "for another": calls.pay_with_authorization(replace(ORDER, customer=BOB), AUTHORIZATION),
    "with a cause": calls.pay_with_authorization(replace(ORDER, cause=BOB), AUTHORIZATION),
    "valid later": calls.pay_with_authorization(ORDER, replace(AUTHORIZATION, valid_after=1)),
    "valid longer": calls.pay_with_authorization(ORDER, replace(AUTHORIZATION, valid_before=INVOICE.expiry + 2)),
    "by a contract": calls.pay_with_authorization(ORDER, replace(AUTHORIZATION, signature="0x")),
    "of a merchant's contract": calls.pay_with_authorization(
        replace(ORDER, merchant_signature="0x" + "51" * 66), AUTHORIZATION
    ),
    "of a large program": calls.pay_with_authorization(
        replace(ORDER, invoice=replace(INVOICE, program_id=1 << 32)), AUTHORIZATION
    ),
    "of a large amount": calls.pay_with_authorization(
        replace(ORDER, invoice=replace(INVOICE, amount=1 << 96)), AUTHORIZATION
    ),
}
RELAYABLE = {
    "a payment": PAYMENT,
    **LONG,
    "a spend": calls.spend(MEMBER, ORDER, (1, 2), SIGNATURE),
    "acts": calls.act(
        MEMBER, Instruction(BOB, ALICE, (acts.withdraw(BOB, (9,), 5), acts.merge((1, 2))), 0, 2_000_000_000), SIGNATURE
    ),
    "a claim": calls.claim_for([1, 2, 3]),
    "a reward": CALLS["take_reward"],
    "captures": calls.capture(["0x" + "0e" * 32] * 3),
    "a permit": CALLS["permit_for_all"],
    "an opening": CALLS["open_node"],
    "an opening with a claim": SEEN["open_node, with a claim"],
}


def plain(call: ContractCall) -> tuple[str, str, str]:
    """A call as it is sent: its data says all."""
    return call.contract, call.function, call.data


@pytest.mark.parametrize("name", RELAYABLE)
def test_relay__of_each_kind__is_read_back(name: str) -> None:
    relayed = [RelayedCall(RELAYABLE[name], GAS), RelayedCall(PAYMENT, 1)]
    (data,) = relays.relay(relayed).arguments
    assert [(plain(found.call), found.gas) for found in relays.unpacked(data)] == [
        (plain(each.call), each.gas) for each in relayed
    ]


def test_packed__payment_by_keys_for_the_payer__is_short() -> None:
    assert len(relays.packed(RelayedCall(PAYMENT, GAS))) == SHORT


@pytest.mark.parametrize("name", LONG)
def test_packed__any_other_payment__is_not(name: str) -> None:
    packed = relays.packed(RelayedCall(LONG[name], GAS))
    assert packed[6:] == LONG[name].encoded_arguments


@given(
    program=st.integers(0, 2**32 - 1),
    amount=st.integers(0, 2**96 - 1),
    least=st.integers(0, 2**96 - 1),
    expiry=st.integers(0, 2**40 - 1),
    words=st.tuples(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32)),
    signatures=st.tuples(st.binary(min_size=65, max_size=65), st.binary(min_size=65, max_size=65)),
    payer=st.binary(min_size=20, max_size=20),
)
def test_packed__every_short_payment__is_read_back(  # noqa: PLR0917
    program: int,
    amount: int,
    least: int,
    expiry: int,
    words: tuple[bytes, bytes],
    signatures: tuple[bytes, bytes],
    payer: bytes,
) -> None:
    account = "0x" + payer.hex()
    order = (program, words[0], amount, words[1], expiry, account, least, ADDRESS_ZERO, signatures[0])
    call = ContractCall("Checkout", "payWithAuthorization", (order, account, 0, expiry + 1, signatures[1]))
    packed = relays.packed(RelayedCall(call, GAS))
    assert len(packed) == SHORT
    assert relays.unpacked(packed) == [RelayedCall(call, GAS)]


@pytest.mark.parametrize("name", sorted(CALLS))
def test_relayable__what_asks_who_calls__is_not(name: str) -> None:
    listed = {
        "pay_with_authorization",
        "spend",
        "act",
        "claim_for",
        "take_reward",
        "capture",
        "open_node",
        "permit_for_all",
    }
    assert relays.relayable(CALLS[name]) == (name in listed)


def test_relay__what_is_not_relayable__is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"^Checkout\.refund cannot be relayed\."):
        relays.relay([RelayedCall(CALLS["refund"], GAS)])


def test_relay__arguments_longer_than_two_bytes_can_say__are_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"^ADN\.claimFor cannot be relayed\."):
        relays.relay([RelayedCall(calls.claim_for(range(2047)), GAS)])


@pytest.mark.parametrize("count", [0, MAX_CALLS + 1])
def test_relay__none_or_too_many__is_refused(count: int) -> None:
    with pytest.raises(InvalidArgument, match=f"^{count} calls cannot be relayed at once"):
        relays.relay([RelayedCall(PAYMENT, GAS)] * count)


@pytest.mark.parametrize("gas", [0, 1 << 24])
def test_relay__gas_out_of_range__is_refused(gas: int) -> None:
    with pytest.raises(InvalidArgument, match=rf"^A call's gas of {gas} is out of range"):
        relays.relay([RelayedCall(PAYMENT, gas)])


@pytest.mark.parametrize(
    "data", [b"\x09" + bytes(40), b"\0", b"\3" + bytes(4), b"\4\0\0\1\0\5abcd", b"\4\0\0\1\0\4abcd"]
)
def test_unpacked__anything_else__is_refused(data: bytes) -> None:
    with pytest.raises(InvalidArgument, match=r"^Call 1 is of no known kind, or is cut off"):
        relays.unpacked(relays.packed(RelayedCall(PAYMENT, GAS)) + data)


# ------------------------------------------------------------------------ bounds


def test_fitting__by_gas__is_the_most_whose_limit_is_within() -> None:
    many = [RelayedCall(PAYMENT, GAS)] * 100
    count = relays.fitting(many, gas=1 << 24)
    assert relays.gas_limit(many[:count]) <= 1 << 24 < relays.gas_limit(many[: count + 1])
    assert 50 <= count < 56


def test_fitting__by_size__is_the_most_whose_data_is_within() -> None:
    many = [RelayedCall(LONG["with a cause"], 1)] * MAX_CALLS
    size = 40_000
    count = relays.fitting(many, gas=1 << 30, size=size)
    sizes = [len(relays.relay(many[:n]).data) // 2 - 1 for n in (count, count + 1)]
    assert sizes[0] <= size < sizes[1]


def test_fitting__most_calls__are_the_contracts_most() -> None:
    assert relays.fitting([RelayedCall(PAYMENT, 1)] * 300, gas=1 << 30) == MAX_CALLS


def test_fitting__first_does_not_fit__is_none() -> None:
    assert relays.fitting([RelayedCall(PAYMENT, GAS)], gas=GAS) == 0


def test_fitting__all_fit__is_all() -> None:
    assert relays.fitting([RelayedCall(PAYMENT, GAS)] * 3, gas=1 << 24) == 3


# ------------------------------------------------------------------------ outcomes


def log(index: int, reason: bytes, *, address: str = RELAY) -> dict[str, object]:
    """A failure as JSON-RPC has it."""
    topic = "0x" + relays._FAILED.hex()
    data = "0x" + encode(["bytes"], [reason]).hex()
    return {"address": address, "topics": [topic, "0x" + index.to_bytes(32, "big").hex()], "data": data}


def test_failed__is_the_contracts_event() -> None:
    (event,) = [entry for entry in abi.load("Relay")["abi"] if entry["type"] == "event"]
    assert (event["name"], [part["type"] for part in event["inputs"]]) == ("CallFailed", ["uint256", "bytes"])


def test_failures__by_place__are_told_as_refusals() -> None:
    expired = bytes.fromhex("d54b92ff") + encode(["uint256", "uint256"], [5, 6])
    transfer = {"address": BOB, "topics": ["0x" + "dd" * 32], "data": "0x"}
    unnamed = {"address": RELAY, "topics": [], "data": "0x"}
    found = relays.failures([transfer, unnamed, log(3, expired), log(7, b""), log(9, b"\1", address=BOB)], RELAY)
    assert {place: (type(error), error.name, error.values) for place, error in found.items()} == {
        3: (StateConflict, "Checkout_OrderExpired", {"expiry": 5, "timestamp": 6}),
        7: (ContractError, "revert", {"data": "0x"}),
    }


def test_failures__as_web3_has_logs__are_the_same() -> None:
    raw = log(2, bytes.fromhex("00"))
    as_bytes = {
        "address": RELAY.upper().replace("X", "x"),
        "topics": [bytes.fromhex(str(topic)[2:]) for topic in raw["topics"]],  # type: ignore[attr-defined]
        "data": bytes.fromhex(str(raw["data"])[2:]),
    }
    (found,), (expected,) = (relays.failures([each], RELAY).values() for each in (as_bytes, raw))
    assert (found.name, found.values) == (expected.name, expected.values)


def test_bounds__are_the_contracts() -> None:
    relay = deploy_market().relay
    assert (relay.MAX_CALLS(), relay.GAS_AFTER_CALL()) == (relays.MAX_CALLS, relays.GAS_AFTER_CALL)
