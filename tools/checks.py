"""Runs what a change has to pass, side by side, and says at the end what each step took.

python -m tools.checks          everything: what `make test` runs
python -m tools.checks lint     only style, types, static analysis and whether generated files are fresh
python -m tools.checks NAME…    only these steps

What a step prints is kept in out/checks/NAME.log. Of a step that fails it is shown whole; of one that runs tests, its
closing lines are shown in any case. out/checks/times.json has the table for programs.

Some steps depend on few files, which can be named: what is about the contracts alone, and the tests of our own tools.
Such a step is left out while those files are what they were when it passed last, by a hash in tools/passed.json.
`python -m tools.checks --record` runs the steps whose files have changed, and writes their hashes. A step that is named
runs in any case: `python -m tools.checks contracts`.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "out" / "checks"
RECORD = ROOT / "tools" / "passed.json"
BIN = Path(sys.prefix) / "bin"
PROCESSORS = os.cpu_count() or 1
#: Processes of pytest: many tests wait for clocks, blocks and processes, so that more fit than there are processors.
WORKERS = 2 * PROCESSORS
PYTEST = ("pytest", "-p", "no:ape_test", "-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder")
TICK = 0.05  # seconds


@dataclass(frozen=True)
class Step:
    """One command.

    Attributes:
        name: as in the table.
        command: its words; a program is looked for in `.venv/bin` first.
        load: how many processors it keeps busy.
        closing: how many lines of its end are shown when it is well.
        needs: files and folders that decide how it ends, if they are few: it is left out while they are unchanged.
    """

    name: str
    command: Sequence[str]
    load: int = 1
    closing: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """How a step ended: its exit code, and seconds by the clock and of processors."""

    step: Step
    code: int
    seconds: float
    cpu_seconds: float


#: Decides what the compiler makes: sources, settings, and the versions of everything.
COMPILED = ("contracts", "ape-config.yaml", "tools/solc", "package-lock.json", "requirements.lock")
SOLHINT = ("node_modules/.bin/solhint", "--disc", "--noPoster", "--max-warnings", "0", "contracts/**/*.sol")
LINT = (
    Step(
        "artifacts",
        ("python", "tools/artifacts.py", "--check"),
        needs=(*COMPILED, "tools/artifacts.py", "fec/protocol/abi"),
    ),
    Step("types", ("mypy",)),
    Step(
        "slither",
        ("python", "-m", "tools.static"),
        needs=(*COMPILED, "tools/static.py", "tools/frontend.py", "slither.config.json"),
    ),
    Step(
        "layout",
        ("python", "-m", "tools.layout", "--check"),
        needs=(*COMPILED, "tools/layout.py", "tools/frontend.py", "fec/protocol/abi", "contracts.lock.json"),
    ),
    Step("messages", ("python", "-m", "tools.messages", "--check")),
    Step("solhint", SOLHINT, needs=("contracts", ".solhint.json", "package-lock.json")),
    Step(
        "forge lint",
        ("forge", "lint", "--deny", "warnings", "contracts"),
        needs=("contracts", "foundry.toml", "tools/solc", "package-lock.json"),
    ),
    Step("ruff", ("ruff", "check", ".")),
    Step("ruff format", ("ruff", "format", "--check", ".")),
    Step("forge fmt", ("forge", "fmt", "--check", "contracts", "tests/forge", "proofs/symbolic")),
)
#: Twins of trees, acts and passkeys, which tests of the contracts compare these with, and what they import.
TWIN = (
    *(f"fec/i18n/{name}.py" for name in ("__init__", "catalogs", "errors", "formats", "parsing", "readable")),
    *(f"fec/protocol/{name}.py" for name in ("__init__", "addresses", "bytes32", "settlements", "types")),
    *(f"fec/protocol/{name}.py" for name in ("acts", "members", "passkeys")),
)
TOOL_TESTS = Step(
    "tests of tools",
    ("pytest", "-p", "no:ape_test", "tests/tools"),
    closing=1,
    needs=(
        *("contracts", "fec/__init__.py", "fec/core", "mutants", "tests/contracts", "tests/fixtures", "tests/tools"),
        *TWIN,
        *(
            "tools",
            "ape-config.yaml",
            "package-lock.json",
            "requirements.lock",
            "tests/__init__.py",
            "tests/conftest.py",
        ),
    ),
)
CONTRACTS = Step(
    "contracts",
    ("pytest", "-p", "no:ape_test", "tests/contracts"),
    closing=1,
    # A test sees that it imports nothing else; what it reads besides is what the tests name.
    needs=(
        *(*COMPILED, "fec/__init__.py", "fec/core", "fec/protocol/abi", "docs/assurance/permissions.md"),
        *TWIN,
        *("tests/__init__.py", "tests/conftest.py", "tests/contracts", "tests/fixtures/__init__.py"),
        *("tests/fixtures/environment.py", "tests/fixtures/passkeys.py", "tests/vectors", "pyproject.toml"),
    ),
)
PROOFS = Step(
    "proofs",
    ("python", "-m", "proofs", "--quick"),
    closing=1,
    needs=("contracts", "proofs", "tools/solc", "foundry.toml", "package-lock.json"),
)
#: Folders of tests that have steps of their own.
APART = ("ape", "contracts", "tools")
#: Longest first: what is long and begun last ends alone.
TESTS = (
    Step("pytest", (*PYTEST, "tests", *(f"--ignore=tests/{folder}" for folder in APART)), PROCESSORS, 1),
    CONTRACTS,
    Step("ape", ("ape", "test", "tests/ape"), closing=1),
    PROOFS,
    # Not left out: it tries a fresh seed each time.
    Step("forge", ("python", "-m", "tests.forge", "--quick")),
    TOOL_TESTS,
    Step("mutants", ("python", "-m", "mutants", "--changed"), closing=1),
    Step("gas", ("python", "-m", "benchmarks.gas", "--check")),
    Step("reference", ("python", "-m", "tools.reference")),
    Step("vitest", ("node_modules/.bin/vitest", "run", "--root", "web"), closing=6),
    Step("sdk types", ("node_modules/.bin/tsc", "--project", "packages/sdk")),
    Step("sdk", ("node_modules/.bin/vitest", "run", "--root", "packages/sdk"), closing=6),
)


def fingerprint(needs: Iterable[str], root: Path = ROOT) -> str:
    """Hash of the files in some places, by name and content, apart from compiled modules and the record itself."""
    digest = hashlib.sha256()
    for place in needs:
        path = root / place
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts and file.name != RECORD.name:
                digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def passed(record: Path) -> dict[str, str]:
    """By step, the hash of what it needs as it was when the step passed last."""
    return json.loads(record.read_text()) if record.exists() else {}


class Runner:
    """Runs steps, as many at a time as there are processors for, and one more."""

    def __init__(self, console: Console, processors: int = PROCESSORS, logs: Path = LOGS) -> None:
        """Takes where to say what, and how many processors there are."""
        self.console = console
        self.room = processors + 1
        self.logs = logs
        self._running: list[tuple[Step, float, subprocess.Popen[bytes]]] = []

    def run(self, steps: Iterable[Step]) -> list[Ended]:
        """Runs all, in their order as far as there is room; gives how each ended."""
        self.logs.mkdir(parents=True, exist_ok=True)
        waiting, ended = list(steps), []
        # Who ends a run ends its steps too.
        before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        try:
            while waiting or self._running:
                for step in [*waiting]:
                    taken = sum(running.load for running, *_ in self._running)
                    if not self._running or taken + step.load <= self.room:
                        waiting.remove(step)
                        self._start(step)
                if found := self._reap():
                    ended.append(found)
                    self._say(found)
                else:
                    time.sleep(TICK)
        finally:
            signal.signal(signal.SIGTERM, before)
            for *_, process in self._running:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return ended

    def log(self, step: Step) -> Path:
        """What a step prints."""
        return self.logs / f"{step.name.replace(' ', '-')}.log"

    def _start(self, step: Step) -> None:
        program, *words = step.command
        own = BIN / program
        with self.log(step).open("wb") as log:
            process = subprocess.Popen(
                [own if own.exists() else program, *words],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._running.append((step, time.monotonic(), process))

    def _reap(self) -> Ended | None:
        for running in self._running:
            step, began, process = running
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                self._running.remove(running)
                process.returncode = os.waitstatus_to_exitcode(status)
                return Ended(step, process.returncode, time.monotonic() - began, usage.ru_utime + usage.ru_stime)
        return None

    def _say(self, found: Ended) -> None:
        text = self.log(found.step).read_text(errors="replace")
        if found.code:
            self.console.rule(f"{found.step.name} failed", style="red")
            self.console.out(text, highlight=False)
            self.console.rule(style="red")
            return
        self.console.print(f"[green]ok[/green] {found.step.name}, {found.seconds:.0f} s", highlight=False)
        if found.step.closing:
            lines = [line for line in text.splitlines() if line.strip()]
            self.console.out("\n".join(lines[-found.step.closing :]), highlight=False)


def table(ended: Sequence[Ended], left_out: Sequence[str], seconds: float) -> Table:
    """What each step took, longest first."""
    shown = Table("step", "result", title="What each step took")
    for heading in ("seconds", "processor seconds"):
        shown.add_column(heading, justify="right")
    for one in sorted(ended, key=lambda one: -one.seconds):
        result = "[red]failed[/red]" if one.code else "ok"
        shown.add_row(one.step.name, result, f"{one.seconds:.1f}", f"{one.cpu_seconds:.1f}")
    for name in left_out:
        shown.add_row(name, "not run: nothing it depends on has changed", "", "")
    shown.add_section()
    total = sum(one.cpu_seconds for one in ended)
    shown.add_row("in all", f"{len(ended)} steps", f"{seconds:.1f}", f"{total:.1f}")
    return shown


def chosen(names: Sequence[str]) -> tuple[list[Step], list[str]]:
    """The steps that were asked for, and the names of those left out because nothing changed.

    Raises click.UsageError for a name that no step has.
    """
    every = {step.name: step for step in (*TESTS, *LINT)}
    if unknown := sorted(set(names) - every.keys() - {"lint"}):
        raise click.UsageError(f"No step is called {unknown[0]!r}. There are: {', '.join(['lint', *every])}.")
    if names:
        wanted = {*names, *(step.name for step in LINT if "lint" in names)}
        return [step for step in every.values() if step.name in wanted], []
    before = passed(RECORD)
    same = {step.name for step in every.values() if step.needs and before.get(step.name) == fingerprint(step.needs)}
    return [step for step in every.values() if step.name not in same], sorted(same)


@click.command(help=__doc__)
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--record", is_flag=True, help="Run what is left out while nothing changed, and record that it passed.")
def main(names: tuple[str, ...], record: bool) -> None:
    """Command line."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    began = time.monotonic()
    steps, left_out = chosen(names)
    if record:
        steps = [step for step in steps if step.needs]
    hashes = {step.name: fingerprint(step.needs) for step in steps if step.needs}
    ended = Runner(console).run(steps)
    seconds = time.monotonic() - began
    console.print(table(ended, left_out, seconds))
    times = {one.step.name: [round(one.seconds, 1), round(one.cpu_seconds, 1)] for one in ended}
    (LOGS / "times.json").write_text(json.dumps({"seconds": round(seconds, 1), "steps": times}, indent=1) + "\n")
    if record:
        good = {one.step.name: hashes[one.step.name] for one in ended if not one.code}
        RECORD.write_text(json.dumps({**passed(RECORD), **good}, indent=1, sort_keys=True) + "\n")
    failed = [one.step.name for one in ended if one.code]
    if failed:
        console.print(
            f"[red]Failed: {', '.join(failed)}.[/red] What they said is above, and in {LOGS.relative_to(ROOT)}."
        )
        sys.exit(1)
    console.print(f"All {len(ended)} steps passed.")


if __name__ == "__main__":
    main()
