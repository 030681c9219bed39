"""Reports, over the wire."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from fec.service.http.schemas import AsOf, Model


class Report(Model):
    """A chart's data."""

    as_of: AsOf
    data: dict[str, Any] = Field(description="As `fec chart` takes it; docs/reference/charts.md says what is in it.")
