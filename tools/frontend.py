"""The front half of the compiler: syntax trees, ABIs and storage layouts, without the half minute that code takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import solcx
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
#: Folder of contracts that are never deployed.
HARNESSES = ROOT / "contracts" / "test"


def analyse() -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Version, standard input and output of the compiler for all contracts, with the settings of `ape-config.yaml`."""
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    paths = [path for path in sorted((ROOT / "contracts").rglob("*.sol")) if HARNESSES not in path.parents]
    standard_input = {
        "language": "Solidity",
        "sources": {path.relative_to(ROOT).as_posix(): {"content": path.read_text()} for path in paths},
        "settings": {
            "remappings": config["import_remapping"],
            "evmVersion": config["evm_version"],
            "viaIR": config["via_ir"],
            "optimizer": {"enabled": config["optimize"], "runs": config["optimization_runs"]},
            "outputSelection": {
                "*": {"*": ["abi", "storageLayout", "transientStorageLayout", "devdoc", "userdoc"], "": ["ast"]}
            },
        },
    }
    version = str(config["version"])
    return version, standard_input, solcx.compile_standard(standard_input, base_path=ROOT, solc_version=version)
