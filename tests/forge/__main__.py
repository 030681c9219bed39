"""Stateful fuzzing of all contracts by forge, against a ghost model of its own.

    python -m tests.forge [--quick] [--seed N] [--steps N] [--jobs N]

Takes a fresh seed unless told one, and prints it. A step is one call of one action, and the check of all eight
guarantees after it. `--quick` is for CI: a fixed seed and a fresh one. Fails if forge finds a counter-example, or if
any action succeeded less often than once in 2,000 steps.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
FORGE = Path(sys.prefix) / "bin" / "forge"

#: Calls from a deployment to the end of every node's life.
DEPTH = 200

FIXED_SEED = 1
QUICK_STEPS = 1_400

#: Every action has to succeed, and every refusal to happen, at least once in so many steps.
STEPS_A_SUCCESS = 2_000


def named_actions() -> set[str]:
    """All that the actions can report, read from their sources: `_succeeded("…")`, and `_refused(…, "…")`."""
    names: set[str] = set()
    for source in Path(__file__).parent.glob("*.sol"):
        text = source.read_text()
        for argument in re.findall(r"_succeeded\(([^;]*)\);", text):
            names.update(re.findall(r'"([^"]+)"', argument) if "string.concat" not in argument else [])
        for arguments in re.findall(r"_refused\(([^;]*)\);", text):
            names.update(f"refused {name}" for name in re.findall(r'"([^"]+)"', arguments)[-1:])
    return names


def forge(*arguments: str, **environment: str) -> int:
    """Runs forge with the fuzzing profile and returns its exit code."""
    variables = {**os.environ, "FOUNDRY_PROFILE": "fuzz", **environment}
    return subprocess.run([FORGE, *arguments], cwd=ROOT, env=variables, check=False).returncode


def fuzz(seed: int, steps: int) -> tuple[int, Counter[str]]:
    """Runs one campaign; forge's exit code and the successes of each action."""
    (ROOT / ".build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / ".build") as folder:
        report = Path(folder) / "report.csv"
        code = forge(
            "test",
            "--fuzz-seed",
            str(seed),
            FOUNDRY_INVARIANT_RUNS=str(-(-steps // DEPTH)),
            FOUNDRY_INVARIANT_DEPTH=str(DEPTH),
            FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR=folder,
            FEC_FUZZ_REPORT=str(report.relative_to(ROOT)),
        )
        counts: Counter[str] = Counter()
        # Forge plays the last run twice.
        for line in dict.fromkeys(report.read_text().splitlines() if report.exists() else []):
            fields = line.split(",")
            for name, count in zip(fields[0::2], fields[1::2], strict=True):
                counts[name] += int(count)
    return code, counts


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help=f"A fixed seed and a fresh one, {QUICK_STEPS:,} steps each.")
@click.option("--seed", type=int, default=None, help="Seed of the first campaign; fresh unless given.")
@click.option("--steps", default=20_000, show_default=True, help="Steps in all, rounded up to whole runs.")
@click.option("--jobs", default=1, show_default=True, help="Campaigns at the same time, each with a seed of its own.")
def main(quick: bool, seed: int | None, steps: int, jobs: int) -> None:
    """Command line."""
    first = secrets.randbelow(2**32) if seed is None else seed
    seeds = [FIXED_SEED, first] if quick else [first + i for i in range(jobs)]
    share = QUICK_STEPS if quick else -(-steps // jobs)
    click.echo(f"seeds {', '.join(map(str, seeds))}, {share:,} steps each")
    if forge("build") != 0:
        sys.exit(1)

    began = time.monotonic()
    with ThreadPoolExecutor(1 if quick else jobs) as pool:
        campaigns = list(pool.map(lambda chosen: fuzz(chosen, share), seeds))
    if any(code != 0 for code, _ in campaigns):
        sys.exit(1)
    taken = len(seeds) * -(-share // DEPTH) * DEPTH
    counts: Counter[str] = Counter(dict.fromkeys(named_actions(), 0))
    for _, successes in campaigns:
        counts.update(successes)

    click.echo(f"\nsucceeded, in {taken:,} steps, {taken / (time.monotonic() - began):,.0f} a second")
    for name, count in counts.most_common():
        click.echo(f"  {count:>9,}  {name}")
    least = max(1, taken // STEPS_A_SUCCESS)
    rare = sorted(name for name, count in counts.items() if count < least)
    if rare:
        click.echo(f"\nfewer than {least:,} times: {', '.join(rare)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
