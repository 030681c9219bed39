"""`make release`, in a clone that nobody keeps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.9.0"
#: For building and installing on a busy machine.
PATIENCE = 600


class Clone:
    """A copy of the working tree, as a repository of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tracked = subprocess.run(
            ["/usr/bin/git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in tracked.split("\0"):
            if name and (ROOT / name).is_file() and not name.startswith(("tests/", "proofs/", "mutants/", "web/")):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes((ROOT / name).read_bytes())
        pages = folder / "fec" / "pages" / "web"
        pages.mkdir(parents=True, exist_ok=True)
        (pages / "index.html").write_text("<!doctype html>")
        (folder / ".venv").symlink_to(ROOT / ".venv")
        (folder / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- Something new.\n")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "A tester")
        self.git("config", "user.email", "tester@example.org")
        self.commit()

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["/usr/bin/git", *arguments], cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A commit", "--allow-empty")

    def release(self, version: str = VERSION) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools.release", version],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    clone = Clone(tmp_path_factory.mktemp("released"))
    done = clone.release()
    assert done.returncode == 0, done.stderr
    return clone


def test_release__clean_tree__tags_a_commit_with_version_and_notes(released: Clone) -> None:
    assert released.git("describe", "--exact-match") == f"v{VERSION}"
    assert f'version = "{VERSION}"' in released.git("show", "HEAD:pyproject.toml")
    assert "Something new." in released.git("tag", "--list", "--format=%(contents)", f"v{VERSION}")
    assert released.git("status", "--porcelain") == ""


def test_release__changelog__has_a_dated_section_and_room_for_more(released: Clone) -> None:
    lines = released.git("show", "HEAD:CHANGELOG.md").splitlines()
    assert lines[:4] == ["# Changelog", "", "## Unreleased", ""]
    assert lines[4].startswith(f"## {VERSION} (2")
    assert lines[5:] == ["", "- Something new."]


def test_release__wheel_and_sdist__are_there(released: Clone) -> None:
    made = sorted(path.name for path in (released.folder / "out" / "release" / VERSION).iterdir() if path.suffix != "")
    assert [name for name in made if name.startswith("fec")] == [
        f"fec-{VERSION}-py3-none-any.whl",
        f"fec-{VERSION}.tar.gz",
    ]


def test_release__same_version_again__is_refused(released: Clone) -> None:
    done = released.release()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: The tag v{VERSION} exists. Choose a higher version.\n"


def test_release__lower_version__is_refused(released: Clone) -> None:
    done = released.release("0.8.9")
    assert done.stderr == f"Error: Version 0.8.9 is not above {VERSION}. Choose a higher version.\n"


def test_release__nothing_new__is_refused(released: Clone) -> None:
    done = released.release("1.0.0")
    assert done.stderr.startswith('Error: CHANGELOG.md has nothing under "Unreleased".')


def test_release__no_version__is_refused(clone: Clone) -> None:
    assert clone.release("1.0").stderr == "Error: '1.0' is no version. Give three numbers, such as 0.2.0.\n"


def test_release__dirty_tree__is_refused_and_left_alone(clone: Clone) -> None:
    (clone.folder / "README.md").write_text("changed")
    try:
        done = clone.release()
        assert done.stderr.startswith("Error: There are changes that are not committed.")
        assert (clone.folder / "README.md").read_text() == "changed"
    finally:
        clone.git("checkout", "--quiet", "README.md")


def test_release__wheel_does_not_work__leaves_files_and_tags_as_they_were(clone: Clone) -> None:
    curve = clone.folder / "fec" / "core" / "curve.py"
    whole = curve.read_text()
    curve.write_text("raise ImportError\n")
    clone.commit()
    try:
        done = clone.release()
        assert done.returncode == 1
        assert clone.git("status", "--porcelain") == ""
        assert clone.git("tag", "--list") == ""
    finally:
        curve.write_text(whole)
        clone.commit()
