"""What `make reference` is made of: a page for each package, each contract's declarations, every route."""

from __future__ import annotations

import json

import pytest

from fec.service.app import openapi_document
from tests.docs.documents import ROOT
from tools import reference


def test_pages__of_every_package_but_the_command_line__are_there() -> None:
    packages = {path.parent.name for path in (ROOT / "fec").glob("*/__init__.py")} - {"cli"}
    assert reference.python_pages().keys() == {f"python/{name}.md" for name in (*packages, "fec")}


def test_page__of_a_package__has_its_modules_and_no_start_of_a_program() -> None:
    page = reference.python_pages()["python/client.md"]
    assert "::: fec.client.orders\n" in page
    assert not [text for text in reference.python_pages().values() if "__main__" in text or "fec.cli." in text]


def test_page__of_public_names__says_where_each_is_defined() -> None:
    assert "::: fec.i18n.parsing.parse_fec\n" in reference.python_pages()["python/fec.md"]


def test_routes__each__are_on_the_page_of_http() -> None:
    document = openapi_document()
    page = reference.http_page(document)
    routes = [f"## {method.upper()} {path}\n" for path, methods in document["paths"].items() for method in methods]
    assert [route for route in routes if route not in page] == []


@pytest.mark.parametrize(
    ("name", "kind", "written"),
    [
        ("claimTo", "function", "function claimTo(uint256[] tokenIds, address to) returns (uint256 paid)"),
        ("nodeOf", "function", "function nodeOf(uint256 tokenId) view returns (Node)"),
        ("ADN_NothingToClaim", "error", "error ADN_NothingToClaim(uint256 tokenId)"),
        (
            "Approval",
            "event",
            "event Approval(address indexed owner, address indexed approved, uint256 indexed tokenId)",
        ),
    ],
)
def test_declaration__of_an_entry__is_as_solidity_writes_it(name: str, kind: str, written: str) -> None:
    entries = json.loads((ROOT / "fec" / "protocol" / "abi" / "ADN.json").read_text())["abi"]
    [entry] = [entry for entry in entries if entry["type"] == kind and entry["name"] == name]
    assert reference.declaration(entry) == written


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"$ref": "#/components/schemas/Invoice"}, "[Invoice](#invoice)"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        ({"enum": ["open", "paid"]}, "`open`, `paid`"),
        ({"type": "string", "format": "date"}, "date"),
    ],
)
def test_kind__of_a_schema__is_said_in_words(schema: dict[str, object], written: str) -> None:
    assert reference.kind_of(schema) == written


def test_remote__what_a_page_would_fetch__is_found() -> None:
    page = '<script src="https://cdn.example/x.js"></script><a href="https://example.org">x</a><link href="a.css">'
    assert reference.remote(page) == ["https://cdn.example/x.js"]
