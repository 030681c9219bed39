"""What the package ships of each contract; made from `contracts/` by `make abi`."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from fec.i18n.errors import DeploymentMissing


@cache
def names() -> tuple[str, ...]:
    """Names of all contracts shipped."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json")))


@cache
def load(name: str) -> dict[str, Any]:
    """One contract's `abi`, `bytecode`, `deployedBytecode`, and `immutableReferences` as pairs of start and length.

    The same object each time: not to be changed. Raises DeploymentMissing if no such contract is shipped.
    """
    if name not in names():
        raise DeploymentMissing(
            "This package ships no contract named {name!r}, only {names}.", name=name, names=", ".join(names())
        )
    artifact: dict[str, Any] = json.loads(resources.files(__name__).joinpath(f"{name}.json").read_text())
    return artifact
