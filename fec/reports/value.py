"""What shoppers are worth: revenue per user, and what is yet to come by published models.

BG/NBD (Fader, Hardie & Lee 2005, "Counting Your Customers" the Easy Way) for how often they will buy, Gamma-Gamma
(Fader & Hardie 2013, The Gamma-Gamma Model of Monetary Value) for how much; both fitted by `lifetimes` to exact sums.
What comes out are estimates of a statistical model, and the only floats here; no amount of the books is made of them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from typing import Any

from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, WEEK
from fec.i18n import N_, Message
from fec.reports.data import SCOPES, Data, Scope, total
from fec.reports.table import Column, Report

#: Fewer than these have nothing to fit four parameters to.
LEAST_SHOPPERS, LEAST_REPEATING = 50, 20
#: What is tried one after the other.
PENALTIES = (0.0, 1e-6, 1e-5, 1e-4, 1e-3)


@dataclass(frozen=True)
class Fit:
    """The models' parameters, named as in the papers; times are in weeks, money in FEC."""

    r: float
    alpha: float
    a: float
    b: float
    p: float
    q: float
    v: float
    penalty: float
    """On the size of the parameters' logarithms; zero: none."""


def histories(data: Data, scope: Scope) -> Any:
    """What the models know of a shopper: scope, shopper, days (with a purchase), first and last (such day), spend,
    first_spend (of the first day).

    Purchases of one day are one, as in the papers' data.
    """
    orders = data.scoped(data.orders, scope)
    daily = orders.group_by("scope", shopper=orders.customer, day=(orders.paid_at // DAY).cast("int64")).agg(
        spend=total(orders.net)
    )
    span = daily.group_by("scope", "shopper").agg(
        days=daily.count(), first=daily.day.min(), last=daily.day.max(), spend=total(daily.spend)
    )
    begun = daily.select("scope", "shopper", first="day", first_spend="spend")
    return span.inner_join(begun, ["scope", "shopper", "first"])


def fit(frequency: Any, recency: Any, age: Any, mean: Any) -> tuple[Any, Any, Fit] | None:
    """Fits both models to arrays, one entry a shopper; gives them and their parameters, None if the search finds none.

    The arrays: repeat purchases, weeks from the first to the last, weeks from the first to the cut-off, and mean FEC of
    a repeat purchase. Where hardly anybody has left, a and b may grow together without end: then the least of some
    small penalties on their size holds them.
    """
    from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: PLC0415 (takes seconds to import)

    again = frequency > 0
    counting = _fitted_by(BetaGeoFitter, frequency, recency, age)
    paying = _fitted_by(GammaGammaFitter, frequency[again], mean[again])
    if counting is None or paying is None:
        return None
    found = {**counting.params_, **paying.params_}
    penalty = max(counting.penalizer_coef, paying.penalizer_coef)
    return counting, paying, Fit(**{name: float(value) for name, value in found.items()}, penalty=penalty)


def _fitted_by(model: Any, *histories: Any) -> Any:
    """A model fitted with the least penalty with which its search ends; None if it never does."""
    from lifetimes.utils import ConvergenceError  # noqa: PLC0415 (as above)

    for penalty in PENALTIES:
        # The library warns of its own age and of steps that its search does not take, and prints what failed.
        with warnings.catch_warnings(action="ignore"), redirect_stdout(StringIO()), suppress(ConvergenceError):
            return model(penalizer_coef=penalty).fit(*histories)
    return None


def value(data: Data, scope: Scope, horizon: int = 52) -> Report:
    """What each shopper will buy in the next `horizon` weeks, by the models; those first who will bring most.

    All shoppers of a scope are fitted together; scopes with too few are left out, and named.
    """
    import numpy as np  # noqa: PLC0415 (with lifetimes)

    today = data.cutoff.timestamp // DAY
    groups: dict[int, list[tuple[Any, ...]]] = {}
    names = ("scope", "shopper", "days", "first", "last", "spend", "first_spend")
    for row in data.rows(histories(data, scope).select(*names).order_by("scope", "shopper")):
        groups.setdefault(row[0], []).append(row)
    found: list[tuple[Any, ...]] = []
    notes: list[Message] = [_MODELS]
    few = []
    for key, people in groups.items():
        repeats = [row[2] - 1 for row in people]
        if len(people) < LEAST_SHOPPERS or sum(count > 0 for count in repeats) < LEAST_REPEATING:
            few.append(key)
            continue
        frequency = np.array(repeats)
        recency = np.array([(row[4] - row[3]) * DAY / WEEK for row in people])
        age = np.array([(today - row[3]) * DAY / WEEK for row in people])
        mean = np.array([(row[5] - row[6]) / max(row[2] - 1, 1) / WEI_PER_FEC for row in people])
        fitted = fit(frequency, recency, age, mean)
        if fitted is None:
            few.append(key)
            continue
        counting, paying, parameters = fitted
        purchases = counting.conditional_expected_number_of_purchases_up_to_time(horizon, frequency, recency, age)
        alive = counting.conditional_probability_alive(frequency, recency, age)
        worth = paying.conditional_expected_average_profit(frequency, mean)
        guesses = zip(*(sane(np.asarray(part, float).tolist()) for part in (alive, purchases, worth)), strict=True)
        rows = [
            (key, row[1], row[2], row[5], *guess, None if None in guess[1:] else guess[1] * guess[2])
            for row, guess in zip(people, guesses, strict=True)
        ]
        found += sorted(rows, key=lambda row: (-(row[-1] or 0), row[1]))
        notes.append(_fitted(key, parameters))
        if parameters.penalty:
            notes.append(
                Message(
                    "Almost no shopper has left, so the fit uses a penalty of {penalty:g}.", penalty=parameters.penalty
                )
            )
    if few:
        notes.append(
            Message(
                "Too little data in {scopes}: the models need at least {shoppers} shoppers, {repeating} of them "
                "with repeat purchases, and differing histories.",
                scopes=", ".join(map(str, few)),
                shoppers=LEAST_SHOPPERS,
                repeating=LEAST_REPEATING,
            )
        )
    columns = (
        Column("scope", SCOPES[scope.by], "number"),
        Column("shopper", N_("Shopper"), "address"),
        Column("days", N_("Days bought"), "number"),
        Column("spend", N_("Spent"), "wei"),
        Column("alive", N_("Still shopping"), "estimate"),
        Column("purchases", N_("Expected purchases"), "estimate"),
        Column("mean", N_("FEC per purchase"), "estimate"),
        Column("value", N_("Expected FEC"), "estimate"),
    )
    title = Message("Lifetime value over the next {weeks} weeks", weeks=horizon)
    return Report("value", title, columns, found, tuple(notes))


def sane(estimates: Sequence[float]) -> list[float | None]:
    """Estimates, and None for those that the model has no number for."""
    return [estimate if math.isfinite(estimate) else None for estimate in estimates]


def _fitted(key: int, parameters: Fit) -> Message:
    parameters_text = {name: f"{number:.3f}" for name, number in vars(parameters).items() if name != "penalty"}
    return Message(
        "Fitted, {scope}: r {r}, alpha {alpha}, a {a}, b {b} (weeks); p {p}, q {q}, v {v} (FEC).",
        scope=key,
        **parameters_text,
    )


_MODELS = Message(
    "Estimates with BG/NBD and Gamma-Gamma, not promises. Purchases of one day count as one. Spend is before costs "
    "and not discounted. Sales settled later are left out: what they cost is not on the chain."
)
