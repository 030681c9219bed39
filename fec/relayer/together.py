"""Many requests at once: simulated in one round trip, kept in one transaction of the database, sent in one batch.

outlook, _ = together.outlook()
fine = together.simulate_all([(recipient, data), …], gas, outlook)
with store.writing(engine) as connection:
    together.lock(connection, outlook)       # nobody else takes a nonce until the transaction ends
    stored = together.take_all(connection, […], outlook)
together.broadcast(stored)                   # after a crash in between, the relayer's next tick does
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection
from web3 import Web3

from fec.chain.errors import Refused
from fec.chain.gas import refused_for_ever
from fec.chain.jsonrpc import Call
from fec.chain.rpc import ask_all
from fec.i18n.errors import FECError
from fec.relayer.budget import Budget
from fec.relayer.endpoint import AccountChain, Outlook
from fec.relayer.fees import FeePolicy
from fec.relayer.simulation import check_coin, without_margin
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
    ) -> None:
        """Takes the relayer's parts; `fill` gives a request up that no node will ever take."""
        self._web3 = web3
        self._node = node
        self._ledger = ledger
        self._fees = fees
        self._budget = budget
        self._fill = fill
        self._sent_at: dict[int, float] = {}

    def is_new(self, request_id: int) -> bool:
        """Whether a request was sent for the first time just now, by this process: the node has it."""
        return time.monotonic() - self._sent_at.get(request_id, float("-inf")) < _RECENT_SECONDS

    def placed(self, request_id: int) -> None:
        """Notes that a block had a request: should another branch drop it, it is sent again at once."""
        self._sent_at.pop(request_id, None)

    def outlook(self, more: Sequence[Call] = ()) -> tuple[Outlook, list[Any]]:
        """What the block to come holds, and the answers to more calls; see `AccountChain.outlook`."""
        return self._node.outlook(more)

    def simulate_all(self, calls: Sequence[tuple[str, str]], gas: int, outlook: Outlook) -> list[bool]:
        """Whether calls, each a recipient and calldata in hex, would do with a gas limit, less the usual margin.

        An estimate would run each call several times. Raises FeesTooHigh, RPCUnreachable, RPCFailed.
        """
        fees = self._fees.at(outlook.price)
        offer = {
            "from": self._ledger.address,
            "gas": hex(without_margin(gas)),
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

    def take_all(self, connection: Connection, asked: Sequence[RelayRequest], outlook: Outlook) -> list[Stored]:
        """Takes on requests that nobody has asked for before, in a transaction in which `lock` was called.

        Raises FeesTooHigh, BudgetSpent, InsufficientGasCoin: then the transaction is to be given up.
        """
        fees, sender = self._fees.at(outlook.price), self._ledger.address
        check_coin(sender, outlook.means, sum(one.gas for one in asked) * fees.most)
        self._budget.check(connection, sender, None, sum(one.gas for one in asked) * fees.most)
        for purse in {one.purse for one in asked if one.purse is not None}:
            needed = sum(one.gas for one in asked if one.purse == purse) * fees.most
            self._budget.check(connection, sender, purse, needed)
        return self._ledger.store_all(connection, asked, fees, outlook.means.used)

    def broadcast(self, stored: Sequence[Stored]) -> None:
        """Sends what was taken on, in its order. What the node refuses for now is sent again by the relayer's tick."""
        now = time.monotonic()
        self._sent_at = {id_: at for id_, at in self._sent_at.items() if now - at < _RECENT_SECONDS}
        self._sent_at |= {one.id: now for one in stored}
        with suppress(FECError):
            for one, reason in zip(stored, self._node.send([one.raw for one in stored]), strict=True):
                if reason is not None and refused_for_ever(reason):
                    self._fill(one.id, reason)
