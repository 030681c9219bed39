#!/usr/bin/env bash
# solc 0.8.37 from npm (Node 20.20.2), with pyrevm 0.3.7 (Python 3.11).
#
# Expected: the compiler looks a function up as quickly by the IR (viaIR) as without: a selector is found by halves.
# Seen:     by the IR selectors are compared one after the other, in the order of their numbers: of 64 functions the last costs
#           1,383 gas more than the first, 22 for each step. Without the IR the dearest costs 82 more than the cheapest.
# Here:     each function that a contract gains makes those with higher selectors 22 gas dearer, as the gas snapshot shows.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pyrevm==0.3.7 2> pip.log
npm init -y > npm.log
npm install --no-audit --no-fund solc@0.8.37 >> npm.log 2>&1
cat > compile.js <<'END'
const solc = require("solc");
const functions = [...Array(64).keys()].map((n) => `function f${n}() external {}`).join("\n");
for (const viaIR of [true, false]) {
    const settings = { viaIR, optimizer: { enabled: true, runs: 200 }, outputSelection: { "*": { "*": ["evm.deployedBytecode.object", "evm.methodIdentifiers"] } } };
    const input = { language: "Solidity", sources: { "A.sol": { content: `pragma solidity 0.8.37; contract A {${functions}}` } }, settings };
    const { evm } = JSON.parse(solc.compile(JSON.stringify(input))).contracts["A.sol"].A;
    console.log(JSON.stringify({ viaIR, code: evm.deployedBytecode.object, selectors: Object.values(evm.methodIdentifiers).sort() }));
}
END
node compile.js > compiled.jsonl
seen=$(venv/bin/python - <<'END'
import json

import pyrevm

CALLER, AT = "0x" + "11" * 20, "0x" + "22" * 20


def gas(code, selector):
    evm = pyrevm.EVM(spec_id="CANCUN")
    evm.insert_account_info(AT, pyrevm.AccountInfo(code=bytes.fromhex(code)))
    evm.message_call(CALLER, AT, calldata=bytes.fromhex(selector), gas=100_000)
    return evm.result.gas_used


shown = []
for line in open("compiled.jsonl"):
    made = json.loads(line)
    costs = [gas(made["code"], selector) for selector in made["selectors"]]
    shown.append(f"{'by the IR' if made['viaIR'] else 'without'} {max(costs) - min(costs)}")
print(", ".join(shown))
END
)
echo "seen: $seen"
expected="by the IR 1383, without 82"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
