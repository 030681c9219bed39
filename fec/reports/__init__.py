"""Reports over an index: shoppers, cohorts, programs, what flows back when, what is owed for points.

from fec.reports import data, shoppers

with data.of_index(store.open_database("shop.sqlite")) as found:
    print(shoppers.overview(found, data.Scope("program")).rows)

Needs the package's extra `reports`; to run the same on Spark, `spark`.
docs/reference/reports.md says what each report means.
"""
