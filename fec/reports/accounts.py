"""The points liability as reports: roll-forward, journal, and the log entries behind each figure."""

from __future__ import annotations

from collections.abc import Iterator

from fec.core.shares import BASIS_POINTS
from fec.i18n import N_, Message
from fec.reports.calendar import SHAPE
from fec.reports.data import SCOPES
from fec.reports.liability import Line, Policy, Statement
from fec.reports.pools import Movement
from fec.reports.table import Column, Report

COINS = N_("FEC received")
GOODS = N_("Revenue from goods")
CONTRACT = N_("Contract liability for points")
POINTS = N_("Revenue from points redeemed")
BREAKAGE = N_("Revenue from points that will not be redeemed")
EXPENSE = N_("Loyalty expense")
PROVISION = N_("Provision for points")
GIVEN = N_("Goods given for points")

#: What moves a balance.
KINDS = {
    "accrued": N_("accrued"),
    "redeemed": N_("redeemed"),
    "breakage": N_("breakage"),
    "catch_up": N_("catch-up"),
}
_POLICIES = {
    "material-right": N_("IFRS 15 / ASC 606, material right"),
    "provision": N_("simple provision, settled at the end of the year"),
}
_BEARERS = {
    "merchant": N_(
        "The merchant bears the obligation: shops accept flow-back for goods, so part of each sale is deferred "
        "until then."
    ),
    "protocol": N_(
        "The protocol bears the obligation: claims are paid by minting, and no shop must accept FEC. The merchant "
        "owes nothing, and everything received is revenue."
    ),
}
_NO_PRICE = Message("The rate is chosen by the preparer. No price of FEC is promised.")
_Journal = tuple[str, str, int]


def reports(statement: Statement, *, entries: bool = True) -> list[Report]:
    """All parts of the report; the log entries only if they are wanted."""
    made = [roll_forward(statement), journal(statement)]
    return [*made, log_entries(statement)] if entries else made


def roll_forward(statement: Statement) -> Report:
    """Opening + accrued − redeemed − breakage − catch-up = closing, by scope and stretch of time."""
    columns = (
        *_stretch(statement),
        Column("opening", N_("Opening"), "money"),
        Column("accrued", N_("+ accrued"), "money"),
        Column("redeemed", N_("− redeemed"), "money"),
        Column("breakage", N_("− breakage"), "money"),
        Column("catch_up", N_("− catch-up"), "money"),
        Column("closing", N_("= closing"), "money"),
        Column("points", N_("FEC still to flow back"), "wei"),
    )
    rows = [
        (
            *(line.scope, line.interval.begin, line.interval.end),
            *_figures(line.movement),
            line.points,
        )
        for line in statement.lines
    ]
    return Report("liability", Message("Points liability"), columns, rows, tuple(_notes(statement.policy)))


def journal(statement: Statement) -> Report:
    """What to book for each stretch of time, one debit and one credit a line."""
    columns = (
        *_stretch(statement),
        Column("debit", N_("Debit"), "word"),
        Column("credit", N_("Credit"), "word"),
        Column("money", N_("Amount"), "money"),
    )
    write = _right if statement.policy.name == "material-right" else _provision
    rows = []
    for line in statement.lines:
        for debit, credit, money in write(line):
            if money < 0:
                rows.append((line.scope, line.interval.begin, line.interval.end, credit, debit, -money))
            elif money:
                rows.append((line.scope, line.interval.begin, line.interval.end, debit, credit, money))
    return Report("journal", Message("Journal entries"), columns, rows)


def log_entries(statement: Statement) -> Report:
    """What each figure is made of: parts that add up to it, and the place on the chain of each."""
    columns = (
        Column("scope", SCOPES[statement.scope.by], "number"),
        Column("begin", N_("From"), "day"),
        Column("figure", N_("Figure"), "word"),
        Column("money", N_("Amount"), "money"),
        Column("points", N_("FEC"), "wei"),
        Column("time", N_("Time"), "time"),
        Column("block", N_("Block"), "number"),
        Column("log_index", N_("Log"), "number"),
        Column("transaction", N_("Transaction"), "text"),
        Column("program", N_("Program"), "number"),
    )
    rows = [
        (
            *(entry.scope, entry.interval.begin, KINDS[entry.kind], entry.money, entry.fact.wei, entry.fact.time),
            *(entry.fact.block_number, entry.fact.log_index, entry.fact.transaction_hash, entry.fact.program_id),
        )
        for entry in statement.entries
    ]
    note = Message(
        "An entry without a block has no log: it comes from a changed estimate or from the settlement of a year."
    )
    return Report("entries", Message("Log entries behind the figures"), columns, rows, (note,))


def _stretch(statement: Statement) -> tuple[Column, ...]:
    return (
        Column("scope", SCOPES[statement.scope.by], "number"),
        Column("begin", N_("From"), "day"),
        Column("end", N_("Until"), "day"),
    )


def _figures(movement: Movement) -> tuple[int, ...]:
    return (
        *(movement.opening, movement.accrued, movement.redeemed),
        *(movement.breakage, movement.catch_up, movement.closing),
    )


def _right(line: Line) -> Iterator[_Journal]:
    movement = line.movement
    yield COINS, GOODS, line.price - movement.accrued
    yield COINS, CONTRACT, movement.accrued
    yield CONTRACT, POINTS, movement.redeemed
    yield CONTRACT, BREAKAGE, movement.breakage
    yield CONTRACT, POINTS, movement.catch_up


def _provision(line: Line) -> Iterator[_Journal]:
    movement = line.movement
    yield COINS, GOODS, line.price
    yield EXPENSE, PROVISION, movement.accrued
    yield PROVISION, GIVEN, movement.redeemed
    yield PROVISION, EXPENSE, movement.breakage
    yield PROVISION, EXPENSE, movement.catch_up


def _notes(policy: Policy) -> Iterator[Message]:
    yield Message("Policy: {policy}.", policy=Message(_POLICIES[policy.name]))
    yield Message(_BEARERS[policy.bearer])
    yield Message(
        "Prices are what merchants received, at {rate:fec} for one {currency}, rounded half to even to {places} "
        "decimals.",
        rate=policy.rate,
        currency=policy.currency or Message("unit"),
        places=policy.places,
    )
    yield _NO_PRICE
    yield SHAPE
    if policy.bearer == "protocol":
        return
    price = policy.point_price
    yield Message(
        "The stand-alone price of one FEC of flow-back is {price} FEC. It is redeemed when it is claimed.",
        price=f"{price.numerator}/{price.denominator}" if price.denominator > 1 else str(price.numerator),
    )
    if policy.name == "provision":
        yield Message("Accrued: {rate:percent} of revenue.", rate=int(policy.provision_rate * BASIS_POINTS))
        return
    for begin, share in policy.estimates.changes:
        bps = int(share * BASIS_POINTS)
        if begin:
            yield Message("Expected to be redeemed from {begin:date} on: {share:percent}.", begin=begin, share=bps)
        else:
            yield Message("Expected to be redeemed: {share:percent}.", share=bps)
    yield Message(
        "Nodes without an order (rewards, direct mints) are in the same pools. They bring no revenue, so the "
        "deferred amount spreads over more points."
    )
    yield Message(
        "Nodes of sales settled later are in the same pools. What these sales brought in is not on the chain, so it is "
        "in no amount: book it, and what is to be deferred of it, from the shop's own records."
    )
