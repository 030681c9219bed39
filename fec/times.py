"""Moments and lengths of time as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def local(timestamp: int) -> str:
    """A moment, in seconds since the epoch, in local time: ISO 8601 to the minute."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).astimezone().isoformat(" ", "minutes")
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return f"{timestamp} s"


def duration(seconds: int) -> str:
    """A length of time in words: `7 days`, `14 hours 24 minutes`."""
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count:,} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts) or "0 seconds"
