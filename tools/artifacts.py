"""Makes `fec/protocol/abi/*.json`, what the package ships of each deployed contract, by Ape's own compiler settings.

python tools/artifacts.py           writes the files
python tools/artifacts.py --check   fails if they are not what the sources compile to
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import solcx
from ape import Project, compilers

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fec" / "protocol" / "abi"


#: Contracts whose errors a contract passes on to its callers: their ABI has to show those too.
CALLED = {"ADN": ["FEC"], "Checkout": ["FEC", "ADN"], "Custodian": ["FEC", "ADN", "Checkout", "MemberVault"]}
#: Contracts that another's constructor makes, apart from those that stand with the others.
MADE_BY_OTHERS = ("custody/MemberVault.sol", "custody/PasskeyVerifier.sol", "nodes/NodeMetadata.sol")
#: Interfaces that a contract answers in its fallback, where the compiler does not see it.
ANSWERED = {"FEC": "ISigningDetails"}


def compile_contracts() -> dict[str, dict[str, Any]]:
    """Compiles every contract that is deployed; returns what is shipped of each, by name."""
    project = Project(ROOT)
    solidity = compilers.solidity
    children = [ROOT / "contracts" / name for name in MADE_BY_OTHERS]
    sources = [*sorted((ROOT / "contracts").glob("*.sol")), *children]
    shipped: dict[str, dict[str, Any]] = {}
    for version, standard_input in solidity.get_standard_input_json(sources, project=project).items():
        outputs = [
            "abi",
            "evm.bytecode.object",
            "evm.deployedBytecode.object",
            "evm.deployedBytecode.immutableReferences",
        ]
        standard_input["settings"]["outputSelection"] = {"*": {"*": outputs}}
        output = solcx.compile_standard(standard_input, base_path=ROOT, solc_version=version.base_version)
        for path in sources:
            for name, contract in output["contracts"][path.relative_to(ROOT).as_posix()].items():
                runtime = contract["evm"]["deployedBytecode"]
                shipped[name] = {
                    "contractName": name,
                    "compiler": f"solc {version.base_version}",
                    "abi": contract["abi"] + _answered(name, output["contracts"]),
                    "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
                    "deployedBytecode": "0x" + runtime["object"],
                    "immutableReferences": sorted(
                        [reference["start"], reference["length"]]
                        for references in runtime["immutableReferences"].values()
                        for reference in references
                    ),
                }
    own = {name: contract["abi"] for name, contract in shipped.items()}
    for name, called in CALLED.items():
        errors = [entry for other in called for entry in own[other] if entry["type"] == "error"]
        passed_on = [entry for i, entry in enumerate(errors) if entry not in own[name] and entry not in errors[:i]]
        shipped[name]["abi"] = own[name] + passed_on
    return shipped


def _answered(name: str, compiled: dict[str, Any]) -> list[dict[str, Any]]:
    """What a contract answers in its fallback, from the compiled interfaces by their files."""
    interface = ANSWERED.get(name)
    abi: list[dict[str, Any]] = compiled[f"contracts/interfaces/{interface}.sol"][interface]["abi"] if interface else []
    return abi


def main() -> None:
    """Writes the files, or checks them."""
    check = sys.argv[1:] == ["--check"]
    expected = {f"{name}.json": json.dumps(shipped, indent=1) + "\n" for name, shipped in compile_contracts().items()}
    found = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    if expected == found:
        return
    if check:
        stale = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        sys.exit(f"{', '.join(stale)} in {FOLDER.relative_to(ROOT)}: not what the sources compile to. Run `make abi`.")
    for name in found.keys() - expected.keys():
        (FOLDER / name).unlink()
    for name, text in expected.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
