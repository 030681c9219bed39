"""What the merchant's pages draw, made in a process of its own, for it reads the index at length.

    FEC_DATABASE=shop.sqlite python -m fec.analytics.figures 2     # a program's
    FEC_DATABASE=shop.sqlite python -m fec.analytics.figures       # the protocol's

prints `{"asOf": {"block", "blockHash", "timestamp"}, CHART: DATA, …}`, where DATA is what `fec chart CHART` draws.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from fec import store
from fec.analytics import calendar, cohorts, drawn, supply
from fec.analytics.data import Data, Scope, of_index
from fec.analytics.liability import IN_FEC, statement
from fec.flows import DAY

#: For so long a calendar is one of days, and of weeks if it is longer.
_DAYS = 120


def of_program(data: Data, program_id: int) -> dict[str, Any]:
    """A program's flow-back, cohorts and liability, which is in FEC. Raises NothingToReport if it is not there."""
    scope = Scope("program", program_id)
    books = statement(data, scope, IN_FEC)
    ahead = calendar.last_time(data) - data.moment.timestamp
    return {
        "flowback": drawn.flowback(calendar.calendar(data, scope, "day" if ahead < _DAYS * DAY else "week")),
        "cohorts": drawn.cohorts(cohorts.cohorts(data, scope, "month"), "month"),
        "liability": drawn.liability(books),
    }


def of_protocol(data: Data) -> dict[str, Any]:
    """What exists and what is owed, through time."""
    return {"supply": drawn.supply(supply.supply(data, "day"))}


def main() -> None:
    """Prints the figures of the program named, or of the protocol."""
    database = store.open_database(os.environ["FEC_DATABASE"])
    store.check_version(database)
    with of_index(database) as data:
        moment = data.moment
        as_of = {"block": moment.block, "blockHash": moment.block_hash, "timestamp": moment.timestamp}
        found = of_program(data, int(sys.argv[1])) if sys.argv[1:] else of_protocol(data)
    json.dump({"asOf": as_of, **found}, sys.stdout)


if __name__ == "__main__":
    main()
