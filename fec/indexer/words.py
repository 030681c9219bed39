"""What logs are made of, many at a time: words of 64 hex digits, column by column, into ints, addresses and texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from struct import unpack
from typing import Any, TypeVar

from eth_abi.abi import decode

from fec.store.types import checksummed

T = TypeVar("T")

_WORD = 64  # hex digits
_PARTS = 4  # of 64 bits each in a word
_HASH = re.compile("0x[0-9a-fA-F]{64}")

#: Topics and data of logs of one kind into the columns of their arguments.
Reader = Callable[[Sequence[Sequence[str]], Sequence[str]], list[Sequence[Any]]]


def is_number(type_: str) -> bool:
    """Whether an argument of this type is a number."""
    return type_.startswith("uint") and not type_.endswith("]")


def each(convert: Callable[[str], T], values: Sequence[str]) -> list[T]:
    """Converts each value; once those that come again and again."""
    known = {value: convert(value) for value in set(values)}
    return [*map(known.__getitem__, values)]


def hash_in(text: str) -> str:
    """A hash, in lower case. Raises ValueError if it is none."""
    if not _HASH.fullmatch(text):
        raise ValueError(f"{text} is not 32 bytes in hex.")
    return text.lower()


def reader(types: Sequence[str], indexed: Sequence[int], data: Sequence[int]) -> Reader:
    """Takes logs of a kind apart: the types of its arguments, the places of those that are topics, and of the others.

    Most have a few words, read as they stand: a general decoder is slow.
    """
    data_types = [types[place] for place in data]
    is_static = all(type_ in _WORDS or is_number(type_) for type_ in data_types)

    def read(topics: Sequence[Sequence[str]], texts: Sequence[str]) -> list[Sequence[Any]]:
        columns: list[Sequence[Any]] = [()] * len(types)
        _, *found = zip(*topics, strict=True)
        for place, topic in zip(indexed, found, strict=True):
            columns[place] = _Words([text[2:] for text in topic], 1).column(types[place], 0)
        if is_static:
            words = _Words([text[2:] for text in texts], len(data))
            for at, place in enumerate(data):
                columns[place] = words.column(types[place], at)
        else:
            rows = [[_tidy(value) for value in decode(data_types, bytes.fromhex(text[2:]))] for text in texts]
            for place, column in zip(data, zip(*rows, strict=True), strict=True):
                columns[place] = column
        return columns

    return read


class _Words:
    """Some words of each of many logs."""

    def __init__(self, texts: Sequence[str], width: int) -> None:
        """Takes the hex digits of each log, and how many words they are. Raises ValueError if they are not."""
        self._texts, self._width = texts, width
        if {*map(len, texts)} != {_WORD * width}:
            raise ValueError(f"These are not {width} words of 64 hex digits.")

    def column(self, type_: str, at: int) -> Sequence[Any]:
        """One word of each log, as an argument of a type. Raises ValueError for what is none."""
        texts = self._texts if self._width == 1 else [text[_WORD * at : _WORD * (at + 1)] for text in self._texts]
        return _numbers(texts) if is_number(type_) else each(_WORDS[type_], texts)


def _numbers(words: Sequence[str]) -> Sequence[int]:
    """Words as numbers: most are below 2^128, for which there is a shorter way."""
    joined = "".join(words)
    raw = bytes.fromhex(joined)
    if 2 * len(raw) != len(joined):
        # Spaces are passed over.
        raise ValueError("These are no hex digits.")
    parts = unpack(f">{len(raw) // 8}Q", raw)
    first, second, third, last = (parts[part::_PARTS] for part in range(_PARTS))
    if any(first) or any(second):
        return [int(word, 16) for word in words]
    return [high << 64 | low for high, low in zip(third, last, strict=True)] if any(third) else last


def _address(word: str) -> str:
    if word[:24].strip("0"):
        raise ValueError(f"{word} is no address")
    return checksummed("0x" + word[24:])


_WORDS: dict[str, Callable[[str], Any]] = {
    "address": _address,
    "bool": lambda word: int(hash_in("0x" + word), 16) == 1,
    "bytes32": lambda word: hash_in("0x" + word),
}


def _tidy(value: Any) -> Any:
    """What the general decoder gives, in the forms that `Event` promises."""
    if isinstance(value, list | tuple):
        return [_tidy(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str) and value.startswith("0x"):
        return checksummed(value)
    return value
