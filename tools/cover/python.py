"""What the tests reach of the Python code, in the processes that they start too."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.peer import CACHE
from tools.cover.reached import Figure, Share, total

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = Path(__file__).parent / "coveragerc"
#: What `make test` runs, but for the tests of contracts, which run no Python of the project's own.
COMMANDS = (
    "-m pytest -q -p no:ape_test --hypothesis-profile=ci -n 3 --dist loadfile --no-loadscope-reorder"
    " tests --ignore=tests/ape --ignore=tests/contracts",
    f"{Path(sys.executable).with_name('ape')} test -q tests/ape",
    "-m benchmarks.gas --check",
    "-m tools.artifacts --check",
)


def measure(folder: Path) -> list[Figure]:
    """Runs the tests, and writes `html`, `python.lcov` and coverage.py's data into `folder`; a figure a package.

    Raises subprocess.CalledProcessError if a test fails, when all have run and all is written: they take an hour.
    """
    shutil.rmtree(folder, ignore_errors=True)
    # What was fetched before would not be fetched again, and the lines that do it not be reached.
    shutil.rmtree(CACHE, ignore_errors=True)
    folder.mkdir(parents=True)
    places = os.environ | {"COVERAGE_ROOT": str(ROOT), "COVERAGE_DATA": str(folder)}
    # Every Python process that finds the variable measures itself, whichever process started it.
    measured = places | {"COVERAGE_PROCESS_START": str(CONFIGURATION)}
    ended = [
        subprocess.run([sys.executable, *shlex.split(command)], cwd=ROOT, env=measured, stdout=sys.stderr, check=False)
        for command in COMMANDS
    ]
    for report in (
        ["combine", "--quiet"],
        ["json", "--quiet", "-o", folder / "python.json"],
        ["lcov", "--quiet", "-o", folder / "python.lcov"],
        ["html", "--quiet", "-d", folder / "html"],
    ):
        coverage = [sys.executable, "-m", "coverage", *report, f"--rcfile={CONFIGURATION}"]
        subprocess.run(coverage, cwd=ROOT, env=places, check=True)
    for tests in ended:
        tests.check_returncode()
    packages: dict[str, list[Figure]] = defaultdict(list)
    for name, found in json.loads((folder / "python.json").read_text())["files"].items():
        packages["/".join(Path(name).parts[:-1][:2])].append(_figure(name, found))
    return [_package(name, figures) for name, figures in sorted(packages.items())]


def _package(name: str, figures: list[Figure]) -> Figure:
    whole = total(figures)
    return Figure(name, whole.lines, whole.branches, tuple(missed for figure in figures for missed in figure.missed))


def _figure(name: str, found: dict[str, Any]) -> Figure:
    counts = found["summary"]
    lines = [f"{name}:{line}: not run" for line in found["missing_lines"]]
    # A branch out of a line that never ran is missed with its line. Lines below zero are ends of functions.
    branches = [
        f"{name}:{start}: never goes on to {f'line {end}' if end > 0 else 'the end'}"
        for start, end in found["missing_branches"]
        if start not in found["missing_lines"]
    ]
    return Figure(
        part=name,
        lines=Share(counts["covered_lines"], counts["num_statements"]),
        branches=Share(counts["covered_branches"], counts["num_branches"]),
        missed=tuple(lines + branches),
    )
