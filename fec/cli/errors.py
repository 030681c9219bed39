"""What the command line refuses by itself, in words for people."""

from __future__ import annotations

from fec.i18n.errors import FECError


class CommandRefused(FECError, RuntimeError):
    """What the command line itself refuses, before it asks the chain."""
