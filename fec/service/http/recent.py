"""What anybody may ask as often as they like, and what costs something to find out: it is found out now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

_SECONDS = 1


@dataclass
class _Known:
    lock: threading.Lock = field(default_factory=threading.Lock)
    found: bool = False
    value: Any = None
    at: float = 0


class Recent:
    """Answers of a moment ago, by name. While one caller finds out, the others get the last answer at once."""

    def __init__(self) -> None:
        """Knows nothing yet."""
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def get(self, name: str, find: Callable[[], T], seconds: int = _SECONDS) -> T:
        """The answer, at most so many seconds old unless somebody is finding out now; raises what `find` raises."""
        with self._lock:
            known = self._known.setdefault(name, _Known())
        if known.lock.acquire(blocking=not known.found):
            try:
                if not known.found or time.monotonic() - known.at >= seconds:
                    known.value, known.at, known.found = find(), time.monotonic(), True
            finally:
                known.lock.release()
        value: T = known.value
        return value
