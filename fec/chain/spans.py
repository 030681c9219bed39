"""How many blocks an endpoint searches for logs at once: each has a limit of its own, found out by asking."""

from __future__ import annotations

#: Searches that went well before a larger one than was refused is tried again.
_CALM = 32


class Span:
    """Blocks to ask for at once: halved when refused, grown while there is room."""

    def __init__(self, blocks: int, logs: int) -> None:
        """Takes the blocks to begin with, and how many logs an answer should have, more or less."""
        self.blocks = blocks
        self._logs = logs
        self._ceiling: int | None = None
        self._calm = 0

    def refused(self, blocks: int) -> None:
        """Notes that so many were too many."""
        self.blocks = self._ceiling = max(1, blocks // 2)
        self._calm = 0

    def took(self, blocks: int, logs: int) -> None:
        """Notes that so many were answered, with so many logs."""
        if blocks < self.blocks:
            # Cut short by the end of the search; it says nothing about the size.
            return
        self._calm += 1
        if self._ceiling is not None and self._calm >= _CALM:
            self._ceiling += max(1, self._ceiling // 4)
            self._calm = 0
        fitting = 2 * blocks if logs == 0 else max(1, min(2 * blocks, blocks * self._logs // logs))
        self.blocks = fitting if self._ceiling is None else min(fitting, self._ceiling)
