"""What goes wrong with the web pages, in words for people."""

from __future__ import annotations

from fec.i18n.errors import FECError


class PagesMissing(FECError, FileNotFoundError):
    """The pages were not built into this package."""


class ChainUnread(FECError, ValueError):
    """Browsers are to use wallets that they cannot read the chain through, and have no other address of it."""


class PortTaken(FECError, OSError):
    """The port is in use."""


class OriginInvalid(FECError, ValueError):
    """Text that is no origin: a scheme, a host, and a port perhaps."""
