#!/usr/bin/env bash
# @foundry-rs/anvil 1.7.1 from npm (Linux x86-64).
#
# Expected: an eth_call at "pending" costs about what it does at "latest": a node keeps the pending block's state.
# Seen:     Anvil runs all waiting transactions again for each such call. With 150 of them in the pool, each with 200,000 gas of
#           hashing, a call that answers at once takes more than ten times as long as at "latest".
# Here:     what simulates at "pending" slows the chain that it waits for. fec.relayer simulates a payment once, many in one
#           batch.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "${node:-}" 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check web3==7.16.0 2> pip.log
npm init -y > npm.log
npm install --no-audit --no-fund @foundry-rs/anvil@1.7.1 >> npm.log 2>&1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil --port "$port" --silent --no-mining > anvil.log 2>&1 & node=$!
seen=$(venv/bin/python - "$port" <<'END'
import sys
import time

from web3 import Web3

WAITING, CALLS = 150, 20
web3 = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{sys.argv[1]}"))
while not web3.is_connected():
    time.sleep(0.2)
sender, other = web3.eth.accounts[:2]
# Hashes 32 bytes over and over until the gas is gone but for a little: JUMPDEST, 32, 0, KECCAK256, POP, 20000, GAS, GT, JUMPI.
code = "5b60206000205061" + "4e20" + "5a116000" + "57" + "00"
web3.provider.make_request("anvil_setCode", [other, "0x" + code])


def seconds(block):
    began = time.perf_counter()
    for _ in range(CALLS):
        web3.eth.call({"to": sender}, block)
    return time.perf_counter() - began


for nonce in range(WAITING):
    web3.eth.send_transaction({"from": sender, "to": other, "gas": 200_000, "nonce": nonce})
ratio = min(seconds("pending") for _ in range(3)) / min(seconds("latest") for _ in range(3))
print("more than ten times" if ratio > 10 else f"{ratio:.1f} times")
END
)
expected="more than ten times"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
