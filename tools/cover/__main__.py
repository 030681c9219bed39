"""What the tests reach of contracts and Python code: lines and branches, against `thresholds.json`.

Fails where less is reached than the thresholds say, and says where more is. See docs/assurance/coverage.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tools.cover import contracts, python
from tools.cover.reached import Figure, Thresholds, differences, thresholds_of, total

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "coverage"
THRESHOLDS = Path(__file__).parent / "thresholds.json"
MEASURES: dict[str, Callable[[Path], list[Figure]]] = {"contracts": contracts.measure, "python": python.measure}
#: Thousandths that thresholds go by. Some tests of the Python code kill processes at random: what those reach is luck.
STEPS = {"contracts": 1, "python": 10}


def table(title: str, figures: list[Figure]) -> Table:
    """Figures as people read them."""
    shown = Table("", "lines", "branches", title=title, title_justify="left", box=None)
    for column in shown.columns[1:]:
        column.justify = "right"
    for figure in [*figures, total(figures)]:
        shown.add_row(figure.part, figure.lines.words, figure.branches.words)
    return shown


def in_json(figures: Iterable[Figure]) -> dict[str, object]:
    """Figures as machines read them."""
    return {
        figure.part: {
            "lines": {"reached": figure.lines.reached, "total": figure.lines.total},
            "branches": {"reached": figure.branches.reached, "total": figure.branches.total},
            "missed": figure.missed,
        }
        for figure in figures
    }


@click.command(help=__doc__)
@click.argument("what", type=click.Choice(list(MEASURES)), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print figures and all that was missed as JSON.")
@click.option("--missed", is_flag=True, help="Print what was missed, line by line.")
@click.option("--write", is_flag=True, help="Set the thresholds to what was reached.")
def main(what: str | None, *, as_json: bool, missed: bool, write: bool) -> None:
    """Command line."""
    console, remarks = Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)
    promised: dict[str, Thresholds] = json.loads(THRESHOLDS.read_text())
    found: dict[str, list[Figure]] = {}
    for name in [what] if what else MEASURES:
        try:
            found[name] = MEASURES[name](OUT / name)
        except subprocess.CalledProcessError as error:
            sys.exit(f"coverage of {name}: tests failed (exit code {error.returncode})")
    if as_json:
        console.print_json(data={name: in_json(figures) for name, figures in found.items()})
    else:
        for name, figures in found.items():
            console.print(table(name, figures), "")
            for line in [line for figure in figures for line in figure.missed] if missed else []:
                console.print(line, markup=False)
    lost = False
    for name, figures in found.items():
        now = thresholds_of(figures, STEPS[name])
        for is_loss, difference in differences(now, promised[name]) if not write else []:
            lost |= is_loss
            remarks.print(difference if is_loss else f"{difference}: raise it with --write", markup=False)
        promised[name] = now
    if write:
        THRESHOLDS.write_text(json.dumps(promised, indent=1) + "\n")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
