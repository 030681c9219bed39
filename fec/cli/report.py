"""`fec report`: what a shop's owner, marketer and accountant look at, from an index."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fec.cli.base import Group
from fec.cli.context import Session, facts, grid
from fec.cli.extras import extra
from fec.cli.params import ADDRESS, AMOUNT, NEW_FILE
from fec.cli.report_liability import liability
from fec.cli.reporting import (
    CHART,
    DATABASE,
    FOLDER,
    deliver,
    make,
    opened,
    reading,
    reporting,
    reporting_all,
    scope_of,
    write_chart,
)
from fec.i18n import _

if TYPE_CHECKING:
    from fec.reports.data import Data, Scope
    from fec.reports.table import Report

_ACTIVE = click.option(
    "--active",
    type=click.IntRange(1, 3_650),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="Whoever bought within so many days is active; within twice as many, lapsing.",
)
_EVERY = click.Choice(["day", "week", "month", "quarter", "year"])


@click.group(cls=Group)
def report() -> None:
    """Reports: shoppers, cohorts, value, quotas, what flows back when, what is owed for points.

    Each is of one block, whose hash it names, and reads an index (`fec index run`) or an export of one. Amounts are
    exact; days, weeks and months are UTC's.
    """


report.add_command(liability)


@report.command()
@reporting
@_ACTIVE
@click.pass_obj
def overview(session: Session, /, *, active: int, **options: Any) -> None:
    """Each program, alliance, or all, in a line: shoppers by state, spend, revenue per user, what is bound."""
    from_ = _modules()
    make(session, lambda data, scope: [from_.shoppers.overview(data, scope, active)], **options)


@report.command()
@reporting
@_ACTIVE
@click.pass_obj
def shoppers(session: Session, /, *, active: int, **options: Any) -> None:
    """Who still has how much bound, who claimed when, who is lapsing."""
    from_ = _modules()
    make(session, lambda data, scope: [from_.shoppers.shoppers(data, scope, active)], **options)


@report.command()
@reporting
@click.option(
    "--within",
    type=click.IntRange(1, 3_650),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="How soon after a claim.",
)
@click.pass_obj
def repeat(session: Session, /, *, within: int, **options: Any) -> None:
    """Who buys again, and who does soon after something flowed back."""
    from_ = _modules()
    make(session, lambda data, scope: [from_.shoppers.repeat(data, scope, within)], **options)


@report.command()
@reporting
@click.option("--every", type=_EVERY, default="month", show_default=True, help="Length of a cohort.")
@CHART
@click.pass_obj
def cohorts(session: Session, /, *, every: Any, chart: Path | None, **options: Any) -> None:
    """Shoppers by when they first bought, and how many went on."""
    from_ = _modules()

    def build(data: Data, scope: Scope) -> list[Report]:
        found = from_.cohorts.cohorts(data, scope, every)
        write_chart(chart, lambda: from_.chart_data.cohorts(found, every))
        return [found]

    make(session, build, default="protocol", **options)


@report.command()
@reporting
@click.option(
    "--weeks", type=click.IntRange(1, 520), default=52, show_default=True, metavar="COUNT", help="How many weeks ahead."
)
@click.pass_obj
def value(session: Session, /, *, weeks: int, **options: Any) -> None:
    """What each shopper is yet worth, estimated by BG/NBD and Gamma-Gamma."""
    from_ = _modules()
    make(session, lambda data, scope: [from_.value.value(data, scope, weeks)], default="protocol", **options)


@report.command()
@reporting
@click.pass_obj
def tiers(session: Session, /, **options: Any) -> None:
    """How much is bought and burned at which tier."""
    from_ = _modules()
    make(session, lambda data, scope: [from_.programs.tiers(data, scope)], **options)


@report.command()
@reporting
@click.pass_obj
def donations(session: Session, /, **options: Any) -> None:
    """What was given to which cause."""
    from_ = _modules()
    make(session, lambda data, scope: [from_.programs.donations(data, scope)], **options)


@report.command()
@reporting
@click.option(
    "--window",
    type=click.IntRange(1, 3_650),
    default=28,
    show_default=True,
    metavar="DAYS",
    help="Days that the pace is taken over.",
)
@click.pass_obj
def quota(session: Session, /, *, window: int, **options: Any) -> None:
    """How much quota is used, and when it runs out at the pace of late."""
    from_ = _modules()
    make(session, lambda data, scope: [from_.programs.quota(data, scope, window)], **options)


@report.command()
@reporting_all
@click.option("--every", type=_EVERY, default="week", show_default=True, help="Length of a row.")
@CHART
@click.pass_obj
def supply(session: Session, /, *, every: Any, chart: Path | None, **options: Any) -> None:
    """What exists and what is still owed, through time; of the protocol as a whole."""
    from_ = _modules()
    with opened(**options) as data:
        found = from_.supply.supply(data, every)
        write_chart(chart, lambda: from_.chart_data.supply(found))
        deliver(session, data.moment, [found], title=None, places=2, **options)


@report.command()
@reporting
@click.option("--every", type=_EVERY, default="week", show_default=True, help="Length of a row.")
@click.option("--split", type=click.Choice(["cohort", "shopper"]), help="One row for each cohort or shopper.")
@click.option("--shopper", type=ADDRESS, help="What flows back to this shopper alone.")
@click.option("--ics", type=NEW_FILE, metavar="FILE", help="Write a calendar to subscribe to (iCalendar).")
@CHART
@click.pass_obj
def calendar(
    session: Session,
    /,
    *,
    every: Any,
    split: Any,
    shopper: str | None,
    ics: Path | None,
    chart: Path | None,
    **options: Any,
) -> None:
    """What flows back when, for the life of all nodes, exact by the curve."""
    from_ = _modules()
    with opened(**options) as data:
        scope = scope_of(data, options["by"], options["program"], options["alliance"])
        found = from_.calendar.calendar(data, scope, every, split=split, shopper=shopper)
        if ics:
            ics.write_bytes(from_.writers.feed(found, data.moment, f"{data.moment.fec.lower()}.{data.moment.chain_id}"))
        write_chart(chart, lambda: from_.chart_data.flowback(found))
        deliver(session, data.moment, [found], title=None, places=2, **options)


@report.command()
@reporting
@click.option(
    "--at-least", type=AMOUNT, default="50", show_default=True, metavar="FEC", help="The least that flows back."
)
@click.option(
    "--every", type=_EVERY, default="week", show_default=True, help="What to look ahead to: the next day, week, …"
)
@click.pass_obj
def greet(session: Session, /, *, at_least: int, every: Any, **options: Any) -> None:
    """Whom to greet next week, because so much flows back to them."""
    from_ = _modules()
    make(session, lambda data, scope: [from_.calendar.arrivals(data, scope, at_least, every)], **options)


@report.command("all")
@reading
@click.argument("out", type=FOLDER)
@click.pass_obj
def all_(session: Session, /, *, out: Path, **options: Any) -> None:
    """Every report, as CSV files in the folder OUT: by program, and for the protocol as a whole."""
    from_ = _modules()
    out.mkdir(parents=True, exist_ok=True)
    before = time.perf_counter()
    with opened(**options) as data:
        rows: list[tuple[str, int, int]] = [(_("Reading"), sum(data.manifest.rows.values()), _since(before))]
        for name, build in from_.registry.REPORTS.items():
            before = time.perf_counter()
            made: Report = build(data)
            (out / f"{name}.csv").write_text(from_.writers.as_csv(made))
            rows.append((name, len(made.rows), _since(before)))
        moment = data.moment
    table = grid(_("Report"), _("Rows"), _("ms"), left=[_("Report")])
    for name, count, milliseconds in rows:
        table.add_row(name, f"{count:,}", f"{milliseconds:,}")
    session.show(
        {
            "block": moment.block,
            "blockHash": moment.block_hash,
            "reports": [{"name": name, "rows": count, "milliseconds": spent} for name, count, spent in rows[1:]],
            "rowsRead": rows[0][1],
            "millisecondsRead": rows[0][2],
        },
        facts(from_.writers.source(moment)),
        table,
        _("Written to {out}: liabilities in FEC, since no rate was given.", out=out),
    )


@report.command()
@DATABASE
@click.argument("folder", type=FOLDER)
@click.pass_obj
def export(session: Session, /, *, database: str, folder: Path) -> None:
    """Write the index into FOLDER as Parquet files, for reports now and other tools."""
    from_ = _modules()
    engine = from_.store.open_database(database)
    from_.store.check_version(engine)
    manifest = from_.export.export(engine, folder)
    rows = sum(manifest.rows.values())
    session.show(
        {"block": manifest.block, "blockHash": manifest.block_hash, "rows": manifest.rows},
        _(
            "{rows:number} rows, as of block {block:number} ({hash}).",
            rows=rows,
            block=manifest.block,
            hash=manifest.block_hash,
        ),
    )


@report.command()
@reading
@click.pass_context
def check(ctx: click.Context, /, **options: Any) -> None:
    """Compare the sums of all reports with each other and with the chain, to the wei; fails if anything differs."""
    session: Session = ctx.obj
    from_ = _modules()
    with opened(**options) as data:
        found = from_.proof.prove(data, session.client.web3, session.client.deployment)
    rows = grid(_("Sum"), _("Reports"), _("Chain"), "", left=[_("Sum")])
    for each in found:
        rows.add_row(_(each.what), f"{each.reports:,}", f"{each.chain:,}", "✓" if each.equal else "✗")
    session.show(
        {
            "block": data.moment.block,
            "blockHash": data.moment.block_hash,
            "sums": [
                {"what": each.what, "reports": str(each.reports), "chain": str(each.chain), "equal": each.equal}
                for each in found
            ],
        },
        facts(from_.writers.source(data.moment)),
        rows,
    )
    if not all(each.equal for each in found):
        ctx.exit(1)


def _since(before: float) -> int:
    return round((time.perf_counter() - before) * 1_000)


def _modules() -> Any:
    """The package's modules for reports, which need its extras."""
    with extra("server", "analytics"):
        from fec import store  # noqa: PLC0415
        from fec.reports import (  # noqa: PLC0415  # noqa: PLC0415
            calendar,
            chart_data,
            cohorts,
            export,
            programs,
            proof,
            registry,
            shoppers,
            supply,
            value,
            writers,
        )
    found = (calendar, cohorts, chart_data, registry, export, writers, programs, proof, shoppers, supply, value, store)
    return type("Modules", (), {module.__name__.rpartition(".")[2]: module for module in found})
