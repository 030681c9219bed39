"""What attackers do in several tests: pay, capture and refund at a checkout, and be contracts of a few bytes."""

from __future__ import annotations

from typing import Any

import pyrevm
from eth_utils.crypto import keccak

from tests.contracts.support.evm import Chain
from tests.contracts.support.shop_world import Market, Order
from tests.contracts.support.world import FEC, account

#: Runtime code that burns all gas it gets: `JUMPDEST PUSH1 0 JUMP`.
BURNER = bytes.fromhex("5b600056")
BPS = 10_000


def bomb(size: int) -> bytes:
    """Runtime code that reverts with so many bytes: `PUSH3 size PUSH1 0 REVERT`."""
    return bytes.fromhex(f"62{size:06x}6000fd")


def contract(chain: Chain, code: bytes) -> str:
    """An account with this runtime code."""
    address = account(0xC0DE)
    chain.evm.insert_account_info(address, pyrevm.AccountInfo(code=code))
    return address


def gas_used(chain: Chain) -> int:
    """Gas of the last call."""
    result = chain.evm.result
    assert result is not None
    return result.gas_used


def burned(amount: int, bps: int = 1000) -> int:
    """Principal that a payment burns: its share, rounded up; in wei."""
    return -(-amount * bps // BPS)


def paid(
    market: Market, program: int, number: int = 0, amount: int = 1000 * FEC, *, payer: str | None = None, **changes: Any
) -> Order:
    """An order, paid by alice or by `payer`, who is the customer too unless `changes` says another."""
    payer = payer or market.alice
    order = market.order(program, amount, order_id=keccak(number), **({"customer": payer} | changes))
    market.pay(order, payer)
    return order


def capture(market: Market, *orders: Order, gas: int | None = None) -> None:
    market.checkout.capture([market.order_key(order) for order in orders], sender=market.stranger, gas=gas)


def refund(market: Market, order: Order, amount: int, sender: str | None = None) -> None:
    market.checkout.refund(market.order_key(order), amount, sender=sender or market.signer)


def coins(market: Market, *accounts: str) -> int:
    """What some accounts hold together, in wei."""
    return sum(market.fec.balanceOf(account) for account in accounts)
