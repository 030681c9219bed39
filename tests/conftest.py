"""For all tests: the environment, and the order of files."""

import pytest

from tests.fixtures import environment

#: Files whose tests wait for clocks and for processes that are killed, rather than compute. They come first, so that
#: none stands alone at the end.
WAITING = (
    "test_havoc.py",
    "test_kills.py",
    "test_resume.py",
    "test_process.py",
    "test_readme.py",
    "test_schema.py",
    "test_up.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in WAITING)


def pytest_configure() -> None:
    # Before modules are imported: what they read, and the processes that tests start, are clean too.
    environment.clean()
