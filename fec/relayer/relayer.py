"""Requests in, transactions out: each request is signed once for a nonce of its own, and sent until a block has it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import structlog
from eth_typing import ChecksumAddress, HexStr
from eth_utils.address import to_checksum_address
from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session
from web3 import Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import TransactionNotFound
from web3.types import TxReceipt

from fec.chain.gas import MARGIN, MOST_GAS, TRANSFER_GAS, refused_for_ever
from fec.chain.rpc import clear_errors
from fec.chain.sender import Sender, pace
from fec.i18n.errors import (
    FECError,
    InvalidArgument,
    RPCFailed,
    RPCUnreachable,
    TransactionFailed,
    TransactionPending,
)
from fec.relayer import shares
from fec.relayer.budget import GWEI, Budget, spent_by_purse, spent_gwei, to_gwei
from fec.relayer.endpoint import AccountChain, Head, Mined
from fec.relayer.fees import FeePolicy, Fees
from fec.relayer.keys import TransactionSigner
from fec.relayer.models import RelayAttempt, RelayState, RelayTransaction
from fec.relayer.simulation import Offer, check_coin, most_gas, simulate, too_much, with_margin
from fec.relayer.together import Together
from fec.relayer.transactions import Kept, Ledger, RelayRequest, Waiting, attempts_in, differs, place, same, stands
from fec.store import writer

#: States that may still change.
_OPEN = (RelayState.PENDING, RelayState.INCLUDED)

#: Requests of which it is noted in one transaction where they are.
_ROWS = 200
#: Characters of a node's words that are kept.
_REASON_LENGTH = 300

log = structlog.get_logger("fec.relayer")

Placed = Callable[[Session, Sequence[RelayTransaction]], object]


class Relayer:
    """One key's outbox. `confirmations` is how many blocks lie on top of a block that is final."""

    def __init__(
        self,
        engine: Engine,
        web3: Web3,
        signer: TransactionSigner,
        *,
        fees: FeePolicy | None = None,
        confirmations: int = 0,
        timeout: int = 180,
        budget: Budget | None = None,
    ) -> None:
        """Takes the database, the chain and the key; `timeout` in seconds, for each request that is waited for.

        Without a budget, the key may spend all that it has.
        """
        self._engine = engine
        self._writer = writer(engine)
        self._web3 = web3
        self._signer = signer
        self._fees = fees or FeePolicy()
        self.budget = budget or Budget()
        self._confirmations = confirmations
        self._timeout = timeout
        self._node = AccountChain(web3, signer.address)
        self.placed: Placed = lambda *_: None
        """Called in the transaction that notes where requests are now."""
        self._looked_at: str | None = None
        """Hash of the block at which everything was noted last."""
        self._filler_gas: int | None = None
        with clear_errors():
            self._ledger = Ledger(engine, signer, web3.eth.chain_id)
        self.together = Together(
            web3,
            node=self._node,
            ledger=self._ledger,
            fees=self._fees,
            budget=self.budget,
            fill=self._fill,
            transfer_gas=self._transfer_gas,
        )

    @property
    def address(self) -> ChecksumAddress:
        """Who sends."""
        return self._signer.address

    def sending(self, request_key: str) -> RelayedSender:
        """A sender for a client, for one request: whatever the client sends is that request."""
        return RelayedSender(self, self._web3, request_key)

    # ---------------------------------------------------------------- requests

    def simulate(self, call: ContractFunction, bound: int = MOST_GAS) -> int:
        """Gas that a call would take in the block to come, at the price that it would be sent at.

        The bound is the most that it may take. Raises a ContractError for what the contract refuses, GasTooHigh,
        FeesTooHigh, InsufficientGasCoin, RPCUnreachable, RPCFailed.
        """
        outlook, _ = self._node.outlook()
        means = outlook.means
        offer = Offer(most_gas(bound, means), self._fees.at(outlook.price), means)
        return simulate(self.address, call, offer)

    def submit(
        self,
        request_key: str,
        call: ContractFunction,
        *,
        bound: int = MOST_GAS,
        estimate: int | None = None,
        purse: str | None = None,
        kept: Kept | None = None,
    ) -> int:
        """Takes a request on, or finds it if it was taken on before; gives its number.

        It is simulated first, unless it just was and `estimate` is the gas that it took: what the contract refuses
        raises a ContractError, and takes no nonce; nor does what takes more gas than `bound`, a block or a transaction
        can have, which raises GasTooHigh. `purse` is for whom it is sent. `kept` is called in the transaction that
        keeps a new request, with its number; if it raises, nothing is kept. Raises RequestConflict if the key stands
        for another call, FeesTooHigh, BudgetSpent, InsufficientGasCoin, RPCUnreachable, RPCFailed. Once this has
        returned, the request is sent sooner or later, whatever happens to this process.
        """
        recipient, data = to_checksum_address(call.address), str(call._encode_transaction_data())
        if (known := self._ledger.known(request_key, recipient, data)) is not None:
            return known
        outlook, _ = self._node.outlook()
        fees, means = self._fees.at(outlook.price), outlook.means
        most = most_gas(bound, means)
        if estimate is None:
            estimate = simulate(self.address, call, Offer(most, fees, means))
        elif estimate > most:
            raise too_much(most)
        gas = with_margin(estimate, most)
        check_coin(self.address, means, gas * fees.most)
        asked = RelayRequest(request_key, recipient, data, gas, purse)
        transaction = self._ledger.store(asked, fees, used=means.used, budget=self.budget, kept=kept)
        self._broadcast(transaction)
        return transaction

    def check_budget(self, purse: str | None = None) -> None:
        """Raises BudgetSpent if the key, or who it would send for, has nothing left to spend today."""
        with Session(self._engine) as session:
            self.budget.check(session, self.address, purse)

    def spent(self) -> tuple[int, dict[str, int]]:
        """Wei that the key has spent today and offers for what is open: in all, and by purse; rounded up to gwei."""
        with Session(self._engine) as session:
            purses = spent_by_purse(session, self.address)
            return spent_gwei(session, self.address) * GWEI, {name: gwei * GWEI for name, gwei in purses.items()}

    def waiting(self) -> Waiting | None:
        """The oldest request that no block has: everything behind it waits for it."""
        return self._ledger.waiting()

    def wait(self, transaction_id: int) -> TxReceipt:
        """Receipt of a request, once a block has it.

        Raises TransactionFailed if it was reverted there, or displaced; TransactionPending if no block takes it in
        time: it is not lost then.
        """
        deadline = time.monotonic() + self._timeout
        trouble: FECError | None = None
        for pause in pace():
            if time.monotonic() >= deadline:
                break
            receipt, trouble = self._polled(transaction_id)
            if receipt is not None:
                with suppress(RPCUnreachable, RPCFailed):
                    # The next tick does.
                    self._note(transaction_id)
                if receipt["to"] != self._ledger.request(transaction_id).recipient:
                    raise TransactionFailed(
                        "Request {transaction_id} was not sent, as the chain's node never takes it: {reason}",
                        transaction_id=transaction_id,
                        reason=self._ledger.request(transaction_id).refused,
                    )
                if receipt["status"] != 1:
                    raise TransactionFailed(
                        "Transaction {tx_hash} was reverted in its block, although its simulation had passed: "
                        "something else came first. Look at the state and try again.",
                        tx_hash=receipt["transactionHash"].to_0x_hex(),
                    )
                return receipt
            if self._ledger.request(transaction_id).state == RelayState.DISPLACED:
                raise TransactionFailed(
                    "Request {transaction_id} was never sent: somebody else used the relayer's key. Ask again.",
                    transaction_id=transaction_id,
                )
            time.sleep(pause)
        raise TransactionPending(self._ledger.attempts(transaction_id)[-1].hash, self._timeout, trouble)

    # ------------------------------------------------------------------- upkeep

    def tick(self) -> int:
        """Sends again what nodes forgot, offers more for what is stuck, notes what is in blocks; to be called often.

        Gives how many requests are still open. Raises RPCUnreachable or RPCFailed when the chain does not answer; what
        was done until then stays done.
        """
        head = self._node.head()
        self._ledger.moved(head.used)
        requests = self._watched(head)
        # While no block comes, blocks that had transactions have them still.
        if head.hash != self._looked_at or any(request.state == RelayState.PENDING for request in requests):
            # Until everything is noted, the same block is looked at again.
            self._looked_at = None
            states, noted = self._look(requests, head)
            pending = [request for request in requests if states[request.id] == RelayState.PENDING]
            for request in pending:
                if request.nonce < head.used:
                    states[request.id] = self._displace(request, head)
            waiting = [request for request in pending if states[request.id] == RelayState.PENDING]
            self._push([request for request in waiting if not self.together.is_new(request.id)])
            if noted:
                self._looked_at = head.hash
        else:
            states = {request.id: request.state for request in requests}
        self._fill_gap(head.used)
        return sum(state in _OPEN for state in states.values())

    def _watched(self, head: Head) -> list[RelayTransaction]:
        """Requests that may still change, and those with nonces that nobody used: whatever was said of them."""
        mine = RelayTransaction.sender == self.address
        found = select(RelayTransaction).where(
            mine,
            or_(
                RelayTransaction.state.in_(_OPEN),
                (RelayTransaction.nonce >= head.used) & (RelayTransaction.state == RelayState.FINAL),
            ),
        )
        with Session(self._engine) as session:
            return list(session.scalars(found.order_by(RelayTransaction.nonce)))

    def _look(self, requests: Sequence[RelayTransaction], head: Head) -> tuple[dict[int, RelayState], bool]:
        """Notes where requests are now; gives how far each has come, and whether nothing was left for the next look.

        The chain is asked after the requests were read and before they are locked. So nothing is noted if it took
        another branch meanwhile, nor of a request that somebody else noted something of.
        """
        placed = [request for request in requests if request.block_number is not None]
        hashes = self._node.block_hashes(request.block_number for request in placed if request.block_number is not None)
        there = {
            request.id
            for request in placed
            if request.nonce < head.used and hashes[request.block_number or 0] == request.block_hash
        }
        # A nonce that nobody has used is in no block; what was in one before is asked for all the same.
        unsure = [
            request
            for request in requests
            if request.id not in there and (request.nonce < head.used or request in placed)
        ]
        attempts = self._ledger.attempts_of(request.id for request in unsure)
        mined = self._node.mined([attempt.hash for each in attempts.values() for attempt in each])
        news: dict[int, Mined | None] = {}
        for request in unsure:
            found = [attempt for attempt in attempts[request.id] if attempt.hash in mined]
            news[request.id] = _outcome(mined[found[0].hash], found[0]) if found else None
        states = {request.id: request.state for request in requests}
        deep = head.number - self._confirmations
        changed = [
            request
            for request in requests
            if (request.id in news and differs(request, news[request.id]))
            or (request.id in there and request.state == RelayState.INCLUDED and (request.block_number or 0) <= deep)
        ]
        if changed and not self._node.has(head):
            return states, False
        noted = True
        for first in range(0, len(changed), _ROWS):
            some = {request.id: request for request in changed[first : first + _ROWS]}
            with Session(self._writer) as session, session.begin():
                query = select(RelayTransaction).where(RelayTransaction.id.in_(some)).order_by(RelayTransaction.id)
                moved = []
                many = shares.making_many(session, some)
                for request in session.scalars(query.with_for_update()):
                    if stands(request) != stands(some[request.id]):
                        noted = False
                    elif request.id in news:
                        self.together.placed(request.id)
                        place(request, news[request.id], deep)
                        if request.id in many:
                            shares.note(session, request, news[request.id])
                        moved.append(request)
                    else:
                        request.state = RelayState.FINAL
                        moved.append(request)
                    states[request.id] = request.state
                session.flush()
                self.placed(session, moved)
        return states, noted

    # -------------------------------------------------------------------- chain

    def _polled(self, transaction_id: int) -> tuple[TxReceipt | None, FECError | None]:
        """The receipt, or why it could not be asked for: that says nothing of the request."""
        try:
            return self._receipt(transaction_id), None
        except (RPCUnreachable, RPCFailed) as error:
            return None, error

    def _receipt(self, transaction_id: int) -> TxReceipt | None:
        """Receipt of whichever attempt a block has."""
        for attempt in reversed(self._ledger.attempts(transaction_id)):
            with clear_errors(), suppress(TransactionNotFound):
                return self._web3.eth.get_transaction_receipt(HexStr(attempt.hash))
        return None

    def _note(self, transaction_id: int) -> None:
        """Notes that a block has a request, and whether it lies deep enough."""
        head = self._node.head()
        with Session(self._engine) as session:
            request = session.get_one(RelayTransaction, transaction_id)
        self._look([request], head)

    def _displace(self, request: RelayTransaction, head: Head) -> RelayState:
        """Gives a request up whose nonce something else used, once that is certain: long ago, and deep enough."""
        attempts = self._ledger.attempts(request.id)
        if attempts[-1].signed_at + self._fees.stuck_after > time.time():
            return RelayState.PENDING
        used, mined = self._node.used_at(
            max(head.number - self._confirmations, 0), [attempt.hash for attempt in attempts]
        )
        with Session(self._writer) as session, session.begin():
            found = session.get_one(RelayTransaction, request.id, with_for_update=True)
            if request.nonce < used and not mined and found.state == RelayState.PENDING:
                found.state, found.cost_gwei = RelayState.DISPLACED, 0
                shares.share_out(session, found)
            return found.state

    def _push(self, requests: Sequence[RelayTransaction]) -> None:
        """Sends requests again; offers more for those that have been waiting too long."""
        waits_since = time.time() - self._fees.stuck_after
        attempts = self._ledger.attempts_of(request.id for request in requests)
        stuck = [request.id for request in requests if attempts[request.id][-1].signed_at <= waits_since]
        if stuck:
            now = self._fees.now(self._web3)
            for transaction_id in stuck:
                self._offer_more(transaction_id, now, waits_since)
            attempts |= self._ledger.attempts_of(stuck)
        self._send([attempts[request.id][-1] for request in requests])

    def _send(self, attempts: Sequence[RelayAttempt]) -> None:
        """Sends what was signed. What a node will never take gives its nonce to a transfer of nothing, at once.

        Known already, its nonce used, no coin: which of these it is otherwise, the next look finds out.
        """
        said = self._node.send([attempt.raw for attempt in attempts])
        for attempt, reason in zip(attempts, said, strict=True):
            if reason is not None and not attempt.filler and refused_for_ever(reason):
                self._fill(attempt.transaction_id, reason)

    def _fill(self, transaction_id: int, reason: str) -> None:
        """Gives a request up that no node will take, so that those behind it can go on."""
        fees, gas = self._fees.now(self._web3), self._transfer_gas()
        with Session(self._writer) as session, session.begin():
            request = session.get_one(RelayTransaction, transaction_id, with_for_update=True)
            if request.refused is not None or request.state != RelayState.PENDING:
                return
            request.refused = reason[:_REASON_LENGTH]
            last = attempts_in(session, transaction_id)[-1]
            before = Fees(last.max_fee, last.tip, fees.legacy)
            # Another node may have taken what this one refuses: then the filler has to offer more.
            self._ledger.sign(session, request, self._fees.more(before, fees) or before, gas)
            log.warning("transaction refused for ever", request=request.id, nonce=request.nonce, reason=request.refused)
        self._node.send([self._ledger.attempts(transaction_id)[-1].raw])

    def _offer_more(self, transaction_id: int, now: Fees, waits_since: float) -> None:
        gas = self._transfer_gas()
        with Session(self._writer) as session, session.begin():
            request = session.get_one(RelayTransaction, transaction_id, with_for_update=True)
            last = attempts_in(session, transaction_id)[-1]
            more = self._fees.more(Fees(last.max_fee, last.tip), now)
            # Another process may have been here while the lock was waited for.
            if more is not None and last.signed_at <= waits_since and request.state == RelayState.PENDING:
                request.offered_gwei = to_gwei(request.gas * more.most)
                shares.share_out(session, request)
                self._ledger.sign(session, request, more, None if request.refused is None else gas)

    def _broadcast(self, transaction_id: int) -> None:
        """Sends the latest attempt to the node. What it refuses for now is sent again by `tick`."""
        with suppress(FECError):
            self._send(self._ledger.attempts(transaction_id)[-1:])

    def _transfer_gas(self) -> int:
        """Gas for a transfer of nothing: more than usual on chains that charge for what they post elsewhere."""
        if self._filler_gas is None:
            with clear_errors():
                found = self._web3.eth.estimate_gas({"from": self.address, "to": self.address})
            self._filler_gas = max(TRANSFER_GAS, found if found <= TRANSFER_GAS else found * (100 + MARGIN) // 100)
        return self._filler_gas

    def _fill_gap(self, used: int) -> None:
        """Sends nothing to itself for a nonce that the chain waits for and nobody holds: later ones can go on then."""
        missing = self._ledger.missing(used)
        if not missing:
            return
        fees, gas = self._fees.now(self._web3), self._transfer_gas()
        for nonce in missing:
            with Session(self._writer) as session, session.begin():
                self._ledger.locked(session, used)
                if same(session, f"gap {nonce}", self.address, "0x") is not None:
                    continue
                filler = RelayRequest(f"gap {nonce}", self.address, "0x", gas)
                transaction_id = self._ledger.keep(session, filler, nonce, fees).id
            self._broadcast(transaction_id)


def _outcome(mined: Mined, attempt: RelayAttempt) -> Mined:
    """What has become of a request: if a filler is in its place, it has not succeeded."""
    return replace(mined, succeeded=mined.succeeded and not attempt.filler)


class RelayedSender(Sender):
    """Sends through a relayer: in a client's place of a key."""

    def __init__(self, relayer: Relayer, web3: Web3, request_key: str) -> None:
        """Takes the relayer, and what the client is going to ask for."""
        super().__init__(web3, relayer.address)
        self._relayer = relayer
        self._request_key = request_key

    def send(self, call: ContractFunction | ContractConstructor) -> TxReceipt:
        """Relays a call and waits until a block has it. Raises what `Relayer.submit` and `Relayer.wait` raise."""
        if not isinstance(call, ContractFunction):
            raise InvalidArgument("A relayer calls contracts; it deploys none.")
        return self._relayer.wait(self._relayer.submit(self._request_key, call))
