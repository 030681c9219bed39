"""Artifacts for the tests: the shipped ABIs and bytecode, and `contracts/test`, compiled here and cached."""

from __future__ import annotations

import fcntl
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import solcx
import yaml

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT / "contracts" / "test"
CACHE = ROOT / ".build" / "test-contracts.json"


@cache
def shipped(name: str) -> dict[str, Any]:
    """Artifact of a deployable contract, as the package ships it."""
    artifact: dict[str, Any] = json.loads((ROOT / "fec" / "protocol" / "abi" / f"{name}.json").read_text())
    return artifact


def _standard_input() -> tuple[str, dict[str, Any]]:
    """Compiler version and input for `contracts/test`, with the settings of `ape-config.yaml`."""
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    sources = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(SOURCES.glob("*.sol"))}
    return config["version"], {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            "remappings": config["import_remapping"],
            "evmVersion": config["evm_version"],
            "viaIR": config["via_ir"],
            "optimizer": {"enabled": config["optimize"], "runs": config["optimization_runs"]},
            "outputSelection": {name: {"*": ["abi", "evm.bytecode.object"]} for name in sources},
        },
    }


@cache
def _compiled() -> dict[str, Any]:
    version, standard_input = _standard_input()
    # What they import is part of the key too.
    folders = [ROOT / "contracts" / "libraries", ROOT / "contracts" / "interfaces"]
    imported = [path.read_text() for folder in folders for path in sorted(folder.glob("*.sol"))]
    key = hashlib.sha256(json.dumps([version, standard_input, imported]).encode()).hexdigest()
    CACHE.parent.mkdir(exist_ok=True)
    # Of several processes of pytest, one compiles.
    with CACHE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if CACHE.exists():
            cached: dict[str, Any] = json.loads(CACHE.read_text())
            if cached["key"] == key:
                return cached
        output = solcx.compile_standard(standard_input, base_path=ROOT, solc_version=version)
        compiled = {
            name: {"abi": contract["abi"], "bytecode": contract["evm"]["bytecode"]["object"]}
            for contracts in output["contracts"].values()
            for name, contract in contracts.items()
        } | {"key": key}
        CACHE.write_text(json.dumps(compiled))
    return compiled


def compiled(name: str) -> dict[str, Any]:
    """Artifact of a contract in `contracts/test`."""
    artifact: dict[str, Any] = _compiled()[name]
    return artifact
