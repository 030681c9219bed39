"""Payments: many simulated in one JSON-RPC batch, kept and signed in one transaction, answered, then sent in one.

While a transaction of ours waits for a block, they are kept alone, and are sent with those that come meanwhile.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from fec.i18n.errors import InsufficientGasCoin
from fec.protocol import calls
from fec.protocol.calls import ContractCall
from fec.protocol.orders import Authorization
from fec.protocol.signing import of_key
from fec.relayer import BudgetSpent, FeesTooHigh
from fec.relayer.endpoint import Outlook
from fec.relayer.transactions import Stored
from fec.service.actions import events
from fec.service.actions import schemas as action_schemas
from fec.service.actions.batches import LEASE_SECONDS, Due
from fec.service.actions.bounds import PLAIN, PLAIN_STEPS
from fec.service.actions.events import Change
from fec.service.actions.guard import subject, subjects
from fec.service.actions.idempotency import Answer
from fec.service.actions.outbox import plain
from fec.service.context import Service
from fec.service.gathering.request import Plain
from fec.service.http.callers import current_caller
from fec.service.models import Action, ActionState, Invoice, InvoiceStatus, Strikes
from fec.service.orders import schemas
from fec.service.orders.lookup import MAY_SUCCEED, PAYMENT, SPEND, digest_of, order_of
from fec.store import writing
from fec.store.base import table

_INVOICES, _ACTIONS = table(Invoice), table(Action)
_ADD = insert(_ACTIONS)


@dataclass(frozen=True)
class Asked:
    """A payment that is asked for."""

    invoice_id: str
    body: schemas.NewPayment
    digest: str
    whom: Sequence[str]
    """Who answers for it besides its invoice."""
    caller: str


@dataclass(frozen=True)
class Ready:
    """A payment by a key, to an account without code, of an invoice that can be paid."""

    place: int
    asked: Asked
    invoice: Row[Any]
    call: ContractCall
    whom: list[str]
    gas: int = PLAIN
    """What it may use among others in one transaction."""


async def create(service: Service, request: Plain) -> Answer | None:
    """Sends a payment that its payer has signed; None if it is not plain."""
    body = schemas.NewPayment.model_validate_json(request.body)
    caller = current_caller.get()
    asked = Asked(
        request.invoice_id, body, digest_of(request.invoice_id, body), subjects(("payer", body.payer)), caller
    )
    with service.guard.turn():
        return await service.gatherer("payments", pay_all, _caller).ask(asked)


def _caller(asked: Asked) -> str:
    return asked.caller


def pay_all(service: Service, asked: Sequence[Asked]) -> list[Answer | None]:
    """Takes each payment on that is plain; None where something needs a closer look.

    Raises RPCUnreachable, RPCFailed.
    """
    customers = sorted({one.body.customer for one in asked})
    together = service.relayer.together
    outlook, codes = together.outlook([("eth_getCode", [customer, "latest"]) for customer in customers])
    without_code = {customer for customer, code in zip(customers, codes, strict=True) if code == "0x"}
    with service.engine.connect() as connection:
        found = list(_plain(service, connection, asked, outlook.time))
    some = [one for one in found if one.asked.body.customer in without_code]
    try:
        wanted = _simulated(service, some, outlook)
        answers, stored, waiting = _keep(service, wanted, outlook) if wanted else ({}, [], [])
    except (BudgetSpent, FeesTooHigh, InsufficientGasCoin):
        if len(asked) > 1:
            # There may be enough for some of them.
            raise
        return [None]
    if stored:
        together.taken(stored)
        service.sending.submit(service.outbox.batches.broadcast, stored)
    if waiting:
        service.outbox.batches.add(waiting)
    return [answers.get(place) for place in range(len(asked))]


def _plain(service: Service, connection: Connection, asked: Sequence[Asked], now: int) -> Iterator[Ready]:
    """Those payments whose invoice, payer and signature leave nothing to ask."""
    query = select(_INVOICES).where(_INVOICES.c.id.in_({one.invoice_id for one in asked}))
    invoices = {row.id: row for row in connection.execute(query)}
    whom = {row.id: subject("invoice", row.number) for row in invoices.values()}
    held = _held(service, connection, {*whom.values(), *(name for one in asked for name in one.whom)})
    for place, one in enumerate(asked):
        invoice, body = invoices.get(one.invoice_id), one.body
        if invoice is None:
            continue
        names = sorted([whom[invoice.id], *one.whom])
        if (
            invoice.status != InvoiceStatus.OPEN
            or now > invoice.expiry
            or invoice.amount < service.settings.min_payment
            or not held.isdisjoint(names)
        ):
            continue
        order = order_of(invoice, body.customer, body.min_principal, body.cause)
        message = service.client.orders.authorization_message(order, body.payer, body.valid_after, body.valid_before)
        signature = of_key(body.payer, message.hash, body.signature)
        if signature is None:
            continue
        call = calls.pay_with_authorization(
            order, Authorization(body.payer, body.valid_after, body.valid_before, signature)
        )
        yield Ready(place, one, invoice, call, names)


def _simulated(service: Service, some: Sequence[Ready], outlook: Outlook) -> list[Ready]:
    """Those that would do, each with the least gas of a few that is enough."""
    checkout, left, fine = service.client.orders.address, list(some), []
    for limit, gas in PLAIN_STEPS:
        told = service.relayer.together.simulate_all([(checkout, one.call.data) for one in left], limit, outlook)
        fine += [replace(one, gas=gas) for one, is_fine in zip(left, told, strict=True) if is_fine]
        left = [one for one, is_fine in zip(left, told, strict=True) if not is_fine]
    return sorted(fine, key=attrgetter("place"))


def _held(service: Service, connection: Connection, whom: set[str]) -> set[str]:
    """Of those who answer for payments, those who have to wait, or may."""
    query = select(Strikes.subject, Strikes.open, Strikes.until).where(Strikes.subject.in_(whom))
    now, limits = int(time.time()), service.settings.caller_limits
    return {
        row.subject for row in connection.execute(query) if row.until > now or row.open >= limits.at_once(row.subject)
    }


def _keep(
    service: Service, wanted: Sequence[Ready], outlook: Outlook
) -> tuple[dict[int, Answer], list[Stored], list[Due]]:
    """Keeps payments with their events, and signs what makes them, unless it is to wait for more: all or nothing.

    Gives the answers, by place, what is to be sent, and what waits.
    """
    together, batches = service.relayer.together, service.outbox.batches
    is_free = together.is_free(outlook.means.used)
    with writing(service.engine) as connection:
        # In this order, as all who lock more than one: the key, invoices, those who answer for it, the events.
        if is_free:
            together.lock(connection, outlook)
        attempts = _payable(connection, [one.invoice.number for one in wanted])
        taken: dict[int, Ready] = {}
        for one in wanted:
            if one.invoice.number in attempts:
                taken.setdefault(one.invoice.number, one)
        if not taken:
            return {}, [], []
        dues = [_due(one, attempts[number]) for number, one in taken.items()]
        stored: list[Stored] = []
        where: dict[str, tuple[int, int | None]] = {}
        if is_free:
            packed = batches.packed(dues, outlook)
            stored = together.take_all(connection, [one.request for one in packed], outlook)
            for one_of_them, kept in zip(packed, stored, strict=True):
                where |= {due.request_key: (kept.id, place) for due, place in one_of_them.places()}
        else:
            together.check(connection, [batches.alone(due).request for due in dues], outlook)
        rows = [
            _row(one, due.request_key, where.get(due.request_key))
            for one, due in zip(taken.values(), dues, strict=True)
        ]
        waiting = _added(connection, rows, [] if is_free else dues)
        mine = _INVOICES.c.number.in_(list(taken))
        connection.execute(update(_INVOICES).where(mine).values(revision=_INVOICES.c.revision + 1))
        service.guard.begun_all(connection, [one.whom for one in taken.values()])
        answers, changes = {}, []
        for one, row in zip(taken.values(), rows, strict=True):
            body = action_schemas.body(SimpleNamespace(**{**row, "state": ActionState.REQUESTED}))
            answers[one.place] = Answer(202, body)
            changes.append(Change(one.invoice.program_id, one.invoice.number, f"{PAYMENT}.requested", body))
        events.write(connection, changes)
    return answers, stored, waiting


def _added(connection: Connection, rows: list[dict[str, Any]], dues: Sequence[Due]) -> list[Due]:
    """Adds actions; gives those that wait, with their numbers."""
    if not dues:
        connection.execute(_ADD, rows)
        return []
    added = connection.execute(_ADD.returning(_ACTIONS.c.request_key, _ACTIONS.c.number), rows)
    numbers: dict[str, int] = {row.request_key: row.number for row in added}
    return [replace(due, number=numbers[due.request_key]) for due in dues]


def _payable(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Of these invoices, locked, those that can be paid: how many payments of it have failed before, by number."""
    mine = _INVOICES.c.number.in_(numbers)
    locked = select(_INVOICES.c.number, _INVOICES.c.status).where(mine).order_by(_INVOICES.c.number).with_for_update()
    found = {row.number for row in connection.execute(locked) if row.status == InvoiceStatus.OPEN}
    actions = select(_ACTIONS.c.invoice_number).where(_ACTIONS.c.invoice_number.in_(numbers))
    found -= set(connection.scalars(actions.where(_ACTIONS.c.kind.in_((PAYMENT, SPEND)), MAY_SUCCEED)))
    counts = actions.add_columns(func.count()).where(_ACTIONS.c.kind == PAYMENT).group_by(_ACTIONS.c.invoice_number)
    failed = {row[0]: row[1] for row in connection.execute(counts)}
    return {number: failed.get(number, 0) for number in found}


def _due(one: Ready, failed: int) -> Due:
    request_key = f"pay {one.invoice.order_key}" + (f" {failed + 1}" if failed else "")
    return Due(0, request_key, one.invoice.program_id, one.call, one.gas, PLAIN)


def _row(one: Ready, request_key: str, where: tuple[int, int | None] | None) -> dict[str, Any]:
    """`where` is the transaction that makes it, and its place there; None if it waits for one."""
    relay_id, relay_place = (None, None) if where is None else where
    body = one.asked.body
    return {
        "id": secrets.token_urlsafe(16),
        "program_id": one.invoice.program_id,
        "kind": PAYMENT,
        "request_key": request_key,
        "invoice_number": one.invoice.number,
        "digest": one.asked.digest,
        "subjects": one.whom,
        "details": {"payer": body.payer, "customer": body.customer},
        "contract": one.call.contract,
        "function": one.call.function,
        "arguments": plain(one.call.arguments),
        "state": ActionState.REQUESTED if where is None else ActionState.SENT,
        "relay_id": relay_id,
        "relay_place": relay_place,
        "transaction_hash": None,
        "error": None,
        "busy_until": int(time.time()) + LEASE_SECONDS if where is None else 0,
        "created_at": int(time.time()),
    }
