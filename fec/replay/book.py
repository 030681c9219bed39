"""What Checkout's logs say of orders: the one truth about what has been paid, taken back and captured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from eth_utils.abi import event_abi_to_log_topic

from fec.protocol import abi

_WORD = 64


@dataclass
class Book:
    """Orders by key, as hex. Amounts in wei."""

    paid: dict[str, int] = field(default_factory=dict)
    """When each was paid, in seconds since the epoch."""
    refunds: dict[str, list[int]] = field(default_factory=dict)
    """What was paid back of each, in the order of payment."""
    captured: set[str] = field(default_factory=set)
    burned: int = 0
    nodes: int = 0
    unminted: int = 0
    """Captures whose node could not be minted; its principal went back to the payer."""

    def read(self, logs: Iterable[Mapping[str, Any]], keys: Mapping[str, int] | None = None) -> None:
        """Takes in logs of Checkout, in order; only those of certain orders, if `keys` has them."""
        events = topics()
        for log in logs:
            name, key = events.get(log["topics"][0]), log["topics"][1]
            if keys is not None and key not in keys:
                continue
            data = log["data"][2:]
            if name == "OrderPaid":
                self.paid[key] = int(log["blockTimestamp"], 16)
            elif name == "OrderRefunded":
                self.refunds.setdefault(key, []).append(int(data[:_WORD], 16))
            elif name == "OrderCaptured":
                self.captured.add(key)
                self.burned += int(data[_WORD : 2 * _WORD], 16)
                minted = int(log["topics"][2], 16) != 0
                self.nodes += minted
                self.unminted += not minted


@cache
def topics() -> dict[str, str]:
    """Names of the events that count, by first topic."""
    wanted = ("OrderPaid", "OrderRefunded", "OrderCaptured")
    entries = [entry for entry in abi.load("Checkout")["abi"] if entry["type"] == "event"]
    return {"0x" + event_abi_to_log_topic(entry).hex(): entry["name"] for entry in entries if entry["name"] in wanted}
