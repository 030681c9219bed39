"""Requests in, transactions out: each request is signed once for a nonce of its own, and sent until a block has it."""

from __future__ import annotations

import time
from contextlib import suppress

from eth_typing import ChecksumAddress, HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from web3 import Web3
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import TransactionNotFound
from web3.types import TxReceipt

from fec.exceptions import (
    FECError,
    InsufficientGasCoin,
    InvalidArgument,
    TransactionFailed,
    TransactionPending,
)
from fec.relayer.exceptions import RequestConflict
from fec.relayer.fees import FeePolicy, Fees
from fec.relayer.keys import TransactionSigner
from fec.relayer.models import RelayAccount, RelayAttempt, RelayState, RelayTransaction
from fec.rpc import GAS_MARGIN, NEXT_BLOCK, POLL_LATENCY, Sender, clear_errors
from fec.store import writer

#: States that may still change.
_OPEN = (RelayState.PENDING, RelayState.INCLUDED)
_TRANSFER_GAS = 21_000


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
    ) -> None:
        """Takes the database, the chain and the key; `timeout` in seconds, for each request that is waited for."""
        self._engine = engine
        self._writer = writer(engine)
        self._web3 = web3
        self._signer = signer
        self._fees = fees or FeePolicy()
        self._confirmations = confirmations
        self._timeout = timeout
        with clear_errors():
            self._chain_id = web3.eth.chain_id

    @property
    def address(self) -> ChecksumAddress:
        """Who sends."""
        return self._signer.address

    def sending(self, request_key: str) -> RelayedSender:
        """A sender for a client, for one request: whatever the client sends is that request."""
        return RelayedSender(self, self._web3, request_key)

    # ---------------------------------------------------------------- requests

    def submit(self, request_key: str, call: ContractFunction) -> int:
        """Takes a request on, or finds it if it was taken on before; gives its number.

        It is simulated first: what the contract refuses raises a ContractError, and takes no nonce. Raises
        RequestConflict if the key stands for another call, FeesTooHigh, InsufficientGasCoin, RPCUnreachable, RPCFailed.
        Once this has returned, the request is sent sooner or later, whatever happens to this process.
        """
        recipient, data = to_checksum_address(call.address), str(call._encode_transaction_data())
        if (known := self._known(request_key, recipient, data)) is not None:
            return known
        fees = self._fees.now(self._web3)
        with clear_errors():
            gas = call.estimate_gas({"from": self.address}, NEXT_BLOCK) * (100 + GAS_MARGIN) // 100
            coin = self._web3.eth.get_balance(self.address)
        if coin < gas * fees.most:
            raise InsufficientGasCoin(
                "The relayer {address} has {coin} wei of the chain's coin and may need {needed}. Send it some.",
                address=self.address,
                coin=coin,
                needed=gas * fees.most,
            )
        transaction = self._store(request_key, recipient, data, gas, fees)
        self._broadcast(transaction)
        return transaction

    def wait(self, transaction_id: int) -> TxReceipt:
        """Receipt of a request, once a block has it.

        Raises TransactionFailed if it was reverted there, or displaced; TransactionPending if no block takes it in
        time: it is not lost then.
        """
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            receipt = self._receipt(transaction_id)
            if receipt is not None:
                self._note(transaction_id, receipt)
                if receipt["status"] != 1:
                    raise TransactionFailed(
                        "Transaction {tx_hash} was reverted in its block, although its simulation had passed: "
                        "something "
                        "else came first. Look at the state and try again.",
                        tx_hash=receipt["transactionHash"].to_0x_hex(),
                    )
                return receipt
            if self._state(transaction_id) == RelayState.DISPLACED:
                raise TransactionFailed(
                    "Request {transaction_id} was never sent: somebody else used the relayer's key. Ask again.",
                    transaction_id=transaction_id,
                )
            time.sleep(POLL_LATENCY)
        raise TransactionPending(self._attempts(transaction_id)[-1].hash, self._timeout)

    # ------------------------------------------------------------------- upkeep

    def tick(self) -> int:
        """Sends again what nodes forgot, offers more for what is stuck, notes what is in blocks; to be called often.

        Gives how many requests are still open. Raises RPCUnreachable or RPCFailed when the chain does not answer; what
        was done until then stays done.
        """
        with clear_errors():
            used = self._web3.eth.get_transaction_count(self.address, "latest")
        with Session(self._engine) as session:
            found = select(RelayTransaction.id, RelayTransaction.nonce).where(
                RelayTransaction.sender == self.address, RelayTransaction.state.in_(_OPEN)
            )
            requests = session.execute(found.order_by(RelayTransaction.nonce)).all()
        still_open = 0
        for transaction_id, nonce in requests:
            receipt = self._receipt(transaction_id)
            state = self._note(transaction_id, receipt)
            if receipt is None and nonce < used:
                state = self._displace(transaction_id, nonce)
            if state == RelayState.PENDING:
                self._push(transaction_id)
            still_open += state in _OPEN
        self._fill_gap(used)
        return still_open

    # ----------------------------------------------------------------- database

    def _known(self, request_key: str, recipient: str, data: str) -> int | None:
        with Session(self._engine) as session:
            return _same(session, request_key, recipient, data)

    def _store(self, request_key: str, recipient: str, data: str, gas: int, fees: Fees) -> int:
        """Takes a nonce, signs, and keeps what was signed, all or nothing; gives the request's number."""
        with clear_errors():
            used = self._web3.eth.get_transaction_count(self.address, "latest")
        with Session(self._writer) as session, session.begin():
            account = self._locked(session, used)
            # While the lock was waited for, another process may have taken the same request on.
            if (known := _same(session, request_key, recipient, data)) is not None:
                return known
            request = RelayTransaction(
                request_key=request_key,
                sender=self.address,
                nonce=account.next_nonce,
                recipient=recipient,
                data=data,
                gas=gas,
                state=RelayState.PENDING,
                requested_at=int(time.time()),
            )
            account.next_nonce += 1
            session.add(request)
            session.flush()
            self._sign(session, request, fees)
            return request.id

    def _locked(self, session: Session, used: int) -> RelayAccount:
        """The key's row, locked until the transaction ends; its next nonce is one that the chain has not seen used."""
        upsert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        row = {"address": self.address, "next_nonce": used}
        session.execute(upsert(RelayAccount).values(row).on_conflict_do_nothing())
        account = session.get_one(RelayAccount, self.address, with_for_update=True, populate_existing=True)
        account.next_nonce = max(account.next_nonce, used)
        return account

    def _sign(self, session: Session, request: RelayTransaction, fees: Fees) -> None:
        raw = self._signer.sign_transaction(
            {
                "chainId": self._chain_id,
                "nonce": request.nonce,
                "to": request.recipient,
                "value": 0,
                "data": request.data,
                "gas": request.gas,
                "maxFeePerGas": fees.most,
                "maxPriorityFeePerGas": fees.tip,
            }
        )
        session.add(
            RelayAttempt(
                hash="0x" + keccak(raw).hex(),
                transaction_id=request.id,
                raw="0x" + raw.hex(),
                max_fee=fees.most,
                tip=fees.tip,
                signed_at=int(time.time()),
            )
        )

    def _attempts(self, transaction_id: int) -> list[RelayAttempt]:
        with Session(self._engine) as session:
            return _attempts(session, transaction_id)

    def _state(self, transaction_id: int) -> RelayState:
        with Session(self._engine) as session:
            return session.get_one(RelayTransaction, transaction_id).state

    # -------------------------------------------------------------------- chain

    def _receipt(self, transaction_id: int) -> TxReceipt | None:
        """Receipt of whichever attempt a block has."""
        for attempt in reversed(self._attempts(transaction_id)):
            with clear_errors(), suppress(TransactionNotFound):
                return self._web3.eth.get_transaction_receipt(HexStr(attempt.hash))
        return None

    def _note(self, transaction_id: int, receipt: TxReceipt | None) -> RelayState:
        """Notes whether a block has a request, and whether it lies deep enough; gives how far it has come."""
        deep = False
        if receipt is not None:
            with clear_errors():
                deep = self._web3.eth.block_number - receipt["blockNumber"] >= self._confirmations
        with Session(self._writer) as session, session.begin():
            request = session.get_one(RelayTransaction, transaction_id, with_for_update=True)
            if receipt is not None:
                request.state = RelayState.FINAL if deep else RelayState.INCLUDED
                request.succeeded = receipt["status"] == 1
                request.transaction_hash = receipt["transactionHash"].to_0x_hex()
                request.block_number = receipt["blockNumber"]
                request.block_hash = receipt["blockHash"].to_0x_hex()
            elif request.state == RelayState.INCLUDED:  # its block was reorganised away
                request.state = RelayState.PENDING
                request.succeeded = request.transaction_hash = request.block_number = request.block_hash = None
            return request.state

    def _displace(self, transaction_id: int, nonce: int) -> RelayState:
        """Gives a request up whose nonce something else used, once that is certain: long ago, and deep enough."""
        with clear_errors():
            deep = max(self._web3.eth.block_number - self._confirmations, 0)
            used = self._web3.eth.get_transaction_count(self.address, deep)
        long_ago = self._attempts(transaction_id)[-1].signed_at + self._fees.stuck_after <= time.time()
        with Session(self._writer) as session, session.begin():
            request = session.get_one(RelayTransaction, transaction_id, with_for_update=True)
            if nonce < used and long_ago and request.state == RelayState.PENDING:
                request.state = RelayState.DISPLACED
            return request.state

    def _push(self, transaction_id: int) -> None:
        """Sends a request again; offers more if it has been waiting too long."""
        waits_since = time.time() - self._fees.stuck_after
        if self._attempts(transaction_id)[-1].signed_at <= waits_since:
            now = self._fees.now(self._web3)
            with Session(self._writer) as session, session.begin():
                request = session.get_one(RelayTransaction, transaction_id, with_for_update=True)
                last = _attempts(session, transaction_id)[-1]
                more = self._fees.more(Fees(last.max_fee, last.tip), now)
                # Another process may have been here while the lock was waited for.
                if more is not None and last.signed_at <= waits_since and request.state == RelayState.PENDING:
                    self._sign(session, request, more)
        self._broadcast(transaction_id)

    def _broadcast(self, transaction_id: int) -> None:
        """Sends the latest attempt to the node. What it refuses for now is sent again by `tick`."""
        raw = self._attempts(transaction_id)[-1].raw
        try:
            with clear_errors():
                self._web3.eth.send_raw_transaction(HexBytes(raw))
        except (FECError, ValueError):
            # Known already, its nonce used, no coin, no connection: which of these it is, `tick` finds out.
            return

    def _fill_gap(self, used: int) -> None:
        """Sends nothing to itself for a nonce that the chain waits for and nobody holds: later ones can go on then."""
        with Session(self._engine) as session:
            held = set(
                session.scalars(
                    select(RelayTransaction.nonce).where(
                        RelayTransaction.sender == self.address, RelayTransaction.nonce >= used
                    )
                )
            )
            account = session.get(RelayAccount, self.address)
        if account is None:
            return
        missing = [nonce for nonce in range(used, account.next_nonce) if nonce not in held]
        if not missing:
            return
        fees = self._fees.now(self._web3)
        for nonce in missing:
            with Session(self._writer) as session, session.begin():
                self._locked(session, used)
                if _same(session, f"gap {nonce}", self.address, "0x") is not None:
                    continue
                request = RelayTransaction(
                    request_key=f"gap {nonce}",
                    sender=self.address,
                    nonce=nonce,
                    recipient=self.address,
                    data="0x",
                    gas=_TRANSFER_GAS,
                    state=RelayState.PENDING,
                    requested_at=int(time.time()),
                )
                session.add(request)
                session.flush()
                self._sign(session, request, fees)
                transaction_id = request.id
            self._broadcast(transaction_id)


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


def _attempts(session: Session, transaction_id: int) -> list[RelayAttempt]:
    found = select(RelayAttempt).where(RelayAttempt.transaction_id == transaction_id)
    return list(session.scalars(found.order_by(RelayAttempt.max_fee)))


def _same(session: Session, request_key: str, recipient: str, data: str) -> int | None:
    """Number of the request with that key. Raises RequestConflict if it is another call."""
    found = session.scalars(select(RelayTransaction).where(RelayTransaction.request_key == request_key)).one_or_none()
    if found is None:
        return None
    if (found.recipient, found.data) != (recipient, data):
        raise RequestConflict(
            "The key {request_key!r} stands for another request. Use a new one.", request_key=request_key
        )
    return found.id
