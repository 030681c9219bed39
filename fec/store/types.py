"""Column types for what chains count in. In Python an amount is an int, always; no database rounds it."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from eth_utils.address import to_checksum_address
from sqlalchemy import BigInteger, Integer, Numeric, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

T = TypeVar("T")

#: Decimal digits that hold any amount of FEC: the cap is below 2^95.
_WEI_DIGITS = 38
#: Whatever has more bits than this is an id, and no amount.
_ID_BITS = 128
_HASHES = re.compile(r"(?:0x[0-9a-fA-F]{64}\n)*")


#: Blocks, seconds, and whatever else fits 64 bits. SQLite's INTEGER has as many, and numbers rows by itself.
Int64 = BigInteger().with_variant(Integer(), "sqlite")


@lru_cache(1 << 16)
def checksummed(address: str) -> str:
    """An address with its checksum, which costs a hash: the same few come again and again.

    Raises ValueError if it is none.
    """
    return to_checksum_address(address)


class ColumnType(TypeDecorator[T]):
    """A type whose values become text, one by one or many at a time; PostgreSQL reads text for any of its types."""

    @abstractmethod
    def bind_column(self, values: Sequence[T | None]) -> Sequence[str | None]:
        """Values of a column. Raises TypeError or ValueError for one that is not of the type."""

    def process_bind_param(self, value: T | None, dialect: Dialect) -> Any:  # noqa: ARG002 (the library's signature)
        """One value. Raises as `bind_column` does."""
        return self.bind_column([value])[0]


@lru_cache(1 << 14)
def _long(value: int) -> str:
    return str(value)


def digits(values: Sequence[int]) -> list[str]:
    """Ints as decimal digits. Ids of 256 bits, which take three times as long, come again and again."""
    return [*map(_long if max(values, default=0) >> _ID_BITS else str, values)]


def _decimal(values: Sequence[int | None], what: str) -> Sequence[str | None]:
    """Ints as decimal digits. Raises TypeError for anything else: a float has lost wei already."""
    types = {*map(type, values)}
    if types == {int}:
        return digits(values)  # type: ignore[arg-type] # all are ints
    if not types <= {int, type(None)}:
        bad = next(value for value in values if type(value) not in (int, type(None)))
        raise TypeError(f"{bad!r} is no {what}.")
    return [None if value is None else str(value) for value in values]


class Wei(ColumnType[int]):
    """An amount in wei: NUMERIC(38, 0) on PostgreSQL, decimal digits as text on SQLite, whose integers end at 2^63."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Picks the database's own type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(Numeric(_WEI_DIGITS, 0))

    def bind_column(self, values: Sequence[int | None]) -> Sequence[str | None]:
        """Takes ints. Raises TypeError for anything else."""
        return _decimal(values, "amount in wei")

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        """Takes an int. Raises TypeError for anything else."""
        text = super().process_bind_param(value, dialect)
        return text if text is None or dialect.name == "sqlite" else Decimal(text)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002 (the library's signature)
        """Gives an int."""
        return None if value is None else int(value)


class TokenId(ColumnType[int]):
    """A token id, up to 2^256 - 1: decimal digits as text on both databases."""

    impl = Text
    cache_ok = True

    def bind_column(self, values: Sequence[int | None]) -> Sequence[str | None]:
        """Takes ints. Raises TypeError for anything else."""
        return _decimal(values, "token id")

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002 (see above)
        """Gives an int."""
        return None if value is None else int(value)


class Address(ColumnType[str]):
    """An account: 0x and 40 hex digits with their checksum, however it was written."""

    impl = String(42)
    cache_ok = True

    def bind_column(self, values: Sequence[str | None]) -> Sequence[str | None]:
        """Puts the checksums on. Raises ValueError if a text is no address."""
        return [None if value is None else checksummed(value) for value in values]


class Hash32(ColumnType[str]):
    """32 bytes: 0x and 64 hex digits in lower case, however they were written."""

    impl = String(66)
    cache_ok = True

    def bind_column(self, values: Sequence[str | None]) -> Sequence[str | None]:
        """Lowers the case. Raises ValueError if a text is not 0x and 64 digits."""
        # All at once: one by one takes ten times as long.
        joined = "".join([f"{value}\n" for value in values if value is not None])
        if not _HASHES.fullmatch(joined):
            bad = next(value for value in values if value is not None and not _HASHES.fullmatch(f"{value}\n"))
            raise ValueError(f"{bad!r} is not 32 bytes in hex.")
        if joined == joined.lower():
            return values
        return [None if value is None else value.lower() for value in values]
