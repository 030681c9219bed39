"""What a scenario must not be: what no deployment could be, or no computer would finish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fec.core.curve import FACE_MULTIPLE
from fec.core.durations import DAY, HOUR, YEAR
from fec.core.shares import BASIS_POINTS
from fec.i18n import Message
from fec.simulate.errors import ScenarioInvalid
from fec.simulate.tables import Coupon, Merchants, Population, Shoppers

#: Bounds of the contracts, with which a test compares them.
MAX_CAP = 2**95 - 1
MIN_PERIOD, MAX_PERIOD = 12 * HOUR, 90 * DAY
MIN_BURN = 1_000
#: Bounds of the simulator.
MAX_YEARS = 100
MAX_STEPS = 50_000


def _demand(holds: bool, key: str, wanted: Message) -> None:
    if not holds:
        raise ScenarioInvalid("{key} is out of range: {wanted}.", key=key, wanted=wanted)


def check_run(years: int, step: int) -> None:
    """Raises ScenarioInvalid if a run would be too long, in years or in steps of so many seconds."""
    _demand(1 <= years <= MAX_YEARS, "years", Message("from 1 to {most}", most=MAX_YEARS))
    least = years * YEAR // MAX_STEPS + 1
    wanted = Message("from {least:duration} to {most:duration}, so that a run ends", least=least, most=YEAR)
    _demand(least <= step <= YEAR, "step", wanted)


def check_coupon(coupon: Coupon) -> None:
    """Raises ScenarioInvalid if no such coupon could be deployed."""
    _demand(coupon.cap <= MAX_CAP, "coupon.cap", Message("at most {most:fec}", most=MAX_CAP))
    _demand(coupon.genesis <= coupon.cap, "coupon.genesis", Message("at most {most:fec}", most=coupon.cap))
    budget = (coupon.cap - coupon.genesis) // (FACE_MULTIPLE - 1)
    _demand(coupon.elsewhere <= budget, "coupon.elsewhere", Message("at most {most:fec}", most=budget))
    _demand(coupon.turns > 0, "coupon.turns", Message("at least {least}", least=1))


def check_people(shoppers: Shoppers, amounts: Sequence[int], merchants: Mapping[str, Merchants]) -> None:
    """Raises ScenarioInvalid if shoppers, what their baskets cost in wei, or merchants cannot be so."""
    groups: Mapping[str, Population] = {
        "shoppers": shoppers,
        **{f"merchants.{name}": each for name, each in merchants.items()},
    }
    for name, group in groups.items():
        _demand(
            group.first <= group.market,
            f"{name}.first",
            Message("at most the market, {most:number}", most=group.market),
        )
    wanted = Message("more than nothing in FEC")
    _demand(all(amount > 0 for amount in amounts), "shoppers.sizes", wanted)
    for key, share in (("respend", shoppers.respend), ("extra", shoppers.extra), ("claims", shoppers.claims)):
        _demand(share <= BASIS_POINTS, f"shoppers.{key}", Message("at most {most:percent}", most=BASIS_POINTS))
    for name, each in merchants.items():
        _check_merchants(f"merchants.{name}", each)
    shares = sum(each.share for each in merchants.values())
    _demand(shares <= BASIS_POINTS, "merchants.*.share", Message("{most:percent} in all at most", most=BASIS_POINTS))


def _check_merchants(name: str, each: Merchants) -> None:
    wanted = Message("from {least:duration} to {most:duration}", least=MIN_PERIOD, most=MAX_PERIOD)
    _demand(MIN_PERIOD <= each.period <= MAX_PERIOD, f"{name}.period", wanted)
    wanted = Message("from {least:percent} to {most:percent}", least=MIN_BURN, most=BASIS_POINTS)
    _demand(MIN_BURN <= each.burn <= BASIS_POINTS, f"{name}.burn", wanted)
