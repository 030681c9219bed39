"""When it is quiet: does everything add up, between what was asked, what was answered, the database and the chain?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.abi import decode
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from web3 import Web3
from web3.types import TxData

from fec.chain import deployments
from fec.chain.anvil import Anvil
from fec.client.client import Client
from fec.indexer import check
from fec.indexer.views import view
from fec.protocol import relays
from fec.relayer.models import RelayAttempt, RelayShare, RelayState, RelayTransaction
from fec.service.models import Action, ActionState, Invoice, ServiceEvent
from tests.service.conftest import Shop
from tests.service.receiver import Received

from . import hooks
from .customers import Purchase

_STATUS = {"escrowed": "paid", "captured": "captured", "refunded": "refunded"}


class Double(str):
    """What a look found that happened more often than it was asked for."""


class Wrong(str):
    """What a look found that somebody was told and is not so."""


@dataclass(frozen=True)
class Failure:
    """Something does not add up."""

    check: str
    """Which look found it."""
    what: str
    is_double: bool = False
    """Whether something happened more often than it was asked for."""
    is_wrong: bool = False
    """Whether somebody was told what is not so; else something is lost."""

    def __str__(self) -> str:
        return f"{self.check}: {self.what}"


@dataclass(frozen=True)
class Evidence:
    """All that is looked at."""

    chain: Anvil
    shop: Shop
    engine: Engine
    purchases: Sequence[Purchase]
    funds: Mapping[str, int]
    """What each wallet had at first, in wei."""
    received: Mapping[str, Sequence[Received]]
    """By endpoint's name, what it got."""
    secrets: Mapping[str, str]

    def failures(self) -> list[Failure]:
        """What does not add up: nothing, if all is well."""
        checks = (
            self._index,
            self._accepted,
            self._told,
            self._actions,
            self._orders,
            self._refunds,
            self._money,
            self._transactions,
            self._invoices,
            self._webhooks,
        )
        return [
            Failure(look.__name__.lstrip("_"), found, isinstance(found, Double), isinstance(found, Wrong))
            for look in checks
            for found in look()
        ]

    # ------------------------------------------------------------------- reading

    @cached_property
    def failed_calls(self) -> set[tuple[int, int | None]]:
        """Transactions and places of calls that failed among many."""
        query = select(RelayShare.transaction_id, RelayShare.place).where(RelayShare.reason.is_not(None))
        with Session(self.engine) as session:
            return {(row[0], row[1]) for row in session.execute(query)}

    @cached_property
    def actions(self) -> dict[str, tuple[Action, RelayTransaction | None]]:
        """Every action by its id, with the request that it became."""
        query = select(Action, RelayTransaction).outerjoin(RelayTransaction, RelayTransaction.id == Action.relay_id)
        with Session(self.engine, expire_on_commit=False) as session:
            return {action.id: (action, relayed) for action, relayed in session.execute(query)}

    @cached_property
    def logs(self) -> dict[str, list[Any]]:
        """Checkout's events on the chain, by name."""
        record = deployments.contract(self.shop.deployment, "Checkout")
        contract = self.chain.web3.eth.contract(Web3.to_checksum_address(record["address"]), abi=record["abi"])
        return {
            name: list(contract.events[name]().get_logs(from_block=0))
            for name in ("OrderPaid", "OrderRefunded", "OrderCaptured")
        }

    def _hex(self, value: bytes) -> str:
        return "0x" + value.hex()

    # -------------------------------------------------------------------- checks

    def _index(self) -> Iterator[str]:
        """The database equals the chain."""
        report = check(self.engine, self.chain.url, self.shop.deployment)
        head = self.chain.web3.eth.block_number
        if report.cursor.block != head:
            yield f"the index is at block {report.cursor.block}, the chain at {head}"
        yield from map(str, report.differences)

    def _accepted(self) -> Iterator[str]:
        """What was answered with yes is there, and came to an end."""
        with Session(self.engine) as session:
            kept = {invoice.id: invoice for invoice in session.scalars(select(Invoice))}
        for purchase in self.purchases:
            if purchase.invoice is not None and purchase.invoice["id"] not in kept:
                yield f"the invoice of {purchase.order_id} is lost"
            asked = [*purchase.payments, *(refund.action for refund in purchase.refunds if refund.action)]
            for identity in asked:
                if identity not in self.actions:
                    yield f"{identity} of {purchase.order_id} was accepted, and is lost"

    def _told(self) -> Iterator[str]:
        """What payers were told was so."""
        for purchase in self.purchases:
            yield from (Wrong(f"order {purchase.order_id}: {said}") for said in purchase.told_wrongly)

    def _actions(self) -> Iterator[str]:
        """Every action has ended, and as its transaction did."""
        for action, relayed in self.actions.values():
            name = f"{action.kind} {action.id}"
            if action.state not in (ActionState.DONE, ActionState.FAILED):
                yield f"{name} is stuck: {action.state}"
                continue
            if relayed is None:
                if action.state == ActionState.DONE:
                    yield Wrong(f"{name} is done, and was never sent")
                continue
            if relayed.state not in (RelayState.FINAL, RelayState.DISPLACED):
                yield f"{name} is sent for ever: {relayed.state}"
            failed = (relayed.id, action.relay_place) in self.failed_calls
            went_well = relayed.state == RelayState.FINAL and bool(relayed.succeeded) and not failed
            if went_well != (action.state == ActionState.DONE):
                found = f"{name} is {action.state}, and its request {relayed.state}, succeeded: {relayed.succeeded}"
                yield Wrong(found)

    def _orders(self) -> Iterator[str]:
        """Nobody was charged twice, nor without having asked."""
        paid = Counter(self._hex(log["args"]["orderKey"]) for log in self.logs["OrderPaid"])
        yield from (Double(f"order {key} was paid {count} times") for key, count in paid.items() if count > 1)
        known = {purchase.invoice["orderKey"]: purchase for purchase in self.purchases if purchase.invoice}
        for log in self.logs["OrderPaid"]:
            key = self._hex(log["args"]["orderKey"])
            if key not in known:
                yield f"order {key} was paid, and nobody asked for it"
            elif not known[key].may_be_paid:
                yield Wrong(f"order {key} was paid, and nobody signed it")
            elif log["args"]["amount"] != known[key].amount:
                yield f"order {key} cost {log['args']['amount']}, not {known[key].amount}"

    def _refunds(self) -> Iterator[str]:
        """Each refund that is done is on the chain once, and there is no other."""
        done = Counter(
            (action.arguments[0], int(action.arguments[1]))
            for action, _ in self.actions.values()
            if action.kind == "refund" and action.state == ActionState.DONE
        )
        seen = Counter(
            (self._hex(log["args"]["orderKey"]), log["args"]["amount"]) for log in self.logs["OrderRefunded"]
        )
        for key in done.keys() | seen.keys():
            if done[key] != seen[key]:
                found = f"refund {key}: {done[key]} done, {seen[key]} on the chain"
                yield Double(found) if seen[key] > done[key] else found
        asked = Counter(
            (purchase.invoice["orderKey"], refund.amount)
            for purchase in self.purchases
            for refund in purchase.refunds
            if purchase.invoice
        )
        for key, count in seen.items():
            if count > asked[key]:
                yield Double(f"refund {key}: asked for {asked[key]} times, done {count} times")

    def _money(self) -> Iterator[str]:
        """Every wallet holds what it had, less what it paid, and what came back, to the wei."""
        held = dict(self.funds)
        payers: dict[str, str] = {}
        for log in self.logs["OrderPaid"]:
            payers[self._hex(log["args"]["orderKey"])] = log["args"]["payer"]
            held[log["args"]["payer"]] = held.get(log["args"]["payer"], 0) - log["args"]["amount"]
        for log in self.logs["OrderRefunded"]:
            held[payers[self._hex(log["args"]["orderKey"])]] += log["args"]["amount"]
        client = Client(self.chain.web3, self.shop.deployment)
        for wallet, amount in held.items():
            if (balance := client.balance(wallet)) != amount:
                yield f"{wallet} holds {balance} wei and should hold {amount}"

    def _transactions(self) -> Iterator[str]:
        """The key's transactions are those of the outbox, each once, and no request has two."""
        web3, signer = self.chain.web3, self.shop.signer.address
        with Session(self.engine) as session:
            owners = dict(session.execute(select(RelayAttempt.hash, RelayAttempt.transaction_id)).all())
            requests = session.scalar(select(func.count()).select_from(RelayTransaction)) or 0
        sent: Counter[int] = Counter()
        calls: defaultdict[str, list[str]] = defaultdict(list)
        for number in range(web3.eth.block_number + 1):
            for transaction in web3.eth.get_block(number, full_transactions=True)["transactions"]:
                if transaction["from"] != signer:
                    continue
                tx_hash = transaction["hash"].to_0x_hex()
                if tx_hash not in owners:
                    yield f"{tx_hash} is not of the outbox"
                    continue
                sent[owners[tx_hash]] += 1
                for data in self._done_by(transaction):
                    calls[data].append(tx_hash)
        yield from (Double(f"request {number} was sent {count} times") for number, count in sent.items() if count > 1)
        yield from (
            Double(f"one call, {len(hashes)} transactions: {hashes}") for hashes in calls.values() if len(hashes) > 1
        )
        if len(sent) != requests:
            yield f"{requests} requests, {len(sent)} of them in blocks"

    def _done_by(self, transaction: TxData) -> list[str]:
        """The calls that a transaction made and that went through: one, or many by Relay."""
        receipt = self.chain.web3.eth.get_transaction_receipt(transaction["hash"])
        if receipt["status"] != 1 or transaction["to"] == self.shop.signer.address:
            return []
        if transaction["to"] != self.shop.deployment["contracts"]["Relay"]["address"]:
            return [transaction["input"].to_0x_hex()]
        [packed] = decode(["bytes"], bytes(transaction["input"])[4:])
        failed = relays.reasons(receipt["logs"], transaction["to"])
        return [one.call.data for place, one in enumerate(relays.unpacked(packed)) if place not in failed]

    def _invoices(self) -> Iterator[str]:
        """Each invoice says what the chain says; nothing is left in escrow."""
        with Session(self.engine) as session:
            orders = view("orders_latest")
            chain = dict(session.execute(select(orders.c.order_key, orders.c.status)).all())
            invoices = session.scalars(select(Invoice)).all()
        for invoice in invoices:
            expected = _STATUS.get(chain.get(invoice.order_key, ""), "open")
            if invoice.status != expected and not (expected == "open" and invoice.status == "expired"):
                yield Wrong(f"invoice {invoice.order_id} is {invoice.status}, the chain says {expected}")
            if expected == "paid":
                yield f"order {invoice.order_id} was not captured"

    def _webhooks(self) -> Iterator[str]:
        """Every event came, in order, whatever came twice was the same."""
        with Session(self.engine) as session:
            expected = dict(session.execute(select(ServiceEvent.sequence, ServiceEvent.payload)).all())
        for name, received in self.received.items():
            yield from (Wrong(f"{name}: {found}") for found in hooks.failures(received, self.secrets[name], expected))
