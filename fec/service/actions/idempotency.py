"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): what was answered is kept where its effect is.

A request that failed had no effect, and is kept nowhere: sent again, it is tried again.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, Engine, delete, select, text, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fec.core.durations import DAY
from fec.i18n.errors import FECError
from fec.service.actions import events
from fec.service.actions.events import Change
from fec.service.http.problems import Problem, problem
from fec.service.models import IdempotencyRecord
from fec.store import writer
from fec.store.base import table

T = TypeVar("T")

#: How long an answer is kept: longer than anybody tries again.
KEPT_SECONDS = 30 * DAY
#: Of an Idempotency-Key.
KEY_PATTERN = r'^(?:"[!#-\[\]-~]{1,100}"|[!#-\[\]-~]{1,100})$'
_DESCRIPTION = "Chosen by the caller, one for each thing to be done: sent again with the same key, it is done once."

OptionalKey = Annotated[str | None, Header(alias="Idempotency-Key", pattern=KEY_PATTERN, description=_DESCRIPTION)]
RequiredKey = Annotated[str, Header(alias="Idempotency-Key", pattern=KEY_PATTERN, description=_DESCRIPTION)]


@dataclass(frozen=True)
class Answer:
    """What a request is answered: a status, and the body as JSON, made by a model's `dump`."""

    status: int
    body: dict[str, Any]
    replayed: bool = False
    """Whether an earlier request with the same key was answered so."""

    def response(self) -> JSONResponse:
        """The answer, as it is sent."""
        return JSONResponse(self.body, self.status, {"Idempotency-Replayed": "true"} if self.replayed else None)


@dataclass(frozen=True)
class Effect:
    """What a request has done, within its transaction: the answer and the events."""

    answer: Answer
    changes: Iterable[Change] = ()


async def fingerprint_of(request: Request) -> str:
    """Of what is asked: method, path and body."""
    return fingerprint(request.method, request.url.path, await request.body())


def fingerprint(method: str, path: str, body: bytes) -> str:
    """The same, of its parts."""
    return "0x" + hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


Fingerprint = Annotated[str, Depends(fingerprint_of)]


class Idempotency:
    """Does what a request asks once for each Idempotency-Key."""

    def __init__(self, engine: Engine) -> None:
        """Takes the database."""
        self._writer = writer(engine)
        self._engine = engine
        self._lock = threading.Lock()
        self._under_way: set[tuple[int, str]] = set()

    def do(
        self,
        program_id: int,
        key: str | None,
        fingerprint: str,
        prepare: Callable[[], T],
        commit: Callable[[Session, T], Effect],
    ) -> Answer:
        """Answers a request: as it was answered before under that key, or by what `commit` does now.

        `prepare` asks the chain and changes nothing; `commit` runs in the transaction that keeps the answer. Raises
        problems: the key was used for something else, or the first request is under way.
        """
        key = None if key is None else key.strip('"')
        with self.alone(program_id, key):
            known = self._look(program_id, key, fingerprint)
            if known is not None:
                return known
            try:
                prepared = prepare()
            except (Problem, FECError):
                # Another process may have done the same meanwhile, which then cannot be done once more.
                known = self._look(program_id, key, fingerprint)
                if known is not None:
                    return known
                raise
            try:
                return self._commit(program_id, key, fingerprint, prepared, commit)
            except IntegrityError:
                # Somebody else was faster with something that is there once only: now it can be seen.
                return self._commit(program_id, key, fingerprint, prepared, commit)

    def _look(self, program_id: int, key: str | None, fingerprint: str) -> Answer | None:
        if key is None:
            return None
        with Session(self._engine) as session:
            return _known(session, program_id, key, fingerprint)

    def _commit(
        self,
        program_id: int,
        key: str | None,
        fingerprint: str,
        prepared: T,
        commit: Callable[[Session, T], Effect],
    ) -> Answer:
        with Session(self._writer) as session, session.begin():
            if key is not None:
                _claim(session, program_id, key)
                known = _known(session, program_id, key, fingerprint)
                if known is not None:
                    return known
            effect = commit(session, prepared)
            if key is not None:
                session.add(
                    IdempotencyRecord(
                        program_id=program_id,
                        key=key,
                        fingerprint=fingerprint,
                        status=effect.answer.status,
                        body=effect.answer.body,
                        created_at=int(time.time()),
                    )
                )
            events.record(session, effect.changes)
        return effect.answer

    def forget_old(self) -> None:
        """Deletes answers that nobody will ask for again."""
        with Session(self._writer) as session, session.begin():
            old = IdempotencyRecord.created_at < int(time.time()) - KEPT_SECONDS
            session.execute(delete(IdempotencyRecord).where(old))

    @contextmanager
    def alone(self, program_id: int, key: str | None) -> Iterator[None]:
        """In this process, nobody else is at the same request. Raises a problem if somebody is."""
        if key is None:
            yield
            return
        name = (program_id, key)
        with self._lock:
            if name in self._under_way:
                raise busy()
            self._under_way.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(name)


def _claim(session: Session, program_id: int, key: str) -> None:
    """In other processes, nobody else is either. On SQLite the transaction has the only pen already."""
    if session.get_bind().dialect.name != "postgresql":
        return
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": _number(program_id, key)}):
        raise busy()


def claimed(connection: Connection, keys: Sequence[tuple[int, str]]) -> list[bool]:
    """Whether each of these requests, by program and key, is nobody else's and not answered yet.

    In the transaction that does and answers them: until it ends, no other process can.
    """
    if not keys:
        return []
    mine = [True] * len(keys)
    if connection.dialect.name == "postgresql":
        numbers = [_number(*key) for key in keys]
        mine = [bool(row[0]) for row in connection.execute(_CLAIM_ALL, {"numbers": numbers})]
    records = table(IdempotencyRecord).c
    known = connection.execute(
        select(records.program_id, records.key).where(tuple_(records.program_id, records.key).in_(keys))
    )
    answered = {(row.program_id, row.key) for row in known}
    return [is_mine and key not in answered for is_mine, key in zip(mine, keys, strict=True)]


def _number(program_id: int, key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{program_id} {key}".encode()).digest()[:8], signed=True)


#: In the order of the numbers.
_CLAIM_ALL = text(
    "SELECT pg_try_advisory_xact_lock(asked.number) FROM unnest(CAST(:numbers AS bigint[])) WITH ORDINALITY "
    "AS asked(number, place) ORDER BY asked.place"
)


def _known(session: Session, program_id: int, key: str, fingerprint: str) -> Answer | None:
    found = session.get(IdempotencyRecord, (program_id, key))
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise problem(
            "idempotency-key-reused",
            "The key {key} was sent with another request. Choose a new key for each thing to be done.",
            key=key,
        )
    return Answer(found.status, found.body, replayed=True)


def busy() -> Problem:
    """What the second of two callers is told who ask for the same at once."""
    return problem(
        "idempotency-key-busy", "The same request is being answered. Send it again in a moment for its answer."
    )
