"""What the tests of the standards share."""

from __future__ import annotations

from typing import Any

from eth_abi import decode

from tests.contracts.support.evm import Chain, Contract

#: Logs what it is called with and returns the selector of the call, as all hooks of the standards want:
#: CALLDATACOPY(0, 0, size) LOG0(0, size) MSTORE(0, CALLDATALOAD(0) >> 224 << 224) RETURN(0, 32).
WITNESS_CODE = "365f5f37365fa05f3560e01c60e01b5f5260205ff3"
#: Puts that code into memory and returns it: PUSH21 code, MSTORE at 0, RETURN(32 - 21, 21).
WITNESS = {"abi": [], "bytecode": f"0x74{WITNESS_CODE}5f526015600bf3"}


def deploy_witness(chain: Chain, sender: str) -> Contract:
    """A contract that accepts everything that a hook may ask it."""
    return chain.deploy(WITNESS, sender=sender)


def heard(chain: Chain, witness: Contract, types: list[str]) -> list[tuple[str, tuple[Any, ...]]]:
    """Selector and arguments of each hook of the witness that the last call went through."""
    calls = [bytes(log.data[1]) for log in chain.logs if log.address.lower() == witness.address.lower()]
    return [(call[:4].hex(), decode(types, call[4:])) for call in calls]
