"""Runs the checks in `proofs/symbolic` through Halmos, and is stricter than Halmos about what counts as proved."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofs.environment import CHECKS, ROOT, VENV, Change, ProofError, variables, workspace

#: Seconds for one query; and for all checks of one contract.
QUERY_SECONDS = 300
CONTRACT_SECONDS = 3600
#: For the question whether a path is possible at all; without an answer it is followed.
BRANCHING = "100ms"

_NO_ANSWER = {1: "a counterexample that could not be checked", 2: f"no solver answered in {QUERY_SECONDS} s"}
_CONTRACT = re.compile(r"^(?P<unknown>/// @custom:unknown .*\n)?contract (?P<name>\w+)", re.MULTILINE)
_CHECK = re.compile(
    r"^    /// @notice (?P<notice>(?:.|\n    ///)+?)\n(?P<slow>    /// @custom:slow .*\n)?"
    r"    function (?P<name>check_\w+)\(",
    re.MULTILINE,
)
_HELPER = re.compile(r'from "\./(\w+\.sol)"')
_BARE_CHECK = re.compile(r"function (check_\w+)\(")


@dataclass(frozen=True)
class Check:
    """One property written in Solidity: the function holds for all arguments and states that it assumes."""

    file: Path
    """Source, relative to the project."""
    contract: str
    function: str
    notice: str
    """The property in words."""
    slow: bool
    """Left out of the quick run."""
    unknown: bool = False
    """Whether libraries of which nothing is known are compiled in place of some of the contracts' own."""

    @property
    def name(self) -> str:
        """How the table and the witnesses name it."""
        return f"{self.contract}.{self.function}"


@dataclass(frozen=True)
class Outcome:
    """What Halmos found out about a check."""

    verdict: str
    """`proved`, `refuted` (by a counterexample that was checked), or why neither."""
    paths: int = 0
    seconds: int = 0


def read_checks() -> list[Check]:
    """All checks in `proofs/symbolic`. Raises ProofError for one that does not say in words what it proves."""
    checks = []
    for path in sorted((ROOT / CHECKS).glob("*.sol")):
        text = path.read_text()
        starts = list(_CONTRACT.finditer(text))
        for this, following in zip(starts, [*starts[1:], None], strict=False):
            body = text[this.start() : following.start() if following else None]
            found = [
                Check(
                    path.relative_to(ROOT),
                    this["name"],
                    match["name"],
                    _plain(match["notice"]),
                    bool(match["slow"]),
                    bool(this["unknown"]),
                )
                for match in _CHECK.finditer(body)
            ]
            if unsaid := set(_BARE_CHECK.findall(body)) - {check.function for check in found}:
                raise ProofError(f"{path.name}: no `/// @notice` directly above {', '.join(sorted(unsaid))}")
            checks += found
    if twice := [name for name, count in Counter(check.function for check in checks).items() if count > 1]:
        raise ProofError(f"two checks are named {', '.join(twice)}; Halmos' log names them by that alone")
    return checks


def _plain(notice: str) -> str:
    return " ".join(notice.replace("///", " ").split())


def run(checks: list[Check], name: str, changes: tuple[Change, ...] = ()) -> dict[str, Outcome]:
    """Runs checks that compile together in the workspace `name`; outcomes by the checks' names. Raises ProofError."""
    files = sorted({check.file for check in checks})
    folder = workspace(name, sorted(_with_helpers(files)), changes, unknown=checks[0].unknown)
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    contracts = "|".join(sorted({check.contract for check in checks}))
    functions = "|".join(check.function for check in checks)
    command: list[str | Path] = [VENV / "bin" / "halmos", "--root", folder, "--forge-build-out", "out"]
    command += ["--match-contract", f"^({contracts})$", "--match-test", f"^({functions})\\(", "--json-output", answer]
    # Every panic is a failure, not only that of `assert`. Verbose, for the number of paths that end in one.
    command += ["--panic-error-codes", "*", "--no-status", "--verbose"]
    command += ["--solver-command", f"{VENV / 'bin' / 'python'} {ROOT / 'proofs' / 'solver.py'}"]
    command += ["--solver-threads", "2", "--solver-timeout-assertion", f"{QUERY_SECONDS}s"]
    # Each of three leaves may be the one that is refused.
    command += ["--loop", "4"]
    # A path that a moment's thought shows to be impossible is not followed.
    command += ["--solver-timeout-branching", BRANCHING]
    if changes:
        command.append("--early-exit")
    try:
        done = subprocess.run(
            command,
            env=variables(folder, CHECKS),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=CONTRACT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {check.name: Outcome(f"no answer in {CONTRACT_SECONDS} s") for check in checks}
    (folder / "halmos.log").write_text(done.stdout)
    if not answer.exists():
        raise ProofError(f"{name}: Halmos gave no result\n{done.stdout[-4000:]}")
    results = [result for tests in json.loads(answer.read_text())["test_results"].values() for result in tests]
    by_function = {result["name"].partition("(")[0]: result for result in results}
    if missing := {check.function for check in checks} - by_function.keys():
        raise ProofError(f"{name}: Halmos did not run {', '.join(sorted(missing))}\n{done.stdout[-4000:]}")
    return {check.name: _outcome(by_function[check.function], done.stdout) for check in checks}


def _with_helpers(files: list[Path]) -> set[Path]:
    """These files and what they import from beside them, relative to the project."""
    found: set[Path] = set()
    ahead = list(files)
    while ahead:
        if (path := ahead.pop()) not in found:
            found.add(path)
            ahead += [CHECKS / name for name in _HELPER.findall((ROOT / path).read_text())]
    return found


def _outcome(result: dict[str, Any], log: str) -> Outcome:
    return Outcome(_verdict(result, log), result["num_paths"][0], round(result["time"][0]))


def _verdict(result: dict[str, Any], log: str) -> str:
    if any(model["is_valid"] for model in result["models"]):
        return "refuted"
    if code := result["exitcode"]:
        return _NO_ANSWER.get(code, f"Halmos error {code}")
    if result["num_bounded_loops"]:
        return "a loop goes on beyond its bound"
    total, normal, _ = result["num_paths"]
    if reverts := total - normal - _panics(result["name"], log) - _narrow(result["name"]):
        return f"{reverts} paths revert, which proves nothing"
    return "proved"


def _panics(function: str, log: str) -> int:
    """Paths that ended in a panic. The solver found each impossible, or the check would have failed."""
    _, _, after = log.partition(f"\nExecuting {function.partition('(')[0]}\n")
    ours, _, _ = after.partition("\nExecuting ")
    found = re.search(r"# of potential paths involving assertion violations: (\d+) /", ours)
    return int(found[1]) if found else 0


def _narrow(signature: str) -> int:
    """Arguments narrower than a word: for each, the decoder's refusal of a value too wide is a path of its own."""
    types = signature.partition("(")[2].rstrip(")").split(",")
    return sum(each not in ("", "uint256", "int256", "bytes32") for each in types)
