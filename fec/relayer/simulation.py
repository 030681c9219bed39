"""What a call would do in the block to come, at a real price of gas and with no more of it than it may take.

Code that looks at the price of gas sees the one that it will see in the block.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress
from web3.contract.contract import ContractFunction
from web3.types import TxParams

from fec.chain.gas import MARGIN, MOST_GAS, ran_out
from fec.chain.rpc import NEXT_BLOCK, clear_errors
from fec.i18n.errors import ContractError, InsufficientGasCoin, RPCFailed
from fec.relayer.endpoint import Means
from fec.relayer.errors import GasTooHigh
from fec.relayer.fees import Fees


@dataclass(frozen=True)
class Offer:
    """With what a call is simulated."""

    gas: int
    """Most that it may take."""
    fees: Fees
    means: Means


def simulate(sender: ChecksumAddress, call: ContractFunction, offer: Offer) -> int:
    """Gas that a call takes. Raises ContractError, GasTooHigh, InsufficientGasCoin, RPCUnreachable, RPCFailed."""
    transaction: TxParams = {"from": sender, "gas": offer.gas, **offer.fees.offer}
    try:
        with clear_errors():
            return call.estimate_gas(transaction, NEXT_BLOCK)
    except (ContractError, RPCFailed, InsufficientGasCoin) as error:
        short_of_gas = ran_out(f"{error} {error.__cause__}")
        if short_of_gas or isinstance(error, InsufficientGasCoin):
            # A node simulates with no more gas than the key can pay for.
            check_coin(sender, offer.means, offer.gas * offer.fees.most)
        if short_of_gas:
            raise too_much(offer.gas) from error
        raise


def check_coin(sender: ChecksumAddress, means: Means, needed: int) -> None:
    """Raises InsufficientGasCoin unless a key has so many wei of the chain's coin."""
    if means.coin < needed:
        raise InsufficientGasCoin(
            "The relayer {address} has {coin} wei of the chain's coin and may need {needed}. Send it some.",
            address=sender,
            coin=means.coin,
            needed=needed,
        )


def most_gas(bound: int, means: Means) -> int:
    """Most gas that a call with a bound may have."""
    return min(bound, MOST_GAS, means.block_gas)


def with_margin(estimate: int, most: int) -> int:
    """Gas to send a call with that took so much in its simulation."""
    return min(estimate * (100 + MARGIN) // 100, most)


def too_much(most: int) -> GasTooHigh:
    """That a call takes more gas than it may."""
    return GasTooHigh(
        "This takes more than {most} gas, the most that is sent for it here. Ask for less at once, or use an account "
        "that needs less to check a signature or to receive.",
        most=most,
    )
