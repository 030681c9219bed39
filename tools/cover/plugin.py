"""Pytest plugin: runs tests on contracts that leave marks, and keeps which were left. See `contracts.measure`."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pyrevm
import pytest

from tools.cover.instrument import marks_among

#: Room for the marks in each transaction and in the contracts, which are beyond the limit with them.
GAS_LIMIT = 60_000_000
CODE_LIMIT = 2**17


class Recorder:
    """Keeps every EVM, and reads in the end which marks each has looked up; `folder` is what `contracts.build` made."""

    def __init__(self, folder: Path) -> None:  # noqa: D107
        self.folder = folder
        self.chains: list[Any] = []
        self.make: Any = pyrevm.EVM

    def chain(self, **options: Any) -> Any:
        """A new EVM, in place of `pyrevm.EVM`."""
        env = pyrevm.Env(cfg=pyrevm.CfgEnv(limit_contract_code_size=CODE_LIMIT))
        self.chains.append(self.make(**(options | {"env": env, "gas_limit": GAS_LIMIT})))
        return self.chains[-1]

    def pytest_sessionfinish(self) -> None:
        """Writes the numbers of the marks that were looked up."""
        reached = set().union(*(marks_among(chain.db_accounts) for chain in self.chains))
        (self.folder / "reached.json").write_text(json.dumps(sorted(reached)))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that says where the contracts are."""
    parser.addoption("--reached", type=Path, required=True, help="Folder with contracts that leave marks.")


def pytest_configure(config: pytest.Config) -> None:
    """Lets the tests take contracts from that folder, and EVMs from the recorder."""
    recorder = Recorder(config.getoption("reached"))
    build: Any = import_module("tests.contracts.support.build")
    build.ROOT = recorder.folder
    build.SOURCES = recorder.folder / "contracts" / "test"
    build.CACHE = recorder.folder / "test-contracts.json"
    vars(pyrevm)["EVM"] = recorder.chain
    config.pluginmanager.register(recorder)
