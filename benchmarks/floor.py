"""The least the EVM lets a call cost, opcode by opcode: what no contract that keeps the same state and emits the same
standard events can go below. Arithmetic, memory and dispatch are left out: they are what an implementation adds.

Costs are those of the Prague hard fork; each constant names where it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

TRANSACTION = 21_000  # Yellow Paper, G_transaction
CALLDATA_ZERO = 4  # Yellow Paper, G_txdatazero
CALLDATA_NONZERO = 16  # EIP-2028
COLD_SLOAD = 2_100  # EIP-2929
COLD_ACCOUNT = 2_600  # EIP-2929
SSTORE_SET = 20_000  # EIP-2200, zero to not zero, on top of the cold access
SSTORE_RESET = 2_900  # EIP-2929: 5,000 − the cold access
LOG = 375  # Yellow Paper, G_log
LOG_TOPIC = 375  # Yellow Paper, G_logtopic
LOG_BYTE = 8  # Yellow Paper, G_logdata
KECCAK = 30  # Yellow Paper, G_keccak256
KECCAK_WORD = 6  # Yellow Paper, G_keccak256word
KECCAK_TWO_WORDS = KECCAK + 2 * KECCAK_WORD  # where a mapping keeps a key
WARM_ACCOUNT = 100  # EIP-2929; precompiles are always warm
ECRECOVER = 3_000  # Yellow Paper, appendix E
WORD = 32


@dataclass(frozen=True)
class Item:
    """One line of a floor: `count` times something that costs `each` gas."""

    what: str
    each: int
    count: int = 1

    @property
    def gas(self) -> int:
        """Gas of the line."""
        return self.each * self.count


Floor = tuple[Item, ...]


def total(floor: Floor) -> int:
    """Sum of a floor, in gas."""
    return sum(item.gas for item in floor)


def transaction(data: bytes) -> Floor:
    """What a transaction with this call data costs before its first opcode."""
    zeros = data.count(0)
    return (
        Item("transaction", TRANSACTION),
        Item("call data, zero bytes", CALLDATA_ZERO, zeros),
        Item("call data, other bytes", CALLDATA_NONZERO, len(data) - zeros),
    )


def read(what: str, count: int = 1) -> Floor:
    """Reads a cold storage word."""
    return (Item(f"{what}: cold SLOAD", COLD_SLOAD, count),)


def read_entry(what: str, keys: int = 1) -> Floor:
    """The same for an entry of a mapping of so many keys."""
    return (Item(f"{what}: KECCAK256 of its place", KECCAK_TWO_WORDS, keys), *read(what))


def update(what: str, count: int = 1) -> Floor:
    """Reads a cold storage word that is not zero and writes it."""
    return (
        Item(f"{what}: cold SLOAD", COLD_SLOAD, count),
        Item(f"{what}: SSTORE, not zero before", SSTORE_RESET, count),
    )


def update_entry(what: str, count: int = 1, *, keys: int = 1) -> Floor:
    """The same for an entry of a mapping of so many keys, whose place is a hash for each."""
    return (Item(f"{what}: KECCAK256 of its place", KECCAK_TWO_WORDS, count * keys), *update(what, count))


def create_entry(what: str, count: int = 1) -> Floor:
    """Writes an entry of a mapping that was zero."""
    return (
        Item(f"{what}: KECCAK256 of its place", KECCAK_TWO_WORDS, count),
        Item(f"{what}: cold access", COLD_SLOAD, count),
        Item(f"{what}: SSTORE, zero before", SSTORE_SET, count),
    )


def event(name: str, topics: int, words: int, count: int = 1) -> Floor:
    """Emits an event with so many topics, its own hash included, and so many words of data."""
    return (Item(f"event {name}: LOG{topics}", LOG + topics * LOG_TOPIC + words * WORD * LOG_BYTE, count),)


def _move_coupon() -> Floor:
    """ADN creates or burns FEC of one account that holds some before and after."""
    return (
        Item("FEC: cold account", COLD_ACCOUNT),
        *update("FEC supply"),
        *update_entry("FEC balance"),
        *event("Transfer of FEC", 3, 1),
    )


def claim(data: bytes, _: int) -> Floor:
    """Floor of a claim from one node: its state, the supply and one balance; ERC-5725, ERC-4906 and ERC-20 events."""
    return (
        *transaction(data),
        *update_entry("node"),
        *event("PayoutClaimed", 3, 1),
        *event("MetadataUpdate", 1, 1),
        *_move_coupon(),
    )


def claim_batch(data: bytes, nodes: int) -> Floor:
    """Floor of a claim from several nodes in one payment: as :func:`claim`."""
    return (
        *transaction(data),
        *update_entry("node", nodes),
        *event("PayoutClaimed", 3, 1, nodes),
        *event("MetadataUpdate", 1, 1, nodes),
        *_move_coupon(),
    )


def create_node() -> Floor:
    """ADN creates a node of an account that holds some, and burns FEC."""
    return (
        *update_entry("program"),
        *create_entry("node"),
        *update_entry("count of nodes held"),
        *event("Transfer of the node", 4, 0),
        *_move_coupon(),
    )


def mint_to_self(data: bytes, _: int) -> Floor:
    """Floor of a mint to the caller, who holds nodes: quota, the node, the count of nodes held, FEC burned."""
    return (*transaction(data), *create_node())


def mint(data: bytes, _: int) -> Floor:
    """Floor of a mint to another holder: as :func:`mint_to_self`, and ERC-721 asks whether they are a contract."""
    return (*mint_to_self(data, 0), Item("receiver: cold EXTCODESIZE", COLD_ACCOUNT))
