"""Puts a purchase history on a development chain by settlements: all stores under one program, a batch for each day.

The chain says which batches it has, by their references: a run can be stopped at any instant and started again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from random import Random
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.types import RPCEndpoint

from fec.chain.contracts import open_handle
from fec.chain.gas import MOST_GAS
from fec.chain.rpc import clear_errors
from fec.chain.sender import Sender
from fec.client.client import Client
from fec.core import curve
from fec.core.durations import DAY, WEEK
from fec.core.settlement_id import SettlementId
from fec.core.shares import burn_up
from fec.i18n.errors import NotFound
from fec.protocol.settlements import LEAST_PRINCIPAL, Leaf, pack
from fec.protocol.types import UnopenedNode
from fec.replay.balance import balanced
from fec.replay.errors import ReplayFailed, ReplayRefused
from fec.replay.history import ORIGIN, History, Row
from fec.replay.journal import ID_LENGTH
from fec.replay.plan import PlannedRefund, plan
from fec.replay.preparation import GAS_COIN
from fec.replay.settings import DailyReport, ReplaySettings
from fec.replay.settling import MOST_LEAVES, reference
from fec.replay.wallets import Wallet, Wallets

_MILLION = 1_000_000
_NO_BOUND = 1 << 62
Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class _Day:
    """Sales that are settled together."""

    due: int
    """When, in seconds since the epoch, as the file has it."""
    leaves: tuple[Leaf, ...]
    ids: bytes
    """What tells the sales from others."""

    @property
    def principal(self) -> int:
        """What they burn, in wei."""
        return sum(leaf.principal for leaf in self.leaves)


class _Sure(Sender):
    """Sends what cannot fail with all the gas that a transaction can have: on a chain of one's own it costs nothing.

    Simulating a settlement takes longer than making it.
    """

    def simulate(self, call: ContractFunction | ContractConstructor) -> int:  # noqa: ARG002 (what is not simulated)
        return MOST_GAS


class DailyReplay:
    """Settles histories day by day on one deployment."""

    def __init__(self, client: Client, owner: LocalAccount | str, settings: ReplaySettings) -> None:
        """Takes the deployment, and who owns ADN and holds FEC: a key, or an account that the node signs for."""
        self._client = client.signed_by(owner)
        self._settings = settings
        self._wallets = Wallets(settings.seed)
        self._merchant = client.signed_by(_account(self._wallets.merchant()))
        self._sure = Client(client.web3, client.deployment, _Sure(client.web3, _account(self._wallets.merchant())))

    def run(self, history: History, progress: Progress = lambda *_: None, *, to_open: int = 0) -> DailyReport:
        """Settles what is not settled yet, each day's sales once their return window is over; then opens some leaves.

        Those are `to_open` of all that nobody has opened, drawn by the wallets' seed, and they are opened and claimed
        from once all of them have released everything. Raises ReplayRefused if it cannot begin, ReplayFailed if the
        chain does something else, RPCFailed, RPCUnreachable, and what the contracts refuse.
        """
        started = time.perf_counter_ns()
        sales, too_small = self._sales(history)
        days = list(self._days(sales))
        program_id = self._find_program()
        before = {} if program_id is None else self._settled(program_id)
        left = [day for day in days if program_id is None or _ref(program_id, day) not in before]
        self._set_up(program_id, sum(day.principal for day in left))
        if (program_id := self._find_program()) is None:
            raise ReplayFailed("The chain did not admit the program. Run the same command again.")
        store_days = {(row.store, row.time // DAY) for row, _ in sales}
        apart = self._apart_gas(program_id, left, len(store_days))
        ready = time.perf_counter_ns()
        gas = sum(self._gas_of(block, program_id) for _, block in before.values())
        gas += self._settle(program_id, left, self._shift(program_id, days, before), progress)
        settled = time.perf_counter_ns()
        settlement_ids = self._proven(program_id, days)
        opened, paid, open_gas = self._open(settlement_ids, to_open, progress)
        done = time.perf_counter_ns()
        return DailyReport(
            program_id=program_id,
            sales=len(sales),
            spend=sum(amount for _, amount in sales),
            burned=sum(day.principal for day in days),
            days=len({row.time // DAY for row, _ in sales}),
            settlements=len(days),
            new_settlements=len(left),
            gas=gas,
            store_days=len(store_days),
            apart_gas=apart,
            stores=len({row.store for row, _ in sales}),
            shoppers=len({row.shopper for row, _ in sales}),
            too_small=too_small,
            opened=opened,
            paid=paid,
            open_gas=open_gas,
            figures=balanced(self._client),
            milliseconds={
                "setUp": (ready - started) // _MILLION,
                "settle": (settled - ready) // _MILLION,
                "open": (done - settled) // _MILLION,
            },
        )

    # ---------------------------------------------------------------- planning

    def _sales(self, history: History) -> tuple[list[tuple[Row, int]], int]:
        """What each sale comes to in wei, less what was returned within its window; and how many are too small."""
        left = {place: row.amount for place, row in enumerate(history.rows) if row.amount > 0}
        if len(left) < len(history.rows):
            for refund in self._refunds(history.rows):
                left[refund.order] -= refund.amount
        sales = [(history.rows[place], amount) for place, amount in left.items() if amount]
        least = self._settings.terms.tiers[0].burn_bps
        whole = [(row, amount) for row, amount in sales if burn_up(amount, least) >= LEAST_PRINCIPAL]
        return whole, len(sales) - len(whole)

    def _refunds(self, rows: Sequence[Row]) -> Iterator[PlannedRefund]:
        """Returns that are taken back, as they are of orders."""
        planned = plan(
            rows,
            window_of=lambda _: self._settings.terms.return_window,
            shift=0,
            every=1,
            gas=_NO_BOUND,
            leave_open=True,
        )
        for block in planned.blocks:
            yield from (action for action in block.actions if isinstance(action, PlannedRefund))

    def _days(self, sales: Sequence[tuple[Row, int]]) -> Iterator[_Day]:
        """Batches, in order. With rows to come the last day stays open, since its batch would be another."""
        by_day: dict[int, list[tuple[Row, int]]] = {}
        for row, amount in sales:
            by_day.setdefault(row.time // DAY, []).append((row, amount))
        if self._settings.leave_open and by_day:
            del by_day[max(by_day)]
        spent: Counter[str] = Counter()
        for day, some in sorted(by_day.items()):
            due = (day + 1) * DAY + self._settings.terms.return_window
            for first in range(0, len(some), MOST_LEAVES):
                piece = some[first : first + MOST_LEAVES]
                leaves = tuple(self._leaf(row, amount, spent) for row, amount in piece)
                ids = b"".join(blake2b(row.order_id.encode(), digest_size=ID_LENGTH).digest() for row, _ in piece)
                yield _Day(due, leaves, ids)

    def _leaf(self, row: Row, amount: int, spent: Counter[str]) -> Leaf:
        """A sale's node: of the tier that its shopper has reached by what was settled before."""
        reached = [tier for tier in self._settings.terms.tiers if tier.min_spend * 10**18 <= spent[row.shopper]]
        spent[row.shopper] += amount
        return Leaf(_address(self._wallets.shopper(row.shopper)), burn_up(amount, reached[-1].burn_bps))

    # ------------------------------------------------------------------ set up

    def _set_up(self, program_id: int | None, needed: int) -> None:
        """The program, with terms, quota and FEC to burn so much. Raises ReplayRefused if there is too little."""
        owner, merchant, terms = self._client, self._merchant, self._settings.terms
        self._request("anvil_setBalance", merchant.address, hex(GAS_COIN))
        quota = 0 if program_id is None else owner.programs.get(program_id).quota
        missing_quota, missing = max(needed - quota, 0), max(needed - merchant.balance(merchant.address), 0)
        budget, owned = owner.figures().budget, owner.balance(owner.address)
        if missing_quota > budget or missing > owned:
            raise ReplayRefused(
                "The sales burn {needed:fec}. There are {budget:fec} left to grant, and {owner} has {owned:fec}. "
                "Choose a lower --rate.",
                needed=needed,
                budget=budget,
                owner=owner.address,
                owned=owned,
            )
        if program_id is None:
            program_id = owner.programs.create(
                merchant.address,
                issuer=owner.orders.address,
                period_length=terms.period_length,
                origin=ORIGIN,
                quota=needed,
            ).program_id
        elif missing_quota:
            owner.programs.grant(program_id, missing_quota)
        self._set_terms(program_id)
        if missing:
            owner.transfer(merchant.address, missing)
        if merchant.orders.allowance() < needed:
            merchant.orders.approve(needed)

    def _find_program(self) -> int | None:
        client = self._client
        for log in self._adn.logs("ProgramCreated", self._block()):
            values = log["args"]
            if (values["operator"], values["issuer"]) == (self._merchant.address, client.orders.address):
                if values["periodLength"] != self._settings.terms.period_length:
                    raise ReplayRefused(
                        "On this chain the program has periods of another length. Give the same options as before, or "
                        "other wallets by --wallets."
                    )
                found: int = values["programId"]
                return found
        return None

    def _set_terms(self, program_id: int) -> None:
        """Sets the terms, unless they are set: then they must be these, by which what is settled was made."""
        terms = self._settings.terms.of(self._merchant.address)
        try:
            found = self._client.terms.get(program_id)
        except NotFound:
            self._merchant.terms.set(program_id, terms)
            return
        if found.tiers != terms.tiers:
            raise ReplayRefused(
                "On this chain the program has other tiers. Give the same options as before, or other wallets by "
                "--wallets."
            )

    # ---------------------------------------------------------------- settling

    def _settled(self, program_id: int) -> dict[str, tuple[int, int]]:
        """What the program has settled: settlement and block, by reference."""
        checkout = open_handle(self._client.web3, self._client.deployment, "Checkout", Sender(self._client.web3, None))
        return {
            "0x" + log["args"]["ref"].hex(): (log["args"]["settlementId"], log["blockNumber"])
            for log in checkout.logs("Settled", self._block(), programId=program_id)
        }

    def _apart_gas(self, program_id: int, days: Sequence[_Day], store_days: int) -> int:
        """Gas for each store's day by itself: that of an average one, simulated, times their number."""
        leaves = [leaf for day in days for leaf in day.leaves]
        if not leaves:
            return 0
        size = -(-len(leaves) // store_days)
        # What is simulated has to be paid for, and all of it may be burned already.
        some = [Leaf(leaf.owner, LEAST_PRINCIPAL) for leaf in leaves[:size]]
        needed = size * LEAST_PRINCIPAL
        merchant = self._merchant
        if merchant.programs.get(program_id).quota < needed or merchant.balance(merchant.address) < needed:
            return 0
        return store_days * merchant.settlements.simulate(program_id, some, "apart")

    def _settle(self, program_id: int, left: Sequence[_Day], shift: int, progress: Progress) -> int:
        """Settles what is left; gives the gas."""
        gas = 0
        for count, day in enumerate(left, 1):
            self._travel(day.due + shift)
            settled = self._sure.settlements.settle(program_id, day.leaves, _ref(program_id, day))
            gas += settled.receipt.gas_used
            progress("settle", count, len(left))
        return gas

    def _gas_of(self, block: int, program_id: int) -> int:
        """Gas of the settlements in a block of a run before."""
        topic = "0x" + program_id.to_bytes(32, "big").hex()
        with clear_errors():
            logs = self._client.web3.eth.get_logs(
                {"address": self._client.orders.address, "fromBlock": block, "toBlock": block, "topics": [None, topic]}
            )
            hashes = {log["transactionHash"] for log in logs}
            return sum(self._client.web3.eth.get_transaction_receipt(each)["gasUsed"] for each in hashes)

    def _shift(self, program_id: int, days: Sequence[_Day], before: dict[str, tuple[int, int]]) -> int:
        """Seconds by which times are moved: whole weeks. Once something is settled, the chain tells.

        Raises ReplayRefused if the chain's clock is past what is to come.
        """
        clock, left, shift = self._clock(), [], 0
        for day in days:
            found = before.get(_ref(program_id, day))
            if found is None:
                left.append(day)
            elif not shift:
                with clear_errors():
                    settled = self._client.web3.eth.get_block(found[1])["timestamp"]
                shift = (settled - day.due) // WEEK * WEEK
        if left and not before and self._settings.shift:
            shift = max(-(-(clock + 1 - left[0].due) // WEEK), 0) * WEEK
        if left and left[0].due + shift + (WEEK if before else 0) <= clock:
            raise ReplayRefused(
                "The chain's clock shows {clock:date}, and what is to come next is of {first:date}. Start a chain with "
                "`fec dev --clock`, or move the file's times by whole weeks with --shift.",
                clock=clock,
                first=left[0].due + shift,
            )
        return shift

    def _proven(self, program_id: int, days: Sequence[_Day]) -> list[int]:
        """The settlement of each day. Raises ReplayFailed unless the chain has one with as many nodes and as much."""
        known, ids = self._settled(program_id), []
        for day in days:
            settlement_id, _ = known.get(_ref(program_id, day), (0, 0))
            found = SettlementId.decode(settlement_id) if settlement_id else None
            if found is None or (found.count, found.total) != (len(day.leaves), day.principal):
                raise ReplayFailed("The chain holds other settlements than the file. Look at its logs.")
            ids.append(settlement_id)
        return ids

    # ----------------------------------------------------------------- opening

    def _open(self, settlement_ids: Sequence[int], count: int, progress: Progress) -> tuple[int, int, int]:
        """Opens and claims random leaves at their end: how many, what was paid, the gas."""
        if not count:
            return 0, 0, 0
        chosen = self._chosen(settlement_ids, count)
        leaves = self._merchant.settlements.proofs(chosen)
        end = max((each.node.end for each in chosen), default=0)
        if end > self._clock():
            self._travel(end)
        paid, gas, opened = 0, 0, 0
        pieces = self._merchant.settlements.batches(leaves, claim=True)
        for piece in pieces:
            done = self._merchant.settlements.open(piece, claim=True)
            found = {payout.token_id: (payout.recipient, payout.amount) for payout in done.payouts}
            if found != {leaf.token_id: (leaf.leaf.owner, curve.face(leaf.leaf.principal)) for leaf in piece}:
                raise ReplayFailed("What was opened did not pay ten times its principal. Look at its logs.")
            paid += sum(payout.amount for payout in done.payouts)
            gas += done.receipt.gas_used
            opened += len(done.token_ids)
            progress("open", opened, len(leaves))
        return opened, paid, gas

    def _chosen(self, settlement_ids: Sequence[int], count: int) -> list[UnopenedNode]:
        minted = self._adn.logs("Transfer", self._block(), **{"from": "0x" + "00" * 20})
        opened = {log["args"]["tokenId"] for log in minted}
        found = [
            each
            for settlement_id in settlement_ids
            for each in self._merchant.settlements.leaves(settlement_id)
            if each.node.token_id not in opened
        ]
        return Random(self._settings.seed).sample(found, min(count, len(found)))

    # --------------------------------------------------------------- the chain

    @cached_property
    def _adn(self) -> Any:
        return open_handle(self._client.web3, self._client.deployment, "ADN", Sender(self._client.web3, None))

    def _block(self) -> int:
        with clear_errors():
            return self._client.web3.eth.block_number

    def _clock(self) -> int:
        with clear_errors():
            return self._client.web3.eth.get_block("latest")["timestamp"]

    def _travel(self, moment: int) -> None:
        """Has the next block at a time, or as soon as may be."""
        self._request("evm_setNextBlockTimestamp", max(moment, self._clock() + 1))

    def _request(self, method: str, *params: Any) -> None:
        answer = self._client.web3.provider.make_request(RPCEndpoint(method), params)
        if "error" in answer:
            raise ReplayRefused(
                "A replay needs Anvil, whose clock can follow the file: {reason}. Start one with `fec dev`.",
                reason=str(answer["error"]),
            )


def _account(wallet: Wallet) -> LocalAccount:
    account: LocalAccount = Account.from_key(wallet.key)
    return account


def _address(wallet: Wallet) -> str:
    return "0x" + wallet.address.hex()


def _ref(program_id: int, day: _Day) -> str:
    return reference(program_id, pack(day.leaves), day.ids)
