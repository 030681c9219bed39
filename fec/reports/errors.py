"""What goes wrong when numbers are made, in words for people."""

from __future__ import annotations

from fec.i18n.errors import FECError


class ExportInvalid(FECError, ValueError):
    """The folder is not an export of an index, or not a whole one."""


class ExportStale(FECError, RuntimeError):
    """The chain does not have the block any more that an export was made at, or the sums differ from the chain's."""


class CutoffUnknown(FECError, LookupError):
    """The block or the date lies outside what was indexed."""


class NothingToReport(FECError, LookupError):
    """There is no such program, alliance or shopper in the data."""


class EngineMissing(FECError, RuntimeError):
    """What is to compute is not here: no Spark, or no Java for it."""
