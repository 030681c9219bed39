#!/usr/bin/env bash
# @foundry-rs/forge 1.7.1 from npm (Linux x86-64, Node 20.20.2).
#
# Expected: the command that the package puts into node_modules/.bin exits as the program behind it does.
# Seen:     `forge fmt --check` on a file that is not formatted exits 1 as a native binary, and 0 through the package's wrapper.
# Here:     a check that calls node_modules/.bin/forge cannot fail. The set-up puts the native binaries on PATH.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > npm.log
npm install --no-audit --no-fund @foundry-rs/forge@1.7.1 >> npm.log 2>&1
printf 'contract  A {  }\n' > A.sol

code() { "$@" > out.log 2>&1 && echo 0 || echo $?; }
seen="native $(code node_modules/@foundry-rs/forge-linux-amd64/bin/forge fmt --check A.sol), wrapper $(code node_modules/.bin/forge fmt --check A.sol)"
expected="native 1, wrapper 0"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
