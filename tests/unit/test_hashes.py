"""What is hashed and packed directly equals what the libraries make of it."""

from __future__ import annotations

from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3

from fec.protocol import abi, calls, signing
from fec.protocol.acts import Act, Instruction
from fec.protocol.orders import Authorization, Invoice, Order
from fec.relayer import LocalSigner

KEY = Account.from_key(b"\x11" * 32)
NUMBERS = st.integers(0, 2**256 - 1)
ADDRESSES = st.binary(min_size=20, max_size=20).map(Web3.to_checksum_address)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=32)
DOMAINS = st.builds(signing.Domain, st.text(max_size=40), NUMBERS, ADDRESSES, st.text(max_size=3))
INVOICES = st.builds(Invoice, NUMBERS, TEXTS.filter(lambda text: not text.startswith("0x")), NUMBERS, TEXTS, NUMBERS)
SIGNATURES = st.binary(max_size=200).map(lambda data: "0x" + data.hex())
ORDERS = st.builds(Order, INVOICES, SIGNATURES, ADDRESSES, NUMBERS, st.none() | ADDRESSES)
ACTS = st.lists(st.builds(Act, st.integers(0, 255), SIGNATURES), max_size=5).map(tuple)
SIGNERS = ADDRESSES | st.binary(min_size=21, max_size=100).map(lambda data: "0x" + data.hex())
INSTRUCTIONS = st.builds(Instruction, ADDRESSES, SIGNERS, ACTS, NUMBERS, NUMBERS)
MESSAGES = st.one_of(
    st.builds(signing.invoice_message, DOMAINS, INVOICES),
    st.builds(signing.order_message, DOMAINS, ORDERS),
    st.builds(signing.acts_message, DOMAINS, INSTRUCTIONS),
    st.builds(
        signing.permit_for_all_message,
        DOMAINS,
        owner=ADDRESSES,
        operator=ADDRESSES,
        approved=st.booleans(),
        nonce=NUMBERS,
        deadline=NUMBERS,
    ),
    st.builds(
        signing.authorization_message,
        DOMAINS,
        payer=ADDRESSES,
        to=ADDRESSES,
        value=NUMBERS,
        valid_after=NUMBERS,
        valid_before=NUMBERS,
        nonce=st.binary(min_size=32, max_size=32).map(lambda word: "0x" + word.hex()),
    ),
)


@given(MESSAGES)
@settings(max_examples=60)
def test_hash__of_any_message__is_the_librarys(message: signing.TypedMessage) -> None:
    signable = encode_typed_data(full_message=message.document)
    assert message.hash == "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex()


@given(ORDERS, ADDRESSES, NUMBERS, NUMBERS, SIGNATURES)
@settings(max_examples=40)
def test_data__of_any_payment__is_the_librarys(
    order: Order, payer: str, after: int, before: int, signature: str
) -> None:
    call = calls.pay_with_authorization(order, Authorization(payer, after, before, signature))
    contract = Web3().eth.contract(abi=abi.load("Checkout")["abi"])
    assert call.data == contract.encode_abi("payWithAuthorization", call.arguments)


TRANSACTIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "chainId": st.integers(1, 2**32),
        "nonce": st.integers(0, 2**40),
        "to": ADDRESSES,
        "value": st.just(0),
        "data": st.binary(max_size=100).map(lambda data: "0x" + data.hex()),
        "gas": st.integers(0, 2**24),
        "maxFeePerGas": st.integers(0, 2**64),
        "maxPriorityFeePerGas": st.integers(0, 2**64),
    }
)


@given(TRANSACTIONS)
@settings(max_examples=60)
def test_sign_transaction__with_any_fields__is_the_librarys(transaction: dict[str, Any]) -> None:
    assert LocalSigner(KEY).sign_transaction(transaction) == bytes(KEY.sign_transaction(transaction).raw_transaction)
