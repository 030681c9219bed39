"""The protocol's own books through time: what exists, what was burned, what is still owed."""

from __future__ import annotations

import ibis

from fec.core.durations import DAY
from fec.i18n import N_, Message
from fec.reports.data import Data
from fec.reports.dates import Every
from fec.reports.table import Column, Report

INFLATION = Message("Each 1,000 burned promise 10,000, so supply can grow by 9,000, but never past the cap.")


def supply(data: Data, every: Every = "week") -> Report:
    """The totals at the end of each day, week, month, … in which they changed; of the present one, at the cut-off."""
    totals = data.totals_through_time
    [(first,)] = data.rows(totals.agg(first=totals.time.min()))
    now = data.cutoff.timestamp
    days = data.calendar(now if first is None else first, now, every)
    placed = totals.mutate(day=totals.time // DAY).inner_join(days, "day")
    newest = ibis.window(group_by="number", order_by=[ibis.desc("block_number"), ibis.desc("log_index")])
    placed = placed.mutate(age=ibis.row_number().over(newest))
    ends = placed.filter(placed.age == 0).select("begin", "time", "supply", "burned", "outstanding")
    columns = (
        Column("begin", N_("From"), "day"),
        Column("time", N_("Last change"), "time"),
        Column("supply", N_("Supply"), "wei"),
        Column("burned", N_("Burned"), "wei"),
        Column("outstanding", N_("Outstanding"), "wei"),
    )
    return Report("supply", Message("Supply and outstanding"), columns, data.rows(ends.order_by("begin")), (INFLATION,))
