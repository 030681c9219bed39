"""The tests, collected once; each mutant gets a fork that stops at the first failure."""

from __future__ import annotations

import ast
import asyncio
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, NoReturn

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
        #: CPU seconds that each test takes on the contracts as they are.
        self.durations: dict[str, float] = {}
        self._kills: Counter[tuple[str, str]] = Counter()

    # ---------------------------------------------------------------- identity

    @cached_property
    def everything(self) -> str:
        """Hash of all tests and what they import of the project."""
        return fingerprint([self.hash_of(test) for test in sorted(self.items)])

    def hash_of(self, test: str) -> str:
        """Hash of one test and what it leans on; other tests of its file may change."""
        item = self.items[test]
        return fingerprint(
            [_helpers(), _module_without_tests(item.path), _source(item.path, _function_name(item)), test]
        )

    # -------------------------------------------------------------------- runs

    def quick(self, file: str) -> list[str]:
        """The quick tests, those first that killed mutants of the same file before, then those of the same subject."""
        till = file.endswith(("Checkout.sol", "Custodian.sol", "Signatures.sol")) or "/till/" in file

        def rank(test: str) -> tuple[int, bool]:
            return -self._kills[file, test], ("test_till" in test or "test_custody" in test) != till

        return sorted((test for test in self.items if self.durations[test] <= SLOW), key=rank)

    def slow(self) -> list[str]:
        """The state machines and the like, quickest first."""
        return sorted((test for test in self.items if self.durations[test] > SLOW), key=self.durations.__getitem__)

    def learn(self, file: str, test: str) -> None:
        """Remembers that a test killed a mutant of a file."""
        self._kills[file, test] += 1

    async def run(self, tests: Sequence[str], code: Bytecode) -> Verdict:
        """Runs tests in a fork against contracts with this creation code, up to the first failure."""
        if not tests:
            return Verdict()
        limit = PATIENCE * (1 + sum(self.durations[test] for test in tests))
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, resource.RLIM_INFINITY))
            self._run_and_exit(tests, code, writer)
        os.close(writer)
        output = await _read(reader)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
            return Verdict(timeout=True)
        if status != 0:
            raise RuntimeError(f"a fork ended with status {status}: {output.decode()}")
        return Verdict(**json.loads(output.splitlines()[-1])) if output else Verdict()

    async def measure(self, code: Bytecode) -> Verdict:
        """Runs every test against the contracts as they are, and learns what each takes."""
        self.durations = dict.fromkeys(self.items, 60.0)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            self._run_and_exit(list(self.items), code, writer, timed=True)
        os.close(writer)
        output = await _read(reader)
        os.waitpid(child, 0)
        *timings, last = output.splitlines()
        for line in timings:
            test, seconds = json.loads(line)
            self.durations[test] = seconds
        return Verdict(**json.loads(last))

    def _run_and_exit(self, tests: Sequence[str], code: Bytecode, writer: int, *, timed: bool = False) -> NoReturn:
        try:
            verdict = self._run(tests, code, writer if timed else None)
            if verdict != Verdict() or timed:
                os.write(writer, json.dumps(verdict.__dict__).encode())
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - a fork must never go on as its parent
            os.write(writer, repr(error).encode())
            os._exit(1)

    def _run(self, tests: Sequence[str], code: Bytecode, timings: int | None) -> Verdict:
        _install(code)
        for test, after in zip(tests, [*tests[1:], None], strict=True):
            began = time.process_time()
            for report in runtestprotocol(self.items[test], log=False, nextitem=self.items[after] if after else None):
                if report.failed:
                    crash = getattr(report.longrepr, "reprcrash", None)
                    lines = (crash.message if crash else report.longreprtext).strip().splitlines()
                    return Verdict(test, lines[0][:200] if lines else "")
            if timings is not None:
                os.write(timings, json.dumps([test, round(time.process_time() - began, 3)]).encode() + b"\n")
        return Verdict()


def prepare() -> None:
    """Before the tests are imported: no shrinking of what fails, no memory of it, and no limit on the size of code."""
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=phases, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")
    environment = pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=1, limit_contract_code_size=2**20))
    vars(pyrevm)["EVM"] = partial(pyrevm.EVM, environment)


def _install(code: Bytecode) -> None:
    """Puts creation code in place of what the tests would deploy."""
    # Pytest has imported it by now.
    build = importlib.import_module("tests.evm.build")
    for name, bytecode in code.items():
        shipped = (ROOT / "fec" / "abi" / f"{name}.json").exists()
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


def _function_name(item: pytest.Item) -> str:
    return str(getattr(item, "originalname", item.name))


@cache
def _helpers() -> str:
    """Hash of the project's modules that tests have imported, and of their data."""
    files = {Path(str(module.__file__)) for module in sys.modules.values() if getattr(module, "__file__", None)}
    own = [path for path in files if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / ".venv")]
    helpers = [path for path in own if not path.name.startswith("test_") and not path.is_relative_to(ROOT / "mutants")]
    return fingerprint([path.read_text() for path in sorted([*helpers, *ROOT.glob("tests/vectors/*")])])


@cache
def _functions(path: Path) -> dict[str, str]:
    tree = ast.parse(path.read_text())
    return {node.name: ast.dump(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _source(path: Path, name: str) -> str:
    return _functions(path)[name]


@cache
def _module_without_tests(path: Path) -> str:
    tree = ast.parse(path.read_text())
    rest: Iterable[Any] = (
        node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))
    )
    return fingerprint([ast.dump(node) for node in rest])
