"""Where the story is played: the chain, the contracts, everybody, the clock, and the agenda of what is to come."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from demo.book import Book
from demo.cast import Cast, Household, Store
from demo.wire import Call, Contract, Done, Wire
from fec.client.custody import CUSTODIAN_NAME
from fec.client.orders import CHECKOUT_NAME
from fec.core.node_id import NodeId
from fec.i18n.errors import FECError
from fec.protocol.signing import Domain

Action = Callable[[], None]

#: Transactions in a block of many.
BLOCK_SIZE = 250


class StoryFailed(FECError, RuntimeError):
    """A transaction of the story did not go as it should."""


@dataclass(frozen=True)
class Checkpoint:
    """The protocol's books as the chain gave them at one block. Amounts in wei."""

    block: int
    timestamp: int
    supply: int
    outstanding: int


@dataclass(frozen=True)
class Attempt:
    """Something that must not work, and what the chain said to it."""

    what: str
    refusal: str | None
    """Name of the error; None if it would have worked."""


@dataclass
class Stage:
    """Everything at hand. Each `act` has a block of its own; times in seconds since the epoch."""

    wire: Wire
    contracts: dict[str, Contract]
    cast: Cast
    seed: str
    owner: str
    """Who deployed, owns ADN and held the genesis supply."""
    now: int
    chain_id: int
    programs: dict[int, int] = field(default_factory=dict)
    """Program by store."""
    vaults: dict[int, str] = field(default_factory=dict)
    """Vault by household, for those without a wallet; they leave it once they take everything out."""
    book: Book = field(default_factory=Book)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    """Transactions that tried to pay an order again."""

    portrait: str = ""
    """SVG that a node drew of itself, half-way through its life."""

    def __post_init__(self) -> None:
        """Opens the agenda."""
        self.rng = random.Random(f"{self.seed}/story")
        self._agenda: list[tuple[int, int, Action]] = []
        self._order = itertools.count()
        self.gas_funded: set[str] = set()

    @property
    def fec(self) -> Contract:
        """The coupon."""
        return self.contracts["FEC"]

    @property
    def adn(self) -> Contract:
        """The nodes."""
        return self.contracts["ADN"]

    @property
    def checkout(self) -> Contract:
        """The till."""
        return self.contracts["Checkout"]

    @property
    def custodian(self) -> Contract:
        """The keeper of vaults."""
        return self.contracts["Custodian"]

    @property
    def till_domain(self) -> Domain:
        """What invoices and orders are signed for."""
        return Domain(CHECKOUT_NAME, self.chain_id, self.checkout.address)

    @cached_property
    def coupon_domain(self) -> Domain:
        """What permits and authorizations are signed for."""
        return Domain(self.wire.view(self.fec, "name"), self.chain_id, self.fec.address)

    @property
    def custody_domain(self) -> Domain:
        """What members sign for."""
        return Domain(CUSTODIAN_NAME, self.chain_id, self.custodian.address)

    def customer(self, household: Household) -> str:
        """Who gets a household's nodes: its vault, or its own account."""
        return self.vaults.get(household.number, household.key.address)

    def store_of(self, token_id: int) -> Store:
        """The store in whose program a node was minted."""
        number = {program: number for number, program in self.programs.items()}[NodeId.decode(token_id).program_id]
        return self.cast.stores[number]

    def give_gas(self, *accounts: str) -> None:
        """Gives accounts gas coin, once."""
        self.wire.fund_gas(*(account for account in accounts if account not in self.gas_funded))
        self.gas_funded.update(accounts)

    def act(self, call: Call, *, refused: bool = False) -> Done:
        """Sends a transaction now. Raises StoryFailed unless it succeeds, or fails if `refused`."""
        self.now += 1
        done = self.wire.send(self.now, call)
        self._check(call, done, refused)
        return done

    def act_all(self, calls: Sequence[Call]) -> list[Done]:
        """Sends transactions that do not depend on each other. Raises StoryFailed unless all succeed."""
        done = []
        for first in range(0, len(calls), BLOCK_SIZE):
            block = calls[first : first + BLOCK_SIZE]
            self.now += 1
            done += self.wire.send_all(self.now, block)
        for call, each in zip(calls, done, strict=True):
            self._check(call, each, refused=False)
        return done

    def _check(self, call: Call, done: Done, refused: bool) -> None:
        if done.ok == refused:
            (reason,) = self.wire.refusals([call])
            raise StoryFailed(f"Transaction {done.tx_hash} from {call.sender}: {reason or 'was not refused'}")

    def plan(self, timestamp: int, action: Action) -> None:
        """Puts something on the agenda."""
        heapq.heappush(self._agenda, (timestamp, next(self._order), action))

    def play_until(self, timestamp: int, tick: Callable[[int], object]) -> None:
        """Does what is on the agenda up to a moment, in time order; `tick` gets the time after each."""
        while self._agenda and self._agenda[0][0] <= timestamp:
            moment, _, action = heapq.heappop(self._agenda)
            # Blocks have rising times, so that what happens in one second is spread over the next ones.
            self.now = max(self.now, moment - 1)
            action()
            tick(self.now)
        self.now = max(self.now, timestamp - 1)

    def checkpoint(self) -> None:
        """Mines a block and notes what the chain's books say after it."""
        self.now += 1
        self.wire.mine(self.now)
        self.checkpoints.append(
            Checkpoint(
                self.wire.height,
                self.now,
                self.wire.view(self.fec, "totalSupply"),
                self.wire.view(self.adn, "outstanding"),
            )
        )
