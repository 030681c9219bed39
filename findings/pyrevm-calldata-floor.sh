#!/usr/bin/env bash
# pyrevm 0.3.7 (Python 3.11).
#
# Expected: with spec_id="PRAGUE" a transaction with 1,000 bytes of call data, none of them zero, costs at least
#           21,000 + 1,000 x 40 = 61,000 gas (EIP-7623, part of Prague).
# Seen:     37,000, as in Cancun: 16 gas a byte.
# Here:     gas is measured on Anvil. What the tests in process measure is not what a chain charges for long call data.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyrevm==0.3.7 2> "$folder/pip.log"
seen=$("$folder/venv/bin/python" - <<'END'
import pyrevm


def gas(spec):
    evm = pyrevm.EVM(spec_id=spec)
    sender, receiver = "0x" + "11" * 20, "0x" + "22" * 20
    evm.set_balance(sender, 10**18)
    evm.message_call(sender, receiver, calldata=b"\1" * 1000, gas=200_000)
    return evm.result.gas_used


print(f"Cancun: {gas('CANCUN')}, Prague: {gas('PRAGUE')}")
END
)
expected="Cancun: 37000, Prague: 37000"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
