"""What a scenario must not be: what no deployment could be, or no computer would finish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fec.core.curve import FACE_MULTIPLE
from fec.i18n import Message
from fec.simulate.errors import ScenarioInvalid
from fec.simulate.values import BPS, YEAR

if TYPE_CHECKING:
    from fec.simulate.scenario import Merchants, Population, Scenario

#: Bounds of the contracts, with which a test compares them.
MAX_CAP = 2**95 - 1
MIN_PERIOD, MAX_PERIOD = 43_200, 7_776_000
MIN_BURN = 1_000
#: Bounds of the simulator.
MAX_YEARS = 100
MAX_STEPS = 50_000


def check(scenario: Scenario) -> None:
    """Raises ScenarioInvalid if a value is out of its range."""
    _check_run(scenario)
    _check_coupon(scenario)
    _check_people(scenario)
    for name, each in scenario.merchants.items():
        _check_merchants(f"merchants.{name}", each)
    shares = sum(each.share for each in scenario.merchants.values())
    _demand(shares <= BPS, "merchants.*.share", Message("{most:percent} in all at most", most=BPS))


def _demand(holds: bool, key: str, wanted: Message) -> None:
    if not holds:
        raise ScenarioInvalid("{key} is out of range: {wanted}.", key=key, wanted=wanted)


def _check_run(scenario: Scenario) -> None:
    _demand(1 <= scenario.years <= MAX_YEARS, "years", Message("from 1 to {most}", most=MAX_YEARS))
    least = scenario.years * YEAR // MAX_STEPS + 1
    wanted = Message("from {least:duration} to {most:duration}, so that a run ends", least=least, most=YEAR)
    _demand(least <= scenario.step <= YEAR, "step", wanted)


def _check_coupon(scenario: Scenario) -> None:
    coupon = scenario.coupon
    _demand(coupon.cap <= MAX_CAP, "coupon.cap", Message("at most {most:fec}", most=MAX_CAP))
    _demand(coupon.genesis <= coupon.cap, "coupon.genesis", Message("at most {most:fec}", most=coupon.cap))
    budget = (coupon.cap - coupon.genesis) // (FACE_MULTIPLE - 1)
    _demand(coupon.elsewhere <= budget, "coupon.elsewhere", Message("at most {most:fec}", most=budget))
    _demand(coupon.turns > 0, "coupon.turns", Message("at least {least}", least=1))


def _check_people(scenario: Scenario) -> None:
    shoppers = scenario.shoppers
    groups: Mapping[str, Population] = {
        "shoppers": shoppers,
        **{f"merchants.{name}": each for name, each in scenario.merchants.items()},
    }
    for name, group in groups.items():
        _demand(
            group.first <= group.market,
            f"{name}.first",
            Message("at most the market, {most:number}", most=group.market),
        )
    wanted = Message("more than nothing in FEC")
    _demand(all(amount > 0 for amount in scenario.amounts), "shoppers.sizes", wanted)
    for key, share in (("respend", shoppers.respend), ("extra", shoppers.extra), ("claims", shoppers.claims)):
        _demand(share <= BPS, f"shoppers.{key}", Message("at most {most:percent}", most=BPS))


def _check_merchants(name: str, each: Merchants) -> None:
    wanted = Message("from {least:duration} to {most:duration}", least=MIN_PERIOD, most=MAX_PERIOD)
    _demand(MIN_PERIOD <= each.period <= MAX_PERIOD, f"{name}.period", wanted)
    wanted = Message("from {least:percent} to {most:percent}", least=MIN_BURN, most=BPS)
    _demand(MIN_BURN <= each.burn <= BPS, f"{name}.burn", wanted)
