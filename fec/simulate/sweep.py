"""Many runs on all processors: sweeps over settings, and draws from a scenario's spread. Saved, and resumable."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from fec.i18n.parsing import parse_fec
from fec.simulate.economy import Economy
from fec.simulate.records import moment, summary_record
from fec.simulate.scenario import Scenario
from fec.simulate.values import AMOUNT

Record = dict[str, Any]

#: Changes whenever the same scenario would give another record.
FORMAT = 1
#: Percentiles of the supply fan.
BAND = {"low": 5, "lower": 25, "middle": 50, "upper": 75, "high": 95}
TABLE = "results.csv"


@dataclass(frozen=True)
class Job:
    """One run to be made."""

    scenario: Scenario
    changes: Mapping[str, str]
    """What a sweep set."""
    seed: str | None = None
    run: int | None = None
    """Which of several draws, from 0; its seed is `seed/run`."""

    @property
    def head(self) -> Record:
        """What the run follows from."""
        return {
            "format": FORMAT,
            "changes": dict(self.changes),
            "seed": self.seed,
            "run": self.run,
            "scenario": self.scenario.record,
        }

    @property
    def file_name(self) -> str:
        """Where it is saved: a name for all that it follows from."""
        return hashlib.sha256(json.dumps(self.head, sort_keys=True).encode()).hexdigest()[:24] + ".json"


def plan(scenario: Scenario, sweep: Mapping[str, Sequence[str]], runs: int = 0, seed: str = "fec") -> list[Job]:
    """Every combination of the values swept over; with `runs`, so many draws of each. Raises ScenarioInvalid."""
    jobs = []
    for values in itertools.product(*sweep.values()):
        changes = dict(zip(sweep, values, strict=True))
        changed = scenario.changed(changes)
        # The same draws for each combination, so that they differ by their setting alone.
        jobs += [Job(changed.sample(f"{seed}/{run}"), changes, seed, run) for run in range(runs)]
        jobs += [] if runs else [Job(changed, changes)]
    return jobs


def make(job: Job) -> Record:
    """Makes one run."""
    result = Economy(job.scenario).run()
    return {
        **job.head,
        "summary": summary_record(result),
        "supply": [[moment(point.time), AMOUNT.write(point.supply)] for point in result.points],
    }


def run_all(
    jobs: Sequence[Job], workers: int, folder: Path | None = None, progress: Callable[[int], object] = int
) -> list[Record]:
    """Makes all runs that are not saved in the folder yet; returns all, in order. `progress` gets how many are done.

    Each is saved as soon as it is there, whole or not at all; at the end a table of all is written beside them.
    """
    records = {number: _saved(job, folder) for number, job in enumerate(jobs)} if folder else {}
    found = {number: record for number, record in records.items() if record is not None}
    progress(len(found))
    for number, record in _made({n: job for n, job in enumerate(jobs) if n not in found}, workers):
        found[number] = record
        if folder is not None:
            _save(folder / jobs[number].file_name, json.dumps(record, indent=1))
        progress(len(found))
    ordered = [found[number] for number in range(len(jobs))]
    if folder is not None:
        with (folder / TABLE).open("w", newline="") as file:
            csv.writer(file).writerows(table(ordered))
    return ordered


def fan(records: Sequence[Record]) -> list[dict[str, str]]:
    """Percentiles of the supply at each step over several runs, each a value that one run had."""
    columns = zip(*(record["supply"] for record in records), strict=True)
    points = []
    for column in columns:
        supplies = sorted(parse_fec(supply) for _, supply in column)
        band = {name: AMOUNT.write(supplies[(len(supplies) - 1) * rank // 100]) for name, rank in BAND.items()}
        points.append({"time": column[0][0], **band})
    return points


def table(records: Sequence[Record]) -> Iterator[list[Any]]:
    """All runs as lines of a CSV file, names first: settings, seed, run, figures."""
    if not records:
        return
    keys = list(dict.fromkeys(key for record in records for key in _settings(record)))
    names = [name for name in records[0]["summary"] if name != "realReturn"]
    yield [*keys, "seed", "run", *names]
    for record in records:
        settings = _settings(record)
        yield [
            *(settings.get(key) for key in keys),
            record["seed"],
            record["run"],
            *(record["summary"][name] for name in names),
        ]


def _settings(record: Record) -> dict[str, Any]:
    """The scenario's values by key."""

    def flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
        for key, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", "/".join(value) if isinstance(value, list) else value

    return dict(flat(record["scenario"], ""))


def _made(jobs: Mapping[int, Job], workers: int) -> Iterator[tuple[int, Record]]:
    if workers <= 1 or len(jobs) <= 1:
        yield from ((number, make(job)) for number, job in jobs.items())
        return
    with ProcessPoolExecutor(min(workers, len(jobs)), get_context("spawn")) as pool:
        running = {pool.submit(make, job): number for number, job in jobs.items()}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _saved(job: Job, folder: Path) -> Record | None:
    """A run that was saved before; None if there is none, or only a piece of one."""
    try:
        record: Record = json.loads((folder / job.file_name).read_text())
    except (FileNotFoundError, ValueError):
        return None
    whole = isinstance(record, dict) and record.keys() >= {*job.head, "summary", "supply"}
    return record if whole else None


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)
