"""Where requests are counted: in each process, or in one Redis for all."""

from __future__ import annotations

from urllib.parse import urlsplit

from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, RedisStorage
from redis.exceptions import RedisError

from fec.service.errors import LimitsInvalid

#: Seconds that a Redis has for an answer: a request waits for it.
_PATIENCE = 1


Counter = MemoryStorage | RedisStorage


def open_counter(url: str) -> Counter:
    """Opens a storage; whether a Redis answers is seen when it is asked. Raises LimitsInvalid."""
    if url == "memory://":
        return MemoryStorage()
    try:
        parts = urlsplit(url)
        if parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0:
            return RedisStorage(url, wrap_exceptions=True, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    except (ValueError, ConfigurationError, StorageError, RedisError) as error:
        raise _invalid(url) from error
    raise _invalid(url)


def answers(counter: Counter) -> bool:
    """Whether a storage can be counted in now."""
    try:
        return bool(counter.check())
    except (StorageError, RedisError):
        return False


def _invalid(url: str) -> LimitsInvalid:
    return LimitsInvalid(
        "{url!r} is not a storage for rate limits. Write memory://, which counts per process, or redis://HOST:PORT.",
        url=url,
    )
