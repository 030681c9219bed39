#!/usr/bin/env bash
# Ganache 7.9.2 from npm (Node 20.20.2), beside @foundry-rs/anvil 1.7.1.
#
# Expected: eth_getLogs with the hash of a block that the node does not have is an error (EIP-234), so that a reader can
#           tell "no logs" from "no such block". Anvil answers: unknown block.
# Seen:     Ganache answers an empty list.
# Here:     after a reorganisation an empty answer by hash does not say that a block is empty. fec.indexer compares the
#           hashes of headers, too.
set -euo pipefail

folder=$(mktemp -d)
cleanup() { kill "${nodes[@]}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"; }
nodes=()
trap cleanup EXIT
cd "$folder"
npm init -y > npm.log
npm install --no-audit --no-fund ganache@7.9.2 @foundry-rs/anvil@1.7.1 >> npm.log 2>&1

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ask() { curl -s -H 'Content-Type: application/json' -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":[$3]}" "http://127.0.0.1:$1"; }
outcome() { python3 -c 'import json, sys; a = json.load(sys.stdin); print(a["error"]["message"] if "error" in a else json.dumps(a["result"]))'; }

ganache=$(free_port)
node_modules/.bin/ganache --server.port "$ganache" --logging.quiet > ganache.log 2>&1 & nodes+=($!)
anvil=$(free_port)
node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil --port "$anvil" --silent > anvil.log 2>&1 & nodes+=($!)
for port in "$ganache" "$anvil"; do
    for _ in $(seq 60); do ask "$port" eth_chainId "" > /dev/null && break; sleep 1; done
done

hash=0x1111111111111111111111111111111111111111111111111111111111111111
seen="Ganache: $(ask "$ganache" eth_getLogs "{\"blockHash\":\"$hash\"}" | outcome), Anvil: $(ask "$anvil" eth_getLogs "{\"blockHash\":\"$hash\"}" | outcome)"
expected="Ganache: [], Anvil: unknown block"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
