"""The long run, from the command line: piece by piece, summed in a file, so that it can be stopped and gone on with."""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from .run import Outcome, Plan, run
from .verdict import Failure
from .weather import DEEPEST


@dataclass(frozen=True)
class Tally:
    """What all runs that a file knows of came to: one line of JSON each."""

    path: Path

    def add(self, plan: Plan, outcome: Outcome, seconds: int) -> None:
        """Notes a run."""
        double = sum(failure.is_double for failure in outcome.failures)
        self._write(
            {
                **asdict(plan),
                "kills": outcome.kills,
                "orders": outcome.counts.get("orders", {}).get("OrderPaid", 0),
                "seconds": seconds,
                "lost": len(outcome.failures) - double,
                "double": double,
                "failures": list(map(str, outcome.failures[:20])),
            }
        )

    def skip(self, plan: Plan, outcome: Outcome) -> None:
        """Notes a run that ended by an error of its own, before there was anything to look at."""
        self._write({**asdict(plan), "ended_early": str(outcome.failures[0])})

    def _write(self, line: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All runs so far."""
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    @property
    def kills(self) -> int:
        """Kills in all runs so far."""
        return self._sums["kills"]

    @property
    def _sums(self) -> Counter[str]:
        """By name; `kills`, the plan's own wish, is that of runs that came to their end."""
        sums = Counter[str]()
        for line in self.lines:
            if "ended_early" in line:
                sums["ended early"] += 1
            else:
                sums.update(
                    {name: line[name] for name in ("kills", "orders", "lost", "double", "seconds")} | {"runs": 1}
                )
        return sums

    def __str__(self) -> str:
        sums = self._sums
        return (
            f"So far {sums['runs']} seeds, {sums['kills']:,} kills, {sums['orders']:,} orders paid: "
            f"{sums['lost']} lost, {sums['double']} double; {sums['seconds']:,} s; {sums['ended early']} ended early"
        )


@click.command()
@click.option("--kills", default=300, show_default=True, help="Processes to kill in a run, at least.")
@click.option("--total", type=int, default=None, help="Go on with fresh seeds until the tally has so many kills.")
@click.option(
    "--tally", type=click.Path(path_type=Path), default=Path(".build/havoc.jsonl"), show_default=True,
    help="Where the sums of all runs are kept.",
)  # fmt: skip
@click.option("--seed", type=int, default=None, help="Of the first run; fresh unless given; printed.")
@click.option("--backend", type=click.Choice(["sqlite", "postgresql"]), default="postgresql", show_default=True)
@click.option("--instances", default=2, show_default=True, help="Services beside each other.")
@click.option("--customers", default=3, show_default=True, help="Who buy at the same time.")
@click.option(
    "--percent", default=6, show_default=True, help="Of a hundred requests to the chain, those that go wrong."
)
@click.option("--watched", default=DEEPEST + 32, show_default=True, help="What the services are started with.")
@click.option("--deepest", default=DEEPEST, show_default=True, help="Blocks that other branches replace at most.")
@click.option("--logs", type=click.Path(path_type=Path, file_okay=False), help="Where to keep the processes' logs.")
def main(*, seed: int | None, logs: Path | None, total: int | None, tally: Path, **choices: int) -> None:
    """Kill, lose, garble and reorganise; then see that everything adds up."""
    sums, failed = Tally(tally), False
    while True:
        plan = Plan(seed=secrets.randbelow(2**32) if seed is None else seed, **choices)  # type: ignore[arg-type]
        failed |= _once(plan, logs, sums)
        seed = None
        click.echo(str(sums))
        if total is None or sums.kills >= total:
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
            sums.skip(plan, outcome)
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
