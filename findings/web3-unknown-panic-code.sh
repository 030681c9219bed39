#!/usr/bin/env bash
# web3 7.16.0 (Python 3.11).
#
# Expected: a call that reverts raises an error of web3's own, ContractPanicError or another ContractLogicError, with the data.
#           A contract may revert with Panic(uint256) and any number.
# Seen:     a number that is not in web3's list raises KeyError, which says nothing about a revert and carries no data.
# Here:     fec.chain.rpc reads the data of reverts itself, before web3 does.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check web3==7.16.0 2> "$folder/pip.log"
seen=$("$folder/venv/bin/python" - <<'END'
from web3 import Web3
from web3.providers.base import JSONBaseProvider


class Reverting(JSONBaseProvider):
    def __init__(self, code):
        super().__init__()
        self.data = "0x4e487b71" + code.to_bytes(32, "big").hex()

    def make_request(self, method, params):
        if method == "eth_chainId":
            return {"jsonrpc": "2.0", "id": 1, "result": "0x1"}
        error = {"code": 3, "message": "execution reverted", "data": self.data}
        return {"jsonrpc": "2.0", "id": 1, "error": error}


def raised(code):
    try:
        Web3(Reverting(code)).eth.call({"to": "0x" + "11" * 20})
    except Exception as error:
        return type(error).__name__


print(f"Panic(0x11): {raised(0x11)}, Panic(0x03): {raised(0x03)}")
END
)
expected="Panic(0x11): ContractPanicError, Panic(0x03): KeyError"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
