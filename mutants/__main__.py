"""`python -m mutants`: every mutant of every deployed contract against the tests that run in process.

Exit code 1 if a mutant survives without a reason in `survivors.toml`, or if a reason there has lost its survivor.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mutants.campaign import Campaign, UnfitContracts
from mutants.compiler import ROOT, Compiler, Sources
from mutants.operators import OPERATORS, Mutant, mutants_of
from mutants.results import (
    DUPLICATE,
    INVALID,
    SAME,
    TIMEOUT,
    Result,
    Score,
    Store,
    complaints,
    read_reasons,
    score,
)
from mutants.scores import DOCUMENT, SCORES, Reasons, grouped, record, recorded, write
from mutants.scores import changed as changed_files
from mutants.suite import Suite, prepare

REASONS = Path(__file__).with_name("survivors.toml")
RESULTS = ROOT / ".build" / "mutants" / "results.jsonl"

console = Console(stderr=True)


class Runner:
    """A pytest plugin that runs mutants in place of running each test once."""

    def __init__(
        self,
        sources: Sources,
        mutants: Sequence[Mutant],
        store: Store,
        jobs: int,
        quick: Callable[[Mutant], bool],
    ) -> None:
        """Takes what {Campaign} does."""
        self.sources = sources
        self.mutants = mutants
        self.store = store
        self.jobs = jobs
        self.quick = quick
        self.results: list[Result] = []
        self.failure: Exception | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Takes the collected tests over."""
        if session.testsfailed:
            return False
        try:
            self.results = asyncio.run(self._run(Suite(session.items)))
        # Pytest would print what the user need not see.
        except UnfitContracts as error:
            self.failure = error
        return True

    async def _run(self, suite: Suite) -> list[Result]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        # Forks and a thread that draws do not go together.
        with Progress(*columns, console=console, auto_refresh=False) as progress:
            task = progress.add_task("mutants", total=len(self.mutants))

            def done(result: Result) -> None:
                progress.update(
                    task, advance=1, description=f"{Path(result.file).stem:>14} {result.status:>14}", refresh=True
                )

            campaign = Campaign(self.sources, suite, self.store, done)
            results = await campaign.run(self.mutants, self.jobs, self.quick)
        for test in campaign.left_out:
            console.print(f"left out, since it fails without a mutation: {test}", markup=False)
        return results


async def _all_mutants(sources: Sources) -> list[Mutant]:
    compiler = await Compiler.start(sources)
    try:
        trees = await compiler.trees()
    finally:
        await compiler.stop()
    sources.learn(trees)
    return [mutant for file in sources.mutable for mutant in mutants_of(file, sources.text[file], trees[file])]


def _table(scores: Sequence[Score]) -> Table:
    table = Table()
    for column in ("", "mutants", "killed", "timeout", "equal", "alive", "score", "same code", "twins"):
        table.add_column(column, justify="left" if column == "" else "right")
    for one in scores:
        counted = one.killed + one.equivalent + one.alive
        table.add_row(
            one.name,
            *map(str, (counted, one.killed, one.counts[TIMEOUT], one.equivalent, one.alive, one.percent)),
            *map(str, (one.counts[SAME], one.counts[DUPLICATE])),
        )
    return table


@click.command()
@click.option(
    "--contract", "contracts", multiple=True, help="Only this source file, by its name without .sol; repeatable."
)
@click.option("--changed", is_flag=True, help="Only source files that changed since all their mutants were run.")
@click.option(
    "--operator", "operators", type=click.Choice(list(OPERATORS)), multiple=True, help="Only these; repeatable."
)
@click.option("--only", metavar="TEXT", help="Only mutants of lines that contain this.")
@click.option("--sample", type=click.IntRange(min=1), help="Only so many, drawn at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the sample.")
@click.option(
    "--tests", multiple=True, default=["tests/contracts"], show_default=True, help="Test files or folders; repeatable."
)
@click.option(
    "--survivors", "reasons_path", type=click.Path(path_type=Path, exists=True), default=REASONS, help="Reasons."
)
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, help="File that a later run resumes from.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Mutants at a time.")
@click.option("--quick", is_flag=True, help="Leave the slow tests out: they may yet kill what survives.")
@click.option("--json", "as_json", is_flag=True, help="All results as JSON on standard output.")
@click.option("--list", "listed", is_flag=True, help="Say what would be changed, and run nothing.")
@click.option("--write", "written", is_flag=True, help="Write the table of scores in the documents, and run nothing.")
def main(  # noqa: PLR0917
    contracts: tuple[str, ...],
    changed: bool,
    operators: tuple[str, ...],
    only: str | None,
    sample: int | None,
    seed: int,
    tests: tuple[str, ...],
    reasons_path: Path,
    results: Path,
    jobs: int,
    quick: bool,
    as_json: bool,
    listed: bool,
    written: bool,
) -> None:
    """Runs mutants of the contracts against the tests."""
    if written:
        write()
        console.print(f"{DOCUMENT.relative_to(ROOT)} says what {SCORES.relative_to(ROOT)} does.")
        return
    sources = Sources()
    files = changed_files(sources, recorded()) if changed else None
    if files is not None and not files:
        console.print(f"No contract has changed since the runs that {SCORES.relative_to(ROOT)} records.")
        return
    everything = asyncio.run(_all_mutants(sources))
    mutants = [
        mutant
        for mutant in everything
        if (files is None or mutant.file in files)
        and (not contracts or Path(mutant.file).stem in contracts)
        and (not operators or mutant.operator in operators)
        and (only is None or only in mutant.before)
    ]
    if sample is not None:
        mutants = random.Random(seed).sample(mutants, min(sample, len(mutants)))
    if listed:
        _list(mutants)
        return
    reasons = read_reasons(reasons_path)
    runner = Runner(sources, mutants, Store(results), jobs, lambda one: quick or (changed and one.looks in reasons))
    ran = _run(runner, tests)
    wrong = complaints(ran, reasons, full=len(mutants) == len(everything))
    record(sources, everything, ran, reasons)
    _report(ran, reasons, wrong, as_json=as_json)
    sys.exit(bool(wrong))


def _list(mutants: Sequence[Mutant]) -> None:
    for mutant in mutants:
        click.echo(f"{mutant.operator} {mutant.file} {mutant.function}\n- {mutant.before}\n+ {mutant.after}")


def _run(runner: Runner, tests: Sequence[str]) -> list[Result]:
    """Results of all its mutants; exits where the tests could not run."""
    prepare()
    plugins = ["no:terminal", "no:cacheprovider", "no:ape_test", "no:xdist"]
    if runner.mutants:
        pytest.main(
            [*(word for name in plugins for word in ("-p", name)), "--override-ini=addopts=", "--capture=no", *tests],
            plugins=[runner],
        )
    if runner.failure:
        sys.exit(str(runner.failure))
    if len(runner.results) != len(runner.mutants):
        sys.exit("The tests cannot be collected.")
    return runner.results


def _report(results: Sequence[Result], reasons: Reasons, wrong: Sequence[str], *, as_json: bool) -> None:
    """Prints the scores, as JSON or as tables, and what is wrong."""
    counted = [result for result in results if result.status != INVALID]
    total = score("all", counted, reasons)
    if as_json:
        report = {"total": total.as_dict(), "results": [vars(result) for result in results], "complaints": wrong}
        click.echo(json.dumps(report, indent=1))
    else:
        console.print(_table([*grouped(counted, lambda result: Path(result.file).stem, reasons), total]))
        console.print(_table([*grouped(counted, lambda result: result.operator, reasons)]))
    for complaint in wrong:
        console.print(complaint, markup=False)


if __name__ == "__main__":
    main()
