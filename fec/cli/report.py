"""`fec report`: what a shop's owner, marketer and accountant look at, from an index."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fec.cli.base import Group, database_option
from fec.cli.context import Context, facts, grid
from fec.cli.extras import extra
from fec.cli.params import ADDRESS, AMOUNT, NEW_FILE
from fec.cli.report_liability import liability
from fec.cli.report_options import (
    CHART,
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
    help="A shopper is active for this many days after a purchase, and lapsing for as many more.",
)
_EVERY = click.Choice(["day", "week", "month", "quarter", "year"])


@click.group(cls=Group)
def report() -> None:
    """Reports: shoppers, cohorts, lifetime value, quotas, flow-back, points liability.

    Each report reads an index (`fec index run`) or an export of one, as of one block, and states the block's hash.
    Amounts are exact. Days, weeks and months are in UTC.
    """


report.add_command(liability)


@report.command()
@reporting
@_ACTIVE
@click.pass_obj
def overview(context: Context, /, *, active: int, **options: Any) -> None:
    """One line for each program or alliance, or for all: shoppers by state, spend, revenue per user, FEC outstanding in
    nodes.
    """
    from_ = _modules()
    make(context, lambda data, scope: [from_.shoppers.overview(data, scope, active)], **options)


@report.command()
@reporting
@_ACTIVE
@click.pass_obj
def shoppers(context: Context, /, *, active: int, **options: Any) -> None:
    """Each shopper: FEC outstanding in nodes, last claim, state."""
    from_ = _modules()
    make(context, lambda data, scope: [from_.shoppers.shoppers(data, scope, active)], **options)


@report.command()
@reporting
@click.option(
    "--within",
    type=click.IntRange(1, 3_650),
    default=30,
    show_default=True,
    metavar="DAYS",
    help="How soon after a claim a purchase counts.",
)
@click.pass_obj
def repeat(context: Context, /, *, within: int, **options: Any) -> None:
    """Repeat purchases, and purchases soon after a claim."""
    from_ = _modules()
    make(context, lambda data, scope: [from_.shoppers.repeat(data, scope, within)], **options)


@report.command()
@reporting
@click.option("--every", type=_EVERY, default="month", show_default=True, help="Length of a cohort.")
@CHART
@click.pass_obj
def cohorts(context: Context, /, *, every: Any, chart: Path | None, **options: Any) -> None:
    """Cohorts: shoppers by first purchase, and how many bought again."""
    from_ = _modules()

    def build(data: Data, scope: Scope) -> list[Report]:
        found = from_.cohorts.cohorts(data, scope, every)
        write_chart(chart, lambda: from_.chart_data.cohorts(found, every))
        return [found]

    make(context, build, default="protocol", **options)


@report.command()
@reporting
@click.option(
    "--weeks", type=click.IntRange(1, 520), default=52, show_default=True, metavar="COUNT", help="Weeks to look ahead."
)
@click.pass_obj
def value(context: Context, /, *, weeks: int, **options: Any) -> None:
    """Lifetime value of each shopper, estimated with BG/NBD and Gamma-Gamma."""
    from_ = _modules()
    make(context, lambda data, scope: [from_.value.value(data, scope, weeks)], default="protocol", **options)


@report.command()
@reporting
@click.pass_obj
def tiers(context: Context, /, **options: Any) -> None:
    """Spend and burns at each tier."""
    from_ = _modules()
    make(context, lambda data, scope: [from_.programs.tiers(data, scope)], **options)


@report.command()
@reporting
@click.pass_obj
def donations(context: Context, /, **options: Any) -> None:
    """Donations to each cause."""
    from_ = _modules()
    make(context, lambda data, scope: [from_.programs.donations(data, scope)], **options)


@report.command()
@reporting
@click.option(
    "--window",
    type=click.IntRange(1, 3_650),
    default=28,
    show_default=True,
    metavar="DAYS",
    help="Days over which the pace is measured.",
)
@click.pass_obj
def quota(context: Context, /, *, window: int, **options: Any) -> None:
    """Quota used, and when it runs out at the recent pace."""
    from_ = _modules()
    make(context, lambda data, scope: [from_.programs.quota(data, scope, window)], **options)


@report.command()
@reporting_all
@click.option("--every", type=_EVERY, default="week", show_default=True, help="Length of time that each row covers.")
@CHART
@click.pass_obj
def supply(context: Context, /, *, every: Any, chart: Path | None, **options: Any) -> None:
    """Supply and outstanding through time, for the whole protocol."""
    from_ = _modules()
    with opened(**options) as data:
        found = from_.supply.supply(data, every)
        write_chart(chart, lambda: from_.chart_data.supply(found))
        deliver(context, data.cutoff, [found], title=None, places=2, **options)


@report.command()
@reporting
@click.option("--every", type=_EVERY, default="week", show_default=True, help="Length of time that each row covers.")
@click.option("--split", type=click.Choice(["cohort", "shopper"]), help="One row for each cohort or shopper.")
@click.option("--shopper", type=ADDRESS, help="Only what flows back to this shopper.")
@click.option("--ics", type=NEW_FILE, metavar="FILE", help="Write a calendar to subscribe to (iCalendar).")
@CHART
@click.pass_obj
def calendar(
    context: Context,
    /,
    *,
    every: Any,
    split: Any,
    shopper: str | None,
    ics: Path | None,
    chart: Path | None,
    **options: Any,
) -> None:
    """Flow-back of all nodes by date, over their whole life, exact by the curve."""
    from_ = _modules()
    with opened(**options) as data:
        scope = scope_of(data, options["by"], options["program"], options["alliance"])
        found = from_.calendar.calendar(data, scope, every, split=split, shopper=shopper)
        if ics:
            ics.write_bytes(
                from_.writers.icalendar_feed(found, data.cutoff, f"{data.cutoff.fec.lower()}.{data.cutoff.chain_id}")
            )
        write_chart(chart, lambda: from_.chart_data.flowback(found))
        deliver(context, data.cutoff, [found], title=None, places=2, **options)


@report.command()
@reporting
@click.option(
    "--min-amount", type=AMOUNT, default="50", show_default=True, metavar="FEC", help="Smallest flow-back to list."
)
@click.option(
    "--every", type=_EVERY, default="week", show_default=True, help="How far to look ahead: the next day, week, …"
)
@click.pass_obj
def greet(context: Context, /, *, min_amount: int, every: Any, **options: Any) -> None:
    """Shoppers to greet next week, since a large amount flows back to them."""
    from_ = _modules()
    make(context, lambda data, scope: [from_.calendar.arrivals(data, scope, min_amount, every)], **options)


@report.command("all")
@reading
@click.argument("out", type=FOLDER)
@click.pass_obj
def all_(context: Context, /, *, out: Path, **options: Any) -> None:
    """Write every report as a CSV file into the folder OUT: by program, and for the whole protocol."""
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
        cutoff = data.cutoff
    table = grid(_("Report"), _("Rows"), _("ms"), left=[_("Report")])
    for name, count, milliseconds in rows:
        table.add_row(name, f"{count:,}", f"{milliseconds:,}")
    context.show(
        {
            "block": cutoff.block,
            "blockHash": cutoff.block_hash,
            "reports": [{"name": name, "rows": count, "milliseconds": spent} for name, count, spent in rows[1:]],
            "rowsRead": rows[0][1],
            "millisecondsRead": rows[0][2],
        },
        facts(from_.writers.source(cutoff)),
        table,
        _("Wrote {out}. Liabilities are in FEC, since no rate was given.", out=out),
    )


@report.command()
@database_option
@click.argument("folder", type=FOLDER)
@click.pass_obj
def export(context: Context, /, *, database: str, folder: Path) -> None:
    """Write the index into FOLDER as Parquet files, for reports and other tools."""
    from_ = _modules()
    engine = from_.store.open_database(database)
    from_.store.check_version(engine)
    manifest = from_.export.export(engine, folder)
    rows = sum(manifest.rows.values())
    context.show(
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
    """Compare the totals of all reports with each other and with the chain, to the wei. Fails if anything differs."""
    context: Context = ctx.obj
    from_ = _modules()
    with opened(**options) as data:
        found = from_.reconciliation.reconcile(data, context.client.web3, context.client.deployment)
    rows = grid(_("Total"), _("Reports"), _("Chain"), "", left=[_("Total")])
    for each in found:
        rows.add_row(_(each.what), f"{each.reports:,}", f"{each.chain:,}", "✓" if each.equal else "✗")
    context.show(
        {
            "block": data.cutoff.block,
            "blockHash": data.cutoff.block_hash,
            "sums": [
                {"what": each.what, "reports": str(each.reports), "chain": str(each.chain), "equal": each.equal}
                for each in found
            ],
        },
        facts(from_.writers.source(data.cutoff)),
        rows,
    )
    if not all(each.equal for each in found):
        ctx.exit(1)


def _since(before: float) -> int:
    return round((time.perf_counter() - before) * 1_000)


def _modules() -> Any:
    """The package's modules for reports, which need its extras."""
    with extra("server", "reports"):
        from fec import store  # noqa: PLC0415
        from fec.reports import (  # noqa: PLC0415
            calendar,
            chart_data,
            cohorts,
            export,
            programs,
            reconciliation,
            registry,
            shoppers,
            supply,
            value,
            writers,
        )
    found = (
        calendar,
        chart_data,
        cohorts,
        export,
        programs,
        reconciliation,
        registry,
        shoppers,
        store,
        supply,
        value,
        writers,
    )
    return type("Modules", (), {module.__name__.rpartition(".")[2]: module for module in found})
