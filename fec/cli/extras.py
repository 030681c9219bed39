"""What commands need that the base package goes without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fec.cli.errors import CommandRefused


@contextmanager
def extra(*names: str) -> Iterator[None]:
    """Imports within it need extras of the package. Raises CommandRefused, which says how to install them."""
    try:
        yield
    except ImportError as error:
        raise CommandRefused(
            "This command needs {module}, which is not installed: pip install 'fec[{extras}]'.",
            module=error.name or str(error),
            extras=",".join(names),
        ) from error
