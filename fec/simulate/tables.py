"""The tables of a scenario: which keys each has, and of which kind their values are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from fec.simulate.errors import ScenarioInvalid
from fec.simulate.values import AMOUNT, COUNT, DECIMAL, DURATION, QUOTA, SHARE, ValueKind, read


def _key(kind: ValueKind) -> Any:
    return field(metadata={"kind": kind})


@dataclass(frozen=True)
class Table:
    """A table of a scenario: each field is a key."""

    @classmethod
    def read(cls, name: str, table: Any) -> Self:
        """Reads all keys. Raises ScenarioInvalid if one is missing, unknown or wrong."""
        if not isinstance(table, Mapping):
            raise ScenarioInvalid("{key} must be a table, such as [{key}].", key=name)
        known = {each.name: each.metadata["kind"] for each in fields(cls)}
        for key in table:
            if key not in known:
                raise ScenarioInvalid(
                    "There is no key {key}. Use one of {known}.", key=f"{name}.{key}", known=", ".join(known)
                )
        if missing := [key for key in known if key not in table]:
            raise ScenarioInvalid("The scenario has no {keys}.", keys=", ".join(f"{name}.{key}" for key in missing))
        return cls(**{key: read(kind, f"{name}.{key}", table[key]) for key, kind in known.items()})

    @property
    def record(self) -> dict[str, str]:
        """All keys as text."""
        return {each.name: each.metadata["kind"].write(getattr(self, each.name)) for each in fields(self)}


@dataclass(frozen=True)
class Coupon(Table):
    """What was deployed."""

    cap: int = _key(AMOUNT)
    genesis: int = _key(AMOUNT)
    elsewhere: int = _key(AMOUNT)
    """Budget that other programs have, such as the public one."""
    rate: int = _key(AMOUNT)
    """Wei for one unit of money."""
    turns: int = _key(COUNT)


@dataclass(frozen=True)
class Population(Table):
    """How many there are: they join as Bass's model has it, and leave at a steady rate."""

    first: int = _key(COUNT)
    market: int = _key(COUNT)
    innovators: int = _key(SHARE)
    imitators: int = _key(SHARE)
    churn: int = _key(SHARE)


@dataclass(frozen=True)
class Shoppers(Population):
    """Who buys, how often, and what they do with what flows back."""

    baskets: int = _key(DECIMAL)
    """Hundredths of a basket, per shopper and year."""
    respend: int = _key(SHARE)
    extra: int = _key(SHARE)
    claims: int = _key(SHARE)


@dataclass(frozen=True)
class Merchants(Population):
    """Merchants that are alike: one pool of quota."""

    share: int = _key(SHARE)
    burn: int = _key(SHARE)
    period: int = _key(DURATION)
    quota: int = _key(QUOTA)
    wash: int = _key(AMOUNT)
