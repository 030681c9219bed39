from __future__ import annotations

import pytest

from demo import data


@pytest.fixture(scope="session")
def year() -> data.Year:
    return data.read()
