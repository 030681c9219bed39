"""Measures how long the simulator takes and how much memory, for more and more shoppers and years.

`python -m benchmarks.simulate` prints a table; `--write` puts it into docs/reference/simulate.md.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from fec.simulate import Economy, load
from fec.simulate.sweep import plan, run_all

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "reference" / "simulate.md"
MARKS = ("<!-- Made by `python -m benchmarks.simulate --write`. -->\n", "<!-- End of what it makes. -->\n")
PIPED_WIDTH = 120  # columns, where there is no terminal to ask
HEADINGS = ("Shoppers", "Years", "Orders", "Seconds", "Range", "CPU s", "Above start, MiB")

SIZES = ((1_000, 10), (100_000, 10), (10_000_000, 1), (10_000_000, 10), (10_000_000, 30))
#: The runs of a sweep that is measured on all processors.
SWEEP = {"coupon.rate": ["0.005", "0.01", "0.02", "0.05"], "merchants.shops.period": ["12h", "7d"]}


@dataclass(frozen=True)
class Run:
    """One run in a process of its own."""

    shoppers: int
    years: int
    orders: int
    seconds: float
    cpu_seconds: float
    above_mib: int
    """Most memory that the process had, less what it had once everything was imported, in MiB."""


def _peak_kib() -> int:
    # Not getrusage's figure, which a new process inherits from the one that started it.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _child(shoppers: int, years: int, answer: Any) -> None:
    scenario = load("large").changed(
        {
            "shoppers.first": str(min(10_000, shoppers)),
            "shoppers.market": str(shoppers),
            "years": str(years),
        }
    )
    loaded = _peak_kib()
    began, cpu_began = time.perf_counter(), time.process_time()
    result = Economy(scenario).run()
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    orders = sum(point.orders for point in result.points)
    answer.put(asdict(Run(shoppers, years, orders, seconds, cpu_seconds, (_peak_kib() - loaded) >> 10)))


def measure(shoppers: int, years: int) -> Run:
    """Runs the scenario `large` in a fresh process. Raises RuntimeError if it fails."""
    spawning = multiprocessing.get_context("spawn")
    answer = spawning.Queue()
    process = spawning.Process(target=_child, args=(shoppers, years, answer))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"The run of {shoppers} shoppers failed.")
    return Run(**answer.get())


def _row(runs: list[Run]) -> tuple[str, ...]:
    seconds = sorted(run.seconds for run in runs)
    first = runs[0]
    return (
        f"{first.shoppers:,}",
        str(first.years),
        f"{first.orders:,}",
        f"{statistics.median(seconds):.2f}",
        f"{seconds[0]:.2f} to {seconds[-1]:.2f}",
        f"{statistics.median(run.cpu_seconds for run in runs):.2f}",
        str(max(run.above_mib for run in runs)),
    )


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Runs of each size, in turn.")
@click.option("--write", is_flag=True, help="Write the table into docs/reference/simulate.md.")
@click.option("--json", "as_json", is_flag=True, help="Print all runs as JSON.")
def main(*, rounds: int, write: bool, as_json: bool) -> None:
    """Measures the scenario `large` with more and more shoppers and years, then a sweep of eight runs."""
    progress = Console(stderr=True)
    runs: dict[tuple[int, int], list[Run]] = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size in SIZES:
            runs[size].append(measure(*size))
            progress.print(f"{size[0]:,} shoppers, {size[1]} years: {runs[size][-1].seconds:.2f} s")
    jobs = plan(load("large"), SWEEP)
    began = time.perf_counter()
    run_all(jobs, 2)
    sweep = f"A sweep of {len(jobs)} runs of 10,000,000 shoppers over 10 years on two processes: "
    sweep += f"{time.perf_counter() - began:.1f} s, with starting them."
    rows = [_row(each) for each in runs.values()]
    if as_json:
        click.echo(json.dumps([asdict(run) for each in runs.values() for run in each], indent=1))
    else:
        table = Table(*HEADINGS, caption=sweep)
        for row in rows:
            table.add_row(*row)
        Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)
    if write:
        lines = ["| " + " | ".join(row) + " |" for row in (HEADINGS, ["---:"] * len(HEADINGS), *rows)]
        before, rest = DOCUMENT.read_text().split(MARKS[0])
        made = f"Median of {rounds} runs each, one process each.\n\n" + "\n".join(lines) + f"\n\n{sweep}"
        DOCUMENT.write_text(f"{before}{MARKS[0]}\n{made}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}")


if __name__ == "__main__":
    main()
