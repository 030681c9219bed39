"""Drives the state machines for as many steps as asked.

    python -m tests.contracts.stateful.soak [--machine nodes|checkout|all] --steps 800000 [--seed N]

Takes a fresh seed unless told one, prints it, and shows what succeeded and what was refused. With `all`, each machine
takes its share of the steps in a process of its own.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

import click
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.stateful.checkout_rules import CheckoutMachine
from tests.contracts.stateful.node_machine import NodeMachine
from tests.contracts.stateful.settlement_machine import SettlementMachine

MACHINES: dict[str, type[NodeMachine]] = {"nodes": SettlementMachine, "checkout": CheckoutMachine}
#: Of the steps of `all`: a step of checkout takes about four times as long.
SHARES = {"nodes": 4, "checkout": 1}

STEPS_PER_RUN = 100
RUNS_PER_ROUND = 50


def drive(name: str, steps: int, first_seed: int) -> tuple[int, Counter[str], Counter[str]]:
    """Runs rounds, each with its own seed, until so many steps were taken: steps, done, refused."""
    kind = MACHINES[name]
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
        click.echo(f"  {name:>5} {kind.steps:>9,} of {steps:,} steps, {rate:,.0f} a second, seed {round_seed}")
        round_seed += 1
    return kind.steps, kind.done, kind.refused


def show(title: str, counts: Counter[str]) -> None:
    """Prints counts, the most frequent first."""
    click.echo(f"\n{title}")
    for name, count in counts.most_common():
        click.echo(f"  {count:>9,}  {name}")


@click.command(help=__doc__)
@click.option(
    "--machine", default="all", type=click.Choice([*MACHINES, "all"]), show_default=True, help="What to drive."
)
@click.option("--steps", default=800_000, show_default=True, help="Steps to take at least, in all.")
@click.option("--seed", "first_seed", type=int, default=None, help="Seed of the first round; fresh unless given.")
def main(machine: str, steps: int, first_seed: int | None) -> None:
    """Command line."""
    chosen = secrets.randbelow(2**32) if first_seed is None else first_seed
    click.echo(f"seed {chosen}")
    shares = SHARES if machine == "all" else {machine: 1}
    taken = 0
    with ProcessPoolExecutor(len(shares)) as pool:
        drives = {
            pool.submit(drive, name, -(-steps * share // sum(shares.values())), chosen): name
            for name, share in shares.items()
        }
        for future in as_completed(drives):
            done_steps, done, refused = future.result()
            taken += done_steps
            show(f"Succeeded ({drives[future]})", done)
            show("Refused, with the right error and values, and nothing changed", refused)
    click.echo(f"\nNo counter-example in {taken:,} steps (seed {chosen}).")


if __name__ == "__main__":
    main()
