"""Logs into events: every event of the four contracts, taken apart by their shipped ABIs, column by column."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, repeat
from typing import Any, NamedTuple, TypeVar

from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_utils.abi import collapse_if_tuple

from fec.chain import deployments
from fec.chain.deployments import Deployment
from fec.i18n.errors import WrongAnswer
from fec.indexer.words import each, hash_in, is_number, reader
from fec.protocol import abi
from fec.protocol.abi import INDEXED
from fec.store.types import digits

T = TypeVar("T")
V = TypeVar("V")

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
        [group] = Events.of([self]).groups
        [text] = group.arguments_json()
        return text


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
    def key(self) -> tuple[str, str]:
        """Contract and name."""
        return self.contract, self.name

    @cached_property
    def json_template(self) -> str | None:
        """What the arguments as text fill to be a JSON object; None if they are more than numbers, addresses and words.

        An eighth of the time that an event took went into dictionaries for `json.dumps`.
        """
        if not all(is_number(type_) or type_ in ("address", "bytes32") for type_ in self.types):
            return None
        fields = ", ".join(f'"{name}": "%s"' for name in self.names)
        return f"{{{fields}}}"


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
        int(named[key]) if is_number(type_) else named[key] for key, type_ in zip(kind.names, kind.types, strict=True)
    )
    return Event(block_number, log_index, tx_hash, contract, name, arguments)


@dataclass(frozen=True)
class Group:
    """Events of one kind, argument by argument."""

    kind: EventKind
    places: Sequence[int]
    """Of each among all events, rising."""
    columns: Sequence[Sequence[Any]]
    """Of each argument, the values of all."""

    @cached_property
    def texts(self) -> list[Sequence[Any]]:
        """The columns with numbers as decimal text, as databases keep them."""
        return [
            digits(column) if is_number(type_) else column
            for type_, column in zip(self.kind.types, self.columns, strict=True)
        ]

    @property
    def rows(self) -> Iterable[tuple[Any, ...]]:
        """The arguments of each event."""
        return zip(*self.columns, strict=True) if self.columns else repeat((), len(self.places))

    def arguments_json(self) -> Iterable[str]:
        """The arguments of each event as `EventRecord` keeps them."""
        template = self.kind.json_template
        if template is not None and self.columns:
            return map(template.__mod__, zip(*self.texts, strict=True))
        return (json.dumps(dict(zip(self.kind.names, map(_plain, row), strict=True))) for row in self.rows)


@dataclass(frozen=True)
class Events(Sequence[Event]):
    """Events in the order of the chain. They are kept in columns, and become objects only for who looks at one."""

    block_numbers: Sequence[int]
    log_indexes: Sequence[int]
    transaction_hashes: Sequence[str]
    groups: Sequence[Group]

    @classmethod
    def of(cls, events: Iterable[Event]) -> Events:
        """Events in the order of the chain, as columns."""
        some = list(events)
        places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, event in enumerate(some):
            places[event.contract, event.name].append(place)
        groups = [
            Group(kind_of(*which), where, [*zip(*(some[place].arguments for place in where), strict=True)])
            for which, where in places.items()
        ]
        return cls(
            [event.block_number for event in some],
            [event.log_index for event in some],
            [event.transaction_hash for event in some],
            groups,
        )

    def __len__(self) -> int:
        """Number of events."""
        return len(self.block_numbers)

    def __iter__(self) -> Iterator[Event]:
        """Each event."""
        for place, kind, arguments in in_turn((group.kind, group.places, group.rows) for group in self.groups):
            yield self._event(place, kind.contract, kind.name, arguments)

    def __getitem__(self, place: Any) -> Any:
        """An event, or some."""
        return [*self][place]

    def group(self, contract: str, name: str) -> Group | None:
        """All events of a kind; None if there is none."""
        found = (group for group in self.groups if group.kind.key == (contract, name))
        return next(found, None)

    def of_kind(self, contract: str, name: str) -> Iterable[Event]:
        """The events of a kind."""
        group = self.group(contract, name)
        for place, arguments in () if group is None else zip(group.places, group.rows, strict=True):
            yield self._event(place, contract, name, arguments)

    def _event(self, place: int, contract: str, name: str, arguments: tuple[Any, ...]) -> Event:
        where = self.block_numbers[place], self.log_indexes[place], self.transaction_hashes[place]
        return Event(*where, contract, name, arguments)


def in_turn(groups: Iterable[tuple[T, Sequence[int], Iterable[V]]]) -> list[tuple[int, T, V]]:
    """Of groups, each with its events' places: the place of each event, what its group has, and what it has itself.

    In the order of the chain.
    """
    return sorted(
        chain.from_iterable(zip(places, repeat(what), values, strict=False) for what, places, values in groups)
    )


class Decoder:
    """Takes the logs of one deployment's contracts apart."""

    def __init__(self, deployment: Deployment) -> None:
        """Takes the deployment. Raises DeploymentMissing if a contract is not recorded."""
        self.addresses = [deployments.contract(deployment, name)["address"] for name in INDEXED]
        contracts = dict(zip(INDEXED, self.addresses, strict=True))
        self._kinds = {(contracts[kind.contract].lower(), kind.topic): key for key, kind in kinds().items()}
        self._readers = {key: reader(kind.types, kind.indexed, kind.data) for key, kind in kinds().items()}

    def decode(self, logs: Sequence[Mapping[str, Any]]) -> Events:
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

    def _events(self, logs: Sequence[Mapping[str, Any]]) -> Events:
        """Those of one kind are taken apart together, argument by argument: one by one it takes twice as long."""
        numbers = each(_quantity, [log["blockNumber"] for log in logs])
        indexes = each(_quantity, [log["logIndex"] for log in logs])
        order = sorted(range(len(logs)), key=[*zip(numbers, indexes, strict=True)].__getitem__)
        if order != [*range(len(logs))]:
            # As a rule they come in the order of the chain.
            return self._events([logs[place] for place in order])
        places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, which in enumerate([(log["address"], log["topics"][0]) for log in logs]):
            places[which].append(place)
        of_kind: dict[tuple[str, str], list[int]] = defaultdict(list)
        for (address, topic), where in places.items():
            of_kind[self._kinds[address.lower(), topic]] += where
        return Events(
            numbers,
            indexes,
            each(hash_in, [log["transactionHash"] for log in logs]),
            [self._group(key, sorted(where), logs) for key, where in of_kind.items()],
        )

    def _group(self, key: tuple[str, str], places: Sequence[int], logs: Sequence[Mapping[str, Any]]) -> Group:
        some = [logs[place] for place in places]
        columns = self._readers[key]([log["topics"] for log in some], [log["data"] for log in some])
        return Group(kind_of(*key), places, columns)

    def _is_ours(self, log: Mapping[str, Any]) -> bool:
        try:
            return bool(self._events([log]))
        except _MALFORMED:
            return False


def _quantity(text: str) -> int:
    return int(text, 16)


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


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value
