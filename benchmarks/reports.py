"""Measures how long every report takes on an index, and says how many baskets a second that is.

The index is a replayed year of shopping; docs/reference/reports.md says how to make it. `--write` puts the table there.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table

from fec import store
from fec.reports.data import Data, Engine, opened
from fec.reports.export import export
from fec.reports.registry import REPORTS

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "reference" / "reports.md"
MARKS = ("<!-- Made by `python -m benchmarks.reports --write`. -->\n", "<!-- End of what it makes. -->\n")
HEADINGS = ("Report", "Rows", "Seconds", "CPU seconds", "Baskets a second")

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """One report, or what comes before all of them."""

    name: str
    rows: int
    """That came out."""
    seconds: float
    cpu_seconds: float
    """Of this process: other work on the machine slows it down less."""


def measure(name: str, make: Callable[[], T], rows: Callable[[T], int]) -> Run:
    """Makes one thing and times it."""
    began, cpu_began = time.perf_counter(), time.process_time()
    made = make()
    return Run(name, rows(made), time.perf_counter() - began, time.process_time() - cpu_began)


def measure_all(database: str, engine: Engine) -> tuple[list[Run], int, str]:
    """All reports, one after the other, as `fec report all` makes them; the number of baskets, and what they are of."""
    source = store.open_database(database)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [measure("export of the index", lambda: export(source, folder), lambda made: sum(made.rows.values()))]
        with opened(folder, engine) as data:
            for report, build in REPORTS.items():
                runs.append(measure(report, partial(build, data), lambda made: len(made.rows)))
            return runs, data.manifest.rows["orders"], about(data)


def about(data: Data) -> str:
    """What was measured on, in a line."""
    until = datetime.fromtimestamp(data.cutoff.timestamp, UTC).date()
    rows = sum(data.manifest.rows.values())
    orders, nodes = data.manifest.rows["orders"], data.manifest.rows["nodes"]
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return (
        f"{orders:,} baskets, {nodes:,} nodes, {rows:,} rows, up to {until}; {data.engine}, {cores} cores "
        f"(on which {load:.0f} processes wanted to run when it ended)."
    )


@click.command()
@click.argument("database")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True)
@click.option("--write", is_flag=True, help="Write the table into docs/reference/reports.md.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(*, database: str, engine: Engine, write: bool, as_json: bool) -> None:
    """Measures every report on the index DATABASE: a file of SQLite, or postgresql://user@host/name."""
    runs, baskets, said = measure_all(database, engine)
    runs.append(
        Run(
            "all",
            sum(run.rows for run in runs[1:]),
            sum(run.seconds for run in runs),
            sum(run.cpu_seconds for run in runs),
        )
    )
    rows = [
        (run.name, f"{run.rows:,}", f"{run.seconds:.2f}", f"{run.cpu_seconds:.2f}", f"{baskets / run.seconds:,.0f}")
        for run in runs
    ]
    if as_json:
        click.echo(json.dumps([asdict(run) for run in runs], indent=1))
    else:
        table = Table(*HEADINGS, caption=said)
        for row in rows:
            table.add_row(*row)
        Console().print(table)
    if write:
        lines = ["| " + " | ".join(row) + " |" for row in (HEADINGS, ["---", *["---:"] * 4], *rows)]
        before, rest = DOCUMENT.read_text().split(MARKS[0])
        made = f"{said}\n\n" + "\n".join(lines)
        DOCUMENT.write_text(f"{before}{MARKS[0]}\n{made}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}")


if __name__ == "__main__":
    main()
