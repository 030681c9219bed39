"""Proves an index equal to the chain's own state at its last block, by asking the contracts about all that is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, select

from fec import store
from fec.chain.deployments import Deployment
from fec.chain.jsonrpc import Endpoint, Patience
from fec.core.curve import face
from fec.core.settlement_id import SettlementId
from fec.i18n import N_, Message
from fec.indexer.database import Cursor, cursor_of
from fec.indexer.errors import IndexMissing
from fec.indexer.models import (
    CoinTransferRecord,
    EventRecord,
    NodeRecord,
    NodeVersion,
    RewardRecord,
    SettlementRecord,
    SettlementRefRecord,
)
from fec.indexer.reads import Reads, Refusal
from fec.indexer.settled import branches_of, columns_of, root_in
from fec.indexer.views import SETTLED, view
from fec.protocol.addresses import ADDRESS_ZERO
from fec.store.base import table
from fec.store.functions import wei_sum

_STATUSES = {"escrowed": 1, "captured": 2, "refunded": 3}
_ROWS = 1_000
_NOBODY = Refusal("ERC721NonexistentToken")


@dataclass(frozen=True)
class Difference:
    """Something that the index and the chain do not agree on."""

    what: str
    key: Any
    index: Any
    chain: Any

    @property
    def sentence(self) -> Message:
        """In one line."""
        return Message(
            "{what} {key}: the index has {index}, the chain {chain}",
            what=Message(self.what),
            key=str(self.key),
            index=str(self.index),
            chain=str(self.chain),
        )


@dataclass
class IndexCheck:
    """What was compared at a block, and what differs: nothing, if all is well."""

    cursor: Cursor
    compared: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def add(self, what: str, key: Any, index: Any, chain: Any) -> None:
        """Notes one comparison."""
        self.compared[what] += 1
        if index != chain:
            self.differences.append(Difference(what, key, index, chain))


def check(
    engine: Engine,
    url: str,
    deployment: Deployment,
    *,
    patience: Patience = Patience(),  # noqa: B008 (frozen)
) -> IndexCheck:
    """Compares all that is indexed with the chain's state at the index's last block.

    Raises IndexMissing if there is no index yet, WrongDatabase if it is another deployment's, RPCUnreachable or
    RPCFailed, also if the endpoint does not have that block's state (any more): sync first, or ask one that keeps it.
    """
    endpoint = Endpoint(url, failures=patience, limits=patience)
    try:
        with store.writing(engine) as connection:
            cursor_of(connection)
            store.bind(connection, deployment)
        with store.reading(engine) as connection:
            cursor = cursor_of(connection)
            deployed = max(record["blockNumber"] for record in deployment["contracts"].values())
            if cursor.block_hash is None or cursor.block < deployed:
                raise IndexMissing(
                    "The index has not reached the contracts' deployment yet. Continue with `fec index run`."
                )
            report = IndexCheck(cursor)
            _Check(connection, Reads(endpoint, deployment, cursor.block_hash), report).run()
            return report
    finally:
        endpoint.close()


class _Check:
    def __init__(self, connection: Connection, reads: Reads, report: IndexCheck) -> None:
        self._connection = connection
        self._reads = reads
        self._report = report

    def run(self) -> None:
        self._nodes()
        self._settlements()
        self._orders()
        self._programs()
        self._rewards()
        self._members()
        self._coins()

    def _rows(self, name: str) -> Iterator[Any]:
        """A view's rows, some at a time."""
        yield from self._some(select(view(name)))

    def _some(self, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
        """A query's rows, some at a time."""
        yield from self._connection.execution_options(yield_per=_ROWS).execute(query)

    def _each(
        self,
        what: str,
        contract: str,
        function: str,
        expected: Iterable[tuple[Any, tuple[Any, ...], Any]],
        shape: Callable[[Any], Any] = lambda found: found,
    ) -> None:
        """Compares each (key, arguments, what the index has) with what a view gives."""
        keyed = (((key, index), arguments) for key, arguments, index in expected)
        for (key, index), chain in self._reads.each(contract, function, keyed):
            self._report.add(what, key, index, chain if isinstance(chain, Refusal) else shape(chain))

    # -------------------------------------------------------------------- nodes

    def _nodes(self) -> None:
        held: Counter[str] = Counter()
        owed = 0
        nodes = view("nodes_latest")
        tokens = select(nodes).where(nodes.c.cause != SETTLED)

        def owners() -> Iterator[tuple[Any, tuple[Any, ...], Any]]:
            nonlocal owed
            for row in self._some(tokens):
                owed += face(row.principal) - row.claimed
                if row.owner is not None:
                    held[row.owner] += 1
                yield row.token_id, (row.token_id,), row.owner or _NOBODY

        def states() -> Iterator[tuple[Any, tuple[Any, ...], Any]]:
            for row in self._some(tokens):
                state = (row.program_id, row.principal, row.claimed, row.start, row.period_length)
                yield row.token_id, (row.token_id,), _NOBODY if row.owner is None else state

        self._each(N_("owner of node"), "ADN", "ownerOf", owners())
        self._each(N_("state of node"), "ADN", "nodeOf", states())
        # Of what was opened and merged away nobody is the owner either; but of that `claimFor` knows.
        leaves = self._connection.scalars(select(nodes.c.token_id).where(nodes.c.cause == SETTLED))
        for token_id, refusal in self._reads.refused("ADN", "claimFor", leaves):
            self._report.add(N_("unopened node"), token_id, _NOBODY, refusal or "opened")
        sums = select(nodes.c.owner, wei_sum(nodes.c.principal), wei_sum(nodes.c.claimed))
        for owner, principal, claimed in self._connection.execute(
            sums.where(nodes.c.cause == SETTLED).group_by(nodes.c.owner)
        ):
            owed += face(principal) - claimed
            if owner is not None:
                held[owner] += 0
        # A node that the index does not have would be one too many in its owner's balance, and owed by the protocol.
        self._each(N_("nodes of"), "ADN", "balanceOf", ((owner, (owner,), count) for owner, count in held.items()))
        self._report.add(N_("sum over all nodes"), "face less claimed", owed, self._reads.one("ADN", "outstanding"))

    # -------------------------------------------------------------- settlements

    def _settlements(self) -> None:
        """The contract has the root of each; the index has its leaves twice, in the event and as nodes."""
        settlements = list(self._connection.execute(select(table(SettlementRecord))))
        self._each(
            N_("settlement"),
            "ADN",
            "settlementOf",
            (
                (
                    row.settlement_id,
                    (row.settlement_id,),
                    (
                        *(row.program_id, row.start, row.period_length),
                        *(row.first_serial, row.node_count, row.total, row.root),
                    ),
                )
                for row in settlements
            ),
        )
        for row in settlements:
            leaves = self._event_leaves(row)
            branches = _branches(row.settlement_id, leaves)
            self._report.add(N_("leaves of settlement"), row.settlement_id, branches and root_in(branches), row.root)
            self._report.add(N_("branches of settlement"), row.settlement_id, row.branches, branches)
            differing = next(
                (pair for pair in zip_longest(self._settled(row), _settled_by(row, leaves)) if pair[0] != pair[1]),
                (None, None),
            )
            self._report.add(N_("settled nodes of"), row.settlement_id, *differing)
        refs = list(self._connection.execute(select(table(SettlementRefRecord))))
        self._each(
            N_("settlement by reference"),
            "Checkout",
            "settlementOfRef",
            (((row.program_id, row.ref), (row.program_id, row.ref), row.settlement_id) for row in refs),
        )

    def _event_leaves(self, row: Any) -> str:
        """What the event says, in hex; nothing where the event is lost."""
        query = select(EventRecord.arguments).where(
            EventRecord.block_number == row.block_number, EventRecord.log_index == row.log_index
        )
        arguments = self._connection.scalar(query)
        return str(arguments.get("leaves", "0x")) if isinstance(arguments, dict) else "0x"

    def _settled(self, row: Any) -> Iterator[tuple[Any, ...]]:
        """Token id, owner and principal of the nodes of a settlement, as they were settled."""
        same = [
            getattr(NodeRecord, name) == getattr(NodeVersion, name)
            for name in ("block_number", "log_index", "token_id")
        ]
        query = select(NodeRecord.token_id, NodeVersion.owner, NodeVersion.principal).join(NodeVersion, and_(*same))
        query = query.where(NodeRecord.block_number == row.block_number, NodeRecord.log_index == row.log_index)
        yield from (tuple(row) for row in self._connection.execute(query.order_by(NodeRecord.serial)))

    # ------------------------------------------------------------------- orders

    def _orders(self) -> None:
        def states() -> Iterator[tuple[Any, tuple[Any, ...], Any]]:
            for row in self._rows("orders_latest"):
                kept = (row.terms_version, row.burn_bps, row.paid_at)
                if row.return_deadline is None:
                    # Of orders captured at once, Checkout keeps no more.
                    state = (2, row.payer, ADDRESS_ZERO, 0, *kept, row.paid_at, 0, 0)
                else:
                    status = _STATUSES[row.status]
                    state = (
                        *(status, row.payer, row.customer, row.program_id),
                        *(*kept, row.return_deadline, row.amount, row.refunded),
                    )
                yield row.order_key, (row.order_key,), state

        self._each(N_("order"), "Checkout", "orderOf", states(), lambda found: (*found[:3], *found[4:]))

    # ----------------------------------------------------------------- programs

    def _programs(self) -> None:
        programs = list(self._rows("programs_latest"))
        self._each(
            N_("program"),
            "ADN",
            "programOf",
            (
                (
                    row.program_id,
                    (row.program_id,),
                    (
                        *(row.operator, row.issuer or ADDRESS_ZERO, row.period_length, row.origin),
                        *(row.quota, row.burned, row.closed),
                    ),
                )
                for row in programs
            ),
        )
        self._report.add(N_("number of"), "programs", len(programs), self._reads.one("ADN", "programCount"))
        terms = {
            row.program_id: (
                (
                    *(row.signer, row.treasury, row.return_window, row.donation_bps, row.min_claim),
                    *(tuple(tuple(tier) for tier in row.tiers), tuple(row.causes)),
                ),
                row.version,
            )
            for row in self._rows("terms_latest")
        }
        alliances = {row.program_id: row.alliance_id for row in self._rows("alliances_latest")}
        ids = [row.program_id for row in programs]
        none = Refusal("Checkout_NoTerms")
        self._each(N_("terms of program"), "Checkout", "termsOf", ((id_, (id_,), terms.get(id_, none)) for id_ in ids))
        self._each(
            N_("alliance of program"), "Checkout", "allianceOf", ((id_, (id_,), alliances.get(id_) or 0) for id_ in ids)
        )

    # ------------------------------------------------------------------ rewards

    def _rewards(self) -> None:
        batches: list[tuple[Any, tuple[Any, ...], Any]] = [
            (row.batch_id, (row.batch_id,), (row.funder, row.program_id, row.root, row.left, row.deadline))
            for row in self._rows("reward_batches_latest")
        ]
        beyond = max((key for key, _, _ in batches), default=0) + 1
        batches.append((beyond, (beyond,), Refusal("Checkout_UnknownBatch")))
        self._each(N_("batch of rewards"), "Checkout", "rewardBatchOf", batches)
        taken = select(RewardRecord.batch_id, RewardRecord.batch_index).where(RewardRecord.batch_id.is_not(None))
        self._each(
            N_("reward taken"),
            "Checkout",
            "isRewardTaken",
            ((tuple(row), tuple(row), True) for row in self._connection.execute(taken)),
        )

    # ------------------------------------------------------------------ custody

    def _members(self) -> None:
        members = list(self._rows("members_latest"))
        self._each(
            N_("vault of member"),
            "Custodian",
            "vaultOf",
            ((row.member_id, (row.brand, row.member_id), row.vault) for row in members),
        )
        for row, deployed in zip(members, self._reads.has_code([row.vault for row in members]), strict=True):
            self._report.add(N_("code of vault"), row.vault, row.deployed, deployed)

    # -------------------------------------------------------------------- coins

    def _coins(self) -> None:
        # An index that lacks everything has no row of totals.
        totals = next(self._rows("totals_latest"), None)
        for function, contract, index in (
            ("totalSupply", "FEC", 0 if totals is None else totals.supply),
            ("totalBurned", "FEC", 0 if totals is None else totals.burned),
            ("outstanding", "ADN", 0 if totals is None else totals.outstanding),
        ):
            self._report.add(N_("total"), function, index, self._reads.one(contract, function))
        balances: Counter[str] = Counter()
        moves = select(CoinTransferRecord.sender, CoinTransferRecord.recipient, CoinTransferRecord.amount)
        for sender, recipient, amount in self._connection.execution_options(yield_per=_ROWS).execute(moves):
            if sender is not None:
                balances[sender] -= amount
            if recipient is not None:
                balances[recipient] += amount
        self._each(N_("balance of"), "FEC", "balanceOf", ((key, (key,), amount) for key, amount in balances.items()))


def _branches(settlement_id: int, leaves: str) -> str | None:
    """The branches over leaves in hex; None if they are not those of the settlement."""
    try:
        return branches_of(settlement_id, leaves)
    except ValueError:
        return None


def _settled_by(row: Any, leaves: str) -> Iterable[tuple[Any, ...]]:
    try:
        return zip(*columns_of(SettlementId.decode(row.settlement_id), leaves), strict=True)
    except ValueError:
        return ()
