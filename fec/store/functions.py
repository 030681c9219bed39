"""Amounts added up by the database, to the wei: PostgreSQL counts in NUMERIC, SQLite with Python's integers.

select(owner, wei_sum(principal), wei_sum(claimable(principal, claimed, start, period_length, now))).group_by(owner)
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from fec.core import curve
from fec.store.types import Wei

#: 1.05^k − 1 for k = 0 … 100, as the curve counts it.
_GROWTHS = ", ".join(str(curve.growth_down(k)) for k in range(curve.PERIODS + 1))


class wei_sum(FunctionElement[int]):  # noqa: N801 (a function of SQL)
    """Sum of amounts in wei, exact; 0 of none."""

    type = Wei()
    inherit_cache = True

    def __init__(self, amount: ColumnElement[Any]) -> None:
        """Takes the amounts."""
        super().__init__(amount)


class claimable(FunctionElement[int]):  # noqa: N801 (a function of SQL)
    """What can be claimed from a node at a time, in wei: `fec.core.curve.claimable`, by the database."""

    type = Wei()
    inherit_cache = True

    def __init__(
        self,
        principal: ColumnElement[Any],
        claimed: ColumnElement[Any],
        start: ColumnElement[Any],
        period_length: ColumnElement[Any],
        timestamp: int,
    ) -> None:
        """Takes the node's columns, and the time in seconds."""
        super().__init__(principal, claimed, start, period_length, timestamp)


class at_least(FunctionElement[bool]):  # noqa: N801 (a function of SQL)
    """Whether an amount in wei is at least another: SQLite, where amounts are text, would compare letters."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, amount: ColumnElement[Any], least: int) -> None:
        """Takes the amounts, and the least."""
        super().__init__(amount, literal(least, Wei()))


@compiles(at_least, "sqlite")
def _at_least_sqlite(element: at_least, compiler: SQLCompiler, **options: Any) -> str:
    return f"fec_at_least({compiler.process(element.clauses, **options)})"


@compiles(at_least, "postgresql")
def _at_least_postgresql(element: at_least, compiler: SQLCompiler, **options: Any) -> str:
    amount, least = (compiler.process(part, **options) for part in element.clauses)
    return f"{amount} >= {least}"


@compiles(wei_sum, "sqlite")
def _sum_sqlite(element: wei_sum, compiler: SQLCompiler, **options: Any) -> str:
    return f"coalesce(fec_sum({compiler.process(element.clauses, **options)}), 0)"


@compiles(wei_sum, "postgresql")
def _sum_postgresql(element: wei_sum, compiler: SQLCompiler, **options: Any) -> str:
    return f"coalesce(sum({compiler.process(element.clauses, **options)}), 0)"


@compiles(claimable, "sqlite")
def _claimable_sqlite(element: claimable, compiler: SQLCompiler, **options: Any) -> str:
    return f"fec_claimable({compiler.process(element.clauses, **options)})"


@compiles(claimable, "postgresql")
def _claimable_postgresql(element: claimable, compiler: SQLCompiler, **options: Any) -> str:
    principal, claimed, start, length, now = (compiler.process(part, **options) for part in element.clauses)
    period = f"least({curve.PERIODS}, greatest(0, {now} - {start}) / {length})"
    growth = f"(ARRAY[{_GROWTHS}]::numeric[])[1 + ({period})::int]"
    released = f"div({principal} * {curve.FACE_MULTIPLE} * {growth}, {curve.FULL_GROWTH})"
    return f"greatest(0, {released} - {claimed})"


class _Sum:
    """The aggregate of `wei_sum` on SQLite, whose own would be a float above 2^63."""

    def __init__(self) -> None:
        self._sum = 0

    def step(self, amount: str | None) -> None:
        if amount is not None:
            self._sum += int(amount)

    def finalize(self) -> str:
        return str(self._sum)


def _claimable(principal: str, claimed: str, start: int, period_length: int, timestamp: int) -> str:
    k = curve.periods_elapsed(start, period_length, timestamp)
    return str(curve.claimable(int(principal), int(claimed), k))


def add_functions(connection: Any) -> None:
    """Gives a connection to SQLite the functions above."""
    connection.create_aggregate("fec_sum", 1, _Sum)
    connection.create_function("fec_claimable", 5, _claimable, deterministic=True)
    connection.create_function("fec_at_least", 2, lambda amount, least: int(amount) >= int(least), deterministic=True)
