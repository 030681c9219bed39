"""A scenario: who shops where, how many they are, and under which cap, quotas and periods.

It is written in TOML; `scenarios/default.toml` has every key with what it means. Numbers are exact: amounts in wei,
shares in basis points, times in seconds, money in cents.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from fec.simulate.checks import check_coupon, check_people, check_run
from fec.simulate.errors import ScenarioInvalid
from fec.simulate.tables import Coupon, Merchants, Shoppers, Table
from fec.simulate.values import COUNT, DATE, DECIMAL, DURATION, HUNDRED, ValueKind, read

DEFAULT = "default"


@dataclass(frozen=True)
class Scenario:
    """Everything that a run depends on."""

    start: int
    step: int
    years: int
    coupon: Coupon
    shoppers: Shoppers
    sizes: tuple[int, ...]
    """What baskets cost, in cents, one as frequent as the other."""
    merchants: Mapping[str, Merchants]
    spread: Mapping[str, tuple[int, int]]
    """Keys that a run of many draws anew, each with its least and most."""

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Scenario:
        """A scenario from its tables. Raises ScenarioInvalid."""
        tables = {"coupon", "shoppers", "merchants"}
        known = ["start", "step", "years", *sorted(tables), "spread"]
        for key in record:
            if key not in known:
                raise ScenarioInvalid("There is no key {key}. Use one of {known}.", key=key, known=", ".join(known))
        if missing := [key for key in known[:-1] if key not in record]:
            raise ScenarioInvalid("The scenario lacks {keys}. Add what is missing.", keys=", ".join(missing))
        shoppers = dict(record["shoppers"]) if isinstance(record["shoppers"], Mapping) else {}
        sizes = shoppers.pop("sizes", None)
        if not isinstance(sizes, list) or not sizes:
            raise ScenarioInvalid("shoppers.sizes must be a list of what baskets cost, such as [9.99, 24.50].")
        if not isinstance(record["merchants"], Mapping) or not record["merchants"]:
            raise ScenarioInvalid("The scenario has no merchants. Add a table such as [merchants.shops].")
        scenario = cls(
            start=read(DATE, "start", record["start"]),
            step=read(DURATION, "step", record["step"]),
            years=read(COUNT, "years", record["years"]),
            coupon=Coupon.read("coupon", record["coupon"]),
            shoppers=Shoppers.read("shoppers", shoppers),
            sizes=tuple(read(DECIMAL, "shoppers.sizes", size) for size in sizes),
            merchants={name: Merchants.read(f"merchants.{name}", each) for name, each in record["merchants"].items()},
            spread=_spread(record.get("spread", {})),
        )
        check_run(scenario.years, scenario.step)
        check_coupon(scenario.coupon)
        check_people(scenario.shoppers, scenario.amounts, scenario.merchants)
        for key in scenario.spread:
            _set(scenario.record, key, "")
        return scenario

    @property
    def record(self) -> dict[str, Any]:
        """All tables, values as text: what is saved with every result, and reads as the same scenario."""
        return {
            "start": DATE.write(self.start),
            "step": DURATION.write(self.step),
            "years": str(self.years),
            "coupon": self.coupon.record,
            "shoppers": {**self.shoppers.record, "sizes": [DECIMAL.write(size) for size in self.sizes]},
            "merchants": {name: each.record for name, each in self.merchants.items()},
            "spread": {key: [_kind_of(key).write(bound) for bound in bounds] for key, bounds in self.spread.items()},
        }

    def changed(self, changes: Mapping[str, str]) -> Scenario:
        """The scenario with other values for some keys, written `table.key`. Raises ScenarioInvalid."""
        record = self.record
        for key, value in changes.items():
            _set(record, key, value)
        return Scenario.from_record(record)

    def sample(self, seed: str) -> Scenario:
        """The scenario with a value drawn for each key of its spread, any between least and most as likely."""
        chance = random.Random(seed)
        drawn = {key: _kind_of(key).write(chance.randint(*bounds)) for key, bounds in self.spread.items()}
        return replace(self, spread={}).changed(drawn)

    @property
    def amounts(self) -> tuple[int, ...]:
        """What baskets cost, in wei."""
        return tuple(size * self.coupon.rate // HUNDRED for size in self.sizes)


def named() -> list[str]:
    """Names of the scenarios that the package has."""
    folder = resources.files("fec.simulate") / "scenarios"
    return sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml"))


def load(name: str = DEFAULT) -> Scenario:
    """A scenario of the package by its name, or any by its file.

    A file may leave out what is as in the default scenario; merchants are its own, if it has any.
    Raises ScenarioInvalid.
    """
    default = _toml((resources.files("fec.simulate") / "scenarios" / f"{DEFAULT}.toml").read_text(), DEFAULT)
    if name == DEFAULT:
        return Scenario.from_record(default)
    if name in named():
        text = (resources.files("fec.simulate") / "scenarios" / f"{name}.toml").read_text()
    else:
        try:
            text = Path(name).read_text()
        except OSError as error:
            raise ScenarioInvalid(
                "There is no scenario {name!r}. The package has {known}; a file of your own goes by its path.",
                name=name,
                known=", ".join(named()),
            ) from error
    return Scenario.from_record(_over(default, _toml(text, name)))


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioInvalid("{name} is no TOML: {reason}. Correct the file.", name=name, reason=error) from error


def _over(default: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The default's tables, with a scenario's own keys over them. New merchants begin as the default's first."""
    merged = dict(default)
    pattern = next(iter(default["merchants"].values()))
    for key, value in own.items():
        if key == "merchants" and isinstance(value, Mapping):
            merged[key] = {
                name: {**pattern, **each} if isinstance(each, Mapping) else each for name, each in value.items()
            }
        elif isinstance(value, Mapping) and isinstance(default.get(key), Mapping):
            merged[key] = {**default[key], **value}
        else:
            merged[key] = value
    if "spread" not in own and isinstance(merged["merchants"], Mapping):
        # Not what the default varies of merchants that are not here.
        gone = {f"merchants.{name}" for name in default["merchants"].keys() - merged["merchants"].keys()}
        merged["spread"] = {k: v for k, v in default["spread"].items() if k.rpartition(".")[0] not in gone}
    return merged


def _set(record: dict[str, Any], key: str, value: Any) -> None:
    *tables, last = key.split(".")
    table: Any = record
    for name in tables:
        table = table.get(name) if isinstance(table, dict) else None
    if not isinstance(table, dict) or last not in table or isinstance(table[last], dict):
        raise ScenarioInvalid("There is no key {key}. Use one of {known}.", key=key, known=", ".join(_keys(record, "")))
    table[last] = value.split("/") if isinstance(table[last], list) and isinstance(value, str) else value


def _keys(record: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from () if key == "spread" else _keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _kind_of(key: str) -> ValueKind:
    """What kind of value a key has. Raises ScenarioInvalid if it is not a key of one value."""
    tables: dict[str, type[Table]] = {"coupon": Coupon, "shoppers": Shoppers, "merchants": Merchants}
    kinds = {"start": DATE, "step": DURATION, "years": COUNT}
    first = key.partition(".")[0]
    if first in tables:
        kinds |= {f"{key.rpartition('.')[0]}.{each.name}": each.metadata["kind"] for each in fields(tables[first])}
    if key not in kinds:
        raise ScenarioInvalid("There is no key {key}. Use one of {known}.", key=key, known=", ".join(kinds))
    return kinds[key]


def _spread(table: Any) -> dict[str, tuple[int, int]]:
    if not isinstance(table, Mapping):
        raise ScenarioInvalid("{key} must be a table, such as [{key}].", key="spread")
    spread = {}
    for key, bounds in table.items():
        match bounds:
            case [first, last]:
                least, most = (read(_kind_of(key), key, bound) for bound in (first, last))
            case _:
                raise ScenarioInvalid('spread must give the least and the most: "{key}" = ["1%", "5%"].', key=key)
        if least > most:
            raise ScenarioInvalid("spread.{key} has its least above its most. Turn them round.", key=key)
        spread[key] = (least, most)
    return spread
