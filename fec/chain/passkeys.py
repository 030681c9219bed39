"""What it costs to check a passkey's signature on a chain: little where P-256 is precompiled, much elsewhere."""

from __future__ import annotations

from eth_typing import HexStr
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3RPCError

from fec.chain.rpc import clear_errors

#: Where P-256 is precompiled (EIP-7951, RIP-7212).
_PRECOMPILE = Web3.to_checksum_address("0x0000000000000000000000000000000000000100")
#: A good signature, over sha256("123400"): hash, r, s, x, y. From Wycheproof's ecdsa_secp256r1_sha256_p1363_test.
_GOOD = HexStr(
    "0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
    "0000000000000000000000000000000000000000000000000000000000000005"
    "0000000000000000000000000000000000000000000000000000000000000001"
    "a71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957"
    "5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b"
)
_YES = (1).to_bytes(32)

#: Gas of a check as measured, call data apart.
GAS_WITH_PRECOMPILE = 20_000
GAS_WITHOUT = 251_000


def has_p256(web3: Web3) -> bool:
    """Whether a chain checks P-256 signatures itself, asked with a known one. A chain may learn it by an upgrade.

    Raises RPCUnreachable, RPCFailed.
    """
    with clear_errors():
        try:
            return bytes(web3.eth.call({"to": _PRECOMPILE, "data": _GOOD})) == _YES
        except (ContractLogicError, Web3RPCError):
            return False


def passkey_gas(web3: Web3) -> int:
    """Gas that the check of a passkey's signature takes on a chain, call data apart. Raises what `has_p256` raises."""
    return GAS_WITH_PRECOMPILE if has_p256(web3) else GAS_WITHOUT
