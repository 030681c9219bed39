"""Drives the state machine for as many steps as asked.

    python -m tests.evm.soak --steps 100000 [--seed N]

Takes a fresh seed unless told one, prints it, and shows what succeeded and what was refused.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter

import click
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.evm.machine import NodeMachine

STEPS_PER_RUN = 100
RUNS_PER_ROUND = 50


def drive(steps: int, first_seed: int) -> None:
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
    while NodeMachine.steps < steps:
        machine = type("NodeMachine", (NodeMachine,), {})
        seed(round_seed)(machine)
        before = machine.steps
        run_state_machine_as_test(machine, settings=profile)
        NodeMachine.steps += machine.steps - before
        rate = NodeMachine.steps / (time.monotonic() - began)
        click.echo(f"  {NodeMachine.steps:>9,} of {steps:,} steps, {rate:,.0f} a second, seed {round_seed}")
        round_seed += 1


def show(title: str, counts: Counter[str]) -> None:
    """Prints counts, the most frequent first."""
    click.echo(f"\n{title}")
    for name, count in counts.most_common():
        click.echo(f"  {count:>9,}  {name}")


@click.command(help=__doc__)
@click.option("--steps", default=100_000, show_default=True, help="Steps to take at least.")
@click.option("--seed", "first_seed", type=int, default=None, help="Seed of the first round; fresh unless given.")
def main(steps: int, first_seed: int | None) -> None:
    """Command line."""
    chosen = secrets.randbelow(2**32) if first_seed is None else first_seed
    click.echo(f"seed {chosen}")
    drive(steps, chosen)
    show("Succeeded", NodeMachine.done)
    show("Refused, with the right error and values, and nothing changed", NodeMachine.refused)
    click.echo(f"\nNo counter-example in {NodeMachine.steps:,} steps (seed {chosen}).")


if __name__ == "__main__":
    main()
