"""The relayer's records: which requests there are, with which nonces, and what was signed for each of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak
from eth_typing import ChecksumAddress
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fec.relayer import shares
from fec.relayer.budget import Budget, to_gwei, today
from fec.relayer.endpoint import Mined
from fec.relayer.errors import RequestConflict
from fec.relayer.fees import Fees
from fec.relayer.keys import TransactionSigner
from fec.relayer.models import RelayAccount, RelayAttempt, RelayState, RelayTransaction
from fec.relayer.shares import Share
from fec.store import writer
from fec.store.base import table

#: Requests that are asked for in one query.
_ROWS = 500
#: Attempts in the order in which they were signed: each offers more than the one before, or takes its place.
_OFFERED = (RelayAttempt.filler, RelayAttempt.max_fee)

Kept = Callable[[Session, int], object]


@dataclass(frozen=True)
class RelayRequest:
    """What is asked of a relayer."""

    request_key: str
    recipient: str
    data: str
    gas: int
    purse: str | None = None
    shares: Sequence[Share] = ()
    """Of one that makes many calls: each of them has a purse of its own."""


@dataclass(frozen=True)
class Stored:
    """A request that was taken on, and what is sent for it."""

    id: int
    nonce: int
    raw: str


@dataclass(frozen=True)
class Waiting:
    """What everything after it waits for."""

    nonce: int
    seconds: int
    """How long it has been the oldest."""


class Ledger:
    """One key's records in one database."""

    def __init__(self, engine: Engine, signer: TransactionSigner, chain_id: int) -> None:
        """Takes the database, who signs, and the chain that it is for."""
        self._engine = engine
        self._writer = writer(engine)
        self._signer = signer
        self._chain_id = chain_id

    @property
    def address(self) -> ChecksumAddress:
        """Whose records they are."""
        return self._signer.address

    def known(self, request_key: str, recipient: str, data: str) -> int | None:
        """Number of the request with that key, if there is one. Raises RequestConflict if it is another call."""
        with Session(self._engine) as session:
            return same(session, request_key, recipient, data)

    def store(self, asked: RelayRequest, fees: Fees, *, used: int, budget: Budget, kept: Kept | None) -> int:
        """Takes a nonce, signs, and keeps what was signed, all or nothing; gives the request's number.

        Raises BudgetSpent.
        """
        with Session(self._writer) as session, session.begin():
            account = self.locked(session, used)
            # While the lock was waited for, another process may have taken the same request on.
            if (known := same(session, asked.request_key, asked.recipient, asked.data)) is not None:
                return known
            budget.check(session, self._signer.address, asked.purse, asked.gas * fees.most)
            request = self.keep(session, asked, account.next_nonce, fees)
            account.next_nonce += 1
            if kept is not None:
                kept(session, request.id)
            return request.id

    def keep(self, session: Session, asked: RelayRequest, nonce: int, fees: Fees) -> RelayTransaction:
        """Keeps and signs a request for a nonce."""
        request = RelayTransaction(
            request_key=asked.request_key,
            sender=self._signer.address,
            nonce=nonce,
            recipient=asked.recipient,
            data=asked.data,
            gas=asked.gas,
            state=RelayState.PENDING,
            requested_at=int(time.time()),
            day=today(),
            purse=asked.purse,
            offered_gwei=to_gwei(asked.gas * fees.most),
        )
        session.add(request)
        session.flush()
        self.sign(session, request, fees)
        return request

    def store_all(self, connection: Connection, asked: Sequence[RelayRequest], fees: Fees, used: int) -> list[Stored]:
        """Takes nonces in the order of the requests, signs and keeps them, in a transaction that has the key's row.

        No request may be known yet.
        """
        account = table(RelayAccount)
        mine = account.c.address == self._signer.address
        first = max(connection.execute(select(account.c.next_nonce).where(mine)).scalar_one(), used)
        connection.execute(update(account).where(mine).values(next_nonce=first + len(asked)))
        now, day = int(time.time()), today()
        rows = [
            {
                "request_key": one.request_key,
                "sender": self._signer.address,
                "nonce": nonce,
                "recipient": one.recipient,
                "data": one.data,
                "gas": one.gas,
                "state": RelayState.PENDING,
                "requested_at": now,
                "day": day,
                "purse": one.purse,
                "offered_gwei": to_gwei(one.gas * fees.most),
            }
            for nonce, one in enumerate(asked, first)
        ]
        transactions = table(RelayTransaction)
        kept = connection.execute(insert(transactions).returning(transactions.c.nonce, transactions.c.id), rows)
        ids: dict[int, int] = {row.nonce: row.id for row in kept}
        offers = ((ids[nonce], to_gwei(one.gas * fees.most), one.shares) for nonce, one in enumerate(asked, first))
        shares.keep(connection, offers)
        raws = [self.signed(one, nonce, fees) for nonce, one in enumerate(asked, first)]
        attempts = [
            {
                "hash": "0x" + keccak(raw).hex(),
                "transaction_id": ids[nonce],
                "raw": "0x" + raw.hex(),
                "max_fee": fees.most,
                "tip": fees.tip,
                "signed_at": now,
                "filler": False,
            }
            for nonce, raw in enumerate(raws, first)
        ]
        connection.execute(insert(table(RelayAttempt)), attempts)
        return [Stored(ids[nonce], nonce, "0x" + raw.hex()) for nonce, raw in enumerate(raws, first)]

    def lock(self, connection: Connection, used: int) -> None:
        """Has the key's row until the transaction ends: only who has it takes nonces."""
        upsert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        row = {"address": self._signer.address, "next_nonce": used, "used": used, "moved_at": int(time.time())}
        connection.execute(upsert(RelayAccount).values(row).on_conflict_do_nothing())
        account = table(RelayAccount)
        connection.execute(
            select(account.c.address).where(account.c.address == self._signer.address).with_for_update()
        ).one()

    def signed(self, asked: RelayRequest, nonce: int, fees: Fees) -> bytes:
        """A request's raw bytes."""
        return self._signer.sign_transaction(
            {
                "chainId": self._chain_id,
                "nonce": nonce,
                "to": asked.recipient,
                "value": 0,
                "data": asked.data,
                "gas": asked.gas,
                **fees.offer,
            }
        )

    def locked(self, session: Session, used: int) -> RelayAccount:
        """The key's row, locked until the transaction ends; its next nonce is one that the chain has not seen used."""
        self.lock(session.connection(), used)
        account = session.get_one(RelayAccount, self._signer.address, with_for_update=True, populate_existing=True)
        account.next_nonce = max(account.next_nonce, used)
        return account

    def sign(self, session: Session, request: RelayTransaction, fees: Fees, filler_gas: int | None = None) -> None:
        """Keeps one more signed form of a request; with `filler_gas`, a transfer of nothing in its place."""
        filler = filler_gas is not None
        raw = self._signer.sign_transaction(
            {
                "chainId": self._chain_id,
                "nonce": request.nonce,
                "to": self._signer.address if filler else request.recipient,
                "value": 0,
                "data": "0x" if filler else request.data,
                "gas": filler_gas if filler else request.gas,
                **fees.offer,
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
                filler=filler,
            )
        )

    def attempts(self, transaction_id: int) -> list[RelayAttempt]:
        """A request's attempts, in the order of what they offer."""
        with Session(self._engine) as session:
            return attempts_in(session, transaction_id)

    def attempts_of(self, transaction_ids: Iterable[int]) -> dict[int, list[RelayAttempt]]:
        """Attempts by request, each list in the order of what they offer."""
        wanted = list(transaction_ids)
        attempts: dict[int, list[RelayAttempt]] = {transaction_id: [] for transaction_id in wanted}
        with Session(self._engine) as session:
            for first in range(0, len(wanted), _ROWS):
                some = RelayAttempt.transaction_id.in_(wanted[first : first + _ROWS])
                for attempt in session.scalars(select(RelayAttempt).where(some).order_by(*_OFFERED)):
                    attempts[attempt.transaction_id].append(attempt)
        return attempts

    def request(self, transaction_id: int) -> RelayTransaction:
        """A request, and how far it has come."""
        with Session(self._engine) as session:
            return session.get_one(RelayTransaction, transaction_id)

    def moved(self, used: int) -> None:
        """Notes how many nonces the chain has used, and since when it has been so many."""
        with Session(self._engine) as session:
            account = session.get(RelayAccount, self._signer.address)
            if account is None or account.used == used:
                return
        with Session(self._writer) as session, session.begin():
            account = session.get_one(RelayAccount, self._signer.address, with_for_update=True)
            account.used, account.moved_at = used, int(time.time())

    def missing(self, used: int) -> list[int]:
        """Nonces that were taken, that the chain has not seen used, and that no request holds."""
        with Session(self._engine) as session:
            # In this order: a nonce that is taken in between is held then.
            account = session.get(RelayAccount, self._signer.address)
            if account is None:
                return []
            taken = account.next_nonce
            mine = RelayTransaction.sender == self._signer.address, RelayTransaction.nonce >= used
            held = set(session.scalars(select(RelayTransaction.nonce).where(*mine)))
        return [nonce for nonce in range(used, taken) if nonce not in held]

    def waiting(self) -> Waiting | None:
        """The oldest request that no block has, if there is one."""
        mine = RelayTransaction.sender == self._signer.address, RelayTransaction.state == RelayState.PENDING
        with Session(self._engine) as session:
            account = session.get(RelayAccount, self._signer.address)
            oldest = session.scalars(select(RelayTransaction).where(*mine).order_by(RelayTransaction.nonce).limit(1))
            found = oldest.one_or_none()
            if account is None or found is None:
                return None
            since = max(found.requested_at, account.moved_at)
            return Waiting(found.nonce, max(0, int(time.time()) - since))


def differs(request: RelayTransaction, mined: Mined | None) -> bool:
    """Whether what is noted of a request is not so."""
    found = (None, None) if mined is None else (mined.transaction_hash, mined.block_hash)
    return (request.transaction_hash, request.block_hash) != found


def stands(request: RelayTransaction) -> tuple[RelayState, str | None, str | None]:
    """What is noted of a request: how far it has come, and in which block."""
    return request.state, request.transaction_hash, request.block_hash


def place(request: RelayTransaction, mined: Mined | None, deep: int) -> None:
    """Notes the block that has a request, which is final up to the block `deep`; or that none has it any more."""
    if mined is not None:
        request.state = RelayState.FINAL if mined.block_number <= deep else RelayState.INCLUDED
        request.succeeded = mined.succeeded
        request.transaction_hash = mined.transaction_hash
        request.block_number = mined.block_number
        request.block_hash = mined.block_hash
        request.cost_gwei = None if mined.cost is None else to_gwei(mined.cost)
    elif request.state in (RelayState.INCLUDED, RelayState.FINAL):  # its block was reorganised away
        request.state = RelayState.PENDING
        request.succeeded = request.transaction_hash = request.block_number = request.block_hash = None
        request.cost_gwei = None


def attempts_in(session: Session, transaction_id: int) -> list[RelayAttempt]:
    """A request's attempts, in the order of what they offer."""
    found = select(RelayAttempt).where(RelayAttempt.transaction_id == transaction_id)
    return list(session.scalars(found.order_by(*_OFFERED)))


def same(session: Session, request_key: str, recipient: str, data: str) -> int | None:
    """Number of the request with that key. Raises RequestConflict if it is another call."""
    found = session.scalars(select(RelayTransaction).where(RelayTransaction.request_key == request_key)).one_or_none()
    if found is None:
        return None
    if (found.recipient, found.data) != (recipient, data):
        raise RequestConflict(
            "The key {request_key!r} stands for another request. Use a new one.", request_key=request_key
        )
    return found.id
