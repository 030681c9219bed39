"""Calldata and signatures: what a worker does for each transaction. Layout: EIP-1559."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import rlp  # type: ignore[import-untyped]
from coincurve import PrivateKey
from eth_hash.auto import keccak

from fec.client.orders import CHECKOUT_NAME, COUPON_NAME
from fec.protocol import calls, signing
from fec.protocol.bytes32 import from_hex
from fec.protocol.orders import Authorization, Invoice, Order
from fec.protocol.relays import RelayedCall, relay
from fec.protocol.signing import Domain, TypedMessage
from fec.replay.plan import PAY_GAS

#: Fees that no block asks for: gas coin is free here, and no transaction goes before another for its price.
MAX_FEE = 10**15
_DYNAMIC_FEE = b"\x02"
_KEYS_KEPT = 1 << 14


class Ground(NamedTuple):
    """What all transactions of a run share: the chain, and addresses of its contracts."""

    chain_id: int
    checkout: str
    coupon: str
    relay: str


class Bill(NamedTuple):
    """An invoice that its store is to sign, and the shopper who is to sign that they pay it."""

    store_key: bytes
    shopper_key: bytes
    shopper: str
    invoice: Invoice
    cause: str | None = None


class UnsignedTransaction(NamedTuple):
    """A transaction to be signed: it relays the payments of bills, or carries `data` to `to`."""

    key: bytes
    nonce: int
    gas: int
    to: bytes = b""
    data: bytes = b""
    bills: tuple[Bill, ...] = ()


def sign_all(base: Ground, jobs: Sequence[UnsignedTransaction]) -> tuple[list[str], int]:
    """Signed transactions as hex, in order, and the nanoseconds of processor time that they took."""
    before = time.process_time_ns()
    signed = [signed_transaction(base, job) for job in jobs]
    return signed, time.process_time_ns() - before


def signed_transaction(base: Ground, job: UnsignedTransaction) -> str:
    """One signed transaction, as hex."""
    to, data = content(base, job)
    fields = [base.chain_id, job.nonce, 0, MAX_FEE, job.gas, to, 0, data, []]
    signature = _sign(job.key, keccak(_DYNAMIC_FEE + rlp.encode(fields)))
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    raw: bytes = rlp.encode([*fields, signature[64], r, s])
    return "0x" + (_DYNAMIC_FEE + raw).hex()


def content(base: Ground, job: UnsignedTransaction) -> tuple[bytes, bytes]:
    """To whom a transaction goes, and what it carries."""
    if not job.bills:
        return job.to, job.data
    return from_hex(base.relay), from_hex(relay([payment(base, bill) for bill in job.bills]).data)


def payment(base: Ground, bill: Bill) -> RelayedCall:
    """The payment of a bill, signed by store and shopper."""
    checkout = Domain(CHECKOUT_NAME, base.chain_id, base.checkout)
    invoice = bill.invoice
    order = Order(
        invoice, _signature(bill.store_key, signing.invoice_message(checkout, invoice)), bill.shopper, 0, bill.cause
    )
    until = invoice.expiry + 1
    message = signing.authorization_message(
        Domain(COUPON_NAME, base.chain_id, base.coupon),
        payer=bill.shopper,
        to=base.checkout,
        value=invoice.amount,
        valid_after=0,
        valid_before=until,
        nonce=signing.order_message(checkout, order).hash,
    )
    authorization = Authorization(bill.shopper, 0, until, _signature(bill.shopper_key, message))
    return RelayedCall(calls.pay_with_authorization(order, authorization), PAY_GAS)


def _signature(key: bytes, message: TypedMessage) -> str:
    signature = _sign(key, from_hex(message.hash))
    return "0x" + signature[:64].hex() + f"{27 + signature[64]:02x}"


def _sign(key: bytes, digest: bytes) -> bytes:
    """r, s and parity. An account's own method takes six times as long."""
    return _private(key).sign_recoverable(digest, hasher=None)


@lru_cache(_KEYS_KEPT)
def _private(key: bytes) -> PrivateKey:
    return PrivateKey(key)
