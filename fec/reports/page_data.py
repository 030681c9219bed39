"""What the merchant's pages draw, made in a process of its own, for it reads the index at length.

    FEC_DATABASE=shop.sqlite python -m fec.reports.page_data 2     # a program's
    FEC_DATABASE=shop.sqlite python -m fec.reports.page_data       # the protocol's

prints `{"asOf": {"block", "blockHash", "timestamp"}, CHART: DATA, …}`, where DATA is what `fec chart CHART` draws.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from fec import store
from fec.core.durations import DAY
from fec.reports import calendar, chart_data, cohorts, supply
from fec.reports.data import Data, Scope, of_index
from fec.reports.liability import IN_FEC, statement

#: For so long a calendar is one of days, and of weeks if it is longer.
_DAYS = 120


def of_program(data: Data, program_id: int) -> dict[str, Any]:
    """A program's flow-back, cohorts and liability, which is in FEC. Raises NothingToReport if it is not there."""
    scope = Scope("program", program_id)
    books = statement(data, scope, IN_FEC)
    ahead = calendar.last_time(data) - data.cutoff.timestamp
    return {
        "flowback": chart_data.flowback(calendar.calendar(data, scope, "day" if ahead < _DAYS * DAY else "week")),
        "cohorts": chart_data.cohorts(cohorts.cohorts(data, scope, "month"), "month"),
        "liability": chart_data.liability(books),
    }


def of_protocol(data: Data) -> dict[str, Any]:
    """What exists and what is owed, through time."""
    return {"supply": chart_data.supply(supply.supply(data, "day"))}


def main() -> None:
    """Prints the figures of the program named, or of the protocol."""
    database = store.open_database(os.environ["FEC_DATABASE"])
    store.check_version(database)
    with of_index(database) as data:
        cutoff = data.cutoff
        as_of = {"block": cutoff.block, "blockHash": cutoff.block_hash, "timestamp": cutoff.timestamp}
        found = of_program(data, int(sys.argv[1])) if sys.argv[1:] else of_protocol(data)
    json.dump({"asOf": as_of, **found}, sys.stdout)


if __name__ == "__main__":
    main()
