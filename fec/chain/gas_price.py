"""What a place in a block costs now, on chains with a base fee (EIP-1559) and without. All in wei per gas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from web3 import Web3
from web3.types import TxParams, Wei

from fec.chain.errors import Refused, no_latest_block
from fec.chain.jsonrpc import Call
from fec.chain.rpc import ask_all
from fec.i18n.errors import RPCFailed


@dataclass(frozen=True)
class GasPrice:
    """The price of gas on a chain, as of its latest block."""

    base: int | None
    """Base fee; may be 0. None on a chain that has none."""
    tip: int
    """What block producers want on top; on a chain without base fee, the whole price."""

    @property
    def offer(self) -> TxParams:
        """Fields of a transaction that offers enough for the next blocks: the base fee may double meanwhile."""
        if self.base is None:
            return {"gasPrice": Wei(self.tip)}
        return {"maxFeePerGas": Wei(2 * self.base + self.tip), "maxPriorityFeePerGas": Wei(self.tip)}


#: What tells the prices, in the order in which `price_in` takes the answers.
PRICE_CALLS: tuple[Call, ...] = (
    ("eth_getBlockByNumber", ["latest", False]),
    ("eth_maxPriorityFeePerGas", []),
    ("eth_gasPrice", []),
)


def gas_price(web3: Web3) -> GasPrice:
    """Asks a chain for its prices. Raises RPCFailed if it names none, RPCUnreachable."""
    return price_in(*ask_all(web3, PRICE_CALLS))


def price_in(block: Any, tip: Any, price: Any) -> GasPrice:
    """The prices that the answers to `PRICE_CALLS` say. Raises RPCFailed if they name none."""
    if isinstance(block, Refused):
        raise block
    if not isinstance(block, dict):
        raise no_latest_block()
    if block.get("baseFeePerGas") is None:
        if isinstance(price, Refused):
            raise RPCFailed(
                "The RPC endpoint names neither a base fee nor a gas price, so that nothing can be sent through it. "
                "Use another one. ({reason})",
                reason=price.reason,
            )
        return GasPrice(None, int(price, 16))
    base = int(block["baseFeePerGas"], 16)
    if not isinstance(tip, Refused):
        return GasPrice(base, int(tip, 16))
    return GasPrice(base, 0 if isinstance(price, Refused) else max(int(price, 16) - base, 0))
