"""Logs into events: every event of the four contracts, taken apart by their shipped ABIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from fec.chain import deployments
from fec.chain.deployments import Deployment
from fec.i18n.errors import WrongAnswer
from fec.protocol import abi
from fec.protocol.abi import CONTRACTS
from fec.store.types import checksummed

_WORD = 64  # hex digits


class Event(NamedTuple):
    """One log, decoded. Arguments are in the order of the ABI: ints, texts, bools, and lists and tuples of them."""

    block_number: int
    log_index: int
    transaction_hash: str
    contract: str
    name: str
    arguments: tuple[Any, ...]

    @property
    def named(self) -> dict[str, Any]:
        """The arguments as `EventRecord` keeps them: by name, numbers as decimal text."""
        return dict(zip(kind_of(self.contract, self.name).names, map(_plain, self.arguments), strict=True))


@dataclass(frozen=True)
class EventKind:
    """One event of one contract."""

    contract: str
    name: str
    topic: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    indexed: tuple[int, ...]
    """Places of the arguments that are topics."""
    data: tuple[int, ...]
    """Places of those that are in the data."""

    @property
    def is_static(self) -> bool:
        """Whether every argument in the data takes just one word."""
        return all(self.types[place] in _WORDS or _is_number(self.types[place]) for place in self.data)


@cache
def kinds() -> dict[tuple[str, str], EventKind]:
    """All events, by contract and name."""
    return {
        (contract, entry["name"]): _kind(contract, entry)
        for contract in CONTRACTS
        for entry in abi.load(contract)["abi"]
        if entry["type"] == "event"
    }


def kind_of(contract: str, name: str) -> EventKind:
    """One event."""
    return kinds()[contract, name]


def restore(  # noqa: PLR0917 (a row of `EventRecord`)
    block_number: int, log_index: int, tx_hash: str, contract: str, name: str, named: Mapping[str, Any]
) -> Event:
    """An event as `EventRecord` keeps it, as it was decoded."""
    kind = kind_of(contract, name)
    arguments = tuple(
        int(named[key]) if _is_number(type_) else named[key] for key, type_ in zip(kind.names, kind.types, strict=True)
    )
    return Event(block_number, log_index, tx_hash, contract, name, arguments)


class Decoder:
    """Takes the logs of one deployment's contracts apart."""

    def __init__(self, deployment: Deployment) -> None:
        """Takes the deployment. Raises DeploymentMissing if a contract is not recorded."""
        self.addresses = [deployments.contract(deployment, name)["address"] for name in CONTRACTS]
        self._readers: dict[tuple[str, str], tuple[EventKind, _Reader]] = {}
        for name, address in zip(CONTRACTS, self.addresses, strict=True):
            for kind in kinds().values():
                if kind.contract == name:
                    self._readers[address.lower(), kind.topic] = (kind, _reader(kind))

    def decode(self, log: Mapping[str, Any]) -> Event:
        """One log as JSON-RPC gives it. Raises WrongAnswer for one that these contracts never emit."""
        try:
            topics = log["topics"]
            kind, read = self._readers[log["address"].lower(), topics[0]]
            return Event(
                int(log["blockNumber"], 16),
                int(log["logIndex"], 16),
                log["transactionHash"],
                kind.contract,
                kind.name,
                read(topics, log["data"]),
            )
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, DecodingError) as error:
            raise WrongAnswer("A log is not one of these contracts': {answer!r:.200}", answer=log) from error


def _kind(contract: str, entry: Mapping[str, Any]) -> EventKind:
    inputs = entry["inputs"]
    types = tuple(collapse_if_tuple(item) for item in inputs)
    return EventKind(
        contract=contract,
        name=entry["name"],
        topic="0x" + keccak(text=f"{entry['name']}({','.join(types)})").hex(),
        names=tuple(item["name"] for item in inputs),
        types=types,
        indexed=tuple(place for place, item in enumerate(inputs) if item["indexed"]),
        data=tuple(place for place, item in enumerate(inputs) if not item["indexed"]),
    )


# ------------------------------------------------------------------------ words

_Reader = Callable[[Sequence[str], str], tuple[Any, ...]]


def _address(word: str) -> str:
    if word[:24].strip("0"):
        raise ValueError(f"{word} is no address")
    return checksummed("0x" + word[24:])


def _is_number(type_: str) -> bool:
    return type_.startswith("uint") and not type_.endswith("]")


def _bool(word: str) -> bool:
    return int(word, 16) == 1


def _bytes32(word: str) -> str:
    return "0x" + word.lower()


def _uint(word: str) -> int:
    return int(word, 16)


_WORDS: dict[str, Callable[[str], Any]] = {"address": _address, "bool": _bool, "bytes32": _bytes32}


def _reader(kind: EventKind) -> _Reader:
    """Takes topics and data of such a log. Most are a few words, read as they stand: a general decoder is slow."""
    topic_words = [(place, _WORDS.get(kind.types[place], _uint)) for place in kind.indexed]
    data_words = [(place, _WORDS.get(kind.types[place], _uint)) for place in kind.data]
    topic_count, data_length = len(topic_words) + 1, 2 + _WORD * len(data_words)
    data_types = [kind.types[place] for place in kind.data]
    count = len(kind.types)

    def topics_of(topics: Sequence[str]) -> list[Any]:
        if len(topics) != topic_count:
            raise ValueError(f"{len(topics)} topics")
        values: list[Any] = [None] * count
        for topic, (place, convert) in zip(topics[1:], topic_words, strict=True):
            if len(topic) != 2 + _WORD:
                raise ValueError(f"topic {topic!r}")
            values[place] = convert(topic[2:])
        return values

    def read_words(topics: Sequence[str], data: str) -> tuple[Any, ...]:
        values = topics_of(topics)
        if len(data) != data_length:
            raise ValueError(f"{len(data)} digits")
        start = 2
        for place, convert in data_words:
            values[place] = convert(data[start : start + _WORD])
            start += _WORD
        return tuple(values)

    def read_any(topics: Sequence[str], data: str) -> tuple[Any, ...]:
        values = topics_of(topics)
        for place, value in zip(kind.data, decode(data_types, bytes.fromhex(data[2:])), strict=True):
            values[place] = _tidy(value)
        return tuple(values)

    return read_words if kind.is_static else read_any


def _tidy(value: Any) -> Any:
    """What the general decoder gives, in the forms that `Event` promises."""
    if isinstance(value, list | tuple):
        return [_tidy(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str) and value.startswith("0x"):
        return checksummed(value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value
