"""docs/reference/service.md has every problem and every route of the service; docs/howto/service.md every option."""

from __future__ import annotations

import re

import click

from fec.cli.serve import serve
from fec.service.app import openapi_document
from fec.service.http.problems import KINDS
from fec.service.models import Role
from tests.docs.documents import ROOT

REFERENCE = (ROOT / "docs" / "reference" / "service.md").read_text()
#: Options that every command takes (docs/reference/cli.md).
OF_ALL = {"account", "as_json", "lang"}
HOWTO = (ROOT / "docs" / "howto" / "service.md").read_text()


def test_problems__of_the_page__are_those_of_the_service() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", REFERENCE, re.MULTILINE)
    assert {kind: int(status) for status, kind in rows} == {kind: status for kind, (status, _) in KINDS.items()}


def test_routes__of_the_service__are_on_the_page_and_no_others() -> None:
    paths = openapi_document()["paths"]
    first = {path.split("/")[2] for path in paths if path.startswith("/v1/")}
    assert first == set(re.findall(r"/v1/([a-z-]+)", REFERENCE))
    # The page says {id} for every id, and abbreviates what begins alike: each word of a route is there.
    words = {word.removesuffix(".svg") for path in paths for word in path.split("/") if word and "{" not in word}
    assert [word for word in sorted(words) if not re.search(rf"\b{re.escape(word)}\b", REFERENCE)] == []


def test_roles__of_the_service__are_explained() -> None:
    assert [role for role in Role if f"`{role.value}`" not in HOWTO] == []


def test_options__of_fec_serve__are_on_the_page_with_their_variables() -> None:
    options = [param for param in serve.params if isinstance(param, click.Option) and param.name not in OF_ALL]
    names = {name for param in options for name in (*param.opts, *param.secondary_opts)}
    shown = set(re.findall(r"`(--[a-z-]+)`", HOWTO.partition("\n## Options\n")[2].partition("\n## ")[0]))
    assert shown - {"--rpc", "--deployments", "--keystore"} <= names
    assert [param.name for param in options if not shown & {*param.opts, *param.secondary_opts}] == []
