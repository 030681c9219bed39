"""The long run, from the command line."""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path

import click

from .run import Plan, run
from .weather import DEEPEST


@click.command()
@click.option("--kills", default=300, show_default=True, help="Processes to kill, at least.")
@click.option("--seed", type=int, default=None, help="Fresh unless given; printed.")
@click.option("--backend", type=click.Choice(["sqlite", "postgresql"]), default="postgresql", show_default=True)
@click.option("--instances", default=2, show_default=True, help="Services beside each other.")
@click.option("--customers", default=3, show_default=True, help="Who buy at the same time.")
@click.option(
    "--percent", default=6, show_default=True, help="Of a hundred requests to the chain, those that go wrong."
)
@click.option("--watched", default=DEEPEST + 32, show_default=True, help="What the services are started with.")
@click.option("--deepest", default=DEEPEST, show_default=True, help="Blocks that other branches replace at most.")
@click.option("--logs", type=click.Path(path_type=Path, file_okay=False), help="Where to keep the processes' logs.")
def main(*, seed: int | None, logs: Path | None, **choices: int) -> None:
    """Kill, lose, garble and reorganise; then see that everything adds up."""
    chosen = secrets.randbelow(2**32) if seed is None else seed
    plan = Plan(seed=chosen, **choices)  # type: ignore[arg-type]
    click.echo(str(plan))
    folder = logs or Path(tempfile.mkdtemp(prefix="fec-havoc-"))
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    outcome = run(plan, folder, lambda said: click.echo(f"{time.monotonic() - began:6.0f} s  {said}"))
    for title, counts in outcome.counts.items():
        click.echo(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())))
    click.echo(f"{outcome.kills} kills in {time.monotonic() - began:.0f} s, seed {chosen}")
    for failure in outcome.failures[:40]:
        click.echo(f"✗ {failure}")
    click.echo("✗ It does not add up." if outcome.failures else "✓ Everything adds up.")
    sys.exit(bool(outcome.failures))


if __name__ == "__main__":
    main()
