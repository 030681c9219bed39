"""All reports by name, with their default settings."""

from __future__ import annotations

from collections.abc import Callable

from fec.core.amounts import DECIMALS
from fec.reports import accounts, calendar, cohorts, programs, shoppers, supply, value
from fec.reports.data import Data, Scope
from fec.reports.liability import IN_FEC, Statement, combined, statement
from fec.reports.table import Report

_EACH, _ALL = Scope("program"), Scope("protocol")
_GREETED = 50 * 10**DECIMALS


def _books(data: Data) -> Statement:
    return data.cached("books", lambda: statement(data, _EACH, IN_FEC))


def _books_of_all(data: Data) -> Statement:
    return data.cached("books of all", lambda: combined(_books(data)))


REPORTS: dict[str, Callable[[Data], Report]] = {
    "calendar": lambda data: calendar.calendar(data, _EACH),
    "calendar-protocol": lambda data: calendar.calendar(data, _ALL),
    "calendar-cohorts": lambda data: calendar.calendar(data, _ALL, split="cohort"),
    "calendar-shoppers": lambda data: calendar.calendar(data, _ALL, "month", split="shopper"),
    "greet": lambda data: calendar.arrivals(data, _EACH, _GREETED),
    "overview": lambda data: shoppers.overview(data, _EACH),
    "overview-protocol": lambda data: shoppers.overview(data, _ALL),
    "overview-alliances": lambda data: shoppers.overview(data, Scope("alliance")),
    "shoppers": lambda data: shoppers.shoppers(data, _EACH),
    "shoppers-protocol": lambda data: shoppers.shoppers(data, _ALL),
    "repeat": lambda data: shoppers.repeat(data, _EACH),
    "repeat-protocol": lambda data: shoppers.repeat(data, _ALL),
    "cohorts": lambda data: cohorts.cohorts(data, _EACH),
    "cohorts-protocol": lambda data: cohorts.cohorts(data, _ALL),
    "value-protocol": lambda data: value.value(data, _ALL),
    "tiers": lambda data: programs.tiers(data, _EACH),
    "tiers-protocol": lambda data: programs.tiers(data, _ALL),
    "donations": lambda data: programs.donations(data, _EACH),
    "quota": lambda data: programs.quota(data, _EACH),
    "supply": supply.supply,
    "liability": lambda data: accounts.roll_forward(_books(data)),
    "liability-protocol": lambda data: accounts.roll_forward(_books_of_all(data)),
    "liability-entries": lambda data: accounts.log_entries(_books_of_all(data)),
}
