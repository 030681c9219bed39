"""What a contract refuses: the error's kind, its name, and all of its values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fec.i18n.errors import ContractError


@contextmanager
def refused(kind: type[ContractError], name: str, **values: Any) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert (caught.value.name, caught.value.values) == (name, values)
