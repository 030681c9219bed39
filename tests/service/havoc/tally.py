"""Sums over many runs, in a file: after a stop the command goes on from what is there."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .run import Outcome, Plan

_SUMMED = ("kills", "at points", "fewest at a point", "orders", "lost", "double", "wrong", "seconds")


@dataclass(frozen=True)
class Tally:
    """What all runs that a file knows of came to: one line of JSON each."""

    path: Path

    def add(self, plan: Plan, outcome: Outcome, seconds: int) -> None:
        """Notes a run."""
        double = sum(failure.is_double for failure in outcome.failures)
        wrong = sum(failure.is_wrong for failure in outcome.failures)
        self._write(
            {
                **asdict(plan),
                "kills": outcome.kills,
                "at points": outcome.at_points.total(),
                "fewest at a point": min(outcome.at_points.values()),
                "orders": outcome.counts.get("orders", {}).get("OrderPaid", 0),
                "seconds": seconds,
                "lost": len(outcome.failures) - double - wrong,
                "double": double,
                "wrong": wrong,
                "failures": list(map(str, outcome.failures[:20])),
            }
        )

    def note_broken(self, plan: Plan, error: Exception) -> None:
        """Notes a run that ended by an error of its own, before there was anything to look at."""
        self._write({**asdict(plan), "ended_early": f"{type(error).__name__}: {error}"})

    def _write(self, line: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All runs so far."""
        return [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    @property
    def kills(self) -> int:
        """Kills in all runs so far."""
        return self._sums["kills"]

    @property
    def at_points(self) -> int:
        """Of these, kills at points of a payment's way."""
        return self._sums["at points"]

    @property
    def _sums(self) -> Counter[str]:
        """By name; of runs that came to their end, but for the number of those that did not."""
        sums = Counter[str]()
        for line in self.lines:
            if "ended_early" in line:
                sums["ended early"] += 1
            else:
                sums.update({name: line[name] for name in _SUMMED} | {"runs": 1})
        return sums

    def __str__(self) -> str:
        sums = self._sums
        found = f"{sums['lost']} lost, {sums['double']} double, {sums['wrong']} told wrongly"
        kills = f"{sums['kills']:,} kills, {sums['at points']:,} of them at points of a payment's way"
        return (
            f"So far {sums['runs']} seeds, {kills}, {sums['orders']:,} orders paid: {found}; "
            f"{sums['seconds']:,} s; {sums['ended early']} ended early"
        )
