"""What goes wrong while a chain is read or an index is kept."""

from __future__ import annotations

from fec.i18n.errors import FECError


class Reorganised(FECError, RuntimeError):
    """The chain is not the one that was indexed so far: it has another branch now."""


class IndexInconsistent(FECError, RuntimeError):
    """An event does not fit what came before it: the database was changed by other hands, or lacks something."""


class IndexMissing(FECError, LookupError):
    """The database has no index yet, or does not reach as far."""
