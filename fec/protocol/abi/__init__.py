"""What the package ships of each contract; made from `contracts/` by `make abi`."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from eth_typing import ABIFunction
from eth_utils.abi import abi_to_signature, get_abi_input_types, get_abi_output_types

from fec.i18n.errors import DeploymentMissing

#: The contracts that a deployment has and that are called by name; what they deploy themselves is not among them.
CONTRACTS = ("FEC", "ADN", "Checkout", "Custodian", "Relay")

#: Those whose events are the history that an index keeps. Relay's only tell senders which of their calls failed.
INDEXED = CONTRACTS[:-1]


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


@cache
def function(contract: str, name: str) -> ABIFunction:
    """The entry of one of a contract's functions; one that is overloaded is named by its signature, `f(address,bytes)`.

    Raises LookupError unless there is exactly one.
    """
    found = [
        entry
        for entry in load(contract)["abi"]
        if entry["type"] == "function" and name in (entry["name"], abi_to_signature(entry))
    ]
    if len(found) != 1:
        raise LookupError(f"{contract} has {len(found)} functions {name}")
    entry: ABIFunction = found[0]
    return entry


def input_types(contract: str, name: str) -> list[str]:
    """Types that a function takes, with structs as tuples. Raises what `function` raises."""
    return get_abi_input_types(function(contract, name))


def output_types(contract: str, name: str) -> list[str]:
    """Types that a function gives, with structs as tuples. Raises what `function` raises."""
    return get_abi_output_types(function(contract, name))
