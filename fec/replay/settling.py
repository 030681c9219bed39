"""Settles a file's sales into nodes: batches that fit a transaction, each once, the oldest sales first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import groupby

from eth_utils.address import to_checksum_address

from fec.chain.errors import Refused
from fec.chain.gas import MARGIN, MOST_GAS
from fec.chain.rpc import ask_all, clear_errors
from fec.client.client import Client
from fec.client.errors import CustomerRefusesNodes
from fec.core.shares import burn_up
from fec.i18n import N_, Message
from fec.i18n.errors import ContractError, InsufficientGasCoin, NotFound, TransactionTooLarge
from fec.protocol.settlements import (
    FILE_MARK,
    LEAF_LENGTH,
    LEAST_PRINCIPAL,
    SERVICE_MARK,
    has_mark,
    marked_ref,
    unpack,
)
from fec.protocol.terms import Tier
from fec.protocol.types import Program, Settled
from fec.replay.errors import ReplayRefused
from fec.replay.journal import ID_LENGTH, Batch, Journal
from fec.replay.sales import Problems, Sales

#: Most leaves of a transaction that Geth takes: 128 KiB with all that is around them.
MOST_LEAVES = 4_080
#: Gas of a settlement through Checkout, more or less: for each leaf, and besides.
GAS_PER_LEAF = 1_300
GAS_PER_BATCH = 150_000
_NO_LIMIT = 1 << 255
_CHANGED = N_(
    "it was settled before, for another shopper or amount, and cannot be taken back; make the row what it was then"
)
#: Accounts asked about at once.
_ASKED = 500

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Missing:
    """What kept sales from being settled, in wei: of FEC, of Checkout's allowance, of the program's quota."""

    coins: int = 0
    allowance: int = 0
    quota: int = 0


@dataclass
class SettlingPlan:
    """What is to be settled. Amounts in wei."""

    refusing: tuple[str, ...]
    """Shoppers that are contracts and do not accept nodes: a token of theirs may be stuck."""
    batches: list[Batch] = field(default_factory=list)
    sales: int = 0
    """In the batches."""
    principal: int = 0
    problems: Problems = field(default_factory=Problems)
    """Sales that cannot be settled, besides those that the file's reader found."""
    settled_before: int = 0
    """Sales."""
    left: int = 0
    """Sales for which FEC, allowance or quota do not suffice: the youngest."""
    left_principal: int = 0
    missing: Missing = field(default_factory=Missing)

    @property
    def leaves(self) -> int:
        """Nodes to be."""
        return sum(len(batch.leaves) for batch in self.batches) // LEAF_LENGTH


@dataclass
class Settling:
    """Settles sales in one program of one deployment, for its operator or signer, or, without Checkout, its issuer."""

    client: Client
    program: Program
    burn_bps: int | None = None
    """Share of each sale that is burned, where the program has no terms at Checkout."""
    group: bool = False
    """Whether a shopper gets one node for all sales of a period."""
    tiers: tuple[Tier, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Reads the terms. Raises ReplayRefused if they do not say what is burned, or if the program is closed.

        So it does if a service settles the program's sales: no sale is to be settled by both.
        """
        if self.program.closed:
            raise ReplayRefused(
                "Program {program_id} is closed to new nodes. Settle in another.", program_id=self.program.program_id
            )
        if self.at_checkout and any(
            has_mark(ref, SERVICE_MARK) for ref in self.client.settlements.refs(self.program.program_id)
        ):
            raise ReplayRefused(
                "A service settles the sales of program {program_id}, and this command does not know which. Give the "
                "file to the service: `fec settle --service URL`.",
                program_id=self.program.program_id,
            )
        self.tiers = self._tiers()

    @property
    def at_checkout(self) -> bool:
        """Whether the program sells through Checkout."""
        return self.program.issuer == self.client.orders.address

    # ---------------------------------------------------------------- planning

    def plan(
        self, sales: Sales, settled: set[bytes], pending: Batch | None = None, progress: Progress = lambda *_: None
    ) -> SettlingPlan:
        """Cuts what is not settled yet into batches that fit, as many as FEC, allowance and quota suffice for.

        First comes a batch that an earlier run may have sent, unchanged.
        """
        limits = self._limits()
        plan = SettlingPlan(self._refusing(sales, progress))
        if pending is not None:
            plan.batches.append(pending)
            settled |= set(pending.entries())
            plan.sales = len(pending.entries())
            plan.principal = sum(leaf.principal for leaf in unpack(pending.leaves))
        shares, size, room = self._shares(sales, progress), self._size(), min(limits) - plan.principal
        leaves, entries = bytearray(), bytearray()
        left = self._left(sales, settled, plan)
        for some in self._together(sales, left):
            owner = sales.owner(some[0])
            principal = sum(burn_up(sales.amount(place), shares[owner]) for place in some)
            if principal < LEAST_PRINCIPAL:
                plan.problems.add(sales.lines[some[0]], _too_small(principal))
            elif plan.left or principal > room:
                plan.left += len(some)
                plan.left_principal += principal
            else:
                room -= principal
                plan.sales += len(some)
                plan.principal += principal
                leaves += owner + principal.to_bytes(LEAF_LENGTH - len(owner), "big")
                entries += b"".join(map(sales.entry, some))
                if len(leaves) == size * LEAF_LENGTH:
                    plan.batches.append(self._batch(leaves, entries))
                    leaves, entries = bytearray(), bytearray()
        if leaves:
            plan.batches.append(self._batch(leaves, entries))
        if plan.left:
            needed = plan.principal + plan.left_principal
            plan.missing = Missing(*(max(needed - limit, 0) for limit in limits))
        return plan

    def _together(self, sales: Sales, places: Sequence[int]) -> Iterator[Sequence[int]]:
        """Sales that become one node, by place; the oldest first."""
        if not self.group:
            yield from ([place] for place in places)
            return

        def key(place: int) -> bytes:
            period = (sales.times[place] - self.program.origin) // self.program.period_length
            return sales.owner(place) + period.to_bytes(8, "big", signed=True)

        # Sorting keeps the order of those that are alike.
        groups = [list(some) for _, some in groupby(sorted(places, key=key), key=key)]
        yield from sorted(groups, key=lambda some: sales.times[some[0]])

    def _left(self, sales: Sales, settled: set[bytes], plan: SettlingPlan) -> list[int]:
        """Sales that are not settled yet, the oldest first. Those that were another when they were settled are told."""
        if not settled:
            return [place for place in sales.in_order() if sales.amount(place)]
        others = [place for place in sales.in_order() if sales.entry(place) not in settled]
        ids = {sales.id(place) for place in others}
        changed = {entry[:ID_LENGTH] for entry in settled if entry[:ID_LENGTH] in ids}
        for place in others:
            if sales.id(place) in changed:
                plan.problems.add(sales.lines[place], Message(_CHANGED))
        plan.settled_before = len(sales) - len(others) - plan.sales
        return [place for place in others if sales.id(place) not in changed and sales.amount(place)]

    def _batch(self, leaves: bytearray, entries: bytearray) -> Batch:
        return Batch(reference(self.program.program_id, bytes(leaves), bytes(entries)), bytes(leaves), bytes(entries))

    def _size(self) -> int:
        """Most leaves of a batch."""
        with clear_errors():
            limit = self.client.web3.eth.get_block("latest")["gasLimit"]
        most = min(limit, MOST_GAS) * 100 // (100 + MARGIN)
        return max(min(MOST_LEAVES, (most - GAS_PER_BATCH) // GAS_PER_LEAF), 1)

    def _tiers(self) -> tuple[Tier, ...]:
        program_id = self.program.program_id
        if self.burn_bps is not None:
            if self.at_checkout:
                raise ReplayRefused(
                    "The terms of program {program_id} say what is burned. Leave out --burn.", program_id=program_id
                )
            return (Tier(0, self.burn_bps),)
        try:
            return self.client.terms.get(program_id).tiers
        except NotFound as error:
            if self.at_checkout:
                raise
            raise ReplayRefused(
                "Program {program_id} has no terms at Checkout. Say what share of sales is burned with --burn PERCENT.",
                program_id=program_id,
            ) from error

    def _shares(self, sales: Sales, progress: Progress) -> dict[bytes, int]:
        """Share burned of each shopper's sales, in basis points: of the tier that their spend on chain has reached."""
        owners = sorted(sales.owners())
        if len(self.tiers) == 1:
            return dict.fromkeys(owners, self.tiers[0].burn_bps)
        shares = {}
        for first in range(0, len(owners), _ASKED):
            some = owners[first : first + _ASKED]
            spends = self.client.terms.spends(self.program.program_id, list(map(to_checksum_address, some)))
            for owner, spend in zip(some, spends, strict=True):
                shares[owner] = [tier for tier in self.tiers if tier.min_spend * 10**18 <= spend][-1].burn_bps
            progress("tiers", first + len(some), len(owners))
        return shares

    def _refusing(self, sales: Sales, progress: Progress) -> tuple[str, ...]:
        owners = [to_checksum_address(owner) for owner in sorted(sales.owners())]
        found = []
        for first in range(0, len(owners), _ASKED):
            some = owners[first : first + _ASKED]
            codes = ask_all(self.client.web3, [("eth_getCode", [owner, "latest"]) for owner in some])
            for owner, code in zip(some, codes, strict=True):
                if isinstance(code, Refused):
                    raise code
                if code in ("0x", "0x0"):
                    continue
                try:
                    self.client.orders.check_customer(owner)
                except CustomerRefusesNodes:
                    found.append(owner)
            progress("shoppers", first + len(some), len(owners))
        return tuple(found)

    def _limits(self) -> tuple[int, int, int]:
        """What there is to burn, in wei: FEC, Checkout's allowance, quota."""
        client = self.client
        coins, quota = client.balance(client.address), self.program.quota
        if not self.at_checkout:
            return coins, _NO_LIMIT, quota
        quota -= client.terms.reserved(self.program.program_id)
        return coins, client.orders.allowance(), quota

    # ---------------------------------------------------------------- settling

    def is_settled(self, known: Sequence[tuple[str, int]]) -> list[bool]:
        """Which references stand for these settlements on the chain."""
        if not self.at_checkout:
            return [self._is_there(settlement_id) for _, settlement_id in known]
        return [self.client.settlements.of_ref(self.program.program_id, ref) == found for ref, found in known]

    def _is_there(self, settlement_id: int) -> bool:
        try:
            return bool(self.client.settlements.get(settlement_id))
        except NotFound:
            return False

    def settlement_of(self, batch: Batch) -> int | None:
        """The settlement that a batch became, if it did: by its reference, or by its leaves in a block since."""
        if self.at_checkout:
            return self.client.settlements.of_ref(self.program.program_id, batch.ref)
        return self.client.settlements.of_leaves(self.program.program_id, batch.leaves, batch.block)

    def send(self, batch: Batch) -> Settled:
        """Settles one batch, and notes nothing. Raises what `Settlements.settle` does."""
        ref = batch.ref if self.at_checkout else None
        return self.client.settlements.settle(self.program.program_id, unpack(batch.leaves), ref)

    def _check_waiting(self) -> None:
        """Raises ReplayRefused if a transaction that waits may be the batch; Checkout would take its reference once."""
        if self.at_checkout:
            return
        eth, address = self.client.web3.eth, self.client.address
        with clear_errors():
            waiting = eth.get_transaction_count(address, "pending") - eth.get_transaction_count(address)
        if waiting > 0:
            raise ReplayRefused(
                "A transaction of {address} still waits for a block, and may be a batch of this file. Run the command "
                "again once a block has it.",
                address=address,
            )

    def settle(self, batch: Batch, journal: Journal) -> tuple[Settled | None, int]:
        """Settles one batch, or finds that it was settled: what was sent, and the settlement.

        Raises what `Settlements.settle` does. What the chain then does not have is forgotten, or pending.
        """
        found = self.settlement_of(batch) if self.at_checkout or batch.block else None
        if found is not None:
            journal.end(batch, found)
            return None, found
        if batch.block:
            self._check_waiting()
        else:
            with clear_errors():
                batch = replace(batch, block=self.client.web3.eth.block_number)
        journal.begin(batch)
        try:
            settled = self.send(batch)
        except (ContractError, TransactionTooLarge, InsufficientGasCoin):
            journal.drop()  # refused before it was sent
            raise
        journal.end(batch, settled.settlement_id)
        return settled, settled.settlement_id


def reference(program_id: int, leaves: bytes, sales: bytes) -> str:
    """The reference of a batch: it follows from the program, the sales and their leaves, and from nothing else."""
    return marked_ref(FILE_MARK, sha256(b"fec settle" + program_id.to_bytes(32, "big") + leaves + sales).digest())


def _too_small(principal: int) -> Message:
    return Message(
        "its burn share of {principal:fec} is below the least of {least:fec}; use --group, or leave the sale out",
        principal=principal,
        least=LEAST_PRINCIPAL,
    )
