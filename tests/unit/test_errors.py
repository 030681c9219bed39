"""Where errors stand: shared ones in `fec.i18n.errors`, those of a part in its own module `errors`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools import messages

PACKAGE = Path(__file__).resolve().parents[2] / "fec"
#: The service's stand beside what raises them, in its many folders.
PARTS = sorted({path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"service"})
NAMES = messages.error_names(sorted(PACKAGE.rglob("*.py")))


@pytest.mark.parametrize("part", PARTS)
def test_errors__of_a_part__stand_in_its_module_of_errors(part: str) -> None:
    stray = [
        f"{path.relative_to(PACKAGE)}: {each.name}"
        for path in sorted((PACKAGE / part).rglob("*.py"))
        if path.name != "errors.py"
        for each in ast.walk(ast.parse(path.read_text()))
        if isinstance(each, ast.ClassDef) and each.name in NAMES
    ]
    assert stray == []
