"""Floors of Checkout: the least that paying, refunding and capturing can cost. See :mod:`benchmarks.floor`.

They keep what Checkout promises to keep: orders pinned to the terms they were paid under, reservations, spend. Coins
go from payer to merchant and out of existence by the shortest way, though Checkout has to take them in first, since
ADN burns none but its caller's own; of events there are only those of ERC-20 and ERC-721.
"""

from __future__ import annotations

from benchmarks.floor import (
    COLD_ACCOUNT,
    COLD_SLOAD,
    ECRECOVER,
    KECCAK,
    KECCAK_WORD,
    SSTORE_SET,
    WARM_ACCOUNT,
    Floor,
    Item,
    create_entry,
    create_node,
    event,
    read,
    read_entry,
    transaction,
    update,
    update_entry,
)

TERMS = "terms (signer, window, donation)"


def pay(data: bytes, _: int) -> Floor:
    """Floor of a payment out of an allowance, final at once, by a customer who holds nodes and has spent before."""
    return (
        *transaction(data),
        *create_entry("order"),
        *read_entry("program state (version, alliance, reserved)"),
        *_terms(),
        *update_entry("customer's spend", keys=2),
        *_invoice(),
        Item("ADN: cold account", COLD_ACCOUNT),
        *read("program's issuer"),
        *create_node(),
        *update_entry("FEC allowance", keys=2),
        *update_entry("FEC balance of the treasury"),
        *event("Transfer of FEC to the treasury", 3, 1),
        Item("customer: warm EXTCODESIZE", WARM_ACCOUNT),
    )


def pay_into_escrow(data: bytes, _: int) -> Floor:
    """Floor of a payment out of an allowance that can be refunded: two words of order, quota looked at, coins kept."""
    return (
        *transaction(data),
        *create_entry("order"),
        Item("order's second word: cold access", COLD_SLOAD),
        Item("order's second word: SSTORE, zero before", SSTORE_SET),
        *update_entry("program state (version, alliance, reserved)"),
        *_terms(),
        *read_entry("customer's spend", keys=2),
        *_invoice(),
        Item("ADN: cold account", COLD_ACCOUNT),
        *read_entry("program"),
        Item("FEC: cold account", COLD_ACCOUNT),
        *update_entry("FEC allowance", keys=2),
        *update_entry("FEC balance of the payer"),
        *update_entry("FEC balance of Checkout"),
        *event("Transfer of FEC", 3, 1),
    )


def refund(data: bytes, _: int) -> Floor:
    """Floor of a refund by the program's signer: how much is refunded, what stays reserved, two balances."""
    return (
        *transaction(data),
        *read_entry("order"),
        *update("order's second word"),
        *update_entry("program state (version, alliance, reserved)"),
        *read_entry(TERMS, keys=2),
        Item("FEC: cold account", COLD_ACCOUNT),
        *update_entry("FEC balance of Checkout"),
        *update_entry("FEC balance of the payer"),
        *event("Transfer of FEC", 3, 1),
    )


def capture(data: bytes, orders: int) -> Floor:
    """Floor of a capture of orders of as many customers, in one payment to the treasury and one burn for all."""
    return (
        *transaction(data),
        *update_entry("order", orders),
        *read("order's second word", orders),
        *update_entry("program state (version, alliance, reserved)"),
        *read_entry(TERMS, keys=2),
        *read("terms' second word (treasury, tiers)"),
        *update_entry("customer's spend", orders, keys=2),
        Item("ADN: cold account", COLD_ACCOUNT),
        *read("program's issuer"),
        *update_entry("program"),
        *create_entry("node", orders),
        *update_entry("count of nodes held", orders),
        *event("Transfer of the node", 4, 0, orders),
        Item("customer: cold EXTCODESIZE", COLD_ACCOUNT, orders),
        Item("FEC: cold account", COLD_ACCOUNT),
        *update("FEC supply"),
        *update_entry("FEC balance of Checkout"),
        *update_entry("FEC balance of the treasury"),
        *event("Transfer of FEC", 3, 1, 2),
    )


def _terms() -> Floor:
    """What of the terms decides about a payment, in as few words as it fits."""
    return (*read_entry(TERMS, keys=2), *read("terms' second word (treasury, tiers)"))


def _invoice() -> Floor:
    """Whether the merchant signed: EIP-712 hash and ECRECOVER."""
    return (
        Item("invoice: KECCAK256 of 6 words", KECCAK + 6 * KECCAK_WORD),
        Item("invoice with its domain: KECCAK256 of 66 bytes", KECCAK + 3 * KECCAK_WORD),
        Item("ECRECOVER: warm call", WARM_ACCOUNT),
        Item("ECRECOVER", ECRECOVER),
    )
