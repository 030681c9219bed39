"""The one way to ask something of the chain: simulate it, keep it with its event, answer, and hand it over.

asking.ask(
    ActionRequest("refund", program_id, key, fingerprint),
    lambda: Wanted(calls.refund(order_key, amount), schemas.RefundDetails(…)),
    lambda _, action: schemas.Refund.of(action),
)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fec.i18n.errors import ContractError
from fec.protocol.calls import ContractCall
from fec.service.actions import schemas
from fec.service.actions.events import Change
from fec.service.actions.idempotency import Answer, Effect, Idempotency, busy
from fec.service.actions.outbox import Outbox
from fec.service.http.problems import Problem
from fec.service.http.schemas import Model
from fec.service.models import Action, Invoice

_ACCEPTED = 202


@dataclass(frozen=True)
class ActionRequest:
    """What kind of action is asked for, in which program, under which Idempotency-Key, and by which request."""

    kind: str
    program_id: int
    key: str | None = None
    fingerprint: str = ""
    whom: Sequence[str] = ()
    """Who answers for it if it fails, by `guard.subjects`; nobody, if its merchant asks."""


@dataclass(frozen=True)
class Wanted:
    """What is to be sent, and what readers are told of it."""

    call: ContractCall
    details: schemas.Details


class Add(Protocol):
    """Adds the action to the outbox, in the transaction that is under way; see `Outbox.add`."""

    def __call__(
        self, *, invoice: Invoice | None = None, digest: str | None = None, request_key: str | None = None
    ) -> Action:
        """Gives the action."""


Prepare = Callable[[], Wanted]
Known = Callable[[Session], Action | None]
Keep = Callable[[Session, Add], Action]
Body = Callable[[Session, Action], Model]


class Asking:
    """Asks the chain for one database's requests."""

    def __init__(self, engine: Engine, outbox: Outbox, idempotency: Idempotency) -> None:
        """Takes the database, what sends, and what answers a request that is sent again."""
        self._engine = engine
        self._outbox = outbox
        self._idempotency = idempotency

    def ask(
        self,
        asked: ActionRequest,
        prepare: Prepare,
        body: Body,
        *,
        keep: Keep | None = None,
        known: Known | None = None,
    ) -> Answer:
        """Asks once, and gives the answer: the action's `body`, with the status 202.

        `prepare` says what is wanted, and may raise problems. `known` finds the action of an earlier request that was
        the same and has not failed: then that one is the answer. `keep` runs in the transaction that adds the action,
        to lock and to write what belongs to it; it may give an action that is there already instead. Raises problems,
        and what `Outbox.simulate` raises; what `keep` writes may raise an IntegrityError.
        """
        once = _Once(self._engine, self._outbox, asked, prepare, body, keep, known)
        try:
            answer = self._idempotency.do(asked.program_id, asked.key, asked.fingerprint, once.simulate, once.commit)
        except (Problem, ContractError, IntegrityError) as error:
            return once.answer_after(error)
        once.push()
        return answer


@dataclass
class _Once:
    """One asking, step by step: look for an earlier one, simulate, commit, push."""

    engine: Engine
    outbox: Outbox
    asked: ActionRequest
    prepare: Prepare
    body: Body
    keep: Keep | None
    known: Known | None
    added: tuple[int, int, ContractCall] | None = None
    """Number of the action that this one has added, the gas that it was simulated to take, and its call."""

    def simulate(self) -> tuple[Wanted, int] | None:
        """What is wanted and the gas that it takes; None where an earlier request has the answer."""
        if self._earlier() is not None:
            return None
        wanted = self.prepare()
        return wanted, self.outbox.simulate(wanted.call, self.asked.program_id, self.asked.whom)

    def commit(self, session: Session, simulated: tuple[Wanted, int] | None) -> Effect:
        """Adds the action and its event. It may run again, after what an earlier run has added was taken back."""
        self.added = None
        if simulated is None:
            return Effect(self._known_answer(session))
        wanted, gas = simulated
        added: list[Action] = []
        add = self._adding(session, wanted, added)
        action = add() if self.keep is None else self.keep(session, add)
        answer = self._answer(session, action)
        if not added:
            return Effect(answer)
        self.added = action.number, gas, wanted.call
        kind = f"{self.asked.kind}.requested"
        return Effect(answer, [Change(self.asked.program_id, action.invoice_number, kind, schemas.body(action))])

    def push(self) -> None:
        """Has what was added sent without waiting for the outbox's next round."""
        if self.added is not None:
            self.outbox.push_soon(*self.added)

    def answer_after(self, error: Exception) -> Answer:
        """The answer of the same request, if it was sent twice at once and the other one came first. Raises `error`."""
        if isinstance(error, Problem) and error.kind == "idempotency-key-reused":
            raise error
        found = self._earlier()
        if found is not None:
            return found
        if self.known is not None and isinstance(error, IntegrityError):
            raise busy() from error
        raise error

    def _earlier(self) -> Answer | None:
        if self.known is None:
            return None
        with Session(self.engine) as session:
            action = self.known(session)
            return None if action is None else self._answer(session, action)

    def _known_answer(self, session: Session) -> Answer:
        action = None if self.known is None else self.known(session)
        if action is None:
            # It has failed between two looks.
            raise busy()
        return self._answer(session, action)

    def _answer(self, session: Session, action: Action) -> Answer:
        return Answer(_ACCEPTED, self.body(session, action).dump())

    def _adding(self, session: Session, wanted: Wanted, added: list[Action]) -> Add:
        """Adds the action, and notes that it did."""

        def add(*, invoice: Invoice | None = None, digest: str | None = None, request_key: str | None = None) -> Action:
            action = self.outbox.add(
                session,
                self.asked.kind,
                wanted.call,
                program_id=self.asked.program_id,
                details=wanted.details.dump(),
                invoice=invoice,
                digest=digest,
                request_key=request_key,
                whom=self.asked.whom,
            )
            added.append(action)
            return action

        return add
