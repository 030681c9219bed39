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
        new: list[tuple[int, int, ContractCall]] = []

        def earlier() -> Answer | None:
            if known is None:
                return None
            with Session(self._engine) as session:
                action = known(session)
                return None if action is None else Answer(_ACCEPTED, body(session, action).dump())

        def simulate() -> tuple[Wanted, int] | None:
            if earlier() is not None:
                return None
            wanted = prepare()
            return wanted, self._outbox.simulate(wanted.call, asked.program_id, asked.whom)

        def commit(session: Session, simulated: tuple[Wanted, int] | None) -> Effect:
            # It may run again, after what an earlier run has added was taken back.
            new.clear()
            if simulated is None:
                action = None if known is None else known(session)
                if action is None:
                    # It has failed between two looks.
                    raise busy()
                return Effect(Answer(_ACCEPTED, body(session, action).dump()))
            wanted, gas = simulated
            added: list[Action] = []

            def add(
                *, invoice: Invoice | None = None, digest: str | None = None, request_key: str | None = None
            ) -> Action:
                added.append(
                    self._outbox.add(
                        session,
                        asked.kind,
                        wanted.call,
                        program_id=asked.program_id,
                        details=wanted.details.dump(),
                        invoice=invoice,
                        digest=digest,
                        request_key=request_key,
                        whom=asked.whom,
                    )
                )
                return added[0]

            action = add() if keep is None else keep(session, add)
            answer = Answer(_ACCEPTED, body(session, action).dump())
            if not added:
                return Effect(answer)
            new[:] = [(action.number, gas, wanted.call)]
            requested = Change(asked.program_id, action.invoice_number, f"{asked.kind}.requested", schemas.body(action))
            return Effect(answer, [requested])

        try:
            answer = self._idempotency.do(asked.program_id, asked.key, asked.fingerprint, simulate, commit)
        except (Problem, ContractError, IntegrityError) as error:
            if isinstance(error, Problem) and error.kind == "idempotency-key-reused":
                raise
            # The same may have been sent twice at once: then there is one answer.
            found = earlier()
            if found is not None:
                return found
            if known is not None and isinstance(error, IntegrityError):
                raise busy() from error
            raise
        for number, gas, call in new:
            self._outbox.push_soon(number, gas, call)
        return answer
