"""Whether somebody has signed: with a key, as a contract that says so (ERC-1271), or by a verifier (ERC-7913)."""

from __future__ import annotations

import re

from eth_abi.abi import encode
from web3 import Web3

from fec.chain.errors import Refused
from fec.chain.reverts import is_revert
from fec.chain.rpc import ask_all
from fec.protocol.members import account_of
from fec.protocol.signing import of_key

#: `isValidSignature(bytes32,bytes)`, and what it answers for yes.
_MAGIC = "1626ba7e"
#: `verify(bytes,bytes32,bytes)` of ERC-7913, and what it answers for yes.
_VERIFIED = "024ad318"
#: Of a signer, with 0x: the address of its account or verifier.
_ACCOUNT_DIGITS = 42
#: What a wallet may take to check a signature.
_GAS = 1_000_000
#: Words of nodes for code that ended without an answer.
_ENDED = re.compile(r"opcode|out of gas|gas required|stack|invalid jump|EVM error|VM Exception|VM execution", re.I)


def has_signed(web3: Web3, signer: str, message_hash: str, signature: str) -> bool:
    """Whether a signer signed a hash: an account, or a verifier's address and a key, as hex.

    An account's key comes first: one with delegated code (EIP-7702) has one. A contract is asked with bounded gas, and
    sends nobody anywhere. Raises RPCUnreachable, RPCFailed.
    """
    hashed, signed = bytes.fromhex(message_hash[2:]), bytes.fromhex(signature.removeprefix("0x"))
    account = account_of(signer)
    if account is None:
        verifier, key = signer[:_ACCOUNT_DIGITS], bytes.fromhex(signer[_ACCOUNT_DIGITS:])
        return _says(web3, verifier, _VERIFIED, encode(["bytes", "bytes32", "bytes"], [key, hashed, signed]))
    if of_key(account, message_hash, signature) is not None:
        return True
    return _says(web3, account, _MAGIC, encode(["bytes32", "bytes"], [hashed, signed]))


def _says(web3: Web3, contract: str, selector: str, arguments: bytes) -> bool:
    """Whether a contract answers a call with the call's own selector, which is how both standards say yes."""
    call = {"to": contract, "data": f"0x{selector}{arguments.hex()}", "gas": hex(_GAS)}
    [answer] = ask_all(web3, [("eth_call", [call, "latest"])])
    if isinstance(answer, Refused):
        if is_revert(answer.error) or _ENDED.search(answer.reason):
            return False
        raise answer
    return str(answer) == f"0x{selector}{'00' * 28}"
