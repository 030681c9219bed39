"""How far a long command is, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from fec.cli.context import Context


@contextmanager
def progress_of(context: Context, phases: Mapping[str, str]) -> Iterator[Callable[[str, int, int], None]]:
    """Shows how far each phase is: its name here, what is done, and of how much, 0 where nobody knows."""
    text = TextColumn("{task.description}")
    columns = (text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=context.err, transient=True, disable=not context.err.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def advanced(phase: str, done: int, total: int) -> None:
            progress.update(task, description=phases[phase], completed=done, total=total or None)

        yield advanced
