"""Makes a release: version, changelog, wheel and sdist, checks of both, a commit and an annotated tag.

make release VERSION=0.2.0

Nothing is pushed or published. If a check fails, the files are as they were.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
UV = ROOT / ".venv" / "bin" / "uv"
UNRELEASED = "## Unreleased\n"
VERSION = re.compile(r"^(\d+)\.(\d+)\.(\d+)$")
IN_PROJECT = re.compile(r'^version = "(.*)"$', re.MULTILINE)
#: What the installed wheel has to do.
USES = (
    "from fec import Client, parse_fec; import fec.cli; assert parse_fec('1.5') == 15 * 10**17; assert Client.connect"
)


class Refused(click.ClickException):
    """A release cannot be made; the message says why, and what to do."""


@click.command()
@click.argument("version")
def main(version: str) -> None:
    """Make release VERSION, such as 0.2.0, from the last commit."""
    check(version)
    project, changelog = ROOT / "pyproject.toml", ROOT / "CHANGELOG.md"
    before = {path: path.read_text() for path in (project, changelog)}
    try:
        project.write_text(IN_PROJECT.sub(f'version = "{version}"', before[project], count=1))
        dated, notes = released(before[changelog], version, datetime.now(UTC).date().isoformat())
        changelog.write_text(dated)
        made = build(version)
        try_out(made[0], version)
        git("add", project.name, changelog.name)
        git("commit", "--quiet", "--message", f"Release {version}")
        git("tag", "--annotate", f"v{version}", "--cleanup=verbatim", "--message", f"FEC {version}\n\n{notes}")
    except BaseException:
        for path, text in before.items():
            path.write_text(text)
        git("reset", "--quiet")
        raise
    click.echo("\n".join(str(path.relative_to(ROOT)) for path in made))
    click.echo(f"The tag v{version} is made. Publish it with: git push --follow-tags")


def check(version: str) -> None:
    """Raises Refused unless the release can be made."""
    if not VERSION.match(version):
        raise Refused(f"{version!r} is no version. Give three numbers, such as 0.2.0.")
    if git("status", "--porcelain"):
        raise Refused("There are changes that are not committed. Commit or remove them, and run this again.")
    if git("tag", "--list", f"v{version}"):
        raise Refused(f"The tag v{version} exists. Choose a higher version.")
    tags = [tag.removeprefix("v") for tag in git("tag", "--list", "v*").split()]
    highest = max((numbers(tag) for tag in tags if VERSION.match(tag)), default=(0, 0, 0))
    if numbers(version) <= highest:
        raise Refused(f"Version {version} is not above {'.'.join(map(str, highest))}. Choose a higher version.")
    if not notes_of((ROOT / "CHANGELOG.md").read_text()):
        raise Refused('CHANGELOG.md has nothing under "Unreleased". Say there what changes for users, and commit it.')


def numbers(version: str) -> tuple[int, ...]:
    """A version's numbers, to compare them."""
    return tuple(map(int, version.split(".")))


def notes_of(changelog: str) -> str:
    """What is under "Unreleased"; empty if nothing is."""
    return changelog.partition(UNRELEASED)[2].partition("\n## ")[0].strip()


def released(changelog: str, version: str, date: str) -> tuple[str, str]:
    """A changelog whose unreleased lines are those of a version, and these lines."""
    return changelog.replace(UNRELEASED, f"{UNRELEASED}\n## {version} ({date})\n", 1), notes_of(changelog)


def build(version: str) -> list[Path]:
    """Wheel and sdist, built from what git tracks and the built pages. Raises Refused if they do not hold the same."""
    folder = ROOT / "out" / "release" / version
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "source"
        for name in git("ls-files", "-z").split("\0"):
            if name and (ROOT / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, source / name)
        pages = ROOT / "fec" / "pages" / "web"
        if not (pages / "index.html").exists():
            raise Refused("The web pages are not built. Run `make web`, and run this again.")
        shutil.copytree(pages, source / "fec" / "pages" / "web")
        run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, source)
        run(UV, "build", "--quiet", "--sdist", "--out-dir", folder, source)
        [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
        run(UV, "build", "--quiet", "--wheel", "--out-dir", Path(temporary), sdist)
        [again] = Path(temporary).glob("*.whl")
        lacking = names(wheel) ^ names(again)
        if lacking:
            raise Refused(f"A wheel made from the sdist differs in {', '.join(sorted(lacking)[:5])}. Mend MANIFEST.in.")
    return [wheel, sdist]


def names(wheel: Path) -> set[str]:
    """Files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def try_out(wheel: Path, version: str) -> None:
    """Installs a wheel into an empty environment, with the locked versions, and uses it there. Raises Refused."""
    with tempfile.TemporaryDirectory() as temporary:
        environment = Path(temporary) / "environment"
        run(UV, "venv", "--quiet", "--python", sys.executable, environment)
        python = environment / "bin" / "python"
        locked = ("--constraint", ROOT / "requirements.lock")
        run(UV, "pip", "install", "--quiet", "--python", python, *locked, wheel)
        said = run(environment / "bin" / "fec", "--version", folder=temporary).strip()
        if said != f"fec {version}":
            raise Refused(f"The installed wheel says {said!r} to --version. It has to say 'fec {version}'.")
        if "period 55" not in run(environment / "bin" / "fec", "curve", "--lang", "en", folder=temporary):
            raise Refused("`fec curve` of the installed wheel does not say when the burned amount is back.")
        run(python, "-c", USES, folder=temporary)


def git(*arguments: str) -> str:
    """What git prints."""
    return run("git", *arguments).strip("\n")


def run(*command: str | Path, folder: str | Path | None = None) -> str:
    """What a command prints. Raises Refused with what it said if it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=folder or ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"`{' '.join(map(str, command))}` failed:\n{done.stderr or done.stdout}")
    return done.stdout


if __name__ == "__main__":
    main()
