#!/usr/bin/env bash
# ponder 0.17.7 from npm, beside 0.16.6.
#
# Expected: each published version can be installed from npm.
# Seen:     0.17.7 asks for @ponder/utils 0.3.0, which npm does not have (ETARGET). 0.16.6 installs.
# Here:     benchmarks.indexer compares with 0.16.6.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
outcome() {
    mkdir "$1"
    (cd "$1" && npm init -y > npm.log && npm install --package-lock-only --ignore-scripts --no-audit --no-fund "ponder@$1" >> npm.log 2>&1) && echo installs \
        || grep -o 'No matching version found for [^ ]*' "$1/npm.log" | head -1
}
seen="0.16.6: $(outcome 0.16.6), 0.17.7: $(outcome 0.17.7)"
echo "seen: $seen"
expected="0.16.6: installs, 0.17.7: No matching version found for @ponder/utils@0.3.0."
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
