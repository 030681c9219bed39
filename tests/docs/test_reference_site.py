"""`make reference` builds, and has what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import reference


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reference, "OUT", folder / "site")
        reference.main()
    return folder / "site"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("python/fec.html", "Reads an amount of FEC"),
        ("python/client.html", "fec.client.orders"),
        ("contracts/ADN.html", "Claims all that has been released from some nodes"),
        ("contracts/libraries.html", "ReleaseCurve"),
        ("http.html", "/v1/invoices/{invoice_id}/refunds"),
    ],
)
def test_page__of_each_kind__has_what_is_documented(site: Path, page: str, words: str) -> None:
    assert words in (site / page).read_text()


def test_pages__of_every_package_but_the_command_line__are_there(site: Path) -> None:
    packages = {path.parent.name for path in (reference.ROOT / "fec").glob("*/__init__.py")} - {"cli"}
    assert {path.stem for path in (site / "python").glob("*.html")} == {*packages, "fec"}


def test_pages__opened__fetch_nothing(site: Path) -> None:
    pages = "".join(path.read_text() for path in site.rglob("*.html"))
    assert [host for host in ("fonts.googleapis", "unpkg.com", "cdn.") if host in pages] == []
