"""Records where each deployed contract keeps what, and how large its code is, in `contracts.lock.json`.

python -m tools.layout --write   writes the record
python -m tools.layout --check   fails if it is not what the sources and `fec/protocol/abi` say

Slots and offsets say where a variable begins (offset in bytes from the low end); sizes are in bytes. `declared_in`
tells apart what parents and children call by one name. Of structs, slots count from where the struct begins.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from tools.frontend import ROOT, analyse

RECORD = ROOT / "contracts.lock.json"
#: The most code a contract may have (EIP-170), and the most that may be sent to create it (EIP-3860), in bytes.
MOST_RUNTIME = 24_576
MOST_INIT = 2 * MOST_RUNTIME

Json = dict[str, Any]


def declarations(output: Json) -> Iterator[tuple[Json, Json]]:
    """Every contract in the syntax trees, with each of its state variables."""
    for source in output["sources"].values():
        for contract in source["ast"]["nodes"]:
            if contract["nodeType"] == "ContractDefinition":
                for node in contract["nodes"]:
                    if node["nodeType"] == "VariableDeclaration":
                        yield contract, node


def variables(layout: Json, homes: dict[int, str]) -> list[Json]:
    """Variables of a storage layout, in order; `homes` tells by id which contract declares one."""
    return [
        {
            "slot": int(item["slot"]),
            "offset": item["offset"],
            "name": item["label"],
            "type": layout["types"][item["type"]]["label"],
            "declared_in": homes[item["astId"]],
        }
        for item in layout["storage"]
    ]


def structs(layout: Json) -> Json:
    """Members of each struct that a storage layout refers to, by the struct's name."""
    types = layout["types"] or {}
    return {
        kind["label"]: [
            {
                "slot": int(member["slot"]),
                "offset": member["offset"],
                "name": member["label"],
                "type": types[member["type"]]["label"],
            }
            for member in kind["members"]
        ]
        for kind in sorted(types.values(), key=lambda kind: str(kind["label"]))
        if "members" in kind
    }


def size(code: str, arguments: int, most: int) -> Json:
    """Size in bytes of hexadecimal code followed by so many words of arguments, and what is left up to the most."""
    length = len(bytes.fromhex(code.removeprefix("0x"))) + 32 * arguments
    return {"bytes": length, "left": most - length}


def record() -> Json:
    """What is recorded of each deployed contract, by name."""
    version, _, output = analyse()
    known = list(declarations(output))
    homes = {variable["id"]: contract["name"] for contract, variable in known}
    trees = {
        contract["name"]: contract
        for source in output["sources"].values()
        for contract in source["ast"]["nodes"]
        if contract["nodeType"] == "ContractDefinition"
    }
    compiled = {name: contract for file in output["contracts"].values() for name, contract in file.items()}
    recorded: Json = {"compiler": f"solc {version}"}
    for path in sorted((ROOT / "fec" / "protocol" / "abi").glob("*.json")):
        shipped = json.loads(path.read_text())
        name = shipped["contractName"]
        arguments = [word for item in shipped["abi"] if item["type"] == "constructor" for word in item["inputs"]]
        lineage = trees[name]["linearizedBaseContracts"]
        recorded[name] = {
            "runtime": size(shipped["deployedBytecode"], 0, MOST_RUNTIME),
            "init": size(shipped["bytecode"], len(arguments), MOST_INIT),
            "storage": variables(compiled[name]["storageLayout"], homes),
            "structs": structs(compiled[name]["storageLayout"]),
            "transient": variables(compiled[name]["transientStorageLayout"], homes),
            "immutables": [
                {
                    "name": variable["name"],
                    "type": variable["typeDescriptions"]["typeString"],
                    "declared_in": contract["name"],
                }
                for contract, variable in sorted(known, key=lambda pair: str(pair[1]["name"]))
                if contract["id"] in lineage and variable["mutability"] == "immutable"
            ],
        }
    return recorded


def main() -> None:
    """Writes the record, or checks it."""
    if sys.argv[1:] not in (["--check"], ["--write"]):
        sys.exit("python -m tools.layout --check | --write")
    found = json.dumps(record(), indent=1) + "\n"
    if sys.argv[1:] == ["--write"]:
        RECORD.write_text(found)
    elif not RECORD.exists() or RECORD.read_text() != found:
        before = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        drifted = [name for name, now in json.loads(found).items() if before.get(name) != now]
        sys.exit(
            f"{', '.join(drifted or before)}: layout or size is not what {RECORD.name} says. If it is meant to change, "
            "run `python -m tools.layout --write` and look at the difference."
        )


if __name__ == "__main__":
    main()
