"""Events into rows: what happened, and how things stood after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from fec.core.curve import face
from fec.core.node_id import NodeId
from fec.core.settlement_id import SettlementId
from fec.indexer import models
from fec.indexer.errors import IndexInconsistent
from fec.indexer.events import Events, Group, in_turn
from fec.indexer.settled import births, branches_of, columns_of
from fec.indexer.state import BatchState, MemberState, NodeState, OrderState, ProgramState, State
from fec.indexer.views import SETTLED
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.bytes32 import from_bytes32
from fec.store import Base

Rows = dict[type[Base], list[tuple[Any, ...]]]
Columns = Sequence[Sequence[Any]]


class Projection:
    """Takes events in the order of the chain, whole blocks at a time, and gathers the rows that follow from them.

    What one event says by itself is gathered in columns, of all events of its kind; how things stand after each, in
    the order of the chain.
    """

    def __init__(self, state: State, times: Mapping[int, int]) -> None:
        """Takes how things stand before the first event, and the timestamps of the blocks."""
        self._state = state
        self._times = times
        self._block = -1
        self._log = -1
        self._programs_changed: dict[int, int] = {}
        self._books: dict[int, list[int]] = {}
        """By block: what it adds to supply, burned and outstanding, and the last log that does."""
        self.rows: Rows = defaultdict(list)
        self.columns: dict[type[Base], Columns] = {}
        """Of whole tables, as the database keeps them."""
        self._records: dict[tuple[str, str], Callable[[Group, Columns], Columns]] = {
            ("FEC", "Transfer"): self._coin_transfers,
            ("ADN", "Transfer"): self._node_transfers,
            ("ADN", "PayoutClaimed"): self._claims,
            ("Checkout", "OrderPaid"): self._orders,
        }
        self._handlers: dict[tuple[str, str], Callable[..., None]] = {
            ("ADN", "Transfer"): self._node_moved,
            ("ADN", "PayoutClaimed"): self._claimed,
            ("ADN", "NodeSplit"): self._split,
            ("ADN", "NodeMerged"): self._merged,
            ("ADN", "NodesSettled"): self._settled,
            ("ADN", "ProgramCreated"): self._program_created,
            ("ADN", "QuotaGranted"): self._quota_granted,
            ("ADN", "ProgramClosed"): self._program_closed,
            ("ADN", "ProgramOperatorChanged"): self._operator_changed,
            ("Checkout", "TermsSet"): self._terms_set,
            ("Checkout", "OrderPaid"): self._paid,
            ("Checkout", "OrderCaptured"): self._captured,
            ("Checkout", "OrderRefunded"): self._refunded,
            ("Checkout", "Settled"): self._settled_by_ref,
            ("Checkout", "AllianceJoined"): self._alliance_joined,
            ("Checkout", "AllianceLeft"): self._alliance_left,
            ("Checkout", "Rewarded"): self._rewarded,
            ("Checkout", "RewardsFunded"): self._rewards_funded,
            ("Checkout", "RewardTaken"): self._reward_taken,
            ("Checkout", "RewardsReclaimed"): self._rewards_reclaimed,
            ("Custodian", "MemberEnrolled"): self._enrolled,
            ("Custodian", "VaultDeployed"): self._vault_deployed,
            ("Custodian", "Spent"): self._spent,
            ("Custodian", "Withdrawn"): self._withdrawn,
        }

    def take(self, events: Events) -> None:
        """Folds events in. Raises IndexInconsistent if one does not fit what came before it."""
        for group in events.groups:
            if gather := self._records.get(group.kind.key):
                numbers = [events.block_numbers[place] for place in group.places]
                indexes = [events.log_indexes[place] for place in group.places]
                self.columns[_RECORDS[group.kind.key]] = (numbers, indexes, *gather(group, (numbers, indexes)))
        handled = (
            ((self._handlers[group.kind.key], group.kind.name), group.places, group.rows)
            for group in events.groups
            if group.kind.key in self._handlers
        )
        for place, (handler, name), arguments in in_turn(handled):
            number = events.block_numbers[place]
            if number != self._block:
                self._end_block()
                self._block = number
            self._log = events.log_indexes[place]
            try:
                handler(*arguments)
            except KeyError as error:
                raise IndexInconsistent(
                    "{event} in block {number} refers to {key}, which is not in the index. Run `fec index rebuild`. "
                    "If that does not help, index into a new database.",
                    event=name,
                    number=number,
                    key=error.args[0],
                ) from error
        self._end_block()
        self._close_books()

    def _add(self, model: type[Base], *values: Any) -> None:
        self.rows[model].append((self._block, self._log, *values))

    def _end_block(self) -> None:
        """Programs change with every node; what counts is how they stand at the end of a block."""
        for program_id, log in self._programs_changed.items():
            program = self._state.programs[program_id]
            self.rows[models.ProgramVersion].append((self._block, log, program_id, *program.values()))
        self._programs_changed.clear()

    def _book(self, block: int, log: int, *, supply: int = 0, burned: int = 0, outstanding: int = 0) -> None:
        """Notes what a log adds to the totals, which count at the end of a block."""
        books = self._books.setdefault(block, [0, 0, 0, log])
        books[0] += supply
        books[1] += burned
        books[2] += outstanding
        books[3] = max(books[3], log)

    def _close_books(self) -> None:
        totals = self._state.totals
        for block, (supply, burned, outstanding, log) in sorted(self._books.items()):
            totals.supply += supply
            totals.burned += burned
            totals.outstanding += outstanding
            self.rows[models.TotalsVersion].append((block, log, totals.supply, totals.burned, totals.outstanding))

    # ----------------------------------------------------------------- records

    def _coin_transfers(self, group: Group, places: Columns) -> Columns:
        senders, recipients, amounts = group.columns
        for block, log, sender, recipient, amount in zip(*places, senders, recipients, amounts, strict=True):
            if sender == ADDRESS_ZERO:
                self._book(block, log, supply=amount)
            if recipient == ADDRESS_ZERO:
                self._book(block, log, supply=-amount, burned=amount)
        return _accounts(senders), _accounts(recipients), group.texts[2]

    @staticmethod
    def _node_transfers(group: Group, _: Columns) -> Columns:
        senders, recipients, token_ids = group.texts
        return token_ids, _accounts(senders), _accounts(recipients)

    @staticmethod
    def _claims(group: Group, _: Columns) -> Columns:
        return group.texts

    def _orders(self, group: Group, places: Columns) -> Columns:
        key, program, customer, payer, order_id, _, currency, terms, burn_bps, deadline = group.columns
        numbers, _ = places
        return (
            *(key, program, [*map(_text, order_id)], customer, payer, group.texts[5], [*map(_text, currency)]),
            *(terms, burn_bps, [self._times[number] for number in numbers], [each or None for each in deadline]),
        )

    # ------------------------------------------------------------------- nodes

    def _node_moved(self, sender: str, recipient: str, token_id: int) -> None:
        if sender == ADDRESS_ZERO:
            # The part that came out of a split was made by its `NodeSplit`, just before.
            node = self._state.nodes.get(token_id)
            if node is None:
                self._mint(token_id, recipient)
            elif not node.opened:
                self._open(token_id, node, recipient)
        elif recipient != ADDRESS_ZERO:
            node = self._state.nodes[token_id]
            node.owner = recipient
            self._version(token_id, node, "transfer")

    def _mint(self, token_id: int, owner: str) -> None:
        born = NodeId.decode(token_id)
        node = NodeState(owner, born.birth_principal, 0)
        self._bear(token_id, born, node, "mint")
        self._promise(born.program_id, born.birth_principal)

    def _promise(self, program_id: int, principal: int) -> None:
        program = self._state.programs[program_id]
        program.quota -= principal
        program.burned += principal
        self._programs_changed[program_id] = self._log
        self._book(self._block, self._log, outstanding=face(principal))

    def _open(self, token_id: int, node: NodeState, owner: str) -> None:
        """All was counted when it was settled, and it is nobody else's."""
        if node.owner != owner:
            raise IndexInconsistent(
                "{token_id:node} was opened for {owner} in block {number}; the index has it settled for {kept}. "
                "Run `fec index rebuild`.",
                token_id=token_id,
                owner=owner,
                number=self._block,
                kept=str(node.owner),
            )
        node.opened = True
        self._version(token_id, node, "open")

    def _bear(self, token_id: int, born: NodeId, node: NodeState, cause: str) -> None:
        self._state.nodes[token_id] = node
        self._add(
            models.NodeRecord,
            token_id,
            born.program_id,
            born.serial,
            born.period_length,
            born.start,
            born.birth_principal,
        )
        self._version(token_id, node, cause)

    def _version(self, token_id: int, node: NodeState, cause: str) -> None:
        self._add(models.NodeVersion, token_id, node.owner, node.principal, node.claimed, cause)

    def _claimed(self, token_id: int, _: str, amount: int) -> None:
        node = self._state.nodes[token_id]
        node.claimed += amount
        self._version(token_id, node, "claim")
        self._book(self._block, self._log, outstanding=-amount)

    def _split(self, token_id: int, new_id: int, principal: int, claimed: int) -> None:
        node = self._state.nodes[token_id]
        node.principal -= principal
        node.claimed -= claimed
        self._version(token_id, node, "split")
        self._bear(new_id, NodeId.decode(new_id), NodeState(node.owner, principal, claimed), "part")

    def _merged(self, token_id: int, merged_id: int, principal: int, claimed: int) -> None:
        node, merged = self._state.nodes[token_id], self._state.nodes[merged_id]
        if (merged.principal, merged.claimed) != (principal, claimed):
            raise IndexInconsistent(
                "When {merged_id:node} was merged in block {number}, it had {principal:fec} of principal and "
                "{claimed:fec} claimed; the index has {kept_principal:fec} and {kept_claimed:fec}. "
                "Run `fec index rebuild`.",
                merged_id=merged_id,
                number=self._block,
                principal=principal,
                claimed=claimed,
                kept_principal=merged.principal,
                kept_claimed=merged.claimed,
            )
        node.principal += principal
        node.claimed += claimed
        merged.owner, merged.principal, merged.claimed = None, 0, 0
        self._version(token_id, node, "merge")
        self._version(merged_id, merged, "merged")

    # ------------------------------------------------------------- settlements

    def _settled(  # noqa: PLR0917 (the event's arguments)
        self, settlement_id: int, program_id: int, start: int, first_serial: int, root: str, leaves: str
    ) -> None:
        id_ = SettlementId.decode(settlement_id)
        token_ids, owners, principals = columns_of(id_, leaves)
        what = (program_id, id_.period_length, start, first_serial, id_.count, id_.total)
        self._add(models.SettlementRecord, settlement_id, *what, root, branches_of(settlement_id, leaves))
        self._add_columns(models.NodeRecord, births(id_, token_ids, principals))
        self._add_columns(models.NodeVersion, (token_ids, owners, principals, repeat(0), repeat(SETTLED)))
        self._promise(program_id, id_.total)
        # Of those alone that these events open there is something to remember.
        if opened := self._state.from_nobody.keys() & set(token_ids):
            for token_id, owner, principal in zip(token_ids, owners, principals, strict=True):
                if token_id in opened:
                    self._state.nodes[token_id] = NodeState(owner, principal, 0, opened=False)

    def _add_columns(self, model: type[Base], columns: Iterable[Iterable[Any]]) -> None:
        """Adds many rows of this log, in the order of their tokens, in which the table lies.

        The first column has as many values as there are rows; others may go on for ever.
        """
        self.rows[model].extend(sorted(zip(repeat(self._block), repeat(self._log), *columns, strict=False)))

    def _settled_by_ref(self, program_id: int, ref: str, settlement_id: int, payer: str) -> None:
        self._add(models.SettlementRefRecord, program_id, ref, settlement_id, payer)

    # ---------------------------------------------------------------- programs

    def _program_created(  # noqa: PLR0917 (the event's arguments)
        self, program_id: int, operator: str, issuer: str, period_length: int, origin: int, quota: int
    ) -> None:
        self._state.programs[program_id] = ProgramState(
            operator, _account(issuer), period_length, origin, quota, 0, False
        )
        self._programs_changed[program_id] = self._log

    def _quota_granted(self, program_id: int, amount: int) -> None:
        self._state.programs[program_id].quota += amount
        self._programs_changed[program_id] = self._log

    def _program_closed(self, program_id: int, returned: int) -> None:
        program = self._state.programs[program_id]
        program.quota -= returned
        program.closed = True
        self._programs_changed[program_id] = self._log

    def _operator_changed(self, program_id: int, _: str, current: str) -> None:
        self._state.programs[program_id].operator = current
        self._programs_changed[program_id] = self._log

    def _terms_set(self, program_id: int, version: int, terms: list[Any]) -> None:
        signer, treasury, return_window, donation_bps, min_claim, tiers, causes = terms
        self._add(
            models.TermsVersion,
            program_id,
            version,
            signer,
            treasury,
            int(return_window),
            int(donation_bps),
            int(min_claim),
            [[int(min_spend), int(burn_bps)] for min_spend, burn_bps in tiers],
            list(causes),
        )

    def _alliance_joined(self, alliance_id: int, program_id: int) -> None:
        self._add(models.AllianceVersion, program_id, alliance_id)

    def _alliance_left(self, _: int, program_id: int) -> None:
        self._add(models.AllianceVersion, program_id, None)

    # ------------------------------------------------------------------ orders

    def _paid(
        self, order_key: str, _program: int, _customer: str, _payer: str, _order_id: str, amount: int, *_: Any
    ) -> None:
        order = self._state.orders[order_key] = OrderState("escrowed", 0, amount)
        self._add(models.OrderVersion, order_key, order.status, order.refunded, *_NOT_CAPTURED)

    def _captured(  # noqa: PLR0917 (the event's arguments)
        self, order_key: str, token_id: int, to_merchant: int, burned: int, donated: int, cause: str, returned: int
    ) -> None:
        order = self._state.orders[order_key]
        order.status = "captured"
        where = (token_id or None, to_merchant, burned, donated, _account(cause), returned)
        self._add(models.OrderVersion, order_key, order.status, order.refunded, *where)

    def _refunded(self, order_key: str, amount: int, refunded: int) -> None:
        order = self._state.orders[order_key]
        order.refunded = refunded
        if refunded == order.amount:
            order.status = "refunded"
        self._add(models.OrderVersion, order_key, order.status, refunded, *_NOT_CAPTURED)
        self._add(models.RefundRecord, order_key, amount, refunded)

    # ----------------------------------------------------------------- rewards

    def _rewarded(self, program_id: int, shopper: str, token_id: int, amount: int, reason: str) -> None:
        self._add(models.RewardRecord, program_id, shopper, token_id, amount, _text(reason), None, None)

    def _rewards_funded(  # noqa: PLR0917 (the event's arguments)
        self, batch_id: int, program_id: int, funder: str, root: str, amount: int, deadline: int, reason: str
    ) -> None:
        self._batch(batch_id, BatchState(program_id, funder, root, amount, amount, deadline, _text(reason)))

    def _reward_taken(self, batch_id: int, index: int, shopper: str, token_id: int, amount: int) -> None:
        batch = self._state.batches[batch_id]
        batch.left -= amount
        self._batch(batch_id, batch)
        self._add(models.RewardRecord, batch.program_id, shopper, token_id, amount, batch.reason, batch_id, index)

    def _rewards_reclaimed(self, batch_id: int, amount: int) -> None:
        batch = self._state.batches[batch_id]
        batch.left -= amount
        self._batch(batch_id, batch)

    def _batch(self, batch_id: int, batch: BatchState) -> None:
        self._state.batches[batch_id] = batch
        self._add(models.RewardBatchVersion, batch_id, *batch.values())

    # ----------------------------------------------------------------- custody

    def _enrolled(self, brand: str, member_id: str, vault: str) -> None:
        self._member(vault, brand, member_id).enrolled = True
        self._add_member(vault)

    def _vault_deployed(self, brand: str, member_id: str, vault: str) -> None:
        self._member(vault, brand, member_id).deployed = True
        self._add_member(vault)

    def _member(self, vault: str, brand: str, member_id: str) -> MemberState:
        return self._state.members.setdefault(vault, MemberState(brand, member_id, enrolled=False, deployed=False))

    def _add_member(self, vault: str) -> None:
        self._add(models.MemberVersion, vault, *self._state.members[vault].values())

    def _spent(self, vault: str, program_id: int, order_id: str, amount: int) -> None:
        self._add(models.SpendRecord, vault, program_id, _text(order_id), amount)

    def _withdrawn(self, vault: str, recipient: str, token_ids: list[Any], amount: int) -> None:
        self._add(models.WithdrawalRecord, vault, recipient, [str(token_id) for token_id in token_ids], amount)


_NOT_CAPTURED = (None,) * 6
_RECORDS: dict[tuple[str, str], type[Base]] = {
    ("FEC", "Transfer"): models.CoinTransferRecord,
    ("ADN", "Transfer"): models.NodeTransferRecord,
    ("ADN", "PayoutClaimed"): models.ClaimRecord,
    ("Checkout", "OrderPaid"): models.OrderRecord,
}


def _accounts(addresses: Iterable[str]) -> list[str | None]:
    return [None if address == ADDRESS_ZERO else address for address in addresses]


def _account(address: str) -> str | None:
    return None if address == ADDRESS_ZERO else address


def _text(word: str) -> str:
    return from_bytes32(bytes.fromhex(word[2:]))
