"""What a transaction offers for its place in a block (EIP-1559), in wei of the chain's coin per gas."""

from __future__ import annotations

from dataclasses import dataclass

from web3 import Web3
from web3.types import TxParams, Wei

from fec.chain.gas_price import GasPrice, gas_price
from fec.relayer.errors import FeesTooHigh

_GWEI = 10**9


@dataclass(frozen=True)
class Fees:
    """What one attempt offers."""

    most: int
    """maxFeePerGas"""
    tip: int
    """maxPriorityFeePerGas"""
    legacy: bool = False
    """On a chain without base fee: `most` is the price that is paid."""

    @property
    def offer(self) -> TxParams:
        """The fields of a transaction that say so."""
        if self.legacy:
            return {"gasPrice": Wei(self.most)}
        return {"maxFeePerGas": Wei(self.most), "maxPriorityFeePerGas": Wei(self.tip)}


@dataclass(frozen=True)
class FeePolicy:
    """What a relayer may offer, and when it offers more."""

    ceiling: int = 500 * _GWEI
    """Never more than this per gas."""
    least_tip: int = _GWEI // 1000
    """Tips below are not worth a block producer's while."""
    stuck_after: int = 60
    """Seconds after which a transaction that no block has taken is replaced by one that offers more."""

    def now(self, web3: Web3) -> Fees:
        """Enough for the next blocks: the base fee may double meanwhile. Raises FeesTooHigh above the ceiling."""
        return self.at(gas_price(web3))

    def at(self, price: GasPrice) -> Fees:
        """The same at prices that are known. Raises FeesTooHigh above the ceiling."""
        base = price.base or 0
        tip = max(price.tip, self.least_tip)
        if base + tip > self.ceiling:
            raise FeesTooHigh(
                "A place in a block costs {price} wei per gas now, and {ceiling} is the most that may be "
                "offered. Nothing was sent; wait, or raise the ceiling.",
                price=base + tip,
                ceiling=self.ceiling,
            )
        return Fees(min(2 * base + tip, self.ceiling), tip, legacy=price.base is None)

    def more(self, before: Fees, now: Fees) -> Fees | None:
        """Enough to replace an attempt: an eighth more of both at least, as nodes demand. None above the ceiling."""
        most = max(before.most + -(-before.most // 8), now.most)
        tip = max(before.tip + -(-before.tip // 8), now.tip)
        return None if most > self.ceiling else Fees(most, min(tip, most), now.legacy)
