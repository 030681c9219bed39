"""What goes wrong before and while an economy is simulated."""

from __future__ import annotations

from fec.i18n.errors import FECError


class ScenarioInvalid(FECError, ValueError):
    """A scenario that has a key too many or too few, or a value that makes no sense."""
