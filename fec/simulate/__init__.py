"""The economy under stress: what supply, budget and shoppers come to under growth, churn, caps, quotas and periods.

    result = Economy(load("default").changed({"coupon.rate": "10"})).run()
    for verdict in verdicts(result):
        print(verdict.message)

Exact where the contracts are: `economy` says what is exact and what is a model. `sweep` makes many runs at once.
"""

from __future__ import annotations

from fec.simulate.economy import Economy, Purchase
from fec.simulate.errors import ScenarioInvalid
from fec.simulate.result import Cohort, Point, Result
from fec.simulate.scenario import Scenario, load, named
from fec.simulate.verdicts import Verdict, verdicts

__all__ = [
    "Cohort",
    "Economy",
    "Point",
    "Purchase",
    "Result",
    "Scenario",
    "ScenarioInvalid",
    "Verdict",
    "load",
    "named",
    "verdicts",
]
