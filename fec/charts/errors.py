"""Errors of rendering a chart."""

from __future__ import annotations

from fec.i18n.errors import FECError


class ChartDataInvalid(FECError, ValueError):
    """Data that is not valid for a chart."""


class ChartUnknown(FECError, LookupError):
    """No chart or theme of that name."""


class FontMissing(FECError, RuntimeError):
    """No font that has the characters of a language."""
