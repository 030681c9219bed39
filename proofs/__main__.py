"""The command: `python -m proofs`. Exits with 1 if anything is not proved, or a witness is not refuted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import click
from rich.console import Console
from rich.table import Table

from proofs import curve, environment, halmos, splits
from proofs.environment import Change, ProofError
from proofs.halmos import Check, Outcome
from proofs.witnesses import Witness, read_witnesses

#: Proofs by integers, by their names: those of each module run together.
INTEGERS = {name: module for module in (curve, splits) for name in module.PROOFS}


@dataclass(frozen=True)
class Job:
    """Proofs that share a workspace, as the contracts are or with one of them broken."""

    workspace: str
    names: tuple[str, ...]
    run: Callable[[], dict[str, Outcome]]
    expected: str
    """The verdict wanted of each: `proved` or, of a witness, `refuted`."""


@dataclass(frozen=True)
class Result:
    """How one proof of a job ended."""

    name: str
    witness: bool
    outcome: Outcome
    good: bool


def plan(checks: list[Check], analytic: list[str], witnesses: list[Witness], *, quick: bool = False) -> Iterator[Job]:
    """The jobs: each contract's checks and the proofs by integers, on the contracts as they are and on each witness.

    A witness of checks with unknown libraries compiles all contracts again, which takes longer than most proofs: those
    are left out of what is to be `quick`.
    """
    yield from jobs(checks, analytic)
    for number, witness in enumerate(witnesses, 1):
        refuted = [check for check in checks if check.name in witness.refutes and not (quick and check.unknown)]
        broken = [name for name in analytic if name in witness.refutes]
        yield from jobs(refuted, broken, f"-witness-{number}", (witness.change,))


def jobs(checks: list[Check], analytic: list[str], suffix: str = "", changes: tuple[Change, ...] = ()) -> Iterator[Job]:
    """The jobs of these proofs; if the contracts are changed, each proof is to be refuted."""
    expected = "refuted" if changes else "proved"
    # Checks with unknown libraries are compiled together.
    for together, group in groupby(sorted(checks, key=_together), key=_together):
        members = list(group)
        names = tuple(check.name for check in members)
        yield Job(together + suffix, names, partial(halmos.run, members, together + suffix, changes), expected)
    for module in (curve, splits):
        if mine := [name for name in analytic if INTEGERS[name] is module]:
            workspace = module.__name__.rpartition(".")[2] + suffix
            yield Job(workspace, tuple(mine), partial(module.run, mine, workspace, changes), expected)


def _together(check: Check) -> str:
    return "unknown" if check.unknown else check.contract


def results(console: Console, jobs: list[Job]) -> Iterator[Result]:
    """Runs the jobs, as many at once as there are processors, and says what each found as it ends."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {pool.submit(job.run): job for job in jobs}
        for future in as_completed(futures):
            job = futures[future]
            try:
                outcomes = future.result()
            except ProofError as error:
                console.print(str(error), style="red", markup=False, highlight=False)
                outcomes = {name: Outcome("could not be run") for name in job.names}
            for name, outcome in outcomes.items():
                good = outcome.verdict == job.expected
                console.print(
                    f"{'ok ' if good else 'BAD'} {job.workspace}: {name} {outcome.verdict}, {outcome.seconds} s"
                )
                yield Result(name, job.expected == "refuted", outcome, good)


def show(console: Console, notices: dict[str, str], found: list[Result]) -> None:
    """Prints a row for each proof, with how many of its witnesses it refuted."""
    table = Table("proof", "property", "how", "result", "witnesses refuted", "paths", "seconds", title="Proofs")
    for name, notice in notices.items():
        mine = [result for result in found if result.name == name]
        proof = next((result for result in mine if not result.witness), None)
        refuted = [result.good for result in mine if result.witness]
        if proof is None:
            continue
        style = "green" if all(result.good for result in mine) else "bold red"
        how = "integers" if name in INTEGERS else "Halmos"
        outcome = proof.outcome
        witnesses = f"{sum(refuted)} of {len(refuted)}" if refuted else "not run"
        paths, seconds = str(outcome.paths or ""), str(outcome.seconds)
        table.add_row(name, notice, how, outcome.verdict, witnesses, paths, seconds, style=style)
    console.print(table)


@click.command()
@click.option("--quick", is_flag=True, help="Without slow checks, and witnesses that compile everything: what CI runs.")
@click.option("--only", metavar="TEXT", default="", help="Only proofs with this in their names.")
@click.option("--list", "listing", is_flag=True, help="Name the proofs and stop.")
def main(quick: bool, only: str, listing: bool) -> None:
    """Proves the properties of the contracts, and that each proof notices when they do not hold."""
    console = Console() if sys.stdout.isatty() else Console(width=160)
    try:
        checks = halmos.read_checks()
        names = {check.name for check in checks} | INTEGERS.keys()
        witnesses = read_witnesses(names)
        environment.install()
    except ProofError as error:
        raise click.ClickException(str(error)) from error
    checks = [check for check in checks if only in check.name and not (quick and check.slow)]
    analytic = [name for name in INTEGERS if only in name]
    notices = {check.name: check.notice for check in checks} | {name: INTEGERS[name].notice(name) for name in analytic}
    if not notices:
        raise click.UsageError(f"no proof has {only!r} in its name")
    if listing:
        for name, notice in notices.items():
            console.print(f"{name}: {notice}", markup=False, highlight=False)
        return
    found = list(results(console, list(plan(checks, analytic, witnesses, quick=quick))))
    show(console, notices, found)
    bad = sum(not result.good for result in found)
    console.print(
        f"{len(notices)} proofs, {sum(result.witness for result in found)} witnesses, {bad} not as they should be"
    )
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
