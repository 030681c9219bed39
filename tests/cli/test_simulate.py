"""`fec simulate` and `fec chart`, which need no chain."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from fec.charts import CHARTS
from fec.cli import main
from fec.cli.chart import _NAMES
from fec.i18n import LOCALES
from fec.simulate import Economy, load
from fec.simulate.values import AMOUNT

#: A small scenario, so that tests are quick.
SMALL = ("--set", "years=2", "--set", "shoppers.first=50", "--shoppers", "100", "--lang", "en")


def run(*words: object, piped: str = "") -> Result:
    result = CliRunner(mix_stderr=False).invoke(main, [*map(str, words)], input=piped, prog_name="fec")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def simulate(*words: object) -> str:
    result = run("simulate", *SMALL, *words)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def document(*words: object) -> Any:
    return json.loads(simulate("--json", *words))


# -------------------------------------------------------------------- simulate


def test_simulate__for_people__has_a_line_a_year_the_verdicts_and_the_shape() -> None:
    printed = simulate()
    years = [line.split() for line in printed.splitlines() if re.match(r"\s+\d+ {2}", line)]
    assert [year[0] for year in years] == ["1", "2"]
    assert "• The budget lasts: after 2 years 8" in printed
    assert "No price of FEC is promised." in printed
    assert "slowly at first: 3.8313 in period 1, 479.8394 in period 100" in printed


def test_simulate__for_machines__is_exact_and_has_the_scenario_in_it() -> None:
    changes = {"years": "2", "shoppers.first": "50", "shoppers.market": "100"}
    result = Economy(load().changed(changes)).run()
    found = document()
    assert found["points"][-1]["supply"] == AMOUNT.write(result.points[-1].supply)
    assert found["summary"]["burned"] == AMOUNT.write(result.burned)
    assert load().changed(changes).record == found["scenario"]
    assert {each["name"] for each in found["verdicts"]} >= {"budgetLasts", "dilution", "flowBack"}


@pytest.mark.parametrize(
    ("locale", "verdict", "heading"),
    [
        ("zh_Hans", "• 预算够用：2 年后还剩", "待返还"),
        ("zh_Hant", "• 預算夠用：2 年後還剩", "待返還"),
        ("ms", "• Bajet mencukupi: selepas 2 tahun", "Belum dibayar"),
    ],
)
def test_simulate__each_language__is_said_in_it(locale: str, verdict: str, heading: str) -> None:
    printed = run("simulate", *SMALL[:-1], locale).stdout
    assert verdict in printed
    assert heading in printed


@pytest.mark.parametrize("locale", LOCALES)
def test_simulate__table__is_aligned_by_cells(locale: str) -> None:
    lines = run("simulate", *SMALL[:-1], locale).stdout.splitlines()
    [rule] = [place for place, line in enumerate(lines) if line.strip() and set(line.strip()) == {"─"}]
    assert len({cell_len(line.rstrip()) for line in lines[rule + 1 : rule + 3]}) == 1


def test_simulate__json__differs_between_languages_in_its_sentences_alone() -> None:
    found = [json.loads(run("simulate", "--json", *SMALL[:-1], locale).stdout) for locale in ("en", "zh_Hans")]
    for each in found:
        del each["shape"]
        each["verdicts"] = [verdict["name"] for verdict in each["verdicts"]]
    assert found[0] == found[1]


def test_simulate__years_and_shoppers__are_the_scenarios_keys() -> None:
    found = json.loads(run("simulate", "--years", 1, "--shoppers", 7, "--json").stdout)
    assert (found["scenario"]["years"], found["scenario"]["shoppers"]["market"]) == ("1", "7")
    assert found["scenario"]["shoppers"]["first"] == "7"
    assert len(found["years"]) == 1


def test_simulate__csv__has_a_line_a_step(tmp_path: Path) -> None:
    table = tmp_path / "steps.csv"
    simulate("--csv", table)
    lines = list(csv.DictReader(table.open()))
    assert len(lines) == 2 * 365 // 7
    assert lines[0]["time"] == "2026-01-05T00:00:00Z"
    assert lines[-1]["supply"] == document()["points"][-1]["supply"]


def test_simulate__sweep__has_a_line_a_setting() -> None:
    words = ("--sweep", "coupon.rate=1,10", "--sweep", "merchants.shops.quota=any,5", "--workers", "1")
    printed = simulate(*words)
    settings = [line.strip() for line in printed.splitlines() if "coupon.rate=" in line]
    assert [line.split("  ")[0] for line in settings] == [
        f"coupon.rate={rate}, merchants.shops.quota={quota}" for rate in (1, 10) for quota in ("any", 5)
    ]
    found = document(*words)
    assert [each["changes"]["coupon.rate"] for each in found["runs"]] == ["1", "1", "10", "10"]


def test_simulate__runs__give_a_fan_that_can_be_drawn(tmp_path: Path) -> None:
    words = ("--runs", "4", "--seed", "luck", "--workers", "1", "--out", tmp_path / "runs")
    found = document(*words)
    assert len(found["fan"]) == 2 * 365 // 7
    assert {each["seed"] for each in found["runs"]} == {"luck"}
    assert len(list((tmp_path / "runs").glob("*.json"))) == 4
    assert "4 draws of each, seed luck" in simulate(*words)
    drawn = run("chart", "fan", "--data", "-", piped=json.dumps(found))
    assert drawn.exit_code == 0
    assert drawn.stdout.startswith("<svg")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--set", "coupon.rate"), 2, "'coupon.rate' is not a setting. Write key and value, such as coupon.rate=10."),
        (("--sweep", "=1"), 2, "'=1' is not a setting."),
        (("--set", "coupon.kap=1"), 1, "There is no key coupon.kap."),
        (("--sweep", "coupon.cap=20000000000,x"), 1, "coupon.cap cannot be 'x'. Write it like 12.5."),
        (("nowhere.toml",), 1, "There is no scenario 'nowhere.toml'. The package has default, large, wash;"),
    ],
)
def test_simulate__wrong__is_refused_with_what_is_right(words: tuple[str, ...], code: int, message: str) -> None:
    result = run("simulate", *words, "--lang", "en")
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


# ----------------------------------------------------------------------- chart


def test_chart__names__are_the_charts() -> None:
    assert set(_NAMES) == set(CHARTS)


@pytest.mark.parametrize("name", ["supply", "cohorts"])
def test_chart__of_a_simulation__takes_it_as_it_is(name: str, tmp_path: Path) -> None:
    data = tmp_path / "run.json"
    data.write_text(simulate("--json"))
    picture = tmp_path / "picture.svg"
    result = run("chart", name, "--data", data, "-o", picture, "--lang", "en")
    assert (result.exit_code, result.stdout) == (0, f"Wrote {picture}.\n")
    assert picture.read_text().startswith("<svg")


def test_chart__file_name__decides_the_format(tmp_path: Path) -> None:
    picture = tmp_path / "curve.png"
    assert run("chart", "payout", "-o", picture, "--theme", "dark").exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("locale", "title"),
    [
        ("en", "1,000 FEC burned pay 10,000 FEC back, most of it late"),
        ("zh_Hans", "销毁 1,000 FEC，返还 10,000 FEC，大部分在后期"),
        ("zh_Hant", "銷毀 1,000 FEC，返還 10,000 FEC，大部分在後期"),
        ("ms", "1,000 FEC dibakar membayar balik 10,000 FEC, kebanyakannya lewat"),
    ],
)
def test_chart__each_language__has_its_title(locale: str, title: str) -> None:
    assert f"<title>{title}</title>" in run("chart", "payout", "--lang", locale).stdout


@pytest.mark.parametrize(
    ("words", "piped", "code", "message"),
    [
        (("supply",), "", 2, "Name the chart's data with --data FILE, or --data - for standard input."),
        (("supply", "--data", "-"), "{", 1, "Standard input is not JSON: Expecting property name"),
        (("supply", "--data", "-"), "{}", 1, "The data must contain 'points', a list of objects."),
        (
            ("supply", "--data", "-"),
            '{"points": [{"time": 0, "supply": 1.5}]}',
            1,
            "must contain points[0].outstanding",
        ),
        (("supply", "--data", "gone.json"), "", 1, "gone.json: No such file or directory"),
    ],
)
def test_chart__wrong__is_refused_with_what_is_right(
    words: tuple[str, ...], piped: str, code: int, message: str
) -> None:
    result = run("chart", *words, "--lang", "en", piped=piped)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
