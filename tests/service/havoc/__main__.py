"""The long run, from the command line: piece by piece, summed in a file, so that it can be stopped and gone on with."""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
import traceback
from pathlib import Path

import click

from .run import Outcome, Plan, run
from .tally import Tally
from .verdict import Failure
from .weather import DEEPEST


@click.command()
@click.option("--kills", default=300, show_default=True, help="Processes to kill in a run, at least.")
@click.option("--total", type=int, default=None, help="Go on with fresh seeds until the tally has so many kills.")
@click.option("--at-points", default=0, help="The same, for kills at points of a payment's way.")
@click.option(
    "--tally", type=click.Path(path_type=Path), default=Path(".build/havoc.jsonl"), show_default=True,
    help="Where the sums of all runs are kept.",
)  # fmt: skip
@click.option("--seed", type=int, default=None, help="Of the first run; fresh unless given; printed.")
@click.option("--backend", type=click.Choice(["sqlite", "postgresql"]), default="postgresql", show_default=True)
@click.option("--instances", default=3, show_default=True, help="Services beside each other.")
@click.option("--customers", default=6, show_default=True, help="Who buy at the same time.")
@click.option("--hostile", default=1, show_default=True, help="Payers beside them who try tricks.")
@click.option(
    "--percent", default=6, show_default=True, help="Of a hundred requests to the chain, those that go wrong."
)
@click.option("--watched", default=DEEPEST + 32, show_default=True, help="What the services are started with.")
@click.option("--deepest", default=DEEPEST, show_default=True, help="Blocks that other branches replace at most.")
@click.option("--logs", type=click.Path(path_type=Path, file_okay=False), help="Where to keep the processes' logs.")
def main(
    *, seed: int | None, logs: Path | None, total: int | None, at_points: int, tally: Path, **choices: int
) -> None:
    """Kill, lose, garble and reorganise; then see that everything adds up."""
    sums, failed = Tally(tally), False
    while True:
        plan = Plan(seed=secrets.randbelow(2**32) if seed is None else seed, **choices)  # type: ignore[arg-type]
        failed |= _once(plan, logs, sums)
        seed = None
        click.echo(str(sums))
        if sums.kills >= (total or 0) and sums.at_points >= at_points:
            sys.exit(failed)


def _once(plan: Plan, logs: Path | None, sums: Tally) -> bool:
    """One run, noted when it is over; says whether anything does not add up."""
    click.echo(str(plan))
    folder = logs or Path(tempfile.mkdtemp(prefix="fec-havoc-"))
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        outcome = run(plan, folder, lambda said: click.echo(f"{time.monotonic() - began:6.0f} s  {said}"))
    except Exception as error:  # noqa: BLE001 (whatever ended it is noted)
        click.echo(traceback.format_exc())
        # What is stuck, or was said twice, is a failure. Else the run itself went wrong: it counts as none.
        outcome = Outcome(plan, [Failure("run", f"{type(error).__name__}: {error}")])
        if not isinstance(error, AssertionError):
            sums.note_broken(plan, error)
            return True
    for title, counts in outcome.counts.items():
        click.echo(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())))
    seconds = round(time.monotonic() - began)
    sums.add(plan, outcome, seconds)
    click.echo(f"{outcome.kills} kills in {seconds} s, seed {plan.seed}; logs in {folder}")
    for failure in outcome.failures[:40]:
        click.echo(f"✗ {failure}")
    click.echo("✗ It does not add up." if outcome.failures else "✓ Everything adds up.")
    return bool(outcome.failures)


if __name__ == "__main__":
    main()
