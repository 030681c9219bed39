"""Scenes of settlements: a day's sales under one root, and openings."""

from __future__ import annotations

from eth_typing import ChecksumAddress
from web3 import Web3

from benchmarks.floor import (
    KECCAK,
    KECCAK_WORD,
    LOG_BYTE,
    TRANSACTION,
    WORD,
    Floor,
    Item,
    create_entry,
    event,
    read_entry,
    total,
    transaction,
    update,
    update_entry,
)
from benchmarks.lab import MEASURED_PERIOD, Call, Lab, Scenario
from benchmarks.shop import Shop, allow
from fec.chain.deploy import PUBLIC_PROGRAM
from fec.protocol.settlements import LEAF_LENGTH, Leaf, SettlementTree, pack

#: Most leaves that fit into a transaction that Geth takes, 128 KiB.
MOST_LEAVES = 4_080
SIZES = (100, 1_000, MOST_LEAVES)
REF, NEXT_REF = b"day 1".ljust(32, b"\0"), b"day 2".ljust(32, b"\0")
#: Most gas of a settlement of so many leaves.
TARGETS = {100: 185_000, 1_000: 1_215_000}
CHECKOUT_TARGETS = {100: 245_000, 1_000: 1_290_000}
#: Gas of a byte of call data, if the transaction does little else: EIP-7623.
FLOOR_ZERO, FLOOR_NONZERO = 10, 40
#: Words of `NodesSettled` beside its leaves: start, first serial, root, offset and length of the leaves.
EVENT_WORDS = 5
#: Hashes of the tree: 52 bytes in a leaf, 64 in an inner node, two words each.
HASH = KECCAK + 2 * KECCAK_WORD


def leaves(count: int, *owners: ChecksumAddress) -> list[Leaf]:
    """Random owners but for the first ones; principals of 9 bytes: 18 to 590 FEC."""
    some = [*owners, *(Web3.to_checksum_address(Web3.keccak(text=f"shopper {i}")[:20]) for i in range(count))][:count]
    words = (int.from_bytes(Web3.keccak(text=f"sale {i}")[:9], "big") for i in range(count))
    return [Leaf(owner, 2**64 + word % (2**69 - 2**64)) for owner, word in zip(some, words, strict=True)]


def settle(lab: Lab, count: int) -> Call:
    """In the public program, by anybody who holds FEC."""
    return lab.adn("settle", (PUBLIC_PROGRAM, pack(leaves(count))), lab.issuer)


def settle_at_checkout(lab: Lab, count: int) -> Call:
    """By the signer of a shop that has settled before."""
    shop = Shop(lab)
    allow(lab, lab.merchant)
    lab.send(lab.checkout("settle", (shop.program_id, pack(leaves(2)), REF), lab.merchant))
    return lab.checkout("settle", (shop.program_id, pack(leaves(count)), NEXT_REF), lab.merchant)


def _opening(lab: Lab, function: str, owner: ChecksumAddress, periods: int) -> Call:
    """By a third party; the leaf is one of 1,000."""
    receipt = lab.send(lab.adn("settle", (PUBLIC_PROGRAM, pack(leaves(1_000, owner))), lab.issuer))
    settlement_id = int(receipt["logs"][0]["topics"][1].hex(), 16)
    if periods:
        lab.to_period(MEASURED_PERIOD + periods)
    return lab.adn(function, SettlementTree(settlement_id, pack(leaves(1_000, owner))).proof(0).arguments, lab.carol)


def open_first(lab: Lab, _: int) -> Call:
    """Of an account that holds no node."""
    return _opening(lab, "open", lab.newcomer, 0)


def open_of_holder(lab: Lab, _: int) -> Call:
    """Of an account that holds nodes."""
    return _opening(lab, "open", lab.alice, 0)


def open_and_claim(lab: Lab, _: int) -> Call:
    """Of an account that holds nodes and FEC, some periods later."""
    return _opening(lab, "openAndClaim", lab.alice, 12)


def open_and_claim_nothing(lab: Lab, _: int) -> Call:
    """In the period of the settlement, in which nothing is due."""
    return _opening(lab, "openAndClaim", lab.alice, 0)


def _burn() -> Floor:
    """ADN burns FEC of an account that has some left."""
    return (*update("FEC supply"), *update_entry("FEC balance"), *event("Transfer of FEC", 3, 1))


def settle_floor(data: bytes, count: int) -> Floor:
    """Floor of a settlement: EIP-7623's of its call data, or what it computes and keeps if that is more."""
    zeros = data.count(0)
    calldata = (
        Item("transaction", TRANSACTION),
        Item("call data, zero bytes (EIP-7623)", FLOOR_ZERO, zeros),
        Item("call data, other bytes (EIP-7623)", FLOOR_NONZERO, len(data) - zeros),
    )
    work = (
        *transaction(data),
        *update_entry("program"),
        *create_entry("root"),
        Item("KECCAK256 of the tree", HASH, 2 * count - 1),
        *event("NodesSettled", 3, EVENT_WORDS),
        Item("its leaves", LEAF_LENGTH * LOG_BYTE, count),
        *_burn(),
    )
    return max(calldata, work, key=total)


def open_floor(data: bytes, _: int) -> Floor:
    """Floor of an opening out of 1,000 for a holder: root, node, count of nodes held, hashes, one event."""
    hashes = (len(data) - 4) // WORD - 6 + 1  # all words but five arguments and a length, and the leaf's own
    return (
        *transaction(data),
        *read_entry("root"),
        Item("KECCAK256 up to the root", HASH, hashes),
        *create_entry("node"),
        *update_entry("count of nodes held"),
        *event("Transfer of the node", 4, 0),
    )


SCENARIOS = (
    Scenario("", settle, SIZES, unit="sale", shared=True, targets=TARGETS, floor=settle_floor),
    Scenario(
        "", settle_at_checkout, SIZES[:-1], unit="sale", shared=True, targets=CHECKOUT_TARGETS, floor=settle_floor
    ),
    Scenario("of 1,000, owner's first node", open_first, targets={0: 82_000}),
    Scenario("of 1,000, owner has a node", open_of_holder, targets={0: 65_000}, floor=open_floor),
    Scenario("of 1,000, owner has a node and FEC", open_and_claim, targets={0: 84_000}),
    Scenario("of 1,000, owner has a node, nothing due", open_and_claim_nothing),
)
