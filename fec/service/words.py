"""Sentences for people: the one place where what the service says is put into a language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from string import Formatter
from typing import Any

from fec.units import format_fec

_SOURCE = "en"


def language_of(accept: str | None) -> str:  # noqa: ARG001 (there is one language so far)
    """The language to answer in, by a request's Accept-Language."""
    return _SOURCE


def say(sentence: str, values: Mapping[str, Any], language: str) -> str:  # noqa: ARG001 (see above)
    """A sentence in a language, with its values in their places."""
    return _Words().vformat(sentence, (), values)


def exact(wei: int) -> str:
    """An amount for machines: exact decimals of FEC, without separators."""
    return format_fec(wei).replace(",", "")


class _Words(Formatter):
    """`{amount:fec}` takes wei, `{moment:date}` seconds since the epoch."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Formats one value."""
        if format_spec == "fec":
            return f"{format_fec(value)} FEC"
        if format_spec == "date":
            return datetime.fromtimestamp(value, UTC).isoformat(" ", "seconds").replace("+00:00", "Z")
        return str(super().format_field(value, format_spec))
