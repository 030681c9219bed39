"""The order of files: what waits most comes first, so that it does not stand alone at the end."""

import pytest

#: Files whose tests wait for clocks and for processes that are killed, rather than compute.
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
