"""The tests, collected once; each mutant gets a fork that stops at the first failure."""

from __future__ import annotations

import ast
import asyncio
import gc
import importlib
import json
import os
import re
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import hypothesis
import pyrevm
import pytest
from _pytest.runner import runtestprotocol

from mutants.compiler import ROOT, Bytecode, fingerprint

#: Tests that take longer than this come last, in seconds of CPU time.
SLOW = 0.5
#: CPU time that a mutant gets, as a multiple of what the contracts themselves take.
PATIENCE = 10


@dataclass(frozen=True)
class Verdict:
    """How a run of tests ended: the test that failed and why, if one did."""

    by: str = ""
    why: str = ""
    timeout: bool = False


class Suite:
    """Tests that pytest has collected."""

    def __init__(self, items: Sequence[pytest.Item]) -> None:
        """Takes what pytest has collected."""
        self.items = {item.nodeid: item for item in items}
        #: CPU seconds that each test takes on the contracts as they are; without those that they do not pass.
        self.durations: dict[str, float] = {}
        self._kills: Counter[tuple[str, str]] = Counter()

    # ---------------------------------------------------------------- identity

    @cached_property
    def everything(self) -> str:
        """Hash of all tests and what they import of the project."""
        return fingerprint([self.hash_of(test) for test in sorted(self.items)])

    def hash_of(self, test: str) -> str:
        """Hash of one test and what it leans on; other tests of its file may change."""
        path, name = self.items[test].path, str(getattr(self.items[test], "originalname", ""))
        return fingerprint([_surroundings(path), _sources(path)[name], test])

    # -------------------------------------------------------------------- runs

    def quick(self, file: str, function: str) -> list[str]:
        """The quick tests: first what killed mutants of the same function, then what is named after it.

        Then what killed in the same file, what has the same subject, and the quickest first.
        """
        contracts = ("Checkout.sol", "Custodian.sol", "Relay.sol")
        libraries = ("OrderHash.sol", "PaymentShares.sol", "ShortPayment.sol", "Signatures.sol")
        sale = file.endswith((*contracts, *libraries)) or "/checkout/" in file or "/custody/" in file
        name = re.sub("(?=[A-Z])", "_", function.rpartition(".")[2]).lower().strip("_")

        def rank(test: str) -> tuple[int, bool, int, bool, float]:
            return (
                -self._kills[function, test],
                f"test_{name}_" not in test,
                -self._kills[file, test],
                ("/checkout/" in test or "/custody/" in test) != sale,
                self.durations[test],
            )

        return sorted((test for test, seconds in self.durations.items() if seconds <= SLOW), key=rank)

    def slow(self) -> list[str]:
        """The state machines and the like, quickest first."""
        return sorted(
            (test for test, seconds in self.durations.items() if seconds > SLOW), key=self.durations.__getitem__
        )

    def learn(self, file: str, function: str, test: str) -> None:
        """Remembers that a test killed a mutant."""
        self._kills[file, test] += 1
        self._kills[function, test] += 1

    async def run(self, tests: Sequence[str], code: Bytecode) -> Verdict:
        """Runs tests in a fork against contracts with this creation code, up to the first failure."""
        if not tests:
            return Verdict()
        try:
            output = await self._fork(tests, code, PATIENCE * int(1 + sum(self.durations[test] for test in tests)))
        except TimeoutError:
            return Verdict(timeout=True)
        return Verdict(**json.loads(output)) if output else Verdict()

    async def measure(self, tests: Sequence[str], code: Bytecode) -> dict[str, dict[str, Any]]:
        """Runs tests, whatever fails; says of each how many seconds of CPU time it took, and whether it failed."""
        lines = (await self._fork(tests, code, 3600, every=True)).splitlines() if tests else []
        reports = [json.loads(line) for line in lines]
        return {report["test"]: {"seconds": report["seconds"], "failed": "why" in report} for report in reports}

    async def _fork(self, tests: Sequence[str], code: Bytecode, limit: int, *, every: bool = False) -> bytes:
        """Runs tests in a fork with so many seconds of CPU time; returns what it wrote.

        Raises:
            TimeoutError: when they were not enough.
        """
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            # The fork must never go on as its parent.
            try:
                os.close(reader)
                # Collecting would touch, and so copy, all of the parent's memory.
                gc.disable()
                resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
                self._run(tests, code, writer, every=every)
                os._exit(0)
            except BaseException as error:  # noqa: BLE001
                os.write(writer, repr(error).encode())
            os._exit(1)
        os.close(writer)
        output = await _read(reader)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
            raise TimeoutError
        if status != 0:
            raise RuntimeError(f"a fork ended with status {status}: {output.decode()}")
        return output

    def _run(self, tests: Sequence[str], code: Bytecode, writer: int, *, every: bool) -> None:
        """Writes a line about the first test that fails, or about `every` one."""
        _install(code)
        for test, after in zip(tests, [*tests[1:], None], strict=True):
            began = time.process_time()
            reports = runtestprotocol(self.items[test], log=False, nextitem=self.items[after] if after else None)
            why = next((_first_line(report) for report in reports if report.failed), None)
            line: dict[str, Any] = {} if why is None else {"by": test, "why": why}
            if every:
                line |= {"test": test, "seconds": round(time.process_time() - began, 3)}
            if line:
                os.write(writer, json.dumps(line).encode() + b"\n")
            if why is not None and not every:
                return


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (crash.message if crash else report.longreprtext).strip().splitlines()
    return lines[0][:200] if lines else ""


def prepare() -> None:
    """Before the tests are imported: no shrinking of what fails, no chance, no memory, and no limit on code size."""
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=phases, database=None, deadline=None, derandomize=True)
    hypothesis.settings.load_profile("mutants")
    environment = pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=1, limit_contract_code_size=2**20))
    vars(pyrevm)["EVM"] = partial(pyrevm.EVM, environment)


def _install(code: Bytecode) -> None:
    """Puts creation code in place of what the tests would deploy."""
    # Pytest has imported it by now.
    build = importlib.import_module("tests.contracts.support.build")
    for name, bytecode in code.items():
        shipped = (ROOT / "fec" / "protocol" / "abi" / f"{name}.json").exists()
        (build.shipped(name) if shipped else build.compiled(name))["bytecode"] = "0x" + bytecode


async def _read(reader: int) -> bytes:
    stream = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reader, "rb"))
    try:
        return await stream.read()
    finally:
        transport.close()


# ------------------------------------------------------------------------- hashes


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _imported(path: Path) -> frozenset[Path]:
    """The project's own modules that a module imports, directly or not; they may import each other."""
    found: set[Path] = set()
    left = [path]
    while left:
        new = _imports(left.pop()) - found
        found |= new
        left += new
    return frozenset(found)


@cache
def _imports(path: Path) -> frozenset[Path]:
    """The project's own modules that a module's text names."""
    names = {
        name
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom)
        for name in [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    }
    files = {Path(str(getattr(sys.modules.get(str(name)), "__file__", "/"))) for name in names}
    return frozenset(file for file in files if file.is_relative_to(ROOT) and not file.is_relative_to(ROOT / ".venv"))


@cache
def _surroundings(path: Path) -> str:
    """Hash of what all tests of a file lean on: the file without its tests, what it imports, fixtures, data."""
    rest = [
        ast.dump(node)
        for node in _tree(path).body
        if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))
    ]
    fixtures = [
        one / "conftest.py" for one in path.parents if one.is_relative_to(ROOT) and (one / "conftest.py").exists()
    ]
    files = {*fixtures, *_imported(path), *(file for one in fixtures for file in _imported(one))}
    return fingerprint([*rest, *(file.read_text() for file in sorted([*files, *ROOT.glob("tests/vectors/*")]))])


@cache
def _sources(path: Path) -> dict[str, str]:
    return {node.name: ast.dump(node) for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef)}
