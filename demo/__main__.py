"""The command: `python -m demo`. Exits with 1 if a guarantee does not hold, or chain and tallies differ."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from demo import data
from demo.audit import audit, read_facts
from demo.pictures import draw
from demo.play import play
from demo.report import show, summarize
from demo.story import Story
from fec import store
from fec.chain.anvil import Anvil
from fec.core.durations import DAY
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
    with (
        Anvil(timestamp=year.start - DAY, gas_limit=BLOCK_GAS, past_states=False) as anvil,
        tempfile.TemporaryDirectory(prefix="fec-demo-") as folder,
    ):
        console.print("Deploying FEC, ADN, Checkout and Custodian …")
        story = Story(anvil, store.open_database(str(Path(folder) / "index.sqlite")), year, seed)
        _play(console, story)
        console.print("Reading the chain …")
        facts = read_facts(story)
        findings = audit(story, facts)
        pictures = draw(story, out)
    show(console, findings)
    summarize(console, story, facts, findings, pictures)
    return all(finding.holds for finding in findings)


def _play(console: Console, story: Story) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[date]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        buying = progress.add_task("Buying", total=story.year.end - story.year.start, date="")
        paying = progress.add_task("Paying back", total=None, start=False, date="")

        def tick(now: int, end: int) -> None:
            date = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
            if end == story.year.end:
                progress.update(buying, completed=now - story.year.start, date=date)
            else:
                progress.start_task(paying)
                progress.update(paying, completed=now - story.year.end, total=end - story.year.end, date=date)

        play(story, tick)


if __name__ == "__main__":
    main()
