"""How much gas the service spends on a call at most: what its kind takes, and plenty besides.

A payer's wallet, a customer's hook or a member's heir runs code of their own in what the service pays for. Whatever
needs more than this is refused before anything is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fec.client.orders import GAS_PER_BATCH, GAS_PER_CAPTURE
from fec.protocol.acts import acts_of
from fec.protocol.calls import ContractCall
from fec.protocol.settlements import LEAF_LENGTH

#: A payment takes 0.2 million as a rule, 0.47 million by a passkey where P-256 is not precompiled, and 0.8 million when
#: a wallet checks a signature and a hook uses what it gets.
ONE = 1_000_000
#: A payment that its payer's own key signed, for an account without code, takes 0.2 million.
PLAIN = 400_000
#: Such a payment is simulated by itself, with the first gas limit of these that is enough; among others in one
#: transaction it may use the gas beside it. By itself it pays for a transaction and its data too: that is room for what
#: changes meanwhile. The first are for returning shoppers and for new ones, where Checkout holds no coins.
PLAIN_STEPS = ((205_000, 185_000), (260_000, 240_000), (320_000, PLAIN))
#: A node that is claimed from or handed over, whose receiver's hook does something with it.
PER_NODE = 200_000
#: An act beside its nodes: a leaf that is opened, a signer that is added.
PER_ACT = 200_000

#: A settled node takes 1,290 with its share of the data; what is besides takes less than 0.2 million.
GAS_PER_LEAF = 1_700
GAS_PER_SETTLEMENT = 300_000

#: A claim from a node takes 10,000, and runs nobody's code.
GAS_PER_CLAIM = 15_000
GAS_PER_PAYOUT = 100_000

_Bound = Callable[[Sequence[Any]], int]


def _one(_: Sequence[Any]) -> int:
    return ONE


def _capture(arguments: Sequence[Any]) -> int:
    return GAS_PER_BATCH + GAS_PER_CAPTURE * len(arguments[0])


def _settlement(arguments: Sequence[Any]) -> int:
    # As bytes, or as it is kept: in hex, with 0x.
    packed = arguments[1]
    length = len(packed) if isinstance(packed, bytes) else len(packed) // 2 - 1
    return GAS_PER_SETTLEMENT + GAS_PER_LEAF * (length // LEAF_LENGTH)


def _payout(arguments: Sequence[Any]) -> int:
    return GAS_PER_PAYOUT + GAS_PER_CLAIM * len(arguments[0])


def _spend(arguments: Sequence[Any]) -> int:
    return ONE + PER_NODE * len(arguments[2])


def _acts(arguments: Sequence[Any]) -> int:
    return ONE + sum(PER_ACT + PER_NODE * len(act.token_ids) for act in acts_of(arguments))


#: By contract and function; all others are calls for one thing.
_BOUNDS: dict[tuple[str, str], _Bound] = {
    ("Checkout", "capture"): _capture,
    ("Checkout", "settle"): _settlement,
    ("ADN", "claimFor"): _payout,
    ("Custodian", "spend"): _spend,
    ("Custodian", "act"): _acts,
}


def bound_of(call: ContractCall) -> int:
    """Most gas that a call may take, for its contract, its function, and as many things as it is about."""
    return _BOUNDS.get((call.contract, call.function), _one)(call.arguments)
