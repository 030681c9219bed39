"""What docs/reference/simulate.md shows of commands is what they print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from fec.cli import main

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "simulate.md"
BLOCKS = re.findall(r"```console\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
#: Commands, each with the lines shown of it.
SHOWN = [
    (command.splitlines()[0], command.splitlines()[1:])
    for block in BLOCKS
    for command in re.split(r"^\$ fec ", block, flags=re.MULTILINE)[1:]
]


def test_document__shows_commands() -> None:
    assert len(SHOWN) >= 10
    assert all(lines for _command, lines in SHOWN)


@pytest.mark.parametrize(("command", "lines"), SHOWN, ids=[command for command, _lines in SHOWN])
def test_command__prints_what_the_document_shows(command: str, lines: list[str]) -> None:
    result = CliRunner(mix_stderr=False).invoke(main, [*command.split(), "--workers", "1", "--lang", "en"])
    assert result.exit_code == 0, result.stderr
    printed = [line.strip() for line in result.stdout.splitlines()]
    assert [line for line in lines if line.strip() not in printed] == []
