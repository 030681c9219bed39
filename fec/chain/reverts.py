"""Where the data of a revert is in a JSON-RPC error: each node has a place of its own for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Keys that hold it, where `data` is an object: Hardhat 2's, Ganache's estimates', and those that wrap another's error.
_KEYS = ("data", "result", "originalError", "return")
_DEPTH = 4
_IN_WORDS = re.compile(r"revert(?:ed)?:?\s+(0x(?:[0-9a-f]{2})*)(?![0-9a-f])", re.IGNORECASE)
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*", re.IGNORECASE)
_REVERTED = 3


def revert_data(error: Mapping[str, Any]) -> bytes | None:
    """What a contract reverted with, from a JSON-RPC error; None if it holds none."""
    text = _found(error.get("data"), _DEPTH) or _in_words(error.get("message"))
    return None if text is None else bytes.fromhex(text[2:])


def is_revert(error: Mapping[str, Any]) -> bool:
    """Whether it says that a contract reverted, with data or without."""
    return error.get("code") == _REVERTED or "revert" in str(error.get("message", "")).lower()


def _found(data: Any, depth: int) -> str | None:
    if isinstance(data, str):
        return data if _HEX.fullmatch(data) else _in_words(data)
    if isinstance(data, Mapping) and depth:
        for key in _KEYS:
            if (found := _found(data.get(key), depth - 1)) is not None:
                return found
        return _in_words(data.get("message"))
    return None


def _in_words(text: Any) -> str | None:
    found = _IN_WORDS.search(text) if isinstance(text, str) else None
    return found[1] if found else None
