"""Calldata and signatures, fast: what a worker does for each order. Tests demand equality with `fec.protocol.signing`.

Layouts: EIP-712 for the invoice, the contract ABI for `pay(Order)`, EIP-1559 for the transaction.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import rlp  # type: ignore[import-untyped]
from coincurve import PrivateKey
from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.crypto import keccak

from fec.client.orders import CHECKOUT_NAME
from fec.protocol import abi

#: Fees that no block asks for: gas coin is free here, and no transaction goes before another for its price.
MAX_FEE = 10**15
_DYNAMIC_FEE = b"\x02"
_KEYS_KEPT = 1 << 14
_ZERO = bytes(32)

_DOMAIN_TYPE = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_INVOICE_TYPE = keccak(
    b"Invoice(uint256 programId,bytes32 orderId,uint256 amount,bytes32 currencyReference,uint256 expiry)"
)


class Ground(NamedTuple):
    """What all transactions of a run share."""

    chain_id: int
    checkout: bytes
    domain: bytes
    """Separator of Checkout's EIP-712 domain."""


class Bill(NamedTuple):
    """An invoice to be signed, and who pays it."""

    signer_key: bytes
    program_id: int
    order_id: bytes
    amount: int
    reference: bytes
    expiry: int
    customer: bytes
    cause: bytes = b""
    """Who gets the donation; empty if nobody does."""


class UnsignedTransaction(NamedTuple):
    """A transaction to be signed: it pays a bill, or carries `data` to `to`."""

    key: bytes
    nonce: int
    gas: int
    to: bytes = b""
    data: bytes = b""
    bill: Bill | None = None


def ground(chain_id: int, checkout: bytes) -> Ground:
    """The ground of a run on the Checkout contract at an address."""
    names = keccak(CHECKOUT_NAME.encode()) + keccak(b"1")
    domain = keccak(_DOMAIN_TYPE + names + _word(chain_id) + _account(checkout))
    return Ground(chain_id, checkout, domain)


def sign_all(base: Ground, jobs: Sequence[UnsignedTransaction]) -> tuple[list[str], int]:
    """Signed transactions as hex, in order, and the nanoseconds of processor time that they took."""
    before = time.process_time_ns()
    signed = [signed_transaction(base, job) for job in jobs]
    return signed, time.process_time_ns() - before


def signed_transaction(base: Ground, job: UnsignedTransaction) -> str:
    """One signed transaction, as hex."""
    to, data = (job.to, job.data) if job.bill is None else (base.checkout, pay_data(base.domain, job.bill))
    fields = [base.chain_id, job.nonce, 0, MAX_FEE, job.gas, to, 0, data, []]
    signature = _sign(job.key, keccak(_DYNAMIC_FEE + rlp.encode(fields)))
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    raw: bytes = rlp.encode([*fields, signature[64], r, s])
    return "0x" + (_DYNAMIC_FEE + raw).hex()


def pay_data(domain: bytes, bill: Bill) -> bytes:
    """Calldata of `pay` for a bill, which its store signs."""
    invoice = _word(bill.program_id) + bill.order_id + _word(bill.amount) + bill.reference + _word(bill.expiry)
    signature = _sign(bill.signer_key, keccak(b"\x19\x01" + domain + keccak(_INVOICE_TYPE + invoice)))
    # No least principal; the struct lies one word in, the signature after its nine words.
    choices = _account(bill.customer) + _ZERO + _account(bill.cause) + _word(9 * 32)
    v = bytes([27 + signature[64]])
    return _pay_selector() + _word(32) + invoice + choices + _word(65) + signature[:64] + v + bytes(31)


def _sign(key: bytes, digest: bytes) -> bytes:
    return _private(key).sign_recoverable(digest, hasher=None)


@lru_cache(_KEYS_KEPT)
def _private(key: bytes) -> PrivateKey:
    return PrivateKey(key)


@cache
def _pay_selector() -> bytes:
    return function_abi_to_4byte_selector(abi.function("Checkout", "pay"))


def _word(number: int) -> bytes:
    return number.to_bytes(32)


def _account(address: bytes) -> bytes:
    return address.rjust(32, b"\0")
