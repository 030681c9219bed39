"""What a run means, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fec.core.amounts import WEI_PER_FEC
from fec.core.curve import FACE_MULTIPLE
from fec.core.shares import BASIS_POINTS
from fec.i18n import Message
from fec.simulate.result import Result
from fec.simulate.values import DATE, HUNDRED


@dataclass(frozen=True)
class Verdict:
    """One finding."""

    name: str
    """For machines."""
    message: Message


def verdicts(result: Result) -> list[Verdict]:
    """All that is to be said of a run."""
    found = [*_budget(result), *_dilution(result), *_early(result), *_flow_back(result), *_coins(result)]
    return [*found, *_wash(result)]


def times(hundredths: int) -> str:
    """A factor: `7.29`."""
    return f"{hundredths // HUNDRED}.{hundredths % HUNDRED:02}"


def _whole(wei: int) -> int:
    """Without the fraction of a FEC, for a sentence; JSON has every wei."""
    fraction: int = wei % WEI_PER_FEC
    return wei - fraction


def _budget(result: Result) -> Iterator[Verdict]:
    if result.budget_ended is None:
        lasts = Message(
            "The budget lasts: after {years} years {left:fec} of it are left to grant.",
            years=result.scenario.years,
            left=_whole(result.points[-1].budget),
        )
        yield Verdict("budgetLasts", lasts)
    else:
        ends = Message(
            "The budget ends on {date}. New nodes are then made out of quotas granted before, and after that no more. "
            "Nothing promised fails: the {owed:fec} owed on that day fit under the cap, and the last of it is released "
            "by {until}.",
            date=DATE.write(result.budget_ended),
            owed=_whole(_owed_when_it_ended(result)),
            until=DATE.write(result.paid_until),
        )
        yield Verdict("budgetEnds", ends)
    if without := sum(point.without_quota for point in result.points):
        short = Message("{count:number} baskets could not be paid in FEC: no quota was left for them.", count=without)
        yield Verdict("withoutQuota", short)


def _owed_when_it_ended(result: Result) -> int:
    return next(point.outstanding for point in result.points if point.time == result.budget_ended)


def _dilution(result: Result) -> Iterator[Verdict]:
    genesis, final = result.scenario.coupon.genesis, result.final_supply
    if not result.burned:
        none = Message("Nobody burned anything: supply stays at {genesis:fec}.", genesis=_whole(genesis))
        yield Verdict("nothingBurned", none)
        return
    dilution = Message(
        "Nodes are paid with new coins: {burned:fec} are burned, and supply goes from {genesis:fec} to {final:fec}. "
        "A holder who keeps their coins all that time ends with {share:percent} of their initial share of all FEC. "
        "No price of FEC is promised.",
        burned=_whole(result.burned),
        genesis=_whole(genesis),
        final=_whole(final),
        share=genesis * BASIS_POINTS // final,
    )
    yield Verdict("dilution", dilution)


def _early(result: Result) -> Iterator[Verdict]:
    """Whether those who came early are paid by those who came late."""
    refused = sum(point.without_quota for point in result.points if (result.budget_ended or 0) <= point.time)
    if result.budget_ended is not None and refused:
        owed = _owed_when_it_ended(result)
        early = Message(
            "This setting pays early shoppers from the dilution of later ones: from {date} on {count:number} baskets "
            "bring no node, while nodes of earlier ones still pay {owed:fec} in new coins, {share:percent} of all FEC "
            "that there will be.",
            date=DATE.write(result.budget_ended),
            count=refused,
            owed=_whole(owed),
            share=owed * BASIS_POINTS // result.final_supply,
        )
        yield Verdict("earlyPaidByLater", early)
    returns = [(cohort.year + 1, cohort.real_return) for cohort in result.shoppers]
    known = [(year, value) for year, value in returns if value is not None]
    if len(known) <= 1:
        return
    (first_year, first), (year, least) = known[0], min(known, key=lambda each: each[1])
    if least < HUNDRED <= first:
        lose = Message(
            "This setting pays early shoppers from the dilution of later ones: if all FEC together were always worth "
            "the same, those who joined in year {first_year} would get back {first} times what they burned, those of "
            "year {year} only {least} times.",
            first_year=first_year,
            first=times(first),
            year=year,
            least=times(least),
        )
        yield Verdict("laterLose", lose)
    elif least < first:
        less = Message(
            "If all FEC together were always worth the same, those who joined in year {first_year} would get back "
            "{first} times what they burned, those of year {year} {least} times. What earlier ones gain, later ones "
            "and those who keep coins pay.",
            first_year=first_year,
            first=times(first),
            year=year,
            least=times(least),
        )
        yield Verdict("laterGetLess", less)
    else:
        no_less = Message(
            "If all FEC together were always worth the same, those who joined in year {first_year} would get back "
            "{first} times what they burned, and nobody later less. Those who keep coins pay for it.",
            first_year=first_year,
            first=times(first),
        )
        yield Verdict("laterGetNoLess", no_less)


def _flow_back(result: Result) -> Iterator[Verdict]:
    shares = [
        (year.by_flow_back * BASIS_POINTS // year.sales, number)
        for number, year in enumerate(result.years, 1)
        if year.sales
    ]
    if shares:
        share, number = max(shares)
        most = Message(
            "In year {year}, when it is most, {share:percent} of all purchases are paid out of what flowed back. For "
            "the rest shoppers need coins of others.",
            year=number,
            share=share,
        )
        yield Verdict("flowBack", most)


def _coins(result: Result) -> Iterator[Verdict]:
    if without := sum(point.without_coins for point in result.points):
        short = Message(
            "{count:number} baskets could not be paid in FEC: all coins had already been spent once in that step. "
            "There are too few for so much trade.",
            count=without,
        )
        yield Verdict("withoutCoins", short)


def _wash(result: Result) -> Iterator[Verdict]:
    if burned := result.wash.burned:
        wash = Message(
            "Merchants who buy from themselves burn {burned:fec} and gain {gain:fec}: 9,000 for each 1,000. Only quota "
            "bounds it: they were granted {granted:fec}, so they can gain {most:fec} at most.",
            burned=_whole(burned),
            gain=_whole(burned * (FACE_MULTIPLE - 1)),
            granted=_whole(result.wash_granted),
            most=_whole(result.wash_granted * (FACE_MULTIPLE - 1)),
        )
        yield Verdict("wash", wash)
