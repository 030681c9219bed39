"""Drives a local chain quickly: raw JSON-RPC, and as few exchanges as possible, since waiting for them costs most.

Each account acts for itself; Anvil lets any address send (impersonation).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import (
    abi_to_signature,
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
    get_abi_input_types,
    get_abi_output_types,
)
from eth_utils.address import to_checksum_address

from fec.i18n.errors import ContractError, RPCFailed
from fec.protocol import abi
from fec.protocol.refusals import decode_revert
from fec.replay import pipeline as replay

#: Requests in one HTTP exchange: more hardly save time, and the answer stays small.
BATCH_SIZE = 500
WORD_DIGITS = 64
GAS = 2_000_000
GAS_PRICE = 2 * 10**9
#: Gas coin for an account that sends transactions, in wei of that coin.
GAS_COIN = 10**20


@dataclass(frozen=True)
class Event:
    """One log entry, decoded."""

    name: str
    values: dict[str, Any]
    address: str
    block: int
    timestamp: int
    tx_hash: str


@dataclass(frozen=True)
class Done:
    """A transaction in a block."""

    ok: bool
    tx_hash: str
    logs: list[dict[str, Any]]
    read: Callable[[dict[str, Any], str | None], Event | None]

    def named(self, name: str) -> list[dict[str, Any]]:
        """Values of its events of that name, in order."""
        return [event.values for log in self.logs if (event := self.read(log, name)) is not None]

    def only(self, name: str) -> dict[str, Any]:
        """Values of the single event of that name. Raises ValueError if there are none or several."""
        (values,) = self.named(name)
        return values


class Contract:
    """Encodes and decodes for one deployed contract."""

    def __init__(self, name: str, address: str) -> None:
        """Takes the contract's name and where it is."""
        self.name = name
        self.address = to_checksum_address(address)
        self._abi = abi.load(name)["abi"]

    @cached_property
    def _functions(self) -> dict[str, dict[str, Any]]:
        functions = [entry for entry in self._abi if entry["type"] == "function"]
        return {entry["name"]: entry for entry in functions} | {abi_to_signature(entry): entry for entry in functions}

    def encode(self, function: str, *arguments: Any) -> str:
        """Calldata in hex. An overloaded function is named by its signature."""
        entry: Any = self._functions[function]
        data = function_abi_to_4byte_selector(entry) + encode(get_abi_input_types(entry), arguments)
        return "0x" + data.hex()

    def decode(self, function: str, data: str) -> Any:
        """What a function returned: one value as it is, several as a tuple."""
        entry: Any = self._functions[function]
        values = decode(get_abi_output_types(entry), bytes.fromhex(data[2:]))
        return values[0] if len(values) == 1 else values

    def call(self, sender: str, function: str, *arguments: Any, gas: int = GAS) -> Call:
        """A transaction to be sent."""
        return Call(sender, self.address, self.encode(function, *arguments), gas)

    @cached_property
    def events(self) -> dict[str, EventShape]:
        """Shapes of its events by first topic."""
        return {
            "0x" + event_abi_to_log_topic(entry).hex(): EventShape.of(entry)
            for entry in self._abi
            if entry["type"] == "event"
        }


@dataclass(frozen=True)
class EventShape:
    """How to read an event: names and types, those in topics first."""

    name: str
    indexed: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, entry: Any) -> EventShape:
        """From the ABI. All indexed values here are of one word."""
        types = get_abi_input_types(entry)
        named = [(item["name"], kind, item["indexed"]) for item, kind in zip(entry["inputs"], types, strict=True)]
        return cls(
            entry["name"],
            tuple((name, kind) for name, kind, indexed in named if indexed),
            tuple((name, kind) for name, kind, indexed in named if not indexed),
        )

    def read(self, topics: Sequence[str], data: str) -> dict[str, Any]:
        """Values by name."""
        return {
            name: value
            for shape, words in ((self.indexed, "".join(topic[2:] for topic in topics[1:])), (self.plain, data[2:]))
            for (name, _), value in zip(shape, _values([kind for _, kind in shape], words), strict=True)
        }


def _values(kinds: Sequence[str], words: str) -> Sequence[Any]:
    """Decodes values of these types from hex. Numbers and addresses are read at once, since there are so many."""
    if all(kind == "address" or kind.startswith("uint") for kind in kinds) and len(words) == len(kinds) * WORD_DIGITS:
        each = [words[place : place + WORD_DIGITS] for place in range(0, len(words), WORD_DIGITS)]
        return [
            checksummed("0x" + word[-40:]) if kind == "address" else int(word, 16)
            for kind, word in zip(kinds, each, strict=True)
        ]
    decoded = decode(kinds, bytes.fromhex(words))
    return [checksummed(value) if kind == "address" else value for kind, value in zip(kinds, decoded, strict=True)]


@dataclass(frozen=True)
class Call:
    """A transaction to be sent. `gas` is its limit."""

    sender: str
    to: str
    data: str
    gas: int = GAS


class Wire:
    """A chain under control: nothing is mined but by `send`, `send_all` and `mine`."""

    def __init__(self, url: str) -> None:
        """Takes over the Anvil that answers at `url`."""
        self._wire = replay.Wire(url)
        self._contracts: dict[str, Contract] = {}
        self.transactions = 0
        self.request("anvil_autoImpersonateAccount", True)

    def add(self, contract: Contract) -> Contract:
        """Makes a contract known, so that its events are decoded."""
        self._contracts[contract.address] = contract
        return contract

    def request(self, method: str, *params: Any) -> Any:
        """One JSON-RPC request. Raises RPCFailed if it is refused, ContractError if a contract refuses."""
        return self.requests([(method, params)])[0]

    def requests(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Many JSON-RPC requests; results in their order. Raises like `request`."""
        answers = self._exchange(asked)
        for (method, _), answer in zip(asked, answers, strict=True):
            if "error" in answer:
                raise _failure(method, answer["error"])
        return [answer["result"] for answer in answers]

    def fund_gas(self, *accounts: str) -> None:
        """Gives accounts the gas coin that they need to send transactions themselves."""
        self.requests([("anvil_setBalance", (account, hex(GAS_COIN))) for account in accounts])

    def send(self, timestamp: int, call: Call) -> Done:
        """Puts a transaction into a block of its own at `timestamp`, in seconds since the epoch."""
        _, receipt = self.requests(
            [("evm_setNextBlockTimestamp", (timestamp,)), ("eth_sendTransactionSync", (_transaction(call),))]
        )
        self.transactions += 1
        return self._done(receipt)

    def send_all(self, timestamp: int, calls: Sequence[Call]) -> list[Done]:
        """Puts transactions into one block at `timestamp`; those of one sender keep their order."""
        senders = list(dict.fromkeys(call.sender for call in calls))
        counts = self.requests([("eth_getTransactionCount", (sender, "latest")) for sender in senders])
        nonces = {sender: int(count, 16) for sender, count in zip(senders, counts, strict=True)}
        asked = []
        for call in calls:
            asked.append(("eth_sendTransaction", ({**_transaction(call), "nonce": hex(nonces[call.sender])},)))
            nonces[call.sender] += 1
        self.request("evm_setAutomine", False)
        hashes = self.requests(asked)
        self.mine(timestamp)
        self.request("evm_setAutomine", True)
        receipts = {receipt["transactionHash"]: receipt for receipt in self.request("eth_getBlockReceipts", "latest")}
        self.transactions += len(calls)
        return [self._done(receipts[tx_hash]) for tx_hash in hashes]

    def mine(self, timestamp: int) -> None:
        """Mines an empty block at `timestamp`, in seconds since the epoch."""
        self.request("evm_mine", hex(timestamp))

    def views(self, contract: Contract, function: str, arguments: Sequence[Sequence[Any]]) -> list[Any]:
        """What a view answers now to each list of arguments. Raises ContractError if it refuses one."""
        asked = [
            ("eth_call", ({"to": contract.address, "data": contract.encode(function, *each)}, "latest"))
            for each in arguments
        ]
        return [contract.decode(function, answer) for answer in self.requests(asked)]

    def view(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """What a view answers now. Raises ContractError if it refuses."""
        return self.views(contract, function, [arguments])[0]

    def refusals(self, calls: Sequence[Call]) -> list[ContractError | None]:
        """What each call would be refused with if it were sent now; None if it would go through. Changes nothing."""
        asked = [("eth_call", ({"from": call.sender, "to": call.to, "data": call.data}, "latest")) for call in calls]
        answers = self._exchange(asked)
        return [_contract_error(answer["error"]) if "error" in answer else None for answer in answers]

    def logs(self, first_block: int, last_block: int) -> list[Event]:
        """All events of the known contracts in these blocks, in order."""
        asked = {"fromBlock": hex(first_block), "toBlock": hex(last_block), "address": list(self._contracts)}
        return [event for log in self.request("eth_getLogs", asked) if (event := self._event(log)) is not None]

    @property
    def height(self) -> int:
        """Number of the latest block."""
        return int(self.request("eth_blockNumber"), 16)

    def _exchange(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[dict[str, Any]]:
        """Answers in order; what does not fit one request is on its way before the first is answered."""
        tickets = [self._wire.post(asked[first : first + BATCH_SIZE]) for first in range(0, len(asked), BATCH_SIZE)]
        return [answer for ticket in tickets for answer in self._wire.answers(ticket)]

    def _done(self, receipt: dict[str, Any]) -> Done:
        return Done(receipt["status"] == "0x1", receipt["transactionHash"], receipt["logs"], self._event)

    def _event(self, log: dict[str, Any], wanted: str | None = None) -> Event | None:
        """An event of a known contract, and of that name if one is wanted."""
        address = checksummed(log["address"])
        contract = self._contracts.get(address)
        if contract is None or (found := contract.events.get(log["topics"][0])) is None:
            return None
        if wanted not in (None, found.name):
            return None
        return Event(
            found.name,
            found.read(log["topics"], log["data"]),
            address,
            int(log["blockNumber"], 16),
            int(log["blockTimestamp"], 16),
            log["transactionHash"],
        )


def _transaction(call: Call) -> dict[str, str]:
    return {"from": call.sender, "to": call.to, "data": call.data, "gas": hex(call.gas), "gasPrice": hex(GAS_PRICE)}


@cache
def checksummed(address: str) -> str:
    """An address as it is written everywhere here."""
    return to_checksum_address(address)


def _contract_error(error: dict[str, Any]) -> ContractError:
    data = error.get("data")
    if not isinstance(data, str):
        raise RPCFailed(f"The chain refused: {error.get('message')}")
    return decode_revert(bytes.fromhex(data[2:]))


def _failure(method: str, error: dict[str, Any]) -> Exception:
    data = error.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        return decode_revert(bytes.fromhex(data[2:]))
    return RPCFailed(f"The chain refused {method}: {error.get('message')}")
