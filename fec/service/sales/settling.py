"""The job that settles sales: each period's due ones together, once, whatever crashes.

A batch is written with its action, in the transaction that takes its sales: from then on the outbox sends it. What has
become of it, the chain is asked: `Checkout.settlementOfRef`. Sales of a batch that failed are free again once nothing
can bring its transaction back; should it have been taken after all, the reference keeps the chain from taking it twice.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.i18n.errors import FECError, StateConflict
from fec.protocol import calls
from fec.relayer import RelayState
from fec.relayer.models import RelayTransaction
from fec.service.actions import events
from fec.service.actions.asking import ActionRequest, Add, Wanted
from fec.service.actions.events import Change
from fec.service.actions.schemas import Action as ActionModel
from fec.service.context import Service
from fec.service.http.problems import Problem
from fec.service.models import Action, ActionState
from fec.service.sales import schemas
from fec.service.sales.lookup import file_settlements, sale_model
from fec.service.sales.models import Sale, SaleBatch, SaleProgram, SaleReason, SaleState
from fec.service.sales.planning import Plan, due_sales, plan
from fec.service.sales.recording import Done, log, pieces
from fec.store import writer
from fec.store.base import table

SETTLEMENT = "settlement"
DONATION = "donation"
#: In the log of sales.
_SERVICE = "service"
_LAPSE_AT_ONCE = 1_000
#: Transfers to a cause that may fail, before somebody has to look.
_ATTEMPTS = 5

_SALES = table(Sale)
_TAKE = (
    update(_SALES)
    .where(_SALES.c.number == bindparam("which"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "state",
                "batch_number",
                "leaf",
                "leaf_principal",
                "burn_bps",
                "principal",
                "chain_spend",
                "own_spend",
            )
        }
    )
)
_FREE: dict[str, Any] = {
    "state": SaleState.PENDING,
    **dict.fromkeys(("batch_number", "leaf", "leaf_principal", "burn_bps", "principal", "chain_spend", "own_spend")),
}

logger = structlog.get_logger("fec.service")


class _Stale(Exception):
    """Somebody else has changed or taken some of the sales meanwhile; the next round sees them as they are."""


def work(service: Service) -> None:
    """One round: notes what has become of batches, gives to causes, lets codes lapse, and settles what is due.

    One program's trouble keeps no other waiting. Raises the first trouble in the end.
    """
    _lapse(service)
    with Session(service.engine, expire_on_commit=False) as session:
        numbers = session.scalars(select(SaleBatch.number).where(~SaleBatch.closed).order_by(SaleBatch.number)).all()
        programs = session.scalars(select(SaleProgram).order_by(SaleProgram.program_id)).all()
    trouble: FECError | Problem | None = None
    for number in numbers:
        try:
            _advance(service, number)
        except (FECError, Problem) as error:
            trouble = trouble or error
    for program in programs:
        try:
            _settle(service, program)
        except (FECError, Problem) as error:
            trouble = trouble or error
    if isinstance(trouble, FECError):
        raise trouble
    if trouble is not None:
        logger.warning("sales not settled", reason=trouble.detail)


# ----------------------------------------------------------------- settlement


def _settle(service: Service, program: SaleProgram) -> None:
    """Asks for the next batch of a program's sales; for none while one is on its way."""
    with Session(service.engine) as session:
        underway = (SaleBatch.program_id == program.program_id, ~SaleBatch.closed, SaleBatch.settlement_id.is_(None))
        if session.scalar(select(SaleBatch.number).where(*underway).limit(1)) is not None:
            return
        due = due_sales(session, program, service.client.now())
        beside = file_settlements(session, program.program_id) > program.file_settlements
    if due and beside:
        # Some of them may be settled already: somebody has to look, and to say so by the program's settings.
        missing = {"what": "file", "needed": 0, "available": 0, "sales": len(due)}
        _tell_missing(service, program, Plan(program.program_id, missing=missing))
        return
    found = plan(service, program, due) if due else Plan(program.program_id)
    if found is None:
        return
    _refuse(service, found)
    _tell_missing(service, program, found)
    if found.leaves:
        _ask(service, found)


def _ask(service: Service, found: Plan) -> None:
    ref = found.ref
    details = schemas.SettlementDetails(
        ref=ref, sales=len(found.shares), leaves=len(found.leaves), total=exact_fec(found.total)
    )
    wanted = Wanted(calls.settle_sales(found.program_id, found.leaves, ref), details)
    with suppress(_Stale):
        if service.client.settlements.of_ref(found.program_id, ref) is not None:
            _recover(service, found, wanted)
            return
        try:
            service.asking.ask(
                ActionRequest(SETTLEMENT, found.program_id),
                lambda: wanted,
                lambda _, action: ActionModel.of(action),
                keep=lambda session, add: _keep(session, found, add),
            )
        except StateConflict:
            # Another instance's may have come into a block just now: then the next round sees it.
            if service.client.settlements.of_ref(found.program_id, ref) is None:
                raise


def _recover(service: Service, found: Plan, wanted: Wanted) -> None:
    """Keeps a batch that the chain has already, though this database does not know it: it is an older copy."""
    with Session(writer(service.engine)) as session, session.begin():

        def add(**_: Any) -> Action:
            action = service.outbox.add(
                session, SETTLEMENT, wanted.call, program_id=found.program_id, details=wanted.details.dump()
            )
            action.state = ActionState.DONE
            return action

        _keep(session, found, add)


def _keep(session: Session, found: Plan, add: Add) -> Action:
    """Takes the sales of a plan, and writes its batch with the action. Raises _Stale."""
    # Whoever settles this program's sales waits here.
    session.get_one(SaleProgram, found.program_id, with_for_update=True)
    _check_unchanged(session, found)
    action = add()
    batch = SaleBatch(
        program_id=found.program_id,
        ref=found.ref,
        leaves=len(found.leaves),
        total=found.total,
        donations={cause: str(amount) for cause, amount in sorted(found.donations.items())},
        action_number=action.number,
        closed=False,
        created_at=int(time.time()),
    )
    session.add(batch)
    session.flush()
    session.connection().execute(_TAKE, [_taken(share, batch, found) for share in found.shares])
    done = Done(found.program_id, _SERVICE, "batched", batch.created_at)
    log(session.connection(), done, [share.sale.number for share in found.shares], ref=found.ref)
    return action


def _taken(share: Any, batch: SaleBatch, found: Plan) -> dict[str, Any]:
    return {
        "which": share.sale.number,
        "new_state": SaleState.BATCHED,
        "new_batch_number": batch.number,
        "new_leaf": share.leaf,
        "new_leaf_principal": found.leaves[share.leaf].principal,
        "new_burn_bps": share.burn_bps,
        "new_principal": share.principal,
        "new_chain_spend": share.chain_spend,
        "new_own_spend": share.own_spend,
    }


def _check_unchanged(session: Session, found: Plan) -> None:
    """Locks the sales of a plan. Raises _Stale unless they are as they were."""
    for some in pieces(found.shares):
        seen = {share.sale.number: (share.sale.value, share.sale.owner) for share in some}
        query = select(_SALES.c.number, _SALES.c.value, _SALES.c.owner).where(
            _SALES.c.number.in_(seen), _SALES.c.state == SaleState.PENDING
        )
        rows = session.execute(query.order_by(_SALES.c.number).with_for_update())
        if {row.number: (row.value, row.owner) for row in rows} != seen:
            raise _Stale


def _refuse(service: Service, found: Plan) -> None:
    """Notes sales that will not be settled: what they were for was paid on the chain, or is too small."""
    for reason, sales in ((SaleReason.ORDER_PAID, found.paid), (SaleReason.TOO_SMALL, found.too_small)):
        if not sales:
            continue
        numbers = [sale.number for sale in sales]
        with Session(writer(service.engine)) as session, session.begin():
            mine = Sale.number.in_(numbers), Sale.state == SaleState.PENDING
            changed = session.scalars(select(Sale).where(*mine).order_by(Sale.number).with_for_update()).all()
            for sale in changed:
                sale.state, sale.reason = SaleState.REFUSED, reason
            session.flush()
            done = Done(found.program_id, _SERVICE, "refused", int(time.time()))
            log(session.connection(), done, [sale.number for sale in changed], reason=reason.value)
            _record(service, session, changed, "sale.refused", None)


def _tell_missing(service: Service, program: SaleProgram, found: Plan) -> None:
    """Notes what is lacking to settle all that is due, and says so when that changes."""
    missing = found.missing and {
        **found.missing,
        **{name: exact_fec(max(0, found.missing[name])) for name in ("needed", "available")},
    }
    if missing == program.missing:
        return
    with Session(writer(service.engine)) as session, session.begin():
        session.execute(update(SaleProgram).where(SaleProgram.program_id == program.program_id).values(missing=missing))
        if missing is not None and (program.missing is None or program.missing["what"] != missing["what"]):
            events.record(session, [Change(program.program_id, None, "settlement.short", missing)])
            logger.warning("sales cannot be settled", program=program.program_id, **missing)


# -------------------------------------------------------------------- what became of it


def _advance(service: Service, number: int) -> None:
    """Notes what has become of a batch, as the chain has it."""
    with Session(service.engine) as session:
        batch = session.get_one(SaleBatch, number)
        action = session.get_one(Action, batch.action_number)
        relayed = None if action.relay_id is None else session.get_one(RelayTransaction, action.relay_id)
        program_id, ref, known = batch.program_id, batch.ref, batch.settlement_id
    if action.state not in (ActionState.DONE, ActionState.FAILED):
        return
    settlement_id = service.client.settlements.of_ref(program_id, ref)
    # What was refused before it was sent, or lost its nonce, never comes back.
    final = relayed is None or relayed.state in (RelayState.FINAL, RelayState.DISPLACED)
    if settlement_id != known:
        _note(service, number, settlement_id)
    if settlement_id is not None and final:
        _donate(service, number)
    elif settlement_id is None and final and action.state == ActionState.FAILED:
        _release(service, number)


def _note(service: Service, number: int, settlement_id: int | None) -> None:
    """Notes which settlement a batch is; None if a reorganisation has taken it back."""
    with Session(writer(service.engine)) as session, session.begin():
        batch = session.get_one(SaleBatch, number, with_for_update=True)
        if batch.settlement_id == settlement_id or batch.closed:
            return
        batch.settlement_id = settlement_id
        state = SaleState.BATCHED if settlement_id is None else SaleState.SETTLED
        sales = session.scalars(select(Sale).where(Sale.batch_number == number).order_by(Sale.number)).all()
        session.execute(
            update(Sale).where(Sale.batch_number == number).values(state=state),
            execution_options={"synchronize_session": "fetch"},
        )
        session.flush()
        what = "reorganised" if settlement_id is None else "settled"
        done = Done(batch.program_id, _SERVICE, what, int(time.time()))
        told = {} if settlement_id is None else {"settlementId": str(settlement_id)}
        log(session.connection(), done, [sale.number for sale in sales], **told)
        _record(service, session, sales, f"sale.{what}", batch)


def _release(service: Service, number: int) -> None:
    """Frees the sales of a batch that has failed for good."""
    with Session(writer(service.engine)) as session, session.begin():
        batch = session.get_one(SaleBatch, number, with_for_update=True)
        if batch.closed:
            return
        batch.closed = True
        numbers = session.scalars(select(Sale.number).where(Sale.batch_number == number)).all()
        session.execute(
            update(_SALES).where(_SALES.c.batch_number == number).values(_FREE),
        )
        done = Done(batch.program_id, _SERVICE, "released", int(time.time()))
        log(session.connection(), done, numbers, ref=batch.ref)


def _record(service: Service, session: Session, sales: Sequence[Sale], kind: str, batch: SaleBatch | None) -> None:
    told = [Change(sale.program_id, None, kind, sale_model(service, sale, batch, codes=False).dump()) for sale in sales]
    events.record(session, told)


# ------------------------------------------------------------------ donations


def _donate(service: Service, number: int) -> None:
    """Gives each cause of a batch its share, in one transfer; closes the batch once all have it.

    Not before nothing can take the settlement back: what was given cannot be taken back either.
    """
    with Session(service.engine) as session:
        batch = session.get_one(SaleBatch, number)
        donations, ref, program_id = dict(batch.donations), batch.ref, batch.program_id
    done = [_given(service, program_id, ref, cause, int(amount)) for cause, amount in donations.items()]
    if all(done):
        with Session(writer(service.engine)) as session, session.begin():
            session.execute(update(SaleBatch).where(SaleBatch.number == number).values(closed=True))


def _given(service: Service, program_id: int, ref: str, cause: str, amount: int) -> bool:
    """Whether a cause has its share of a batch; asks for the transfer if nobody has."""
    keys = [f"{DONATION} {ref} {cause} {attempt}" for attempt in range(_ATTEMPTS)]
    with Session(service.engine) as session:
        found = {
            action.request_key: action for action in session.scalars(select(Action).where(Action.request_key.in_(keys)))
        }
        for key in keys:
            action = found.get(key)
            if action is None:
                break
            if action.state == ActionState.DONE:
                return True
            if action.state != ActionState.FAILED or not _is_final(session, action):
                return False
        else:
            return True
    details = schemas.DonationDetails(ref=ref, cause=cause, amount=exact_fec(amount))
    wanted = Wanted(calls.transfer(cause, amount), details)

    def keep(_: Session, add: Add) -> Action:
        return add(request_key=key)

    def known(session: Session) -> Action | None:
        # Of two instances at once one has asked, and the other one finds it.
        return session.scalars(select(Action).where(Action.request_key == key)).one_or_none()

    asked = ActionRequest(DONATION, program_id)
    service.asking.ask(asked, lambda: wanted, lambda _, action: ActionModel.of(action), keep=keep, known=known)
    return False


def _is_final(session: Session, action: Action) -> bool:
    relayed = None if action.relay_id is None else session.get_one(RelayTransaction, action.relay_id)
    return relayed is None or relayed.state in (RelayState.FINAL, RelayState.DISPLACED)


# --------------------------------------------------------------------- lapsing


def _lapse(service: Service) -> None:
    """Lets sales go whose claim code has ended before anybody used it."""
    now = service.client.now()
    over = (
        Sale.owner.is_(None),
        Sale.state.in_((SaleState.HELD, SaleState.PENDING)),
        Sale.code_ends_at < now,
    )
    with Session(service.engine) as session:
        if session.scalar(select(Sale.number).where(*over).limit(1)) is None:
            return
    with Session(writer(service.engine)) as session, session.begin():
        found = session.scalars(
            select(Sale).where(*over).order_by(Sale.number).limit(_LAPSE_AT_ONCE).with_for_update()
        ).all()
        for sale in found:
            sale.state = SaleState.LAPSED
        session.flush()
        by_program: dict[int, list[int]] = {}
        for sale in found:
            by_program.setdefault(sale.program_id, []).append(sale.number)
        for program_id, numbers in by_program.items():
            log(session.connection(), Done(program_id, _SERVICE, "lapsed", now), numbers)
        _record(service, session, found, "sale.lapsed", None)
