"""Where errors stand: shared ones in `fec.i18n.errors`, those of a part in its own module `errors`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools import messages

PACKAGE = Path(__file__).resolve().parents[2] / "fec"
#: The service's stand beside what raises them, in its many folders.
PARTS = sorted({path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"service"})


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Names of all errors of the package."""
    return messages.error_names(sorted(PACKAGE.rglob("*.py")))


@pytest.mark.parametrize("part", PARTS)
def test_errors__of_a_part__stand_in_its_module_of_errors(part: str, names: set[str]) -> None:
    stray = [
        f"{path.relative_to(PACKAGE)}: {each.name}"
        for path in sorted((PACKAGE / part).rglob("*.py"))
        if path.name != "errors.py"
        for each in ast.walk(ast.parse(path.read_text()))
        if isinstance(each, ast.ClassDef) and each.name in names
    ]
    assert stray == []


def unmarked(source: str) -> list[str]:
    """Sentences that a constructor gives its base class without a mark for translation."""
    return [
        str(call.args[0].value)
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__" and call.args
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
        if call.args[0].value.strip(" {}[]").count(" ")
    ]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("errors.py")), ids=lambda path: path.parent.name)
def test_sentence__that_a_constructor_holds__is_marked_for_translation(path: Path) -> None:
    sentences = [each for each in unmarked(path.read_text()) if "[{call}]" not in each]
    assert sentences == []


def test_unmarked__a_sentence_without_a_mark__is_found() -> None:
    assert unmarked('class A(E):\n    def __init__(self):\n        super().__init__("Not so.")') == ["Not so."]
