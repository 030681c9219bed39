"""What goes wrong while transactions are relayed."""

from __future__ import annotations

from fec.i18n.errors import FECError


class FeesTooHigh(FECError, RuntimeError):
    """The chain asks for more than the relayer may pay; nothing was signed."""


class GasTooHigh(FECError, ValueError):
    """A call takes more gas than its kind may, or than a transaction can have on this chain; nothing was signed."""


class RequestConflict(FECError, ValueError):
    """A request's key was used before, for another call."""
