"""Logs into events: every event of the four contracts, taken apart by their shipped ABIs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import repeat
from typing import Any, NamedTuple

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_utils.abi import collapse_if_tuple

from fec.chain import deployments
from fec.chain.deployments import Deployment
from fec.i18n.errors import WrongAnswer
from fec.protocol import abi
from fec.protocol.abi import INDEXED
from fec.store.types import checksummed

_WORD = 64  # hex digits
_HEX = re.compile("[0-9a-fA-F]*")
#: What taking apart something raises that is no log of these contracts.
_MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, DecodingError)


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

    @property
    def arguments_json(self) -> str:
        """`named` as JSON."""
        template = kind_of(self.contract, self.name).json_template
        return json.dumps(self.named) if template is None else template % self.arguments


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

    @cached_property
    def json_template(self) -> str | None:
        """What the arguments fill to be a JSON object; None if they are more than numbers, addresses and words.

        An eighth of the time that an event took went into dictionaries for `json.dumps`.
        """
        if not all(_is_number(type_) or type_ in ("address", "bytes32") for type_ in self.types):
            return None
        fields = (
            f'"{name}": "%{"d" if _is_number(type_) else "s"}"'
            for name, type_ in zip(self.names, self.types, strict=True)
        )
        return f"{{{', '.join(fields)}}}"


@cache
def kinds() -> dict[tuple[str, str], EventKind]:
    """All events, by contract and name."""
    return {
        (contract, entry["name"]): _kind(contract, entry)
        for contract in INDEXED
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
        self.addresses = [deployments.contract(deployment, name)["address"] for name in INDEXED]
        self._readers: dict[tuple[str, str], tuple[EventKind, _Reader]] = {}
        for name, address in zip(INDEXED, self.addresses, strict=True):
            for kind in kinds().values():
                if kind.contract == name:
                    self._readers[address.lower(), kind.topic] = (kind, _reader(kind))

    def decode(self, logs: Sequence[Mapping[str, Any]]) -> list[Event]:
        """Logs as JSON-RPC gives them, in the order of the chain.

        Raises WrongAnswer for one that these contracts never emit.
        """
        try:
            return self._events(logs)
        except _MALFORMED as error:
            bad = next((log for log in logs if not self._is_ours(log)), logs)
            raise WrongAnswer(
                "A log is not one of these contracts': {answer!r:.200}. Try another endpoint.", answer=bad
            ) from error

    def _events(self, logs: Sequence[Mapping[str, Any]]) -> list[Event]:
        """Those of one kind are taken apart together, argument by argument: one by one it takes twice as long."""
        places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, log in enumerate(logs):
            places[log["address"], log["topics"][0]].append(place)
        # In the order in which they came, which is the chain's as a rule: then there is nothing to sort.
        events: list[Any] = [None] * len(logs)
        for (address, topic), where in places.items():
            kind, read = self._readers[address.lower(), topic]
            group = [logs[place] for place in where]
            decoded = map(
                Event,
                [int(log["blockNumber"], 16) for log in group],
                [int(log["logIndex"], 16) for log in group],
                [log["transactionHash"] for log in group],
                repeat(kind.contract),
                repeat(kind.name),
                read([log["topics"] for log in group], [log["data"] for log in group]),
            )
            for place, event in zip(where, decoded, strict=True):
                events[place] = event
        events.sort()
        return events

    def _is_ours(self, log: Mapping[str, Any]) -> bool:
        try:
            return bool(self._events([log]))
        except _MALFORMED:
            return False


def _kind(contract: str, entry: Mapping[str, Any]) -> EventKind:
    inputs = entry["inputs"]
    types = tuple(collapse_if_tuple(item) for item in inputs)
    return EventKind(
        contract=contract,
        name=entry["name"],
        topic="0x" + keccak(f"{entry['name']}({','.join(types)})".encode()).hex(),
        names=tuple(item["name"] for item in inputs),
        types=types,
        indexed=tuple(place for place, item in enumerate(inputs) if item["indexed"]),
        data=tuple(place for place, item in enumerate(inputs) if not item["indexed"]),
    )


# ---------------------------------------------------------------------- columns

#: Topics and data of logs of one kind into the arguments of each.
_Reader = Callable[[Sequence[Sequence[str]], Sequence[str]], Iterable[tuple[Any, ...]]]


@lru_cache(1 << 16)
def _address(word: str) -> str:
    if word[:24].strip("0"):
        raise ValueError(f"{word} is no address")
    return checksummed("0x" + word[24:])


def _is_number(type_: str) -> bool:
    return type_.startswith("uint") and not type_.endswith("]")


_WORDS: dict[str, Callable[[str], Any]] = {
    "address": _address,
    "bool": lambda word: int(word, 16) == 1,
    "bytes32": lambda word: "0x" + word.lower(),
}


def _values(type_: str, words: Sequence[str]) -> list[Any]:
    """One argument of many logs, each a word of hex digits. Raises ValueError for what is no word."""
    if not {*map(len, words)} <= {_WORD} or not _HEX.fullmatch("".join(words)):
        raise ValueError("These are no words of 64 hex digits.")
    return [int(word, 16) for word in words] if _is_number(type_) else [*map(_WORDS[type_], words)]


def _reader(kind: EventKind) -> _Reader:
    """Takes logs of a kind apart. Most have a few words, read as they stand: a general decoder is slow."""
    data_length = 2 + _WORD * len(kind.data)
    data_types = [kind.types[place] for place in kind.data]

    def read(topics: Sequence[Sequence[str]], data: Sequence[str]) -> Iterable[tuple[Any, ...]]:
        columns: list[Sequence[Any]] = [()] * len(kind.types)
        _, *found = zip(*topics, strict=True)
        for place, topic in zip(kind.indexed, found, strict=True):
            columns[place] = _values(kind.types[place], [word[2:] for word in topic])
        if kind.is_static:
            if {*map(len, data)} != {data_length}:
                raise ValueError("Some data is too long or too short.")
            for number, place in enumerate(kind.data):
                start = 2 + _WORD * number
                columns[place] = _values(kind.types[place], [text[start : start + _WORD] for text in data])
        else:
            rows = [[_tidy(value) for value in decode(data_types, bytes.fromhex(text[2:]))] for text in data]
            for place, column in zip(kind.data, zip(*rows, strict=True), strict=True):
                columns[place] = column
        return zip(*columns, strict=True) if columns else repeat((), len(topics))

    return read


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
