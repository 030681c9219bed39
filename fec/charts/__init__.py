"""Charts, offline: one Vega-Lite specification each, in four languages, light and dark.

    svg = render("supply", data, locale="ms", theme="dark")
    Path("supply.png").write_bytes(png(svg, "ms"))

`specs/` has the specifications. In them `@name` stands for words, `$name` for a colour of the theme, `#name` for a
value. Needs the extra `charts`.
"""

from __future__ import annotations

from fec.charts.errors import ChartDataInvalid, ChartUnknown, FontMissing
from fec.charts.protocol_charts import ONE_ADN, milestones
from fec.charts.renderer import CHARTS, png, render

__all__ = ["CHARTS", "ONE_ADN", "ChartDataInvalid", "ChartUnknown", "FontMissing", "milestones", "png", "render"]
