"""What was measured, as tables for the terminal and for docs/assurance/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table as RichTable

from benchmarks.floor import Floor, total
from benchmarks.published import FIGURES, PROJECT


@dataclass(frozen=True)
class Row:
    """One measured call; `gas` is its receipt's, shared out among `count` nodes, orders or parts."""

    function: str
    case: str
    count: int
    gas: int
    target: int | None
    floor: Floor | None
    peer_of: str | None

    @property
    def key(self) -> str:
        """Name of the row in the snapshot."""
        return f"{self.function}: {self.case}" if self.case else self.function

    @property
    def each(self) -> int:
        """Gas of each node, order or part, what the transaction costs shared out; rounded up."""
        return -(-self.gas // self.count)


@dataclass(frozen=True)
class Table:
    """A table whose first `texts` columns are words and whose others are numbers."""

    title: str
    columns: Sequence[str]
    texts: int
    cells: Sequence[Sequence[str]]

    def rich(self) -> RichTable:
        """For the terminal."""
        table = RichTable(title=self.title, title_justify="left")
        for index, column in enumerate(self.columns):
            table.add_column(column, justify="left" if index < self.texts else "right", overflow="fold")
        for cells in self.cells:
            table.add_row(*cells)
        return table

    def markdown(self) -> str:
        """For the documentation."""
        rule = ["---" if index < self.texts else "---:" for index in range(len(self.columns))]
        lines = [self.columns, rule, *self.cells]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def tables(rows: Sequence[Row], tools: Mapping[str, str]) -> list[Table]:
    """All tables, in order."""
    ours = {row.key: row for row in rows if row.peer_of is None}
    floors = sorted((row for row in ours.values() if row.floor is not None), key=lambda row: row.target is None)
    return [
        Table("Made with", ("Tool", "Version"), 2, tuple(tools.items())),
        _gas(ours.values()),
        _peers([row for row in rows if row.peer_of is not None], ours),
        _published(ours),
        *(_floor(row.key, row.floor) for row in _distinct(floors) if row.floor is not None),
    ]


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """Of the rows whose floors have the same lines, but for how often, the first."""
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        first.setdefault(tuple(item.what for item in row.floor or ()), row)
    return list(first.values())


def _gas(rows: Iterable[Row]) -> Table:
    cells = []
    for row in rows:
        least = total(row.floor) if row.floor is not None else None
        over = f"{row.gas - least:,}" if least is not None else ""
        each = _number(row.each if row.count > 1 else None)
        cells.append((row.function, row.case, f"{row.gas:,}", each, _number(least), over, _number(row.target)))
    return Table("Receipt gas", ("Function", "Case", "Gas", "Each", "Floor", "Above it", "Target"), 2, cells)


def _peers(rows: Iterable[Row], ours: Mapping[str, Row]) -> Table:
    cells = []
    for row in rows:
        our = ours[row.peer_of or ""]
        each = ", each" if row.count > 1 else ""
        theirs, mine = beside(row, our)
        tenths = 10 * theirs // mine
        cells.append((row.key + each, our.key + each, f"{theirs:,}", f"{mine:,}", f"{tenths // 10}.{tenths % 10}"))
    return Table("Beside peers", ("Peer", "FEC", "Peer's gas", "FEC's gas", "Times"), 2, cells)


def beside(peer: Row, ours: Row) -> tuple[int, int]:
    """Gas of a peer's row and of ours; of each one, where the peer's is shared by several."""
    return (peer.each, ours.each) if peer.count > 1 else (peer.gas, ours.gas)


def _published(ours: Mapping[str, Row]) -> Table:
    cells = [
        (figure.name, f"{row.key}{', each' if row.count > 1 else ''}", f"{figure.gas:,}", f"{row.each:,}")
        for figure, row in ((figure, ours[figure.row]) for figure in FIGURES)
    ]
    title = f"Beside figures that {PROJECT} has published, not measured here"
    return Table(title, ("Published", "FEC", "Published gas", "FEC's gas"), 2, cells)


def _floor(key: str, floor: Floor) -> Table:
    cells = [(item.what, f"{item.each:,}", str(item.count), f"{item.gas:,}") for item in floor]
    cells.append(("sum", "", "", f"{total(floor):,}"))
    return Table(f"Floor of {key}", ("Opcode", "Each", "Times", "Gas"), 1, cells)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
