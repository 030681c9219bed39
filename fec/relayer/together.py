"""Many requests at once: simulated in one round trip, kept in one transaction of the database, sent in one batch.

outlook, _ = together.outlook()
fine = together.simulate_all([(recipient, data), …], gas, outlook)
with store.writing(engine) as connection:
    together.lock(connection, outlook)       # nobody else takes a nonce until the transaction ends
    stored = together.take_all(connection, […], outlook)
together.taken(stored)
together.broadcast(stored)                   # after a crash in between, the relayer's next tick does
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection
from web3 import Web3

from fec.chain.errors import Refused
from fec.chain.gas import TRANSFER_GAS, refused_for_ever
from fec.chain.jsonrpc import Call
from fec.chain.rpc import ask_all
from fec.i18n.errors import FECError
from fec.relayer.budget import Budget
from fec.relayer.endpoint import AccountChain, Outlook
from fec.relayer.fees import FeePolicy
from fec.relayer.shares import parts
from fec.relayer.simulation import check_coin
from fec.relayer.slots import Slot
from fec.relayer.transactions import Ledger, RelayRequest, Stored

#: After it, what no block has is sent again.
_RECENT_SECONDS = 1


class Together:
    """One relayer's way for many requests."""

    def __init__(
        self,
        web3: Web3,
        *,
        node: AccountChain,
        ledger: Ledger,
        fees: FeePolicy,
        budget: Budget,
        fill: Callable[[int, str], object],
        transfer_gas: Callable[[], int],
    ) -> None:
        """Takes the relayer's parts; `fill` gives a request up that no node will ever take.

        `transfer_gas` says what a transfer of nothing takes on this chain.
        """
        self._web3 = web3
        self._node = node
        self._ledger = ledger
        self._fees = fees
        self._budget = budget
        self._fill = fill
        self._transfer_gas = transfer_gas
        self._sent_at: dict[int, float] = {}
        self._latest = -1
        """Last nonce of what was taken on here."""

    def is_new(self, request_id: int) -> bool:
        """Whether a request was sent for the first time just now, by this process: the node has it."""
        return time.monotonic() - self._sent_at.get(request_id, float("-inf")) < _RECENT_SECONDS

    def placed(self, request_id: int) -> None:
        """Notes that a block had a request: should another branch drop it, it is sent again at once."""
        self._sent_at.pop(request_id, None)

    def outlook(self, more: Sequence[Call] = ()) -> tuple[Outlook, list[Any]]:
        """What the block to come holds, and the answers to more calls; see `AccountChain.outlook`."""
        return self._node.outlook(more)

    def used(self) -> int:
        """Nonces that the chain has used. Raises RPCUnreachable, RPCFailed."""
        return self._node.used()

    def is_free(self, used: int) -> bool:
        """Whether what comes now need not wait for more, when the chain has used so many nonces.

        Where it is known when the next block comes, it waits for that. Elsewhere until blocks have all that this
        process has taken on here.
        """
        return used > self._latest and self.slot() is None

    def slot(self) -> Slot | None:
        """The next block, and when to send what is to be in it; None where nobody knows."""
        return self._node.slots.next()

    def takes_batches(self) -> bool:
        """Whether gas for many calls in one transaction can be worked out: not where the chain charges for more."""
        try:
            return self._transfer_gas() == TRANSFER_GAS
        except FECError:
            return False

    def simulate_all(self, calls: Sequence[tuple[str, str]], gas: int, outlook: Outlook) -> list[bool]:
        """Whether calls, each a recipient and calldata in hex, would do with so much gas, each in its own transaction.

        An estimate would run each call several times. Raises FeesTooHigh, RPCUnreachable, RPCFailed.
        """
        fees = self._fees.at(outlook.price)
        offer = {
            "from": self._ledger.address,
            "gas": hex(gas),
            **({"gasPrice": hex(fees.most)} if fees.legacy else {"maxFeePerGas": hex(fees.most)}),
            **({} if fees.legacy else {"maxPriorityFeePerGas": hex(fees.tip)}),
        }
        asked: list[Call] = [
            ("eth_call", [{**offer, "to": recipient, "data": data}, "pending"]) for recipient, data in calls
        ]
        return [not isinstance(found, Refused) for found in ask_all(self._web3, asked)]

    def lock(self, connection: Connection, outlook: Outlook) -> None:
        """Has the key's row until the transaction ends: only who has it takes nonces."""
        self._ledger.lock(connection, outlook.means.used)

    def check(self, connection: Connection, asked: Sequence[RelayRequest], outlook: Outlook) -> None:
        """Raises FeesTooHigh, BudgetSpent or InsufficientGasCoin unless all of these can be paid for."""
        fees, sender = self._fees.at(outlook.price), self._ledger.address
        needed = sum(one.gas for one in asked) * fees.most
        check_coin(sender, outlook.means, needed)
        self._budget.check(connection, sender, None, needed)
        purses: Counter[str] = Counter()
        for one in asked:
            if one.purse is not None:
                purses[one.purse] += one.gas * fees.most
            elif one.shares:
                for share, part in zip(one.shares, parts(one.gas * fees.most, one.shares), strict=True):
                    purses[share.purse] += part
        for purse, wei in purses.items():
            self._budget.check(connection, sender, purse, wei)

    def take_all(self, connection: Connection, asked: Sequence[RelayRequest], outlook: Outlook) -> list[Stored]:
        """Takes on requests that nobody has asked for before, in a transaction in which `lock` was called.

        Raises FeesTooHigh, BudgetSpent, InsufficientGasCoin: then the transaction is to be given up.
        """
        self.check(connection, asked, outlook)
        return self._ledger.store_all(connection, asked, self._fees.at(outlook.price), outlook.means.used)

    def taken(self, stored: Sequence[Stored]) -> None:
        """Notes, once it is durable, what was taken on: until blocks have it, `is_free` says no."""
        self._latest = max([self._latest, *(one.nonce for one in stored)])

    def broadcast(self, stored: Sequence[Stored]) -> None:
        """Sends what was taken on, in its order. What the node refuses for now is sent again by the relayer's tick."""
        now = time.monotonic()
        self._sent_at = {id_: at for id_, at in self._sent_at.items() if now - at < _RECENT_SECONDS}
        self._sent_at |= {one.id: now for one in stored}
        with suppress(FECError):
            for one, reason in zip(stored, self._node.send([one.raw for one in stored]), strict=True):
                if reason is not None and refused_for_ever(reason):
                    self._fill(one.id, reason)
