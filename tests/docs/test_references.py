"""Every test, file and heading that a document names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.documents import DOCUMENTS, ROOT

#: All but the changelog, whose lines are one change each.
PAGES = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
#: Characters of a line of prose, so that differences can be read.
LONGEST = 200
#: A link or a picture in Markdown: where it leads.
LINK = re.compile(r"\]\(([^)\s]+)\)")
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


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a document in links."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def broken(text: str, home: Path) -> list[str]:
    """Relative links of a text in a folder that lead nowhere."""
    lost = []
    for target in LINK.findall(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (home / name).resolve()
        there = text if not name else path.read_text() if path.suffix == ".md" and path.exists() else ""
        if (name and not path.exists()) or (anchor and anchor not in anchors(there)):
            lost.append(target)
    return lost


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_document__tests_that_it_names__exist(document: Path) -> None:
    assert missing(document.read_text()) == []


def test_reference__to_what_is_not_there__is_found() -> None:
    here = "tests/docs/test_references.py"
    there = f"`{here}::test_document__tests_that_it_names__exist[README.md]`"
    lost = [f"{here}::test_gone", f"{here}::missing", "tests/gone.py::test_document"]
    assert missing(f"{there}, {', '.join(lost)}") == lost


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_document__its_links__lead_somewhere(document: Path) -> None:
    assert broken(document.read_text(), document.parent) == []


def test_link__to_what_is_not_there__is_found() -> None:
    text = "# A heading, here\n[x](#a-heading-here) [x](https://example.org/gone) [x](README.md#fec) ![x](docs)\n"
    lost = ["#gone", "gone.md", "README.md#gone", "docs/gone.png"]
    assert broken(text + " ".join(f"[x]({target})" for target in lost), ROOT) == lost


def prose(text: str) -> list[str]:
    """Lines of a document but those of code, tables, pictures and generated blocks."""
    for pattern in (r"^ *```.*?^ *```", r"^<!-- Made.*?^<!-- End"):
        text = re.sub(pattern, "", text, flags=re.DOTALL | re.MULTILINE)
    return [line for line in text.splitlines() if not line.lstrip().startswith(("|", "!", "#"))]


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_document__lines_of_its_prose__can_be_reviewed(document: Path) -> None:
    # A line of one word, a long link or the name of a test, cannot be shorter.
    assert [line for line in prose(document.read_text()) if len(line) > LONGEST and " " in line.strip(" -")] == []
