"""Rewards, given one by one or in batches. Amounts in wei, times in seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass

from fec.protocol.types import Receipt


@dataclass(frozen=True)
class Rewarded:
    """A merchant burned FEC into a node for a shopper, or a shopper's node out of a batch was minted."""

    receipt: Receipt
    token_id: int
    shopper: str
    amount: int


@dataclass(frozen=True)
class RewardBatch:
    """Nodes that a merchant has funded for many shoppers."""

    funder: str
    program_id: int
    root: str
    left: int
    """What has not been taken yet."""
    deadline: int
    """Last second at which a shopper can take theirs."""


@dataclass(frozen=True)
class RewardsFunded:
    """A batch of rewards was funded."""

    receipt: Receipt
    batch_id: int
    amount: int


@dataclass(frozen=True)
class RewardsReclaimed:
    """What nobody took went back to who funded it."""

    receipt: Receipt
    amount: int
