"""What goes wrong with a database, in words for people."""

from __future__ import annotations

from fec.i18n.errors import FECError


class DatabaseInvalid(FECError, ValueError):
    """The address names no database that this package can use."""


class DatabaseUnreachable(FECError, ConnectionError):
    """The database cannot be opened: no server, no such folder, or no permission."""


class DatabaseOutdated(FECError, RuntimeError):
    """The tables are not those that this version of the package works with."""


class WrongDatabase(FECError, RuntimeError):
    """The database belongs to another deployment."""
