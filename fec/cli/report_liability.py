"""`fec report liability`: what is owed for points, for the accountant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from fec.cli.base import Command
from fec.cli.context import Context
from fec.cli.errors import CommandRefused
from fec.cli.extras import extra
from fec.cli.params import AMOUNT, DATETIME, SHARE
from fec.cli.report_options import CHART, deliver, opened, reporting, scope_of, write_chart
from fec.core.shares import BASIS_POINTS
from fec.i18n import _


class Estimate(click.ParamType):
    """A share of points expected to be redeemed, and from when on; gives seconds and basis points."""

    name = "estimate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Reads `95%` or `2027-06-30=97%`."""
        if isinstance(value, tuple):
            return value
        date, equals, share = value.rpartition("=")
        bps = SHARE.convert(share, param, ctx)
        if bps > BASIS_POINTS:
            self.fail(_("{share} is too high. The highest share is 100%.", share=share), param, ctx)
        return (DATETIME.convert(date, param, ctx) if equals else 0), bps


class Price(click.ParamType):
    """A price in decimals; gives a fraction."""

    name = "price"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Reads `0.8`."""
        if isinstance(value, Fraction):
            return value
        if not re.fullmatch(r"\d{1,9}(\.\d{1,18})?", value.strip(), re.ASCII):
            self.fail(_("{value!r} is not a price. Write it in decimals, such as 0.8.", value=value), param, ctx)
        return Fraction(value.strip())


@click.command(cls=Command)
@reporting
@click.option("--rate", type=AMOUNT, required=True, metavar="FEC", help="FEC for one unit of the books' currency.")
@click.option("--currency", default="", metavar="TEXT", help="Name of the currency, such as USD.")
@click.option(
    "--places",
    type=click.IntRange(0, 6),
    default=2,
    show_default=True,
    help="Decimals of the currency's smallest unit.",
)
@click.option(
    "--policy",
    type=click.Choice(["material-right", "provision"]),
    default="material-right",
    show_default=True,
    help="Accounting policy: IFRS 15 / ASC 606, or a share of revenue, settled at the end of the year.",
)
@click.option(
    "--bearer",
    type=click.Choice(["merchant", "protocol"]),
    default="merchant",
    show_default=True,
    help="Who bears the obligation: the merchant, who accepts points for goods, or the protocol, which mints them.",
)
@click.option(
    "--redemption",
    "estimates",
    type=Estimate(),
    multiple=True,
    metavar="[DATE=]PERCENT",
    help="Share of points expected to be redeemed, from a date on [100%].",
)
@click.option(
    "--point-price",
    type=Price(),
    default="1",
    show_default=True,
    metavar="FEC",
    help="Stand-alone price of one FEC of flow-back, in FEC at checkout.",
)
@click.option(
    "--provision",
    type=SHARE,
    default="1.5%",
    show_default=True,
    metavar="PERCENT",
    help="Share of revenue, for the policy `provision`.",
)
@click.option(
    "--every",
    type=click.Choice(["month", "quarter", "year"]),
    default="month",
    show_default=True,
    help="Length of time that each row covers.",
)
@click.option("--entries", is_flag=True, help="Also report the log entries behind each figure.")
@CHART
@click.pass_obj
def liability(
    context: Context,
    /,
    *,
    rate: int,
    currency: str,
    places: int,
    policy: Any,
    bearer: Any,
    estimates: Sequence[tuple[int, int]],
    point_price: Fraction,
    provision: int,
    every: Any,
    entries: bool,
    chart: Path | None,
    **options: Any,
) -> None:
    """Points liability: roll-forward, journal entries, and the log entries behind each figure.

    The books are in a currency, converted at --rate. You choose the rate; no price of FEC is promised. --csv writes the
    roll-forward, or with --entries the log entries.
    """
    if rate == 0:
        raise CommandRefused(
            "A rate of 0 FEC gives no prices. Give the FEC that one unit of the currency buys, such as --rate 100."
        )
    with extra("server", "reports"):
        from fec.reports import accounts, chart_data, pools  # noqa: PLC0415
        from fec.reports.liability import Policy, statement  # noqa: PLC0415
    changes = sorted((begin, Fraction(bps, BASIS_POINTS)) for begin, bps in estimates) or [(0, Fraction(1))]
    chosen = Policy(
        rate=rate,
        name=policy,
        bearer=bearer,
        currency=currency,
        places=places,
        point_price=point_price,
        estimates=pools.Estimates(tuple(changes)),
        provision_rate=Fraction(provision, BASIS_POINTS),
    )
    with opened(**options) as data:
        scope = scope_of(data, options["by"], options["program"], options["alliance"], "protocol")
        books = statement(data, scope, chosen, every)
        made = accounts.reports(books, entries=entries)
        write_chart(chart, lambda: chart_data.liability(books))
        if options["csv"] and entries:
            made = [made[-1], *made[:-1]]
        deliver(context, data.cutoff, made, title=_("Points liability"), places=places, **options)
