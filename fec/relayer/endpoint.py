"""What a relayer asks a node about its transactions: many questions in one request, so that one node answers all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_typing import ChecksumAddress
from web3 import Web3

from fec.chain.errors import Refused, no_latest_block
from fec.chain.gas_price import PRICE_CALLS, GasPrice, price_in
from fec.chain.jsonrpc import Call
from fec.chain.rpc import PENDING_BLOCK, ask_all, results, time_after, time_in
from fec.protocol import relays
from fec.relayer.slots import Slots


@dataclass(frozen=True)
class Head:
    """Where the chain ends, and how many nonces a key has used there."""

    number: int
    hash: str
    used: int


@dataclass(frozen=True)
class Means:
    """What a key has to send with."""

    used: int
    """Nonces that the chain has used."""
    coin: int
    """Wei of the chain's coin."""
    block_gas: int
    """Most gas that the latest block could take."""


@dataclass(frozen=True)
class Outlook:
    """What the block to come holds: what a key has to send with, what gas costs, and what time it will be."""

    means: Means
    price: GasPrice
    time: int


@dataclass(frozen=True)
class Mined:
    """That a block has a transaction."""

    transaction_hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    cost: int | None
    """Wei that it took, if the node says so."""
    reasons: Mapping[int, str] = field(default_factory=dict)
    """Of a transaction that makes many calls, what those that failed reverted with, in hex, by their places."""


class AccountChain:
    """The chain, for one key. Everything raises RPCUnreachable or RPCFailed when it does not answer."""

    def __init__(self, web3: Web3, address: ChecksumAddress) -> None:
        """Takes the chain and the key's account."""
        self._web3 = web3
        self._address = address
        self.slots = Slots()
        """When its blocks come."""

    def head(self) -> Head:
        """Where the chain ends now."""
        block, used = results(
            self._web3,
            [
                ("eth_getBlockByNumber", ["latest", False]),
                ("eth_getTransactionCount", [self._address, "latest"]),
            ],
        )
        if block is None:
            raise no_latest_block()
        self._note(block)
        return Head(int(block["number"], 16), block["hash"], int(used, 16))

    def has(self, head: Head) -> bool:
        """Whether a head is still on the chain, so that what was said since is of that branch."""
        return self.block_hashes([head.number])[head.number] == head.hash

    def outlook(self, more: Sequence[Call] = ()) -> tuple[Outlook, list[Any]]:
        """What the block to come holds, in one request; with it the answers to `more` calls, or how they were refused.

        Raises RPCFailed if the chain names no prices.
        """
        asked: list[Call] = [
            ("eth_getTransactionCount", [self._address, "latest"]),
            ("eth_getBalance", [self._address, "latest"]),
            *PRICE_CALLS,
            PENDING_BLOCK,
        ]
        used, coin, *rest = ask_all(self._web3, [*asked, *more])
        prices, pending = rest[: len(PRICE_CALLS)], rest[len(PRICE_CALLS)]
        price, time = price_in(*prices), time_in(pending)
        if isinstance(used, Refused) or isinstance(coin, Refused):
            raise used if isinstance(used, Refused) else coin
        latest: Any = prices[0]
        self._note(latest)
        means = Means(int(used, 16), int(coin, 16), int(latest["gasLimit"], 16))
        return Outlook(means, price, time_after(latest) if time is None else time), rest[len(PRICE_CALLS) + 1 :]

    def _note(self, latest: Mapping[str, Any]) -> None:
        self.slots.note(int(latest["number"], 16), int(latest["timestamp"], 16))

    def used(self) -> int:
        """Nonces that are used now."""
        [used] = results(self._web3, [("eth_getTransactionCount", [self._address, "latest"])])
        return int(used, 16)

    def used_at(self, number: int, hashes: Sequence[str]) -> tuple[int, bool]:
        """Nonces that were used up to a block, and whether some block has one of these transactions: of one moment."""
        asked: list[Call] = [("eth_getTransactionCount", [self._address, hex(number)])]
        used, *receipts = results(self._web3, asked + [("eth_getTransactionReceipt", [hash_]) for hash_ in hashes])
        return int(used, 16), any(receipts)

    def block_hashes(self, numbers: Iterable[int]) -> dict[int, str | None]:
        """Hash of each block; None for one that there is not."""
        wanted = sorted(set(numbers))
        blocks = results(self._web3, [("eth_getBlockByNumber", [hex(number), False]) for number in wanted])
        return {number: None if block is None else block["hash"] for number, block in zip(wanted, blocks, strict=True)}

    def mined(self, hashes: Sequence[str]) -> dict[str, Mined]:
        """Of these transactions, those that a block has."""
        found = {}
        for answer in results(self._web3, [("eth_getTransactionReceipt", [hash_]) for hash_ in hashes]):
            if answer is not None:
                found[answer["transactionHash"]] = Mined(
                    answer["transactionHash"],
                    int(answer["blockNumber"], 16),
                    answer["blockHash"],
                    int(answer["status"], 16) == 1,
                    _cost(answer),
                    _reasons(answer),
                )
        return found

    def send(self, raw: Sequence[str]) -> list[str | None]:
        """Hands signed transactions over; gives, for each, the words in which it was refused, or None."""
        answers = ask_all(self._web3, [("eth_sendRawTransaction", [one]) for one in raw])
        return [answer.reason if isinstance(answer, Refused) else None for answer in answers]


def _reasons(receipt: Mapping[str, Any]) -> dict[int, str]:
    """Only Relay tells of calls that failed, and only of those that it was sent."""
    told = relays.reasons(receipt["logs"], receipt["to"] or "")
    return {place: "0x" + reason.hex() for place, reason in told.items()}


def _cost(receipt: Mapping[str, Any]) -> int | None:
    """Wei that a transaction took; on some chains, for being posted on another one besides."""
    if "effectiveGasPrice" not in receipt:
        return None
    return int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16) + int(receipt.get("l1Fee") or "0x0", 16)
