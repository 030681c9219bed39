"""A small harness around pyrevm: contracts by ABI, a clock, snapshots, and reverts by name and values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyrevm
from eth_abi import decode, encode
from eth_utils import keccak, to_checksum_address

ZERO = "0x" + "00" * 20
#: Errors that Solidity itself raises, beside those that ABIs declare.
BUILTIN_ERRORS = [
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
]
REVERT_OUTPUT = re.compile(r"^Revert \{.*output: 0x([0-9a-f]*)")


class Reverted(Exception):
    """A call reverted with a decoded error."""

    def __init__(self, name: str, *values: Any) -> None:
        super().__init__(name, *values)
        self.name = name
        self.values = values


class Halted(Exception):
    """A call ran out of gas or hit another exceptional halt."""


@dataclass(frozen=True)
class Event:
    """One decoded log."""

    address: str
    name: str
    values: dict[str, Any]


def abi_type(parameter: dict[str, Any]) -> str:
    """Canonical type of a parameter, tuples spelled out."""
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    inner = ",".join(abi_type(part) for part in parameter["components"])
    return f"({inner})" + parameter["type"].removeprefix("tuple")


def plain(value: Any, parameter: dict[str, Any]) -> Any:
    """A decoded value as tests compare it: structs as dictionaries, addresses checksummed, arrays as lists."""
    kind = parameter["type"]
    if kind.endswith("]"):
        inner = parameter | {"type": kind[: kind.rindex("[")]}
        return [plain(item, inner) for item in value]
    if kind == "tuple":
        parts = parameter["components"]
        return {part["name"]: plain(item, part) for part, item in zip(parts, value, strict=True)}
    return to_checksum_address(value) if kind == "address" else value


class Function:
    """Encodes calls of one function and decodes what it returns."""

    def __init__(self, abi: dict[str, Any]) -> None:
        self.types = [abi_type(parameter) for parameter in abi["inputs"]]
        self.signature = f"{abi['name']}({','.join(self.types)})"
        self.selector = keccak(text=self.signature)[:4]
        self.static = abi["stateMutability"] in ("view", "pure")
        self.outputs = abi["outputs"]
        self.output_types = [abi_type(parameter) for parameter in self.outputs]

    def encode(self, *arguments: Any) -> bytes:
        return self.selector + encode(self.types, arguments)

    def decode(self, output: bytes) -> Any:
        values = decode(self.output_types, output)
        decoded = [plain(value, parameter) for value, parameter in zip(values, self.outputs, strict=True)]
        return decoded[0] if len(decoded) == 1 else decoded or None


class Chain:
    """One EVM with a clock that only tests move."""

    def __init__(self, timestamp: int) -> None:
        self.evm = pyrevm.EVM(spec_id="PRAGUE", gas_limit=30_000_000)
        self.errors: dict[bytes, dict[str, Any]] = {}
        # ERC-20's and ERC-721's Transfer differ only in what is indexed.
        self.event_abis: dict[tuple[bytes, int], dict[str, Any]] = {}
        self.logs: list[Any] = []
        self.learn(BUILTIN_ERRORS)
        self.now = timestamp

    @property
    def now(self) -> int:
        """Timestamp of the current block, in seconds."""
        return self._now

    @now.setter
    def now(self, timestamp: int) -> None:
        self._now = timestamp
        self.evm.set_block_env(pyrevm.BlockEnv(timestamp=timestamp, gas_limit=10**12))

    def learn(self, abi: list[dict[str, Any]]) -> None:
        """Makes the errors and events of an ABI known to the decoder."""
        for item in abi:
            if item["type"] not in ("error", "event"):
                continue
            signature = f"{item['name']}({','.join(abi_type(parameter) for parameter in item['inputs'])})"
            digest = keccak(text=signature)
            if item["type"] == "error":
                self.errors[digest[:4]] = item
            else:
                self.event_abis[digest, sum(part["indexed"] for part in item["inputs"])] = item

    def deploy(self, artifact: dict[str, Any], *arguments: Any, sender: str) -> Contract:
        """Deploys an artifact with constructor arguments.

        Raises:
            Reverted: with the constructor's error.
        """
        self.learn(artifact["abi"])
        constructor = next((item for item in artifact["abi"] if item["type"] == "constructor"), {"inputs": []})
        types = [abi_type(parameter) for parameter in constructor["inputs"]]
        code = bytes.fromhex(artifact["bytecode"].removeprefix("0x")) + encode(types, arguments)
        try:
            address = self.evm.deploy(sender, code)
        except RuntimeError as error:
            raise self._decoded(error) from None
        self.logs = self.evm.result.logs
        return Contract(self, to_checksum_address(address), artifact["abi"])

    def send(self, sender: str, to: str, data: bytes, *, static: bool = False, gas: int | None = None) -> bytes:
        """Sends a raw call.

        Raises:
            Reverted: with the decoded error.
            Halted: when the call ran out of gas.
        """
        try:
            output = self.evm.message_call(sender, to, data, is_static=static, gas=gas)
        except RuntimeError as error:
            raise self._decoded(error) from None
        if not static:
            self.logs = self.evm.result.logs
        return bytes(output)

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Undoes whatever happens inside, clock included."""
        checkpoint, now = self.evm.snapshot(), self.now
        try:
            yield
        finally:
            self.evm.revert(checkpoint)
            self.now = now

    def events(self, *names: str) -> list[Event]:
        """Events of the last call that was not static, decoded; only the named ones if names are given."""
        decoded = [self._event(log) for log in self.logs]
        return [event for event in decoded if not names or event.name in names]

    def _event(self, log: Any) -> Event:
        topics, data = log.data
        abi = self.event_abis[bytes(topics[0]), len(topics) - 1]
        hashed = iter(topics[1:])
        body = iter(decode([abi_type(part) for part in abi["inputs"] if not part["indexed"]], bytes(data)))
        values = {}
        for part in abi["inputs"]:
            value = decode([part["type"]], bytes(next(hashed)))[0] if part["indexed"] else next(body)
            values[part["name"]] = plain(value, part)
        return Event(to_checksum_address(log.address), abi["name"], values)

    def _decoded(self, error: RuntimeError) -> Reverted | Halted:
        found = REVERT_OUTPUT.match(str(error))
        if found is None:
            return Halted(str(error))
        return self.error(bytes.fromhex(found[1]))

    def error(self, output: bytes) -> Reverted:
        """What a reverted call returned, decoded."""
        if output[:4] not in self.errors:
            return Reverted("", output)
        abi = self.errors[output[:4]]
        values = decode([abi_type(part) for part in abi["inputs"]], output[4:])
        return Reverted(abi["name"], *(plain(value, part) for value, part in zip(values, abi["inputs"], strict=True)))


class Contract:
    """A deployed contract: `contract.f(…, sender=…)`.

    An overload is chosen by the number of arguments, or by `contract["f(uint256)"]`.
    """

    def __init__(self, chain: Chain, address: str, abi: list[dict[str, Any]]) -> None:
        self.chain = chain
        self.address = address
        self.abi = abi

    @cached_property
    def functions(self) -> dict[str, list[Function]]:
        functions: dict[str, list[Function]] = {}
        for item in self.abi:
            if item["type"] == "function":
                function = Function(item)
                functions.setdefault(item["name"], []).append(function)
                functions[function.signature] = [function]
        return functions

    def encode(self, name: str, *arguments: Any) -> bytes:
        """Call data of a function by name or signature."""
        return self._function(name, len(arguments)).encode(*arguments)

    def call(self, name: str, *arguments: Any, sender: str = ZERO, gas: int | None = None) -> Any:
        """Calls a function and returns what it returns, decoded.

        Raises:
            Reverted: with the decoded error.
            Halted: when the call ran out of gas.
        """
        function = self._function(name, len(arguments))
        data = function.encode(*arguments)
        return function.decode(self.chain.send(sender, self.address, data, static=function.static, gas=gas))

    def _function(self, name: str, count: int) -> Function:
        return next(function for function in self.functions[name] if len(function.types) == count)

    def __getitem__(self, name: str) -> Any:
        def bound(*arguments: Any, sender: str = ZERO, gas: int | None = None) -> Any:
            return self.call(name, *arguments, sender=sender, gas=gas)

        return bound

    def __getattr__(self, name: str) -> Any:
        return self[name]


@contextmanager
def expect(name: str, *values: Any) -> Iterator[None]:
    """The body must revert with exactly this error and these values."""
    try:
        yield
    except Reverted as error:
        found = error
    else:
        raise AssertionError(f"expected {name}{values}, but nothing reverted")
    assert (found.name, found.values) == (name, values)
