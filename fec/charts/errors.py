"""What goes wrong while a chart is drawn."""

from __future__ import annotations

from fec.i18n.errors import FECError


class ChartDataInvalid(FECError, ValueError):
    """Data that a chart cannot be drawn from."""


class ChartUnknown(FECError, LookupError):
    """No chart or theme of that name."""


class FontMissing(FECError, RuntimeError):
    """No font that has the characters of a language."""
