"""What was reached, against what is promised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

#: Of each part: how much of its lines and of its branches is reached at least, in thousandths, rounded down.
Thresholds = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    reached: int
    total: int

    @property
    def thousandths(self) -> int:
        """Rounded down: 1000 only where all is reached."""
        return 1000 * self.reached // self.total if self.total else 1000

    def plus(self, other: Share) -> Share:
        """Of both together."""
        return Share(self.reached + other.reached, self.total + other.total)

    @property
    def words(self) -> str:
        """As people read it."""
        return f"{percent(self.thousandths)}  {self.reached:,}/{self.total:,}"


@dataclass(frozen=True)
class Figure:
    """What is reached of a part, a source of a contract or a Python package; what is not, as `file:line: what`."""

    part: str
    lines: Share
    branches: Share
    missed: tuple[str, ...] = ()

    @property
    def thousandths(self) -> dict[str, int]:
        """As thresholds have them."""
        return {"lines": self.lines.thousandths, "branches": self.branches.thousandths}


def total(figures: Iterable[Figure]) -> Figure:
    """All parts together."""
    lines = branches = Share(0, 0)
    for figure in figures:
        lines, branches = lines.plus(figure.lines), branches.plus(figure.branches)
    return Figure("all", lines, branches)


def thresholds_of(figures: Iterable[Figure], step: int = 1) -> Thresholds:
    """Thresholds that say what is, rounded down to a multiple of `step` thousandths."""
    return {
        figure.part: {kind: share // step * step for kind, share in figure.thousandths.items()} for figure in figures
    }


def differences(found: Thresholds, promised: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[bool, str]]:
    """Where figures and thresholds differ: whether it is a loss, and a line to read."""
    for part in sorted(found.keys() | promised.keys()):
        if part not in found:
            yield True, f"{part}: has a threshold and is gone"
        elif part not in promised:
            yield True, f"{part}: has no threshold"
        else:
            for kind, now in found[part].items():
                was = promised[part][kind]
                if now != was:
                    fell = "below its threshold of" if now < was else "above its threshold of"
                    yield now < was, f"{part}: {kind} {percent(now)}, {fell} {percent(was)}"


def percent(thousandths: int) -> str:
    """Thousandths as people read them."""
    return f"{thousandths // 10}.{thousandths % 10} %"
