"""What a program's sales are checked against: its settings, its rates, its terms, its age."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.core.durations import MINUTE
from fec.core.shares import burn_up
from fec.indexer.models import BlockRecord, ProgramVersion
from fec.indexer.views import view
from fec.protocol.addresses import ADDRESS_ZERO
from fec.protocol.settlements import LEAST_PRINCIPAL
from fec.service.context import Service
from fec.service.http.problems import Problem, problem
from fec.service.sales.models import Grouping, SaleProgram, SaleRate
from fec.service.sales.money import MILLION, exact_money, value_of

#: How far a till's clock may be ahead of the chain's.
_AHEAD = 15 * MINUTE
#: A leaf has 96 bits for its principal.
_MOST_VALUE = 1 << 96
#: When a program was made: the time of the first block that has it.
_BORN = (
    select(BlockRecord.timestamp)
    .join(ProgramVersion, ProgramVersion.block_number == BlockRecord.number)
    .where(ProgramVersion.program_id == SaleProgram.program_id)
    .order_by(ProgramVersion.block_number)
    .limit(1)
)


@dataclass(frozen=True)
class Entry:
    """A sale that is to be recorded. Money in millionths of its unit."""

    order_id: str
    amount: int
    currency: str | None
    paid_by: str
    sold_at: int | None
    customer: str | None
    items: str
    cause: str | None


@dataclass(frozen=True)
class Book:
    """A program's book, as of a moment of the chain."""

    program: SaleProgram
    rates: Mapping[str, tuple[Sequence[int], Sequence[int]]]
    """By currency: moments in order, and the wei for a unit from each on."""
    causes: frozenset[str]
    least_burn_bps: int
    born: int
    """When the program was made."""
    now: int
    no_owners: frozenset[str]
    """Accounts that could never use a node: the contracts themselves."""

    def rate(self, currency: str, sold_at: int) -> int:
        """Wei for a unit of a currency on the day of a sale. Raises a problem if there is none."""
        moments, rates = self.rates.get(currency, ((), ()))
        place = bisect_right(moments, sold_at)
        if not place:
            raise problem(
                "rate-missing",
                "The program has no rate for {currency} at {sold_at:date}. A manager sets one at /v1/sales/rates.",
                currency=currency,
                sold_at=sold_at,
            )
        return rates[place - 1]

    def in_own_currency(self, amount: int, currency: str, sold_at: int, value: int) -> int:
        """What a sale comes to in the program's own currency, rounded up: bounds are in that one.

        In millionths, from an amount in its currency and its value in wei. Raises a problem if there is no rate.
        """
        if currency == self.program.currency:
            return amount
        return -(-value // (self.rate(self.program.currency, sold_at) // MILLION))

    def check(self, entry: Entry) -> tuple[str, int, int, int]:
        """Currency, time, rate and value of a sale that can be recorded. Raises a problem if it cannot."""
        sold_at = self.now if entry.sold_at is None else entry.sold_at
        if sold_at > self.now + _AHEAD:
            raise problem(
                "sale-refused",
                "The sale is of {sold_at:date}, which is in the future. Correct its time, or the till's clock.",
                sold_at=sold_at,
            )
        if sold_at < self.born:
            raise problem(
                "sale-refused",
                "The sale is of {sold_at:date}, and the program exists since {born:date}. Leave out what is older.",
                sold_at=sold_at,
                born=self.born,
            )
        currency = entry.currency or self.program.currency
        rate = self.rate(currency, sold_at)
        value = value_of(entry.amount, rate)
        principal = burn_up(value, self.least_burn_bps)
        if value >= _MOST_VALUE:
            raise problem(
                "sale-refused",
                "{currency} {amount} comes to more FEC than a node can have. Correct the amount or the rate.",
                currency=currency,
                amount=exact_money(entry.amount),
            )
        if principal < LEAST_PRINCIPAL and self.program.group == Grouping.SALE:
            raise problem(
                "sale-refused",
                "{currency} {amount} would burn {principal:fec}, and a node has {least:fec} at least. Leave such small "
                "sales out, or settle a shopper's sales together.",
                currency=currency,
                amount=exact_money(entry.amount),
                principal=principal,
                least=LEAST_PRINCIPAL,
            )
        if entry.customer in self.no_owners:
            raise problem(
                "sale-refused",
                "{owners} is one of the protocol's own contracts, which can never use a node. Name the shopper's "
                "account.",
                owners=entry.customer,
            )
        if entry.cause is not None and entry.cause not in self.causes:
            raise problem(
                "sale-refused",
                "{cause} is no cause of the program. Its terms list those that it has.",
                cause=entry.cause,
            )
        return currency, sold_at, rate, value


def open_book(service: Service, program_id: int) -> Book:
    """A program's book as of now. Raises a problem if the program takes no sales."""
    return open_books(service, {program_id})[program_id]


def open_books(service: Service, program_ids: Set[int]) -> dict[int, Book]:
    """Books of some programs as of now. Raises a problem if one of them takes no sales."""
    now = service.client.now()
    terms = view("terms_latest").c
    rates: dict[int, dict[str, tuple[list[int], list[int]]]] = defaultdict(dict)
    with Session(service.engine, expire_on_commit=False) as session:
        programs = {
            program.program_id: (program, born)
            for program, born in session.execute(
                select(SaleProgram, _BORN.scalar_subquery()).where(SaleProgram.program_id.in_(program_ids))
            )
        }
        if lacking := sorted(program_ids - programs.keys()):
            raise _not_set_up(lacking[0])
        since = select(SaleRate).where(SaleRate.program_id.in_(program_ids)).order_by(SaleRate.since)
        for row in session.scalars(since):
            moments, values = rates[row.program_id].setdefault(row.currency, ([], []))
            moments.append(row.since)
            values.append(row.rate)
        found = session.execute(
            select(terms.program_id, terms.tiers, terms.causes).where(terms.program_id.in_(program_ids))
        )
        known = {row.program_id: (row.causes, row.tiers[0][1]) for row in found}
    for program_id in program_ids - known.keys():
        # The index may be a moment behind the chain.
        terms_now = service.client.terms.get(program_id)
        known[program_id] = terms_now.causes, terms_now.tiers[0].burn_bps
    contracts = service.settings.deployment["contracts"].values()
    no_owners = frozenset({ADDRESS_ZERO, *(contract["address"] for contract in contracts)})
    books = {}
    for program_id, (program, born) in programs.items():
        causes, least = known[program_id]
        books[program_id] = Book(program, rates[program_id], frozenset(causes), least, born or 0, now, no_owners)
    return books


def program_of(session: Session, program_id: int) -> SaleProgram:
    """How a program takes sales. Raises a problem if it takes none."""
    found = session.get(SaleProgram, program_id)
    if found is None:
        raise _not_set_up(program_id)
    return found


def _not_set_up(program_id: int) -> Problem:
    return problem(
        "sales-not-set-up",
        "Program {program} takes no sales that were paid elsewhere. A manager sets it up at /v1/sales/settings.",
        program=program_id,
    )
