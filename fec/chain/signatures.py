"""Whether an account has signed: with its key, or as a contract that says so (ERC-1271)."""

from __future__ import annotations

import re

from eth_abi.abi import encode
from web3 import Web3

from fec.chain.errors import Refused
from fec.chain.reverts import is_revert
from fec.chain.rpc import ask_all
from fec.protocol.signing import of_key

#: `isValidSignature(bytes32,bytes)`, and what it answers for yes.
_MAGIC = "1626ba7e"
#: What a wallet may take to check a signature.
_GAS = 1_000_000
#: Words of nodes for code that ended without an answer.
_ENDED = re.compile(r"opcode|out of gas|gas required|stack|invalid jump|EVM error|VM Exception|VM execution", re.I)


def has_signed(web3: Web3, account: str, message_hash: str, signature: str) -> bool:
    """Whether an account signed a hash. Its key comes first: an account with delegated code (EIP-7702) has one.

    A contract is asked with bounded gas, and sends nobody anywhere. Raises RPCUnreachable, RPCFailed.
    """
    if of_key(account, message_hash, signature) is not None:
        return True
    given = encode(["bytes32", "bytes"], [bytes.fromhex(message_hash[2:]), bytes.fromhex(signature.removeprefix("0x"))])
    call = {"to": account, "data": f"0x{_MAGIC}{given.hex()}", "gas": hex(_GAS)}
    [answer] = ask_all(web3, [("eth_call", [call, "latest"])])
    if isinstance(answer, Refused):
        if is_revert(answer.error) or _ENDED.search(answer.reason):
            return False
        raise answer
    return str(answer) == f"0x{_MAGIC}{'00' * 28}"
