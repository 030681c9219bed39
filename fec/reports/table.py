"""A report: rows of exact values, and the kind of each column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fec.core.shares import BASIS_POINTS
from fec.i18n import Message

#: wei: int. share: basis points. time, day: seconds since the epoch. number: int. text, address, word: str, of which
#: a word is one of a few that are put into languages. money: int, in the smallest unit of the report's currency.
#: estimate: float, of a statistical model, never of the books.
Kind = Literal["wei", "share", "time", "day", "number", "text", "address", "word", "money", "estimate"]


@dataclass(frozen=True)
class Column:
    """One column of a report."""

    name: str
    """For machines, in snake case."""
    title: str
    """For people, in English; a sentence of the catalogs."""
    kind: Kind


@dataclass(frozen=True)
class Report:
    """A table with its notes. A missing value, such as a share of nothing, is None."""

    name: str
    title: Message
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]
    notes: tuple[Message, ...] = ()

    def records(self) -> Iterator[dict[str, Any]]:
        """Rows by column name."""
        names = [column.name for column in self.columns]
        return (dict(zip(names, row, strict=True)) for row in self.rows)


def share(part: int, whole: int) -> int | None:
    """A part in basis points, rounded down; None of nothing."""
    return part * BASIS_POINTS // whole if whole else None
