"""What the model of Checkout keeps of an order and of a batch of rewards, and how it takes back what was refused.

Amounts in wei, times in seconds.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from tests.contracts.stateful.node_model import Model, Refused
from tests.contracts.support.merkle import Reward

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
R = TypeVar("R")

ESCROWED, CAPTURED, REFUNDED = 1, 2, 3
#: Basis points of everything.
ALL = 10_000


def atomic(
    method: Callable[Concatenate[M, P], R],
) -> Callable[Concatenate[M, P], R]:
    """A refused call leaves nothing behind, as on the chain."""

    @wraps(method)
    def wrapped(self: M, /, *arguments: P.args, **options: P.kwargs) -> R:
        before = pickle.dumps(vars(self))
        try:
            return method(self, *arguments, **options)
        except Refused:
            # Its own bytes from a moment ago; several times faster than copy.deepcopy.
            vars(self).update(pickle.loads(before))  # noqa: S301
            raise

    return wrapped


@dataclass
class PaidOrder:
    """An order and what became of its amount; `kept` is all of it that Checkout remembers."""

    key: bytes
    program: int
    payer: str
    customer: str
    cause: str
    version: int
    burn_bps: int
    paid_at: int
    deadline: int
    amount: int
    status: int
    at_once: bool
    refunded: int = 0
    to_merchant: int = 0
    burned: int = 0
    donated: int = 0
    returned: int = 0

    @property
    def left(self) -> int:
        return self.amount - self.refunded

    @property
    def escrow(self) -> int:
        return self.left if self.status == ESCROWED else 0

    @property
    def reserved(self) -> int:
        return -(-self.escrow * self.burn_bps // ALL)

    def words(self) -> list[int]:
        """As the chain shows it."""
        when = [self.version, self.burn_bps, self.paid_at, self.deadline]
        if self.at_once:
            return [self.status, int(self.payer, 16), 0, 0, 0, *when, 0, 0]
        parties = [int(self.payer, 16), int(self.customer, 16), int(self.cause, 16)]
        return [self.status, *parties, self.program, *when, self.amount, self.refunded]


@dataclass
class Batch:
    """Rewards under a Merkle root."""

    funder: str
    program: int
    rewards: list[Reward]
    left: int
    deadline: int
    taken: set[int] = field(default_factory=set)
