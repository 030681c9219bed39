#!/usr/bin/env bash
# eth-hash 0.8.0 with pycryptodome 3.24.1 and safe-pysha3 1.0.7 (Python 3.11).
#
# Expected: eth_hash.auto, which chooses by itself where two backends are installed, takes the quicker one.
# Seen:     it takes pycryptodome, which needs several times the processor time of pysha3 for a hash of 64 bytes
#           (six times on one machine, thirty on another). The answers are the same.
# Here:     a relayed payment hashes dozens of times. fec.protocol names the backend itself.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check eth-hash==0.8.0 pycryptodome==3.24.1 safe-pysha3==1.0.7 2> "$folder/pip.log"
seen=$("$folder/venv/bin/python" - <<'END'
from time import process_time

from eth_hash.auto import keccak
from eth_hash.backends import pycryptodome, pysha3

WORD = b"\1" * 64


def cost(hash_):
    best = float("inf")
    for _ in range(5):
        began = process_time()
        for _ in range(5_000):
            hash_(WORD)
        best = min(best, process_time() - began)
    return best


keccak(WORD)  # it chooses now
slow, fast = pycryptodome.backend.keccak256, pysha3.backend.keccak256
ratio = cost(slow) / cost(fast)
print(keccak.hasher.__module__.split(".")[-1], "several times" if ratio > 3 else f"{ratio:.1f} times", slow(WORD) == fast(WORD))
END
)
expected="pycryptodome several times True"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
