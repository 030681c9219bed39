"""`fec curve`, which needs no chain."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from fec.cli import main
from fec.cli.curve import picture
from fec.core import curve as schedule
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import WEEK
from fec.i18n.parsing import parse_fec

ONE_ADN = 1_000 * WEI_PER_FEC
MONDAY = "2026-01-05T00:00+00:00"


def curve(*words: str) -> str:
    result = CliRunner(mix_stderr=False).invoke(main, ["curve", "--start", MONDAY, *words])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def document(*words: str) -> Any:
    return json.loads(curve("--json", *words))


@pytest.mark.parametrize(
    "milestone",
    [
        ("1", "3.8313", "the first to pay"),
        ("55", "1,044.8658", "the burned amount is back"),
        ("86", "5,012.7540", "half of the total is paid"),
        ("100", "479.8394", "the last and largest"),
    ],
)
def test_curve__one_adn__shows_its_milestones(milestone: tuple[str, str, str]) -> None:
    period, amount, meaning = milestone
    [line] = [line for line in curve().splitlines() if line.split()[:1] == [period]]
    assert amount in line
    assert meaning in line


def test_curve__for_people__says_its_shape_first() -> None:
    assert curve().startswith("1,000 FEC burned pay back 10,000 FEC over 100 periods of 7 days, slowly at first: ")


def test_curve__all__has_a_line_a_period() -> None:
    lines = curve("--all").splitlines()
    assert [int(line.split()[0]) for line in lines if line.split()[:1] and line.split()[0].isdigit()][-100:] == list(
        range(1, 101)
    )


def test_curve__for_machines__is_the_schedule_to_the_wei() -> None:
    shown = document("--principal", "0.75")
    assert [parse_fec(period["released"]) for period in shown["periods"]] == [
        schedule.released(parse_fec("0.75"), k) for k in range(1, 101)
    ]


def test_curve__for_machines__dates_are_utc() -> None:
    assert document()["periods"][0]["time"] == "2026-01-12T00:00:00Z"


def test_curve__period_named__moves_the_dates() -> None:
    assert document("--period", "12h")["periods"][-1]["time"] == "2026-02-24T00:00:00Z"


def test_curve__beyond_the_calendar__still_counts() -> None:
    result = CliRunner(mix_stderr=False).invoke(main, ["curve", "--start", "9999-12-31T00:00+00:00", "--json"])
    assert json.loads(result.stdout)["periods"][0]["time"] == str(253_402_214_400 + WEEK)


def test_picture__rises_to_the_top() -> None:
    rows = picture(ONE_ADN, 160).plain.splitlines()
    assert rows[0].endswith("█")
    assert all(len(rows[0]) >= len(row) for row in rows[:-2])


def test_picture__narrow_terminal__is_half_as_wide() -> None:
    assert max(len(row) for row in picture(ONE_ADN, 80).plain.splitlines()) <= 80


def test_curve__zero_principal__is_refused() -> None:
    result = CliRunner(mix_stderr=False).invoke(main, ["curve", "--principal", "0"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: A node needs principal. Give an amount above 0.\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--principal", "ten"), "'ten' is not an amount of FEC."),
        (("--start", "soon"), "'soon' is not a date. Write it as 2026-01-31"),
        (("--start", "1969-01-01"), "is before 1970"),
        (("--period", "7"), "'7' is not a duration."),
        (("--period", "0s"), "A period must be longer than 0 s."),
    ],
)
def test_curve__wrong_option__is_misuse(words: tuple[str, ...], message: str) -> None:
    result = CliRunner(mix_stderr=False).invoke(main, ["curve", *words])
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
