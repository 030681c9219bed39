"""`fec curve`: how a node pays back, as a table and as a picture."""

from __future__ import annotations

from datetime import datetime

import click
from rich.cells import cell_len
from rich.text import Text

from fec.cli.base import Command
from fec.cli.context import Context, grid
from fec.cli.display import cell, shape, stamp, utc
from fec.cli.params import AMOUNT, DATETIME, DURATION
from fec.core import curve as schedule
from fec.core.amounts import WEI_PER_FEC, exact_fec
from fec.core.durations import WEEK
from fec.i18n import _, amount
from fec.i18n.errors import InvalidAmount

_ONE_ADN = 1_000 * WEI_PER_FEC
_ROWS = 12
_EIGHTHS = " ▁▂▃▄▅▆▇█"


@click.command(cls=Command)
@click.option("--principal", type=AMOUNT, default=_ONE_ADN, metavar="AMOUNT", help="FEC burned [1000: one ADN].")
@click.option("--start", type=DATETIME, metavar="DATE", help="Start of the first period [today].")
@click.option("--period", "period_length", type=DURATION, default=WEEK, metavar="DURATION", help="Period length [7d].")
@click.option("--all", "every", is_flag=True, help="Show all 100 periods instead of every tenth and the milestones.")
@click.pass_obj
def curve(context: Context, principal: int, start: int | None, period_length: int, every: bool) -> None:
    """Show how a node pays back. Needs no chain."""
    if not principal:
        raise InvalidAmount("A node needs principal. Give an amount above 0.")
    if not period_length:
        raise click.BadParameter(_("A period must be longer than 0 s."), param_hint="--period")
    if start is None:
        start = DATETIME.convert(datetime.now().astimezone().date().isoformat(), None, None)
    releases = list(schedule.table(principal, start, period_length))
    marks = milestones(principal)
    table = grid(_("Period"), _("Ends"), _("Pays"), _("Paid in total"), "", left=(_("Ends"), ""))
    for release in releases:
        if every or release.period in marks or release.period % 10 == 0:
            table.add_row(
                str(release.period),
                stamp(release.timestamp),
                cell(release.amount),
                cell(release.released),
                marks.get(release.period, ""),
                style="bold" if release.period in marks else "",
            )
    context.show(
        {
            "principal": exact_fec(principal),
            "face": exact_fec(schedule.face(principal)),
            "start": utc(start),
            "periodLength": period_length,
            "milestones": {"principalBack": _back(principal), "halfOfAll": _half(principal)},
            "periods": [
                {
                    "period": release.period,
                    "time": utc(release.timestamp),
                    "amount": exact_fec(release.amount),
                    "released": exact_fec(release.released),
                }
                for release in releases
            ],
        },
        shape(principal, period_length),
        "",
        picture(principal, context.out.width),
        table,
        _("From {start:date}.", start=start),
    )


def _back(principal: int) -> int:
    return schedule.period_when_released(principal, principal)


def _half(principal: int) -> int:
    return schedule.period_when_released(principal, schedule.face(principal) // 2)


def milestones(principal: int) -> dict[int, str]:
    """The periods that a holder wants to know about."""
    return {
        1: _("the first to pay"),
        _back(principal): _("the burned amount is back"),
        _half(principal): _("half of the total is paid"),
        schedule.PERIODS: _("the last and largest"),
    }


def picture(principal: int, width: int) -> Text:
    """What a node has paid by each period, from 1 to 100, in block characters; half as wide on a narrow terminal."""
    face = schedule.face(principal)
    labels = {_ROWS - 1: amount(face), _ROWS // 2 - 1: amount(face // 2)}
    axis = _("periods")
    margin = max(len(label) for label in labels.values())
    step = 1 if width > margin + schedule.PERIODS + 3 else 2
    heights = [schedule.released(principal, k) * _ROWS * 8 // face for k in range(step, schedule.PERIODS + 1, step)]
    chart = Text(no_wrap=True)
    for row in reversed(range(_ROWS)):
        bar = "".join(_EIGHTHS[min(8, max(0, height - 8 * row))] for height in heights)
        chart.append(f"{labels.get(row, ''):>{margin}} ┤", style="dim")
        chart.append(f"{bar}\n", style="green")
    numbers = "".join(f"{k:>{20 // step}}" for k in range(20, schedule.PERIODS + 1, 20))
    chart.append(
        f"{'':>{margin}} └{'─' * len(heights)}\n{' ' * (margin - cell_len(axis))}{axis}  {numbers}", style="dim"
    )
    return chart
