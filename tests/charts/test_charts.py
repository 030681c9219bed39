"""Charts: drawn in every language and theme, from any data; said what is wrong with data; told apart in grey."""

from __future__ import annotations

import json
import re
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from fec import charts, i18n
from fec.charts import CHARTS, ChartDataInvalid, ChartUnknown, FontMissing, milestones, png, render
from fec.charts.renderer import has_glyphs, specify
from fec.charts.theme import FONTS, LIGHT, THEMES, contrast
from fec.core.durations import DAY, WEEK
from tests.charts.samples import MONDAY, Data, sample

SVG = "{http://www.w3.org/2000/svg}"
PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "payout-curve.svg"
PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
NOTHING = {
    "en": "No data yet.",
    "zh_Hans": "还没有数据。",
    "zh_Hant": "還沒有資料。",
    "ms": "Belum ada data.",
}


def texts(svg: str) -> list[str]:
    """All that is written in a picture, which is well-formed XML."""
    lines = ElementTree.fromstring(svg).iter(f"{SVG}text")  # noqa: S314
    return [piece for line in lines for piece in line.itertext()]


def marks(svg: str, kind: str) -> int:
    """How many marks of a kind a picture has: `area`, `line`, `rect`, `rule`."""
    groups = ElementTree.fromstring(svg).iter(f"{SVG}g")  # noqa: S314
    return sum(len(group) for group in groups if group.get("class", "").startswith(f"mark-{kind} role-mark"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("name", CHARTS)
def test_render__each_language_and_theme__writes_all_its_words(name: str, locale: str, theme: str) -> None:
    data = sample(name)
    with i18n.use(locale):
        words = CHARTS[name](data).words
    svg = render(name, data, locale, theme)
    written = texts(svg)
    wanted = [word for each in words.values() for word in ([each] if isinstance(each, str) else each)]
    assert [word for word in wanted if word not in written] == []
    assert f'fill="{THEMES[theme]["paper"]}"' in svg
    assert FONTS[locale] in svg.replace("&quot;", "")
    picture = ElementTree.fromstring(svg)  # noqa: S314
    assert picture.findtext(f"{SVG}title") == words["title"]
    assert picture.findtext(f"{SVG}desc")
    assert "undefined" not in svg
    assert "NaN" not in svg


@pytest.mark.parametrize("width", [280, 1_200])
@pytest.mark.parametrize("name", CHARTS)
def test_render__for_a_page__has_its_width_and_leaves_the_title_to_it(name: str, width: int) -> None:
    svg = render(name, sample(name), width=width)
    picture = ElementTree.fromstring(svg)  # noqa: S314
    assert picture.get("width") == str(width)
    title = picture.findtext(f"{SVG}title")
    assert title
    assert title not in texts(svg)


def test_payout__on_a_narrow_page__has_no_words_in_it() -> None:
    words = {label for _, label in milestones()}
    assert not words & set(texts(render("payout", {}, width=320)))
    assert words <= set(texts(render("payout", {}, width=880)))


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("name", CHARTS)
def test_render__no_rows__says_that_there_is_nothing(name: str, locale: str) -> None:
    svg = render(name, sample(name, 0), locale)
    assert NOTHING[locale] in texts(svg)
    assert "NaN" not in svg


@pytest.mark.parametrize("name", CHARTS)
def test_render__one_row__is_drawn(name: str) -> None:
    svg = render(name, sample(name, 1))
    assert NOTHING["en"] not in texts(svg)
    assert "NaN" not in svg
    assert sum(marks(svg, kind) for kind in ("area", "rect", "line")) > 0


@pytest.mark.parametrize("name", CHARTS)
def test_render__after_other_languages__is_the_same(name: str) -> None:
    before = render(name, sample(name))
    for locale in ("zh_Hans", "ms", "zh_Hant"):
        render(name, sample(name), locale, "dark")
    assert render(name, sample(name)) == before


# ------------------------------------------------------------------- structure


def test_supply__has_two_areas_the_cap_and_its_event() -> None:
    svg = render("supply", sample("supply"))
    assert marks(svg, "area") == 2
    assert marks(svg, "rule") == 2
    assert {"cap: 10,000 FEC", "budget ends", "supply: FEC that exist"} <= set(texts(svg))


def test_supply__without_cap_or_events__has_no_rule() -> None:
    data = sample("supply")
    assert marks(render("supply", {"points": data["points"]}), "rule") == 0


def test_supply__event_of_ones_own__is_written_as_it_is() -> None:
    data = {**sample("supply"), "events": [{"time": MONDAY + 3 * WEEK, "name": "new store"}]}
    assert "new store" in texts(render("supply", data, "zh_Hans"))


def test_fan__has_two_bands_and_the_middle() -> None:
    svg = render("fan", sample("fan"))
    assert (marks(svg, "area"), marks(svg, "line")) == (2, 1)


def test_flowback__has_a_bar_for_what_is_claimed_and_one_for_the_rest() -> None:
    # Weeks 1 and 3 have a part that is claimed.
    assert marks(render("flowback", sample("flowback")), "rect") == 4 + 2


@pytest.mark.parametrize(
    ("days", "every"),
    [
        (100, "FEC released per day"),
        (800, "FEC released per week"),
        (3_000, "FEC released per month"),
        (9_000, "FEC released per year"),
    ],
)
def test_flowback__longer_spans__are_put_together(days: int, every: str) -> None:
    data = {"releases": [{"time": MONDAY + day * DAY, "amount": "1"} for day in range(0, days + 1, 20)]}
    svg = render("flowback", data)
    assert every in texts(svg)
    assert 1 < marks(svg, "rect") <= 121
    assert [text for text in texts(svg) if re.fullmatch(r"[A-Z][a-z]{2} \d+", text)]


def test_flowback__bars__add_up_to_what_is_released() -> None:
    data = {"releases": [{"time": MONDAY + day * DAY, "amount": "1.000001"} for day in range(0, 1_000, 3)]}
    bars = CHARTS["flowback"](data).datasets["bars"]
    assert sum(bar["to"] - bar["from"] for bar in bars) == 334 * 1_000_001


def test_cohorts__has_a_cell_for_each_row_with_its_share() -> None:
    svg = render("cohorts", sample("cohorts"))
    assert marks(svg, "rect") == 10
    assert texts(svg).count("100 %") == 4 + 1  # and one beside the scale


def test_cohorts__many_columns__have_no_figures_in_them() -> None:
    data = {"cohorts": [{"cohort": "2026", "period": period, "share": 5_000} for period in range(30)]}
    assert texts(render("cohorts", data)).count("50 %") == 1


def test_liability__has_bars_and_the_closing_balance() -> None:
    svg = render("liability", sample("liability"))
    assert marks(svg, "rect") == 4 * 3
    assert marks(svg, "line") == 1
    assert "estimate changed" not in texts(svg)


def test_liability__changed_estimate__is_a_kind_of_its_own() -> None:
    row = {"label": "Q1", "opening": "0", "accrued": "9", "adjusted": "-2.5", "redeemed": "1", "breakage": "0"}
    assert "estimate changed" in texts(render("liability", {"periods": [{**row, "closing": "5.5"}]}))


def test_payout__other_principal__has_its_own_figures() -> None:
    written = texts(render("payout", {"principal": "0.5"}))
    assert "0.5 FEC burned pay 5 FEC back, most of it late" in written
    assert "period 86: half of the 5" in written


def test_readme_picture__says_each_milestone() -> None:
    written = texts(PICTURE.read_text())
    assert [label for _, label in milestones() if label not in written] == []


@pytest.mark.parametrize(
    ("most", "locale", "counted"),
    [
        ("999", "en", "FEC"),
        ("5000", "en", "thousand FEC"),
        ("5000000", "ms", "juta FEC"),
        ("20000000000", "en", "billion FEC"),
        ("50000", "zh_Hans", "万 FEC"),
        ("20000000000", "zh_Hant", "億 FEC"),
    ],
)
def test_axis__counts_in_what_the_language_counts_in(most: str, locale: str, counted: str) -> None:
    data = {"points": [{"time": MONDAY, "supply": most, "outstanding": "0"}]}
    assert counted in texts(render("supply", data, locale))


@pytest.mark.parametrize(("locale", "month"), [("en", "Jan 2028"), ("ms", "Jan 2028"), ("zh_Hant", "2028年1月")])
def test_axis__months__are_the_languages_own(locale: str, month: str) -> None:
    data = {
        "points": [{"time": MONDAY + n * 30 * DAY, "supply": "1", "outstanding": "0"} for n in range(100)],
    }
    assert month in texts(render("supply", data, locale))


# ------------------------------------------------------------------ wrong data


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("supply", [], "The data of a chart must be an object that contains 'points'."),
        ("supply", {}, "The data must contain 'points', a list of objects."),
        ("supply", {"points": [1]}, "The data must contain 'points', a list of objects."),
        ("supply", {"points": [{}]}, "The data must contain points[0].time."),
        ("supply", {"points": [{"time": "x"}]}, "points[0].time is 'x'. It must be a date or time, such as 2026-01-05"),
        (
            "supply",
            {"points": [{"time": 0, "supply": 1.5}]},
            "points[0].supply is '1.5'. It must be an amount as text, such as \"12.5\".",
        ),
        ("supply", {"points": [{"time": 0, "supply": "-1"}]}, "points[0].supply is '-1'. It must be an amount"),
        ("supply", {"points": [{"time": 0, "supply": True}]}, "points[0].supply is 'True'. It must be an amount"),
        ("supply", {"points": [{"time": 0, "supply": "1e3"}]}, "points[0].supply is '1e3'. It must be an amount"),
        ("supply", {"cap": "1", **{k: v for k, v in sample("supply").items() if k != "cap"}}, "is above the cap"),
        ("fan", {"fan": [sample("fan")["fan"][0]] * 2}, "The times of fan do not increase."),
        ("flowback", {"releases": [{"time": 0, "amount": "1", "claimed": "2"}]}, "releases[0] has more claimed"),
        ("cohorts", {"cohorts": [{"cohort": "a", "period": 0, "share": 10_001}]}, "cohorts[0].share is 10001."),
        (
            "cohorts",
            {"cohorts": [{"cohort": "a", "period": -1, "share": 1}]},
            "cohorts[0].period is '-1'. It must be a whole",
        ),
        (
            "cohorts",
            {"cohorts": [{"cohort": 7, "period": 1, "share": 1}]},
            "cohorts[0].cohort is '7'. It must be text.",
        ),
        ("cohorts", {"cohorts": [], "measure": "love"}, "measure is 'love'. It must be one of returning, flowBack."),
        ("cohorts", {"cohorts": [], "every": "day"}, "every is 'day'. It must be one of week, month, year, period."),
        ("payout", {"principal": "much"}, "principal is 'much'. It must be an amount as text"),
    ],
)
def test_render__wrong_data__says_where_and_what_is_right(name: str, data: Any, message: str) -> None:
    with pytest.raises(ChartDataInvalid) as refused:
        render(name, data)
    assert message in str(refused.value)


@pytest.mark.parametrize("change", [{"closing": "70.26"}, {"opening": "0.26"}, {"redeemed": "20.02"}])
def test_liability__not_rolling_forward__is_refused(change: Data) -> None:
    data = sample("liability")
    data["periods"][0] |= change
    with pytest.raises(ChartDataInvalid, match=r"periods\[0\] does not roll forward"):
        render("liability", data)


def test_liability__gap_between_periods__is_refused() -> None:
    data = sample("liability")
    del data["periods"][1]
    with pytest.raises(ChartDataInvalid, match=r"periods\[1\] does not roll forward"):
        render("liability", data)


def test_render__unknown_chart_or_theme__is_refused_with_those_that_are() -> None:
    with pytest.raises(ChartUnknown, match=r"There is no chart 'pie'. Choose one of payout, supply, fan"):
        render("pie", {})
    with pytest.raises(ChartUnknown, match=r"There is no theme 'pink'. Choose one of light, dark."):
        render("payout", {}, theme="pink")


# ------------------------------------------------------------ colours and fonts


@pytest.mark.parametrize("theme", THEMES)
def test_theme__texts_and_marks__stand_out_in_greyscale(theme: str) -> None:
    """WCAG 2.2: 4.5 for text, 3 for what is drawn; between fills that touch, enough to tell them apart."""
    colours = THEMES[theme]
    for text in ("ink", "quiet"):
        assert contrast(colours[text], colours["paper"]) >= 4.5
    for millionths in ("strong", "middle", "axis"):
        assert contrast(colours[millionths], colours["paper"]) >= 3
    assert contrast(colours["strong"], colours["pale"]) >= 4.5
    for one, other in combinations(("strong", "middle", "pale"), 2):
        assert contrast(colours[one], colours[other]) >= 2
    # Black and white, one of which can be read on any colour: the figures in the heat map.
    assert contrast("#000000", "#ffffff") >= 4.5**2


def test_contrast__black_on_white__is_what_wcag_says() -> None:
    assert round(contrast("#000000", "#ffffff"), 3) == 21
    assert contrast("#777777", "#777777") == 1


def test_themes__have_the_same_colours() -> None:
    assert all(theme.keys() == LIGHT.keys() for theme in THEMES.values())


@pytest.mark.parametrize("name", CHARTS)
def test_specification__has_no_words_and_no_colours_of_its_own(name: str) -> None:
    """Words come from the catalogs, colours from the theme: so each chart is in all languages, light and dark."""
    text = resources.files("fec.charts").joinpath(f"specs/{name}.vl.json").read_text()
    assert not re.search(r'"#[0-9a-f]{3,6}"', text)
    specification = json.loads(text)
    named = [specification["title"]["text"], specification["title"]["subtitle"]]
    named += re.findall(r'"title": "([^"]*)"', text)
    assert all(word.startswith("@") for word in named)
    assert specify(name, sample(name), "light")["$schema"].startswith("https://vega.github.io/schema/vega-lite/v5")


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_png__each_language__is_drawn_with_a_font_that_has_it(locale: str) -> None:
    picture = png(render("payout", {}, locale), locale)
    assert picture.startswith(PNG_BEGINS)
    # Twice the size of the picture, which is some 800 by 500.
    assert int.from_bytes(picture[16:20], "big") > 1_600


def test_has_glyphs__characters_that_no_font_has__are_found_out() -> None:
    """Two of the private use area, which look alike when they are missing."""
    assert not has_glyphs("\U0010fffc\U0010fffd", FONTS["zh_Hans"])
    assert has_glyphs("释额", FONTS["zh_Hans"])


def test_png__font_missing__says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(charts.renderer._PROBES, "zh_Hant", "\U0010fffc\U0010fffd")
    with pytest.raises(FontMissing, match=r"A PNG in 繁體中文 needs a font .* pip install noto-cjk-sans-otc or apt"):
        png(render("payout", {}, "zh_Hant"), "zh_Hant")
