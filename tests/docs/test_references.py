"""Every test that a document names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
#: A test as pytest names it: a file and a function, perhaps with parameters.
REFERENCE = re.compile(r"(tests/[\w/]+\.py)::(\w+)")


@cache
def names_in(path: Path) -> frozenset[str]:
    """Names of the tests of a file; none if there is no such file."""
    if not path.exists():
        return frozenset()
    functions = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def missing(text: str) -> list[str]:
    """Tests that a text names and that do not exist."""
    return [f"{file}::{name}" for file, name in REFERENCE.findall(text) if name not in names_in(ROOT / file)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_document__tests_that_it_names__exist(document: Path) -> None:
    assert missing(document.read_text()) == []


def test_reference__to_what_is_not_there__is_found() -> None:
    here = "tests/docs/test_references.py"
    there = f"`{here}::test_document__tests_that_it_names__exist[README.md]`"
    lost = [f"{here}::test_gone", f"{here}::missing", "tests/gone.py::test_document"]
    assert missing(f"{there}, {', '.join(lost)}") == lost
