"""Who may have the service spend gas and time on them: nobody for ever on what fails, nobody at the cost of others.

An action that its block reverts has cost gas for nothing. The one that it was for (an invoice, a payer, a member, an
address on the network) is struck: once or a few times for free, as two may meet by chance; then after pauses that grow;
in the end not before the next day. What is under way is bounded as well, and so are simulations, which cost the node.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Text,
    bindparam,
    case,
    cast,
    delete,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fec.i18n.errors import ContractError
from fec.relayer import GasTooHigh
from fec.service.http.callers import current_caller
from fec.service.http.problems import Problem, later
from fec.service.models import Action, Strikes
from fec.service.settings import CallerLimits
from fec.store import writer

_MINUTE = 60


def subject(kind: str, name: object) -> str:
    """Whom strikes are counted for: of a person's address on the network, only a hash is kept."""
    text = f"{kind} {name}"
    return f"{kind} {hashlib.sha256(text.encode()).hexdigest()[:32]}" if kind == CALLER else text


CALLER = "caller"


def subjects(*named: tuple[str, object]) -> list[str]:
    """Whom an action is for, the caller among them; always in one order, in which they are locked."""
    caller = current_caller.get()
    return sorted({subject(*one) for one in named} | ({subject(CALLER, caller)} if caller else set()))


def asked_from(whom: Sequence[str]) -> ColumnElement[bool]:
    """Whether an action was asked for from the address on the network that is among these."""
    callers = [name for name in whom if name.startswith(f"{CALLER} ")]
    return or_(false(), *(cast(Action.subjects, Text).contains(name) for name in callers))


class Guard:
    """Counts failures in the database, and what is simulated now in this process."""

    def __init__(self, engine: Engine, limits: CallerLimits) -> None:
        """Takes the database, and how much is put up with."""
        self._engine = engine
        self._writer = writer(engine)
        self._limits = limits
        self._lock = threading.Lock()
        self._simulating: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._minute = 0
        self._listening: Counter[str] = Counter()

    # ------------------------------------------------------------- simulations

    @contextmanager
    def simulating(self, whom: Sequence[str] = (), program_id: int | None = None) -> Iterator[None]:
        """Around a simulation. Raises a problem if it is not this one's turn.

        `whom` is for whom anybody can ask for it, who are counted by their address on the network. Without it, the
        program's merchant asks with a key, and is counted, wherever the requests come from. What the service does by
        itself is not counted.
        """
        with self._engine.connect() as connection:
            self.check(connection, whom)
        limits, caller = self._limits, current_caller.get()
        if whom or not caller:
            with self.turn():
                yield
        else:
            with self._counted(f"program {program_id}", limits.simulations_of_merchant, limits.refused_of_merchant):
                yield

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Around a simulation for the caller of this request. Raises a problem if it is not the caller's turn."""
        with self._counted(current_caller.get(), self._limits.simulations, self._limits.refused_a_minute):
            yield

    @contextmanager
    def _counted(self, caller: str, most: int, refused: int) -> Iterator[None]:
        if caller:
            self._enter(caller, most, refused)
        try:
            yield
        except (ContractError, GasTooHigh):
            with self._lock:
                self._refused[caller] += 1
            raise
        finally:
            if caller:
                self._leave(caller)

    def _enter(self, caller: str, most: int, refused: int) -> None:
        with self._lock:
            now = int(time.time())
            if now // _MINUTE != self._minute:
                self._minute = now // _MINUTE
                self._refused.clear()
            if self._simulating[caller] >= most:
                raise _too_soon(1)
            if self._refused[caller] >= refused:
                raise _too_soon(_MINUTE - now % _MINUTE)
            self._simulating[caller] += 1

    def _leave(self, caller: str) -> None:
        with self._lock:
            self._simulating[caller] -= 1
            if not self._simulating[caller]:
                del self._simulating[caller]

    # ----------------------------------------------------------------- streams

    def check_streams(self, caller: str) -> None:
        """Raises a problem if a caller listens to as many streams as one may."""
        if self._listening[caller] >= self._limits.streams:
            raise _too_soon(self._limits.block_seconds)

    def listens(self, caller: str) -> None:
        """Notes that a caller listens to a stream."""
        with self._lock:
            self._listening[caller] += 1

    def left(self, caller: str) -> None:
        """Notes that a caller listens to it no more."""
        with self._lock:
            self._listening[caller] -= 1
            if not self._listening[caller]:
                del self._listening[caller]

    # ----------------------------------------------------------------- strikes

    def check(self, connection: Connection, whom: Sequence[str]) -> None:
        """Raises a problem if one of these has to wait."""
        now = int(time.time())
        found = connection.execute(select(Strikes.__table__).where(Strikes.subject.in_(whom))).all()
        until = max((row.until for row in found), default=0)
        if until > now:
            raise _struck(until - now)
        if any(row.open >= self._limits.at_once(row.subject) for row in found):
            raise _too_soon(self._limits.block_seconds)

    def begun(self, session: Session, action: Action) -> None:
        """Notes that an action is under way, in the transaction that keeps it."""
        self.begun_all(session.connection(), [action.subjects])

    def begun_all(self, connection: Connection, subjects: Iterable[Sequence[str]]) -> None:
        """The same for many actions, by the subjects of each."""
        counts = Counter(name for each in subjects for name in each)
        if counts:
            # Always in one order, in which they are locked.
            rows = [{**_NEW, "subject": name, "open": count} for name, count in sorted(counts.items())]
            connection.execute(_BEGUN[connection.dialect.name], rows)

    def ended_all(self, session: Session, ended: Sequence[tuple[Sequence[str], bool]]) -> None:
        """Notes that actions are over, in the transaction that says so: of each, its subjects, and whether gas was
        spent for nothing.
        """
        open_less: Counter[str] = Counter(name for whom, _ in ended for name in whom)
        wasted: Counter[str] = Counter(name for whom, was_wasted in ended if was_wasted for name in whom)
        rows = [{"whom": name, "less": count} for name, count in sorted(open_less.items())]
        if rows:
            session.connection().execute(_ENDED, rows)
        now = int(time.time())
        for row in _rows(session, sorted(wasted)):
            fresh = now - row.failed_at > self._limits.forgets_after
            row.failures = wasted[row.subject] + (0 if fresh else row.failures)
            row.failed_at = now
            row.until = now + self._limits.pause(row.subject, row.failures)
        session.flush()

    def forget_old(self) -> None:
        """Forgets failures of long ago."""
        old = Strikes.failed_at < int(time.time()) - self._limits.forgets_after
        with Session(self._writer) as session, session.begin():
            session.execute(delete(Strikes).where(old, Strikes.open == 0))


def _begun(upsert: Any) -> Any:
    return upsert.on_conflict_do_update(
        index_elements=["subject"], set_={"open": Strikes.__table__.c.open + upsert.excluded.open}
    )


_NEW = {"failures": 0, "failed_at": 0, "until": 0}
_ENDED = (
    update(Strikes.__table__)  # type: ignore[arg-type] # a table
    .where(Strikes.subject == bindparam("whom"))
    .values(open=case((Strikes.open > bindparam("less"), Strikes.open - bindparam("less")), else_=0))
)
_BEGUN = {"sqlite": _begun(sqlite.insert(Strikes)), "postgresql": _begun(postgresql.insert(Strikes))}


def _rows(session: Session, whom: Any) -> Iterator[Strikes]:
    upsert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for name in whom:
        row = {"subject": name, "open": 0, "failures": 0, "failed_at": 0, "until": 0}
        session.execute(upsert(Strikes).values(row).on_conflict_do_nothing())
        yield session.get_one(Strikes, name, with_for_update=True, populate_existing=True)
    session.flush()


def _too_soon(seconds: int) -> Problem:
    sentence = "Too much is being tried for you at once. Wait {seconds} s, and try again."
    return later("too-many-at-once", seconds, sentence, seconds=seconds)


def _struck(seconds: int) -> Problem:
    return later(
        "failed-too-often",
        seconds,
        "What was sent for you has failed in its block, and cost gas for nothing. Ask again in {seconds:duration}, or "
        "send it from a wallet that pays for gas itself.",
        seconds=seconds,
    )
