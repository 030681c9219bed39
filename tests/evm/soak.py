"""Drives a state machine for as many steps as asked.

    python -m tests.evm.soak [--machine nodes|till] --steps 100000 [--seed N]

Takes a fresh seed unless told one, prints it, and shows what succeeded and what was refused.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from typing import Any

import click
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.evm.machine import NodeMachine
from tests.evm.till_rules import TillMachine

MACHINES: dict[str, type[NodeMachine]] = {"nodes": NodeMachine, "till": TillMachine}

STEPS_PER_RUN = 100
RUNS_PER_ROUND = 50


def drive(kind: type[NodeMachine], steps: int, first_seed: int) -> None:
    """Runs rounds, each with a seed of its own, until so many steps were taken."""
    profile = settings(
        max_examples=RUNS_PER_ROUND,
        stateful_step_count=STEPS_PER_RUN,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        verbosity=Verbosity.normal,
    )
    began = time.monotonic()
    round_seed = first_seed
    while kind.steps < steps:
        machine: Any = type(kind.__name__, (kind,), {})
        seed(round_seed)(machine)
        before = machine.steps
        run_state_machine_as_test(machine, settings=profile)
        kind.steps += machine.steps - before
        rate = kind.steps / (time.monotonic() - began)
        click.echo(f"  {kind.steps:>9,} of {steps:,} steps, {rate:,.0f} a second, seed {round_seed}")
        round_seed += 1


def show(title: str, counts: Counter[str]) -> None:
    """Prints counts, the most frequent first."""
    click.echo(f"\n{title}")
    for name, count in counts.most_common():
        click.echo(f"  {count:>9,}  {name}")


@click.command(help=__doc__)
@click.option("--machine", default="nodes", type=click.Choice(list(MACHINES)), show_default=True, help="What to drive.")
@click.option("--steps", default=100_000, show_default=True, help="Steps to take at least.")
@click.option("--seed", "first_seed", type=int, default=None, help="Seed of the first round; fresh unless given.")
def main(machine: str, steps: int, first_seed: int | None) -> None:
    """Command line."""
    chosen = secrets.randbelow(2**32) if first_seed is None else first_seed
    click.echo(f"seed {chosen}")
    kind = MACHINES[machine]
    drive(kind, steps, chosen)
    show("Succeeded", kind.done)
    show("Refused, with the right error and values, and nothing changed", kind.refused)
    click.echo(f"\nNo counter-example in {kind.steps:,} steps (seed {chosen}).")


if __name__ == "__main__":
    main()
