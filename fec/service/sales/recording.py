"""Sales are recorded in sets of rows: one query says what is known, one statement writes what is new."""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import SimpleNamespace
from typing import Any, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from fec.core.durations import DAY
from fec.indexer.models import OrderRecord
from fec.protocol.orders import order_key
from fec.service.context import Service
from fec.service.http.problems import Problem, problem
from fec.service.models import Invoice, InvoiceStatus
from fec.service.sales import schemas
from fec.service.sales.book import Book, Entry
from fec.service.sales.codes import code_of, hash_of
from fec.service.sales.models import Sale, SaleDay, SaleLog, SaleState
from fec.service.sales.money import exact_money, parse_money
from fec.store.base import table
from fec.store.bulk import insert_columns, insert_new

T = TypeVar("T")

_SALES, _LOG, _DAYS = table(Sale), table(SaleLog), table(SaleDay)
_BLANK = dict.fromkeys(column.name for column in _SALES.c if column.nullable)
_INSERT_DAY = {
    name: upsert(_DAYS).on_conflict_do_nothing()
    for name, upsert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
#: Values of one query: SQLite takes 32,766.
_AT_ONCE = 1_000


@dataclass(frozen=True)
class ToRecord:
    """A sale that is to be recorded, in a program's book, by a caller of this name."""

    book: Book
    by: str
    entry: Entry


@dataclass(frozen=True)
class Recorded:
    """A sale that is in the book: the row of its table, and whether it was there before."""

    row: Any
    known: bool = False


def entry_of(body: schemas.NewSale) -> Entry:
    """A sale as it was sent, to be recorded."""
    return Entry(
        order_id=body.order_id,
        amount=parse_money(body.amount),
        currency=body.currency,
        paid_by=body.paid_by,
        sold_at=body.sold_at,
        customer=body.customer,
        items=body.items,
        cause=body.cause,
    )


def record(service: Service, connection: Connection, sales: Sequence[ToRecord]) -> list[Recorded | Problem]:
    """Records sales in the transaction of a connection; gives for each its row, or why it is not recorded.

    A sale that is recorded already with the same values is given as it is.
    """
    found: list[Recorded | Problem | None] = [None] * len(sales)
    drafts: dict[str, tuple[int, dict[str, Any]]] = {}
    for place, sale in enumerate(sales):
        entry = sale.entry
        key = order_key(sale.book.program.program_id, entry.order_id)
        if key in drafts:
            found[place] = problem(
                "order-id-taken",
                "Order {order} is twice in what was sent. An order is one sale: leave one of them out.",
                order=entry.order_id,
            )
            continue
        try:
            drafts[key] = place, _draft(service, sale, key)
        except Problem as error:
            found[place] = error
    for key, row in _known(connection, list(drafts)):
        place, _ = drafts.pop(key)
        found[place] = _same(row, sales[place])
    for key, refusal in _others(connection, drafts):
        place, _ = drafts.pop(key)
        found[place] = refusal
    for key, refusal in _beyond_bounds(connection, sales, drafts):
        place, _ = drafts.pop(key)
        found[place] = refusal
    numbers = _insert(connection, [row for _, row in drafts.values()])
    late = []
    for key, (place, row) in drafts.items():
        if row["id"] in numbers:
            found[place] = Recorded(SimpleNamespace(**row, number=numbers[row["id"]]))
        else:
            late.append(key)
    # Somebody else has just recorded these.
    for key, row in _known(connection, late):
        place, _ = drafts[key]
        found[place] = _same(row, sales[place])
    written: dict[Done, list[int]] = defaultdict(list)
    for sale, one in zip(sales, found, strict=True):
        if isinstance(one, Recorded) and not one.known:
            done = Done(sale.book.program.program_id, sale.by, "recorded", sale.book.now)
            written[done].append(one.row.number)
    log_all(connection, written)
    return [one for one in found if one is not None]


@dataclass(frozen=True)
class Done:
    """Something that was done about sales."""

    program_id: int
    by: str
    """The caller's name, or `service`."""
    what: str
    at: int


def log(connection: Connection, done: Done, numbers: Iterable[int | None], **details: Any) -> None:
    """Adds to the log of sales, for each of these numbers of sales; None is for the program's settings."""
    log_all(connection, {done: numbers}, **details)


def log_all(connection: Connection, written: Mapping[Done, Iterable[int | None]], **details: Any) -> None:
    """The same, of several things that were done."""
    rows = [
        (number, done.program_id, done.at, done.by, done.what, details)
        for done, numbers in written.items()
        for number in numbers
    ]
    names = ("sale_number", "program_id", "at", "by", "what", "details")
    insert_columns(connection, _LOG, list(zip(*rows, strict=True)), names=names)


def _draft(service: Service, sale: ToRecord, key: str) -> dict[str, Any]:
    """The row of a new sale. Raises a problem if it cannot be recorded."""
    book, entry = sale.book, sale.entry
    currency, sold_at, rate, value = book.check(entry)
    identity = secrets.token_urlsafe(16)
    program = book.program
    bounds = [bound for bound in (program.approval_above, program.day_bound) if bound is not None]
    worth = book.in_own_currency(entry.amount, currency, sold_at, value) if bounds else 0
    held = program.approval_above is not None and worth > program.approval_above
    row = {
        **_BLANK,
        "id": identity,
        "program_id": program.program_id,
        "order_id": entry.order_id,
        "order_key": key,
        "currency": currency,
        "amount": entry.amount,
        "returned": 0,
        "rate": rate,
        "value": value,
        "paid_by": entry.paid_by,
        "sold_at": sold_at,
        "items": entry.items,
        "cause": entry.cause,
        "owner": entry.customer,
        "state": SaleState.HELD if held else SaleState.PENDING,
        "due_at": sold_at + program.return_window,
        "recorded_by": sale.by,
        "created_at": int(time.time()),
    }
    if entry.customer is None:
        row["code_hash"] = hash_of(code_of(service.settings.secret, identity))
        row["code_ends_at"] = sold_at + program.claim_window
    return row


def _same(row: Any, sale: ToRecord) -> Recorded | Problem:
    """A sale that was recorded before, if it is the same one."""
    book, entry = sale.book, sale.entry
    told = (entry.amount, entry.currency or book.program.currency, entry.paid_by, entry.items, entry.cause)
    if (row.amount, row.currency, row.paid_by, row.items, row.cause) == told and (
        entry.sold_at in (None, row.sold_at)
        # Its owner may have come by its code.
        and (entry.customer == row.owner or (entry.customer is None and row.code_hash is not None))
    ):
        return Recorded(row, known=True)
    return problem(
        "order-id-taken",
        "Order {order} is recorded as a sale of {currency} {amount} already, with other values. Choose another order "
        "id, or return the sale {id} and record what is right under a new one.",
        order=entry.order_id,
        currency=row.currency,
        amount=exact_money(row.amount),
        id=row.id,
    )


def _known(connection: Connection, keys: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Sales that are recorded, by order key."""
    for some in pieces(keys):
        for row in connection.execute(select(_SALES).where(_SALES.c.order_key.in_(some))).all():
            yield row.order_key, row


def _others(connection: Connection, drafts: dict[str, tuple[int, dict[str, Any]]]) -> list[tuple[str, Problem]]:
    """Why order keys are taken: by payments on the chain, or by invoices that may still be paid."""
    refused: dict[str, Problem] = {}
    invoices = table(Invoice).c
    orders = table(OrderRecord).c
    for some in pieces(drafts):
        taken = select(invoices.order_key, invoices.status, invoices.id).where(
            invoices.order_key.in_(some), invoices.status != InvoiceStatus.EXPIRED
        )
        for row in connection.execute(taken):
            order = drafts[row.order_key][1]["order_id"]
            if row.status == InvoiceStatus.OPEN:
                refused[row.order_key] = problem(
                    "order-id-taken",
                    "Order {order} has the invoice {id}, which can still be paid in FEC. Wait until it has expired, or "
                    "choose another order id.",
                    order=order,
                    id=row.id,
                )
            else:
                refused[row.order_key] = paid_in_fec(order)
        for key in connection.scalars(select(orders.order_key).where(orders.order_key.in_(some))):
            refused[key] = paid_in_fec(drafts[key][1]["order_id"])
    return list(refused.items())


def paid_in_fec(order_id: str) -> Problem:
    """What is said of a sale whose order was paid on the chain."""
    return problem(
        "order-already-paid",
        "Order {order} was paid in FEC, and has its node by that. Record only what was paid elsewhere.",
        order=order_id,
    )


def _beyond_bounds(
    connection: Connection, sales: Sequence[ToRecord], drafts: Mapping[str, tuple[int, dict[str, Any]]]
) -> Iterator[tuple[str, Problem]]:
    """Sales that go beyond what a key may record in a day; notes what the others come to."""
    of_key: dict[tuple[int, str], dict[str, tuple[int, dict[str, Any]]]] = defaultdict(dict)
    for key, (place, row) in drafts.items():
        if sales[place].book.program.day_bound is not None:
            of_key[row["program_id"], sales[place].by][key] = place, row
    for (_, by), mine in sorted(of_key.items()):
        book = sales[next(iter(mine.values()))[0]].book
        yield from _beyond_bound(connection, book, by, mine)


def _beyond_bound(
    connection: Connection, book: Book, by: str, drafts: dict[str, tuple[int, dict[str, Any]]]
) -> list[tuple[str, Problem]]:
    """Sales that go beyond what one key may record in a day; notes what the others come to."""
    bound = book.program.day_bound
    if bound is None or not drafts:
        return []
    day = int(time.time()) // DAY
    mine = {"program_id": book.program.program_id, "by": by, "day": day}
    connection.execute(_INSERT_DAY[connection.dialect.name], [{**mine, "amount": 0}])
    same = [_DAYS.c[name] == value for name, value in mine.items()]
    used = connection.scalar(select(_DAYS.c.amount).where(*same).with_for_update()) or 0
    refused = []
    for key, (_, row) in drafts.items():
        worth = book.in_own_currency(row["amount"], row["currency"], row["sold_at"], row["value"])
        if used + worth > bound:
            refused.append(
                (
                    key,
                    problem(
                        "day-bound-reached",
                        "This key may record {bound} in a day, and has recorded {used}. Go on tomorrow, use another "
                        "key, or have a manager raise the bound.",
                        bound=exact_money(bound),
                        used=exact_money(used),
                    ),
                )
            )
        else:
            used += worth
    connection.execute(_DAYS.update().where(*same).values(amount=used))
    return refused


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Writes new sales; gives their numbers by id, without those whose order somebody else has just recorded."""
    return dict(map(tuple, insert_new(connection, _SALES, rows, ["id", "number"])))


def pieces(items: Iterable[T], size: int = _AT_ONCE) -> Iterator[list[T]]:
    """Items in lists of so many at most."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
