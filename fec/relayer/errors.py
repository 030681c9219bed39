"""What goes wrong while transactions are relayed."""

from __future__ import annotations

from fec.i18n import N_
from fec.i18n.errors import FECError


class FeesTooHigh(FECError, RuntimeError):
    """The chain asks for more than the relayer may pay; nothing was signed."""


class GasTooHigh(FECError, ValueError):
    """A call takes more gas than its kind may, or than a transaction can have on this chain; nothing was signed."""


class BudgetSpent(FECError, RuntimeError):
    """The day's budget for gas is spent; nothing was signed. `seconds` are left until the next day."""

    def __init__(self, seconds: int) -> None:
        """Takes the seconds."""
        super().__init__(
            N_("The day's budget for gas is spent; there is a new one in {seconds:duration}. Nothing was sent."),
            seconds=seconds,
        )
        self.seconds = seconds


class RequestConflict(FECError, ValueError):
    """A request's key was used before, for another call."""
