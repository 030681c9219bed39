"""For all tests: the environment, catalogs that are compiled, and the order of files."""

from pathlib import Path

import pytest

from tests.fixtures import environment

LOCALES = Path(__file__).resolve().parents[1] / "fec" / "i18n" / "locales"

#: Files whose tests wait for clocks and for processes that are killed, rather than compute. They come first, so that
#: none stands alone at the end.
WAITING = (
    "test_havoc.py",
    "test_kills.py",
    "test_resume.py",
    "test_process.py",
    "test_tour.py",
    "test_schema.py",
    "test_up.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in WAITING)


def pytest_configure(config: pytest.Config) -> None:
    # Before modules are imported: what they read, and the processes that tests start, are clean too.
    environment.clean()
    if not hasattr(config, "workerinput"):
        compile_catalogs()


def compile_catalogs() -> None:
    """Compiles the catalogs if a sentence was changed since."""
    pairs = [(source, source.with_suffix(".mo")) for source in LOCALES.glob("*/LC_MESSAGES/*.po")]
    if any(not made.exists() or made.stat().st_mtime < source.stat().st_mtime for source, made in pairs):
        from tools import messages  # noqa: PLC0415 (slow to import, and seldom needed)

        messages.compile_catalogs()
