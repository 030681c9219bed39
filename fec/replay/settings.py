"""What a replay is told, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fec.chain.anvil import MNEMONIC
from fec.i18n import Message
from fec.protocol.types import Figures
from fec.replay.preparation import StoreTerms


@dataclass(frozen=True)
class ReplaySettings:
    """How a history is replayed; times in seconds."""

    terms: StoreTerms = field(default_factory=StoreTerms)
    exceptions: Mapping[str, StoreTerms] = field(default_factory=dict)
    """Stores whose terms are others."""
    seed: str = MNEMONIC
    """Which test wallets."""
    every: int = 1
    """Purchases within so long go into one block, at its end."""
    shift: bool = False
    """Whether to move all times by whole weeks, to where the chain's clock is."""
    leave_open: bool = False
    """Whether orders still in their return window after the last row stay in escrow, for rows to come."""
    workers: int = 1
    """Processes that sign; with 0 this one does."""

    def terms_of(self, store: str) -> StoreTerms:
        """A store's terms."""
        return self.exceptions.get(store, self.terms)


@dataclass(frozen=True)
class ReplayReport:
    """What a run did, and what is on the chain of this history. Amounts in wei, `milliseconds` by what took them."""

    orders: int
    new_orders: int
    paid: int
    refunds: int
    new_refunds: int
    refunded: int
    captured: int
    nodes: int
    burned: int
    unminted: int
    left_out: tuple[tuple[int, Message], ...]
    """Returns that were not taken back, by line and with the reason."""
    zeros: tuple[int, ...]
    stores: int
    shoppers: int
    transactions: int
    """Of this run, what was set up included."""
    blocks: int
    shift: int
    lateness: int
    """By how many seconds a block came later than the history has it, at most."""
    figures: Figures
    milliseconds: dict[str, int]

    @property
    def orders_per_second(self) -> int:
        """Of this run, once all was set up."""
        return self.new_orders * 1_000 // max(self.milliseconds["replay"], 1)


@dataclass(frozen=True)
class DailyReport:
    """What a run did, and what is on the chain of this history. Amounts in wei, `milliseconds` by what took them."""

    program_id: int
    sales: int
    spend: int
    burned: int
    days: int
    settlements: int
    new_settlements: int
    gas: int
    """Of all settlements of this history on the chain."""
    store_days: int
    """Days on which a store sold something, summed over the stores."""
    apart_gas: int
    """What it would take to settle each store's day by itself: that of an average one, simulated, for each."""
    stores: int
    shoppers: int
    too_small: int
    """Sales whose burn share is below the least principal of a node."""
    opened: int
    paid: int
    """To the owners of those that were opened."""
    open_gas: int
    figures: Figures
    milliseconds: dict[str, int]
