"""The command: `python -m demo`. Exits with 1 if a guarantee does not hold, or chain and tallies differ."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo import data
from demo.audit import audit, read_chronicle
from demo.cast import PERIOD_LENGTHS, RETURN_WINDOW, gather
from demo.opening import open_stage
from demo.pictures import draw
from demo.play import play
from demo.report import show, summarize
from demo.stage import Stage
from fec.chain.anvil import Anvil
from fec.core import curve
from fec.i18n.errors import FECError

#: Large enough for a block of many preparations.
BLOCK_GAS = 10**9


@click.command()
@click.option("--baskets", default=2_000, show_default=True, help="Least number of baskets to buy.")
@click.option("--days", default=366, show_default=True, help="Days of the year to take them from.")
@click.option("--seed", default="fec", show_default=True, help="Decides households, terms, and what holders do.")
@click.option("--out", default="out", show_default=True, type=click.Path(path_type=Path), help="Folder for pictures.")
def main(baskets: int, days: int, seed: str, out: Path) -> None:
    """A year of real shopping on a local chain, until every node has paid in full; then an audit of the chain."""
    console = Console()
    console.print("Reading a year of shopping …")
    try:
        year = data.choose(data.read(), baskets, days, seed)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        holds = run(console, year, seed, out)
    except FECError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(0 if holds else 1)


def run(console: Console, year: data.Year, seed: str, out: Path) -> bool:
    """Plays, audits, reports; returns whether all demands are met. Raises FECError."""
    cast = gather(year, seed)
    with Anvil(timestamp=year.start, gas_limit=BLOCK_GAS, past_states=False) as anvil:
        stage = open_stage(anvil, year, cast, seed, lambda step: console.print(f"{step} …"))
        _play(console, stage, year)
        console.print("Reading the chain …")
        chronicle = read_chronicle(stage)
        findings = audit(stage, chronicle)
        pictures = draw(stage, year.end, out)
    show(console, findings)
    summarize(console, stage, chronicle, findings, pictures)
    return all(finding.holds for finding in findings)


def _play(console: Console, stage: Stage, year: data.Year) -> None:
    rest = (curve.PERIODS * max(PERIOD_LENGTHS) + RETURN_WINDOW) // data.DAY
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TextColumn("{task.fields[date]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        buying = progress.add_task("Buying", total=len(year.baskets), unit="baskets", date="")
        paying = progress.add_task("Paying back", total=rest, start=False, unit="days", date="")

        def tick(now: int) -> None:
            date = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
            if now < year.end:
                progress.update(buying, completed=len(stage.book.orders), date=date)
            else:
                progress.start_task(paying)
                progress.update(paying, completed=min(rest, (now - year.end) // data.DAY), date=date)

        play(stage, year, tick)
        progress.update(paying, completed=rest)


if __name__ == "__main__":
    main()
