"""`fec report`, as it is typed."""

import csv
import json
from pathlib import Path

import pytest
from icalendar import Calendar

from fec import charts, i18n
from fec.chain import deployments
from fec.reports.data import opened
from fec.reports.registry import REPORTS
from tests.cli.conftest import Shell
from tests.reports.conftest import World

COMMANDS = ("overview", "shoppers", "repeat", "cohorts", "value", "tiers", "donations", "quota", "calendar", "greet")


@pytest.fixture
def shell(world: World, tmp_path: Path) -> Shell:
    path = tmp_path / "31337.json"
    deployments.write(world.deployment, path)
    return Shell(world.anvil, path, None)


@pytest.fixture
def source(world: World) -> list[str]:
    return ["--from", str(world.folder)]


@pytest.mark.parametrize("command", COMMANDS)
def test_report__each__names_its_block(shell: Shell, source: list[str], world: World, command: str) -> None:
    found = shell.json("report", command, *source)
    with opened(world.folder) as data:
        assert found["source"]["blockHash"] == data.cutoff.block_hash
        assert data.cutoff.block_hash in shell("report", command, *source)
    [report] = found["reports"]
    assert {column["name"] for column in report["columns"]} >= {"scope"} or command == "quota"


def test_check__the_chain_as_indexed__agrees(shell: Shell, world: World) -> None:
    found = shell.json("report", "check", "--database", world.index)
    assert all(each["equal"] for each in found["sums"])
    assert len(found["sums"]) == 8


def test_all__into_a_folder__writes_every_report(shell: Shell, source: list[str], tmp_path: Path) -> None:
    found = shell.json("report", "all", str(tmp_path / "out"), *source)
    assert [each["name"] for each in found["reports"]] == list(REPORTS)
    for each in found["reports"]:
        with (tmp_path / "out" / f"{each['name']}.csv").open() as file:
            assert len(list(csv.DictReader(file))) == each["rows"]


def test_calendar__as_a_feed__has_an_event_for_each_week(shell: Shell, source: list[str], tmp_path: Path) -> None:
    path = tmp_path / "flows.ics"
    found = shell.json("report", "calendar", "--by", "protocol", *source, "--ics", str(path))
    rows = [row for row in found["reports"][0]["rows"] if row["begin"] != row["end"]]
    events = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert len(events) == len(rows) > 50
    for event, row in zip(events, rows, strict=True):
        assert str(event["summary"]).replace(",", "") == f"{row['amount']} FEC flows back"
        assert event["dtstart"].dt.isoformat() == row["begin"][:10]


@pytest.mark.parametrize(
    ("command", "name"),
    [("calendar", "flowback"), ("cohorts", "cohorts"), ("liability", "liability"), ("supply", "supply")],
)
def test_chart__of_a_report__is_what_charts_draw(
    shell: Shell, source: list[str], tmp_path: Path, command: str, name: str
) -> None:
    path = tmp_path / "chart.json"
    more = {"liability": ["--by", "protocol", "--rate", "1"], "supply": []}.get(command, ["--by", "protocol"])
    shell("report", command, *source, *more, "--chart", str(path))
    assert charts.render(name, json.loads(path.read_text()), "en", "light").startswith("<svg")


def test_liability__files__are_written(shell: Shell, source: list[str], tmp_path: Path) -> None:
    files = {kind: tmp_path / f"points.{kind}" for kind in ("csv", "xlsx", "html")}
    options = [word for kind, path in files.items() for word in (f"--{kind}", str(path))]
    estimates = ["--redemption", "95%", "--redemption", "2026-03-01=90%"]
    found = shell.json("report", "liability", *source, "--rate", "100", *estimates, "--entries", *options)
    names = [report["name"] for report in found["reports"]]
    assert sorted(names) == ["entries", "journal", "liability"]
    assert all(path.stat().st_size for path in files.values())
    assert found["source"]["blockHash"] in files["html"].read_text()
    with files["csv"].open() as file:
        entries = list(csv.DictReader(file))
    assert entries[0]["transaction"].startswith("0x")


@pytest.mark.parametrize("language", i18n.LOCALES)
def test_overview__any_language__is_said_in_it(shell: Shell, source: list[str], language: str) -> None:
    with i18n.use(language):
        expected = i18n._("Overview")
    assert expected in shell("report", "overview", *source, "--lang", language)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["overview", "--program", "99"], "There is no program 99"),
        (["overview", "--alliance", "99"], "There is no alliance 99"),
        (["overview", "--program", "2", "--alliance", "1"], "not both"),
        (["overview", "--program", "2", "--by", "protocol"], "Leave --by out"),
        (["overview", "--block", "1000000"], "The index ends at block"),
        (["overview", "--block", "9", "--at", "2026-01-01"], "Give --at or --block, not both."),
        (["liability", "--rate", "0"], "A rate of 0 FEC gives no prices"),
    ],
)
def test_report__what_cannot_be__is_refused_in_a_sentence(
    shell: Shell, source: list[str], words: list[str], message: str
) -> None:
    assert message in shell.refused("report", *words, *source)["message"]


def test_report__no_export__is_refused(shell: Shell, tmp_path: Path) -> None:
    error = shell.refused("report", "overview", "--from", str(tmp_path / "none"))
    assert (error["error"], "`fec report export" in error["message"]) == ("ExportInvalid", True)
