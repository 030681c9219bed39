"""Charts as answers: drawn as `fec chart` draws them, for a page of some width, in its language and colours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from fec import i18n
from fec.service.http.problems import problem

#: Widths go up in steps, so that the same pictures are asked for again.
_STEP = 40


class Look(BaseModel):
    """How a picture is to look."""

    model_config = ConfigDict(extra="forbid")
    width: int = Query(720, ge=280, le=1_200, multiple_of=_STEP, description="Pixels.")
    theme: Literal["light", "dark"] = "light"
    language: Literal["en", "zh-Hans", "zh-Hant", "ms"] = "en"


Looking = Annotated[Look, Query()]


def picture(chart: str, data: Mapping[str, Any], look: Look) -> Response:
    """A chart of its data (docs/reference/charts.md) as SVG. Raises a problem if what draws is not installed."""
    svg = _drawn(chart, json.dumps(data), i18n.negotiate(look.language), look.theme, look.width)
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=30"})


def missing(extras: str) -> Exception:
    """The problem that extras of the package are not installed."""
    return problem(
        "not-installed",
        "This service was installed without reports. Its operator can add them: pip install 'fec[{extras}]'.",
        extras=extras,
    )


@lru_cache(128)
def _drawn(chart: str, data: str, locale: str, theme: str, width: int) -> str:
    try:
        from fec import charts  # noqa: PLC0415 (an extra of the package)
    except ImportError as error:
        raise missing("charts") from error
    return charts.render(chart, json.loads(data), locale, theme, width)
