"""Amounts as machines read them, and the one place where what the service says is put into a language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fec import i18n
from fec.core.amounts import exact_fec


def language_of(accept: str | None) -> str:
    """The language to answer in, by a request's Accept-Language."""
    return i18n.negotiate(accept)


def say(sentence: str, values: Mapping[str, Any], language: str) -> str:
    """A sentence in a language, with its values in their places."""
    with i18n.use(language):
        return i18n._(sentence, **values)


def exact_or_none(wei: int | None) -> str | None:
    """An amount for machines that may not be known yet: exact decimals of FEC, without separators."""
    return None if wei is None else exact_fec(wei)
