"""How a program takes sales that were paid elsewhere: its settings, and what its currencies are worth."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fec.core.amounts import exact_fec
from fec.i18n.parsing import parse_fec
from fec.service.access.auth import Manager, Reader
from fec.service.context import Served
from fec.service.http.problems import declared, problem
from fec.service.sales import schemas
from fec.service.sales.book import program_of
from fec.service.sales.lookup import file_settlements, settles_at
from fec.service.sales.models import Grouping, SaleProgram, SaleRate
from fec.service.sales.money import exact_money, parse_money
from fec.service.sales.recording import Done, log
from fec.store import writer

router = APIRouter(prefix="/v1/sales", tags=["sales"])


@router.get("/settings", responses=declared(401, 403, 409))
def settings(service: Served, caller: Reader) -> schemas.SaleProgram:
    """Show how the program takes sales that were paid elsewhere, and what is lacking to settle them."""
    now = service.client.now()
    with Session(service.engine) as session:
        return _program(program_of(session, caller.program_id), now)


@router.post("/settings", responses=declared(401, 403))
def set_up(body: schemas.NewSaleProgram, service: Served, caller: Manager) -> schemas.SaleProgram:
    """Set how the program takes sales that were paid elsewhere from now on. Recorded sales stay as they are."""
    now = service.client.now()
    values: dict[str, Any] = {
        "currency": body.currency,
        "return_window": body.return_window,
        "period": body.period,
        "claim_window": body.claim_window,
        "group": Grouping(body.group),
        "day_bound": None if body.day_bound is None else parse_money(body.day_bound),
        "approval_above": None if body.approval_above is None else parse_money(body.approval_above),
    }
    with Session(writer(service.engine), expire_on_commit=False) as session, session.begin():
        # Whoever sets the program up knows what was settled by then.
        values["file_settlements"] = file_settlements(session, caller.program_id)
        found = session.get(SaleProgram, caller.program_id, with_for_update=True)
        if found is None:
            found = SaleProgram(program_id=caller.program_id, **values)
            session.add(found)
        else:
            for name, value in values.items():
                setattr(found, name, value)
        session.flush()
        done = Done(caller.program_id, caller.name, "settings", now)
        log(session.connection(), done, [None], **body.dump())
    return _program(found, now)


@router.get("/rates", responses=declared(401, 403))
def rates(service: Served, caller: Reader) -> schemas.RatePage:
    """List what the program's currencies were worth since when, the latest first; at most 1,000."""
    query = select(SaleRate).where(SaleRate.program_id == caller.program_id)
    with Session(service.engine) as session:
        found = session.scalars(query.order_by(SaleRate.since.desc(), SaleRate.currency).limit(1_000)).all()
    return schemas.RatePage(items=[_rate(one) for one in found])


@router.post("/rates", status_code=201, responses=declared(401, 403, 409))
def set_rate(body: schemas.NewRate, service: Served, caller: Manager) -> schemas.Rate:
    """Set what a unit of a currency is worth from a moment on. Sales that are recorded keep their rate."""
    now, rate = service.client.now(), parse_fec(body.rate)
    row = SaleRate(program_id=caller.program_id, currency=body.currency, since=body.since, rate=rate)
    try:
        with Session(writer(service.engine), expire_on_commit=False) as session, session.begin():
            program_of(session, caller.program_id)
            known = session.get(SaleRate, (caller.program_id, body.currency, body.since))
            if known is not None:
                return _same_rate(known, row)
            session.add(row)
            session.flush()
            done = Done(caller.program_id, caller.name, "rate", now)
            log(session.connection(), done, [None], **body.dump())
    except IntegrityError:
        # Somebody else was faster.
        with Session(service.engine) as session:
            return _same_rate(session.get_one(SaleRate, (caller.program_id, body.currency, body.since)), row)
    return _rate(row)


def _same_rate(known: SaleRate, asked: SaleRate) -> schemas.Rate:
    if known.rate != asked.rate:
        raise problem(
            "rate-known",
            "From {since:date} on a {currency} is {rate:fec} already. Set another rate from a later moment on.",
            since=known.since,
            currency=known.currency,
            rate=known.rate,
        )
    return _rate(known)


def _rate(row: SaleRate) -> schemas.Rate:
    return schemas.Rate(currency=row.currency, since=row.since, rate=exact_fec(row.rate))


def _program(found: SaleProgram, now: int) -> schemas.SaleProgram:
    return schemas.SaleProgram(
        currency=found.currency,
        return_window=found.return_window,
        period=found.period,
        claim_window=found.claim_window,
        group=Grouping(found.group),
        day_bound=None if found.day_bound is None else exact_money(found.day_bound),
        approval_above=None if found.approval_above is None else exact_money(found.approval_above),
        missing=None if found.missing is None else schemas.Missing.model_validate(found.missing),
        next_settlement=settles_at(found, now, now),
    )
