"""The table of the standards in docs/assurance/standards.md names tests that exist, and at least one for every MUST."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = (ROOT / "docs" / "assurance" / "standards.md").read_text().splitlines()
#: Rows of its tables: clause, demand, what the contracts do, tests.
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in LINES
    if line.startswith("| ") and not line.startswith("| clause ")
]
TEST = re.compile(r"`(\w+/test_\w+\.py)::(\w+)`")


def test_rows__each__has_four_cells() -> None:
    assert [row for row in ROWS if len(row) != 4] == []


@pytest.mark.parametrize("file", sorted({file for row in ROWS for file, _ in TEST.findall(row[-1])}))
def test_rows__tests_named__exist(file: str) -> None:
    tree = ast.parse((ROOT / "tests" / "contracts" / file).read_text())
    known = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    named = {name for row in ROWS for where, name in TEST.findall(row[-1]) if where == file}
    assert named <= known


def test_rows__every_must__names_a_test() -> None:
    assert [row[0] for row in ROWS if row[1] == "MUST" and not TEST.findall(row[-1])] == []


def test_rows__whatever_looks_like_a_test__is_written_as_one() -> None:
    # A misspelt reference would not be looked up.
    named = sum(len(TEST.findall(row[-1])) for row in ROWS)
    assert named == sum(row[-1].count("::") for row in ROWS)
