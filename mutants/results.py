"""What became of each mutant: kept as JSON lines, scored, and held against the survivors that have a reason."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mutants.operators import Mutant

KILLED, TIMEOUT, SURVIVED = "killed", "timeout", "survived"
#: Not counted: the compiler refuses it; it makes the very code of the contract, or of another mutant.
INVALID, SAME, DUPLICATE = "invalid", "same bytecode", "duplicate"


@dataclass(frozen=True)
class Result:
    """What became of one mutant. `tests` says which tests it depends on, `code` hashes what the mutant compiled to."""

    key: str
    file: str
    function: str
    operator: str
    before: str
    after: str
    status: str
    code: str = ""
    by: str = ""
    why: str = ""
    tests: str = ""

    @classmethod
    def of(cls, key: str, mutant: Mutant, status: str, **more: str) -> Result:
        """Result of a mutant."""
        return cls(key, *mutant.looks, status, **more)

    @property
    def looks(self) -> tuple[str, str, str, str, str]:
        """What a reader needs to recognize the mutant."""
        return self.file, self.function, self.operator, self.before, self.after


class Store:
    """Results of earlier runs, in a file of JSON lines that grows as mutants are done."""

    def __init__(self, path: Path) -> None:
        """Reads the file, if it is there."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        lines = path.read_text().splitlines()
        self._results = {result.key: result for result in (Result(**json.loads(line)) for line in lines)}

    def get(self, key: str) -> Result | None:
        """What an earlier run found, if it got that far."""
        return self._results.get(key)

    def add(self, result: Result) -> None:
        """Keeps a result."""
        self._results[result.key] = result
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")


def read_reasons(path: Path) -> dict[tuple[str, ...], str]:
    """Why survivors are equivalent to the contracts, by the looks of the mutant."""
    entries: list[dict[str, str]] = tomllib.loads(path.read_text()).get("survivor", [])
    keys = ("file", "function", "operator", "before", "after")
    return {tuple(entry[key] for key in keys): entry["reason"] for entry in entries}


def complaints(results: Iterable[Result], reasons: dict[tuple[str, ...], str], *, full: bool) -> list[str]:
    """What is wrong: survivors without a reason, and reasons without a survivor.

    In a run of some mutants (`full` false) a reason is only wrong if its mutant ran and did not survive.
    """
    results = list(results)
    survivors = {result.looks for result in results if result.status == SURVIVED}
    known = {result.looks for result in results}
    wrong = [f"survived, without a reason: {_line(looks)}" for looks in sorted(survivors - reasons.keys())]
    wrong += [f"killed, yet listed: {_line(looks)}" for looks in sorted((reasons.keys() & known) - survivors)]
    if full:
        wrong += [f"listed, but no such mutant: {_line(looks)}" for looks in sorted(reasons.keys() - known)]
    return wrong + [
        f"no reason given: {_line(looks)}" for looks, reason in sorted(reasons.items()) if not reason.strip()
    ]


def _line(looks: tuple[str, ...]) -> str:
    file, function, operator, before, after = looks
    return f"{file} {function} {operator}\n    - {before}\n    + {after}"


@dataclass(frozen=True)
class Score:
    """Counts of mutants of one file, of one operator, or of all."""

    name: str
    counts: Counter[str]
    equivalent: int

    @property
    def killed(self) -> int:
        """Mutants that a test caught, or that ran for ever."""
        return self.counts[KILLED] + self.counts[TIMEOUT]

    @property
    def alive(self) -> int:
        """Survivors that nobody has shown to be equivalent."""
        return self.counts[SURVIVED] - self.equivalent

    @property
    def percent(self) -> str:
        """Killed of those that could be, rounded down to a tenth of a percent."""
        possible = self.killed + self.alive
        tenths = 1000 * self.killed // possible if possible else 1000
        return f"{tenths // 10}.{tenths % 10} %"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "score": self.percent, "equivalent": self.equivalent, **self.counts}


def score(name: str, results: Iterable[Result], reasons: dict[tuple[str, ...], str]) -> Score:
    """Score of some results."""
    results = list(results)
    equivalent = sum(result.status == SURVIVED and result.looks in reasons for result in results)
    return Score(name, Counter(result.status for result in results), equivalent)
