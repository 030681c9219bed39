"""Calls as `relay` takes them, packed here from the contract's documentation."""

from __future__ import annotations

from typing import Any

from tests.contracts.support.evm import Event
from tests.contracts.support.shop_world import Market, Order, key

#: Numbers of the kinds.
SHORT, PAYMENT, SPEND, ACTS, CLAIMS, REWARD, CAPTURES, OPENING, OPENING_WITH_CLAIM, PERMIT = range(10)
#: Gas of a call in tests, unless they say another.
ENOUGH = 400_000


def short(order: Order, payer: str, signature: bytes, gas: int = ENOUGH) -> bytes:
    """A payment in its short form."""
    numbers = ((order.program, 4), (order.amount, 12), (order.expiry, 5), (order.min_principal, 12))
    program, amount, expiry, least = (number.to_bytes(size, "big") for number, size in numbers)
    account = bytes.fromhex(payer[2:])
    fields = (program, order.order_id, amount, order.reference, expiry, least, account, order.signature, signature)
    return bytes([SHORT]) + gas.to_bytes(3, "big") + b"".join(fields)


def long(kind: int, call: bytes, gas: int = ENOUGH) -> bytes:
    """Any other call, from its call data."""
    arguments = call[4:]
    return bytes([kind]) + gas.to_bytes(3, "big") + len(arguments).to_bytes(2, "big") + arguments


def bought(market: Market, program: int, number: int, shopper: str = "alice", **changes: Any) -> Order:
    """An order for a shopper by name that can be paid within the hour."""
    expiry = market.chain.now + 3600
    defaults = {"order_id": number.to_bytes(32, "big"), "customer": key(shopper).address, "expiry": expiry}
    return market.order(program, **(defaults | changes))


def paid(market: Market, order: Order, shopper: str = "alice", *, signed_by: str | None = None, **how: Any) -> bytes:
    """The short payment of an order by a shopper by name."""
    before = order.expiry + 1
    payer, _, _, signature = market.authorization(
        order, key(shopper).address, before=before, signed_by=signed_by or shopper
    )
    return short(order, payer, signature, **how)


def relay(market: Market, *calls: bytes, gas: int | None = None) -> dict[int, tuple[str, tuple[Any, ...]]]:
    """Relays calls; gives why calls failed, by their places: names and values of errors."""
    market.relay.relay(b"".join(calls), sender=market.stranger, gas=gas)
    return failures(market)


def failures(market: Market) -> dict[int, tuple[str, tuple[Any, ...]]]:
    """Why calls of the last transaction failed."""
    found = {}
    for event in market.chain.events("CallFailed"):
        assert event.address == market.relay.address
        error = market.chain.error(event.values["reason"])
        found[event.values["index"]] = (error.name, error.values)
    return found


def others(market: Market) -> list[Event]:
    """Events of the last transaction but the relay's."""
    return [event for event in market.chain.events() if event.address != market.relay.address]
