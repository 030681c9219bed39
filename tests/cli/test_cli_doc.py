"""docs/reference/cli.md has every command, and the shell completes them as it says."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fec.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text()
SCRIPTS = Path(sys.executable).parent


def commands(command: click.Command, path: str = "fec") -> Iterator[str]:
    """Everything that does something when it is typed."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{path} {name}")


def completed(words: str) -> set[str]:
    """What bash offers after some words, by the script that the page tells to load."""
    [line] = re.findall(r'^eval "\$\(_FEC_COMPLETE=bash_source fec\)"', PAGE, re.MULTILINE)
    script = f"""{line}
        COMP_WORDS=({words} '') COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _fec_completion fec
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        env={"PATH": f"{SCRIPTS}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_page__lists_every_command_and_no_other() -> None:
    section = PAGE.partition("\n## Commands\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(fec [a-z -]+?)`", section))
    assert named - {"fec pay --sign"} == set(commands(main)) | {"fec order pay"}


def test_page__names_the_options_of_all_commands() -> None:
    context = click.Context(main)
    for param in main.get_params(context):
        if isinstance(param, click.Option) and param.envvar:
            assert f"`{param.opts[0]}" in PAGE
            assert f"`{param.envvar}`" in PAGE


@pytest.mark.parametrize(
    ("words", "some"),
    [
        ("fec", {"node", "pay", "serve", "replay"}),
        ("fec node", {"claim", "delegate", "list", "merge", "mint", "show", "split", "transfer"}),
        ("fec serve key", {"add", "list", "revoke"}),
    ],
)
def test_completion__in_bash__offers_what_there_is(words: str, some: set[str]) -> None:
    assert some <= completed(words)
