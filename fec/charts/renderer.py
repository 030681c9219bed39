"""Puts a chart together: specification, contents, colours, fonts and dates; draws it without a network or a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import vl_convert

from fec import i18n
from fec.charts import merchant_charts, protocol_charts
from fec.charts.contents import ChartContents
from fec.charts.errors import ChartUnknown, FontMissing
from fec.charts.inputs import Data
from fec.charts.theme import FONTS, THEMES
from fec.i18n import _

CHARTS: Mapping[str, Callable[[Data], ChartContents]] = {
    "payout": protocol_charts.payout,
    "supply": protocol_charts.supply,
    "fan": protocol_charts.fan,
    "flowback": merchant_charts.flowback,
    "cohorts": merchant_charts.cohorts,
    "liability": merchant_charts.liability,
}
#: Vega-Lite's version, so that a newer converter draws the same.
VERSION = "5.21"
#: Times a chart's own size that a PNG has.
SCALE = 2
#: Pictures for pages: their height for their width, and the width below which there is no room for words in them.
_RATIO = (1, 2)
_LEAST_HEIGHT = 240
_ROOMY = 560
#: Characters that a font for a language must have: two that look different.
_PROBES = {"zh_Hans": "释额", "zh_Hant": "釋額"}
#: Ids that Vega numbers as long as the process lives.
_ID = re.compile(r"\b(gradient|clip)_?\d+")
_WHOLE = re.compile(r"#(\w+)")
_INNER = re.compile(r"#(\w+)#|\$(\w+)")


def render(name: str, data: Data, locale: str = i18n.SOURCE, theme: str = "light", width: int | None = None) -> str:
    """A chart as SVG. The same arguments give the same text: no state is kept between calls.

    (Texts are measured with the fonts that are here, so that places may differ by a few pixels between machines.)
    `locale` is one of `fec.i18n.LOCALES`, `theme` is `light` or `dark`. With a `width`, in pixels, it is a picture of
    just that width for a page that has the title beside it. What `data` is, the chart's function says in `protocol`
    or `shop`. Raises ChartUnknown, ChartDataInvalid.
    """
    _register_font()
    with i18n.use(locale):
        specification = specify(name, data, theme)
        title = specification["title"]
        if width is not None:
            specification = _resized(specification, width)
        svg: str = vl_convert.vegalite_to_svg(json.dumps(specification), vl_version=VERSION)
    return _with_title(svg, f"{name}-{theme}", title)


def png(svg: str, locale: str = i18n.SOURCE) -> bytes:
    """An SVG of `render` as PNG. Raises FontMissing if no font here has the language's characters."""
    probe = _PROBES.get(locale)
    if probe is not None and not has_glyphs(probe, FONTS[locale]):
        raise FontMissing(
            "A PNG in {language} needs a font for that language, and none is installed. Run pip install "
            "noto-cjk-sans-otc or apt install fonts-noto-cjk, or make an SVG, which uses the browser's fonts.",
            language=i18n.NAMES[locale],
        )
    return bytes(vl_convert.svg_to_png(svg, scale=SCALE))


def specify(name: str, data: Data, theme: str) -> dict[str, Any]:
    """A chart's whole Vega-Lite specification, in the language spoken now."""
    if name not in CHARTS:
        raise ChartUnknown("There is no chart {name!r}. Choose one of {known}.", name=name, known=", ".join(CHARTS))
    if theme not in THEMES:
        raise ChartUnknown("There is no theme {name!r}. Choose one of {known}.", name=theme, known=", ".join(THEMES))
    contents, colours = CHARTS[name](data), THEMES[theme]
    plain = json.loads(_template(name))
    if contents.empty:
        plain["layer"].append(_EMPTY_LAYER)
    filled: dict[str, Any] = _fill(plain, contents, colours)
    return {
        **filled,
        "datasets": {**contents.datasets, "nothing": [{"label": _("No data yet.")}] if contents.empty else []},
        "config": _config(colours, FONTS[i18n.current()]),
        "background": colours["paper"],
        "padding": 20,
    }


@lru_cache(256)
def has_glyphs(text: str, family: str) -> bool:
    """Whether the fonts here have the two characters of a text: then they look different."""
    _register_font()
    images = [
        vl_convert.svg_to_png(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
            f'<text x="4" y="32" font-size="28" font-family="{family}">{character}</text></svg>'
        )
        for character in text
    ]
    return images[0] != images[1]


# -------------------------------------------------------------------- parts

_EMPTY_LAYER = {
    "data": {"name": "nothing"},
    "mark": {"type": "text", "fontSize": 16, "color": "$quiet"},
    "encoding": {
        "x": {"value": {"expr": "width / 2"}},
        "y": {"value": {"expr": "height / 2"}},
        "text": {"field": "label"},
    },
}


def _resized(specification: dict[str, Any], width: int) -> dict[str, Any]:
    """A specification without its title, for a picture of a width in all. Layers called `words` need room."""
    room = width >= _ROOMY
    config = specification["config"]
    return {
        **{key: value for key, value in specification.items() if key != "title"},
        "layer": [layer for layer in specification["layer"] if room or layer.get("name") != "words"],
        "width": width,
        "height": max(width * _RATIO[0] // _RATIO[1], _LEAST_HEIGHT),
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 4,
        "background": None,
        "config": config if room else {**config, "legend": {**config["legend"], "columns": 1}},
    }


def _with_title(svg: str, name: str, title: Mapping[str, Any]) -> str:
    """The SVG with title and description for screen readers, and with ids that do not depend on earlier charts."""
    lines = title["subtitle"] if isinstance(title["subtitle"], list) else [title["subtitle"]]
    described = f"<title>{escape(title['text'])}</title><desc>{escape('. '.join(lines))}</desc>"
    ids: dict[str, str] = {}
    numbered = _ID.sub(lambda match: ids.setdefault(match[0], f"{name}-{match[1]}-{len(ids)}"), svg)
    opening, closing, rest = numbered.partition(">")
    return f'{opening} role="img"{closing}{described}{rest}'


@cache
def _template(name: str) -> str:
    return resources.files("fec.charts").joinpath(f"specs/{name}.vl.json").read_text()


def _fill(value: Any, contents: ChartContents, colours: Mapping[str, str]) -> Any:
    """Puts words for `@name`, values for `#name`, colours for `$name`; the latter two within a text as well."""
    if isinstance(value, dict):
        return {key: item if key == "$schema" else _fill(item, contents, colours) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, contents, colours) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("@"):
        words = contents.words[value[1:]]
        return words if isinstance(words, str) else list(words)
    if match := _WHOLE.fullmatch(value):
        return _fill(contents.values[match[1]], contents, colours)
    return _INNER.sub(lambda match: str(contents.values[match[1]]) if match[1] else colours[match[2]], value)


def _config(colours: Mapping[str, str], font: str) -> dict[str, Any]:
    ink, quiet = colours["ink"], colours["quiet"]
    return {
        "font": font,
        "aria": False,
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "frame": "group",
            "fontSize": 19,
            "subtitleFontSize": 13,
            "subtitleLineHeight": 19,
            "color": ink,
            "subtitleColor": quiet,
            "subtitlePadding": 6,
            "offset": 14,
        },
        "axis": {
            "domainColor": colours["axis"],
            "tickColor": colours["axis"],
            "gridColor": colours["grid"],
            "labelColor": ink,
            "titleColor": quiet,
            "titleFontWeight": "normal",
            "titleFontSize": 13,
            "titlePadding": 10,
            "labelFontSize": 12,
        },
        "legend": {
            "orient": "top",
            "direction": "horizontal",
            "symbolType": "square",
            "symbolSize": 160,
            "symbolStrokeColor": colours["axis"],
            "labelColor": ink,
            "labelFontSize": 13,
            "labelLimit": 400,
            "columnPadding": 24,
            "layout": {"top": {"anchor": "start", "direction": "horizontal", "margin": 24}},
        },
    }


@cache
def _register_font() -> None:
    """Lets the converter see the font with Chinese characters, if its wheel is installed."""
    try:
        font = resources.files("noto_cjk_sans_otc")
    except ModuleNotFoundError:
        return
    vl_convert.register_font_directory(str(Path(str(font))))
