"""What set-up installs: each package pinned and by its hash, also what comes before `requirements.lock` can be read."""

import itertools
import re
from pathlib import Path

import pytest

from tools import setup

ROOT = Path(__file__).resolve().parents[2]
Commands = list[list[str]]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    """What set-up would run, on a machine without Node."""
    run: Commands = []
    monkeypatch.setattr(setup, "must", lambda _, *command: run.append([str(word) for word in command]))
    monkeypatch.setattr(setup, "VENV", tmp_path)
    monkeypatch.setattr(setup, "BIN", tmp_path / "bin")
    monkeypatch.setenv("PATH", "")
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    setup.install_python()
    setup.install_node()
    return run


@pytest.mark.parametrize("name", [setup.BOOTSTRAP, setup.NODE, "requirements.lock"])
def test_lock__every_package__is_pinned_and_has_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[a-z])", (ROOT / name).read_text())
    assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+( ;[^\\]*)? \\\n    --hash=sha256:", entry) for entry in entries)


def test_setup__whatever_pip_and_uv_install__is_checked_by_hash(commands: Commands) -> None:
    installs = [command for command in commands if "install" in command and "pip" in command]
    assert len(installs) == 4
    unchecked = [command for command in installs if "--require-hashes" not in command]
    assert [command[-3:] for command in unchecked] == [["--no-deps", "--editable", "."]]


def test_setup__whatever_is_built__is_built_with_pinned_packages(commands: Commands) -> None:
    builds = [command for command in commands if "requirements.lock" in command[-1] or "--editable" in command]
    assert len(builds) == 2
    for command in builds:
        constraints = [after for word, after in itertools.pairwise(command) if word == "--build-constraints"]
        assert constraints == [setup.BOOTSTRAP, "requirements.lock"]
