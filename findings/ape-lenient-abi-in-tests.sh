#!/usr/bin/env bash
# eth-ape 0.8.51 with pytest 8.4.2 and eth-abi 5.2.0 (Python 3.11).
#
# Expected: a plugin that is only installed does not change what other libraries decode.
# Seen:     eth-ape registers a pytest plugin, and importing it replaces eth-abi's decoder of unsigned integers in the whole
#           process. In every test, of any package, 31 bytes then decode as a uint256; without the plugin they are refused.
# Here:     tests of what refuses truncated answers would pass for a wrong reason. They run with -p no:ape_test.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check eth-ape==0.8.51 pytest==8.4.2 eth-abi==5.2.0 2> pip.log
cat > test_truncated.py <<'END'
import eth_abi
import pytest


def test_uint256__of_31_bytes__is_refused():
    with pytest.raises(eth_abi.exceptions.InsufficientDataBytes):
        eth_abi.decode(["uint256"], b"\1" * 31)
END

code() { "$@" > out.log 2>&1 && echo passes || echo fails; }
seen="with the plugin it $(code venv/bin/pytest -q test_truncated.py), without it $(code venv/bin/pytest -q -p no:ape_test test_truncated.py)"
expected="with the plugin it fails, without it passes"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
