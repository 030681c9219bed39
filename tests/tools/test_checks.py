"""The runner of checks: it fails when a step does, shows what failed, and leaves tests out only if nothing changed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from rich.console import Console

from tools.checks import (
    CONTRACTS,
    LINT,
    PROOFS,
    ROOT,
    TESTS,
    TOOL_TESTS,
    Ended,
    Runner,
    Step,
    chosen,
    fingerprint,
    table,
)

#: Imports all tests of contracts, and prints what that has read of this repository.
IMPORTED = """
import importlib, pathlib, sys
root = pathlib.Path.cwd()
for path in sorted(root.glob("tests/contracts/**/*.py")):
    importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
importlib.import_module("tests.conftest")
files = [pathlib.Path(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
for file in files:
    if file.is_relative_to(root) and not file.is_relative_to(sys.prefix):
        print(file.relative_to(root))
"""


def python(name: str, code: str, load: int = 1, closing: int = 0) -> Step:
    return Step(name, (sys.executable, "-c", code), load, closing)


def run(folder: Path, *steps: Step, processors: int = 2) -> tuple[list[Ended], str]:
    console = Console(record=True, width=120, quiet=False, file=(folder / "shown").open("w"))
    return Runner(console, processors, folder / "logs").run(steps), console.export_text()


def test_run__step_fails__is_shown_whole_and_the_others_go_on(tmp_path: Path) -> None:
    bad = python("bad", "for line in range(100): print('line', line)\nraise SystemExit(3)")
    ended, shown = run(tmp_path, bad, python("good", "print('unseen')"))
    assert {one.step.name: one.code for one in ended} == {"bad": 3, "good": 0}
    assert "bad failed" in shown
    assert "line 0\n" in shown
    assert "line 99\n" in shown
    assert "unseen" not in shown


def test_run__step_that_is_killed__has_failed(tmp_path: Path) -> None:
    [ended], _ = run(tmp_path, python("killed", "import os; os.kill(os.getpid(), 9)"))
    assert ended.code == -9


def test_run__is_ended__ends_its_steps(tmp_path: Path) -> None:
    number = tmp_path / "pid"
    code = f"""if True:
        import os, pathlib, signal, time
        pathlib.Path({str(number)!r}).write_text(str(os.getpid()))
        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(600)
    """
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, python("ends its runner", code))
    assert ended.value.code == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_run__tests_pass__their_closing_line_is_shown(tmp_path: Path) -> None:
    _, shown = run(tmp_path, python("tests", "print('...')\nprint('2 passed')\nprint()", closing=1))
    assert shown.splitlines()[1] == "2 passed"


def test_run__room_for_two__starts_no_third(tmp_path: Path) -> None:
    code = f"""if True:
        import pathlib, time
        folder = pathlib.Path({str(tmp_path)!r}, "running")
        folder.mkdir(exist_ok=True)
        mine = folder / str(time.monotonic_ns())
        mine.touch()
        time.sleep(0.3)
        beside = len(list(folder.iterdir()))
        mine.unlink()
        raise SystemExit(beside > 2)
    """
    ended, _ = run(tmp_path, *(python(str(number), code) for number in range(5)), processors=1)
    assert [one.code for one in ended] == [0] * 5


def test_run__more_than_there_is_room_for__still_runs(tmp_path: Path) -> None:
    ended, _ = run(tmp_path, python("large", "", load=9), python("small", ""))
    assert [one.code for one in ended] == [0, 0]


def test_chosen__unknown_step__is_refused() -> None:
    with pytest.raises(click.UsageError, match="No step is called 'spelling'"):
        chosen(["spelling"])


def test_chosen__lint__is_all_of_it_and_nothing_else() -> None:
    assert chosen(["lint"]) == (list(LINT), [])


@pytest.mark.parametrize("recorded", [None, "of other files"])
def test_chosen__what_it_needs_may_have_changed__runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recorded: str | None
) -> None:
    record = tmp_path / "passed.json"
    monkeypatch.setattr("tools.checks.RECORD", record)
    if recorded:
        record.write_text(json.dumps({TOOL_TESTS.name: recorded, PROOFS.name: recorded}))
    assert chosen([]) == ([*TESTS, *LINT], [])


def test_chosen__what_it_needs_is_unchanged__is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = tmp_path / "passed.json"
    record.write_text(json.dumps({PROOFS.name: fingerprint(PROOFS.needs), TOOL_TESTS.name: "of other files"}))
    monkeypatch.setattr("tools.checks.RECORD", record)
    steps, left_out = chosen([])
    assert (PROOFS in steps, TOOL_TESTS in steps, left_out) == (False, True, ["proofs"])


def test_chosen__by_name__runs_in_any_case(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = tmp_path / "passed.json"
    record.write_text(json.dumps({PROOFS.name: fingerprint(PROOFS.needs)}))
    monkeypatch.setattr("tools.checks.RECORD", record)
    assert chosen(["proofs"]) == ([PROOFS], [])


@pytest.mark.parametrize("step", [step for step in (*TESTS, *LINT) if step.needs], ids=lambda step: step.name)
def test_needs__of_every_step__are_there(step: Step) -> None:
    assert [place for place in step.needs if not (ROOT / place).exists()] == []


def test_needs__of_the_tests_of_contracts__are_all_that_these_import() -> None:
    command = [sys.executable, "-c", IMPORTED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    imported = [Path(line) for line in done.stdout.splitlines()]
    assert Path("tests/contracts/conftest.py") in imported
    for step in (CONTRACTS, TOOL_TESTS):
        places = [Path(place) for place in step.needs]
        assert [file for file in imported if not any(file.is_relative_to(place) for place in places)] == []


def test_fingerprint__any_change__is_another(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "a.py").write_text("a")
    found = [fingerprint(["tools"], tmp_path)]
    (tmp_path / "tools" / "a.py").write_text("b")
    found.append(fingerprint(["tools"], tmp_path))
    (tmp_path / "tools" / "a.py").rename(tmp_path / "tools" / "b.py")
    found.append(fingerprint(["tools"], tmp_path))
    assert len(set(found)) == 3


def test_table__steps_left_out__are_named() -> None:
    console = Console(record=True, width=120, file=None)
    with console.capture() as shown:
        console.print(table([Ended(TOOL_TESTS, 0, 1.25, 2.5)], ["gas"], 3))
    assert "gas" in shown.get()
    assert "nothing it depends on has changed" in shown.get()
