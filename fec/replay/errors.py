"""What goes wrong with a replay, in words for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fec.i18n import N_, Message
from fec.i18n.errors import FECError

#: Problems listed at once. To correct the first ones often corrects them all.
_LISTED = 20


class BadRows(FECError, ValueError):
    """Rows of the file that cannot be what they should be. Nothing was sent."""

    def __init__(self, path: Path, problems: Sequence[Message]) -> None:
        """Takes the file, and what is wrong with each row."""
        super().__init__(
            N_(
                "{count:number} of the rows of {path} cannot be replayed, and nothing was sent. Correct them or take "
                "them out, then start again: {problems}"
            ),
            path=path,
            count=len(problems),
            problems=list(problems[:_LISTED]),
        )
        self.problems = tuple(problems)


class ReplayRefused(FECError, RuntimeError):
    """The replay cannot begin like this; nothing was sent."""


class ReplayFailed(FECError, RuntimeError):
    """The chain did not do what it was told. What is on it stays; a further run goes on from there."""


class JournalInvalid(FECError, ValueError):
    """A journal that cannot be read."""


class SettlingAlready(FECError, RuntimeError):
    """Another run is settling the same file."""
