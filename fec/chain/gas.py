"""How much gas a transaction may have, and what a node says to one that has too much or too little."""

from __future__ import annotations

import re

#: Most gas that one transaction can have since Osaka (EIP-7825), whatever a block takes.
MOST_GAS = 1 << 24
#: Every block has room for so much: only what takes more is compared with the latest block's limit.
ALWAYS_FITS = 4_000_000
#: Gas to add to an estimate, in percent: a period may end between estimate and block, and first claims cost more.
MARGIN = 25
#: What a transfer of nothing takes on most chains.
TRANSFER_GAS = 21_000

#: Words with which a simulation ends that was given too little gas, as Geth, Anvil, Hardhat and Ganache have them.
_RAN_OUT = re.compile(
    r"out of gas|gas required exceeds|base fee exceeds gas limit|intrinsic gas|gas.{0,5}too low", re.I
)
#: Words with which a node refuses a signed transaction that it will never take, as Geth, Reth, Erigon, Nethermind,
#: Besu, Anvil and Hardhat have them: too much gas for a block or a transaction, too little for its data, too many
#: bytes, or a fee above what the node lets through. All else, such as a full pool or a known transaction, may pass.
_FOR_EVER = re.compile(
    r"block[ ._]?gas[ ._]?limit|gas[ _]?limit[ _]?cap|gas limit (is )?too high|gas limit.{0,60}(exceed|greater than)"
    r"|exceeds? the gas limit|intrinsic[ _]?gas|floor data gas|oversized|max ?tx ?size"
    r"|transaction (size|too large)|exceeds the configured cap",
    re.I | re.S,
)


def ran_out(reason: str) -> bool:
    """Whether a refused simulation wanted more gas than it was given."""
    return _RAN_OUT.search(reason) is not None


def refused_for_ever(reason: str) -> bool:
    """Whether a node that refuses a signed transaction in these words will never take it."""
    return _FOR_EVER.search(reason) is not None
