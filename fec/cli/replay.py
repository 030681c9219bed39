"""`fec replay`: puts a purchase history on a development chain, with real orders."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fec.chain.anvil import MNEMONIC
from fec.cli.base import Command, transaction_options
from fec.cli.context import Context, facts
from fec.cli.daily import settle_daily, signing_owner
from fec.cli.display import shape
from fec.cli.errors import CommandRefused
from fec.cli.extras import extra
from fec.cli.history import sale_columns, shoppers_row, totals_record, totals_row, zeros_remark
from fec.cli.params import ADDRESS, AMOUNT, DURATION, FILE, SHARE, TIER
from fec.cli.progress import progress_of
from fec.core.amounts import WEI_PER_FEC, exact_fec
from fec.core.durations import WEEK
from fec.i18n import _, ngettext
from fec.protocol.terms import Tier

if TYPE_CHECKING:
    from fec.replay import History, ReplayReport, ReplaySettings

_SHOWN = 20
#: What the sentence on the curve speaks of.
_EXAMPLE = 100 * WEI_PER_FEC


@click.command(cls=Command)
@click.argument("file", type=FILE)
@sale_columns("Column of the shopper.")
@click.option("--store", metavar="COLUMN", help="Column of the store [one store for all rows].")
@click.option("--rate", type=AMOUNT, required=True, metavar="FEC", help="FEC for one unit of the file's currency.")
@click.option("--currency", default="", metavar="TEXT", help="Name of the currency on the invoices, such as USD.")
@click.option(
    "--tier",
    "tiers",
    type=TIER,
    multiple=True,
    metavar="SPEND:PERCENT",
    help="Burn share from this lifetime spend on, in whole FEC [0:10].",
)
@click.option("--returns", "return_window", type=DURATION, default=0, metavar="DURATION", help="Return window [0s].")
@click.option("--period", "period_length", type=DURATION, default=WEEK, metavar="DURATION", help="Period length [7d].")
@click.option("--donation", type=SHARE, default=0, metavar="PERCENT", help="Share of each payment for the cause [0].")
@click.option("--cause", type=ADDRESS, metavar="ADDRESS", help="Cause that receives the donations.")
@click.option(
    "--every", type=DURATION, default=1, metavar="DURATION", help="Purchases within this time share a block [1s]."
)
@click.option("--shift", is_flag=True, help="Move all times by whole weeks, so that they lie after the chain's clock.")
@click.option("--leave-open", is_flag=True, help="Capture nothing after the last row, since the file will grow.")
@click.option("--wallets", metavar="TEXT", help="Seed of the test wallets' keys [Anvil's mnemonic].")
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    metavar="COUNT",
    help="Processes that sign [number of processors minus one].",
)
@click.option(
    "--settle",
    type=click.Choice(["daily"]),
    help="Settle each day's sales at once, all stores under one program, instead of paying orders.",
)
@click.option(
    "--open",
    "to_open",
    type=click.IntRange(0),
    default=0,
    metavar="COUNT",
    help="With --settle: open so many nodes, drawn at random, and claim all of each at its end [0].",
)
@transaction_options()
@click.pass_obj
def replay(
    context: Context,
    *,
    file: Path,
    shopper: str,
    moment: str,
    amount: str,
    store: str | None,
    order_id: str | None,
    rate: int,
    currency: str,
    places: int,
    tiers: Sequence[Tier],
    return_window: int,
    period_length: int,
    donation: int,
    cause: str | None,
    every: int,
    shift: bool,
    leave_open: bool,
    wallets: str | None,
    workers: int | None,
    settle: str | None,
    to_open: int,
) -> None:
    """Replay a purchase history, a CSV or Parquet FILE, on a development chain, with real orders.

    For the account that owns ADN and holds the genesis supply. Each store becomes a program and each shopper gets a
    test wallet. The chain's clock follows the file. After an interruption, the next run continues where this one
    stopped; nothing is paid twice. The wallets' keys are derived from --wallets, so anybody who knows it controls them
    all.

    With --settle daily the shoppers pay elsewhere: all stores are one program, whose merchant burns for each day's
    sales at once when their return window is over.
    """
    with extra("replay"):
        from fec.replay import Columns, ReplaySettings, StoreTerms, read  # noqa: PLC0415
    if bool(donation) != (cause is not None):
        raise CommandRefused("--donation and --cause need each other. Give both or neither.")
    if to_open and settle is None:
        raise CommandRefused("--open opens settled nodes. Give --settle daily with it.")
    if settle is not None and (cause is not None or every != 1):
        raise CommandRefused(
            "--settle makes no orders, so there are no donations, and a day's sales share a block. "
            "Leave out --cause, --donation and --every."
        )
    before = time.perf_counter_ns()
    columns = Columns(shopper, moment, amount, store, order_id)
    history = read(file, columns, rate=rate, currency=currency, places=places)
    reading = (time.perf_counter_ns() - before) // 1_000_000
    if context.dry_run:
        _show_plan(context, history)
        return
    settings = ReplaySettings(
        terms=StoreTerms(tuple(tiers) or StoreTerms().tiers, return_window, period_length, donation, cause),
        seed=wallets or MNEMONIC,
        every=every,
        shift=shift,
        leave_open=leave_open,
        workers=max((os.cpu_count() or 1) - 1, 1) if workers is None else workers,
    )
    if settle is not None:
        settle_daily(context, history, settings, to_open, reading)
        return
    report = _run(context, history, settings)
    _show(context, report, settings, {"file": reading, **report.milliseconds})


def _run(context: Context, history: History, settings: ReplaySettings) -> ReplayReport:
    from fec.replay import Replay  # noqa: PLC0415

    owner = signing_owner(context)
    phases = {"chain": _("Reading the chain"), "setUp": _("Setting up"), "replay": _("Replaying")}
    with progress_of(context, phases) as advanced:
        return Replay(context.client, owner, settings).run(history, advanced)


def _show_plan(context: Context, history: History) -> None:
    purchases = [row for row in history.rows if row.amount > 0]
    returns = len(history.rows) - len(purchases)
    stores, shoppers = len({row.store for row in purchases}), len({row.shopper for row in purchases})
    spend = sum(row.amount for row in purchases)
    context.show(
        {
            "dryRun": True,
            "orders": len(purchases),
            "returns": returns,
            "zeros": len(history.zeros),
            "stores": stores,
            "shoppers": shoppers,
            "amount": exact_fec(spend),
        },
        _(
            "Dry run: nothing was sent. The file has {orders:number} purchases for {spend:fec} by {shoppers:number} "
            "shoppers at {stores:number} stores, {returns:number} returns and {zeros:number} rows for nothing.",
            orders=len(purchases),
            spend=spend,
            shoppers=shoppers,
            stores=stores,
            returns=returns,
            zeros=len(history.zeros),
        ),
    )


def _show(context: Context, report: ReplayReport, settings: ReplaySettings, milliseconds: dict[str, int]) -> None:
    figures = report.figures
    rows = [
        (
            _("Orders"),
            _(
                "{orders:number} for {paid:fec}, {new:number} of them in this run",
                orders=report.orders,
                paid=report.paid,
                new=report.new_orders,
            ),
        ),
        (
            _("Returned"),
            _(
                "{refunds:number} for {refunded:fec}, {new:number} of them in this run",
                refunds=report.refunds,
                refunded=report.refunded,
                new=report.new_refunds,
            ),
        ),
        (
            _("Burned"),
            _("{burned:fec} into {nodes:number} nodes", burned=report.burned, nodes=report.nodes),
        ),
        shoppers_row(report.shoppers, report.stores),
        (
            _("This run"),
            _(
                "{transactions:number} transactions in {blocks:number} blocks, {rate:number} orders a second",
                transactions=report.transactions,
                blocks=report.blocks,
                rate=report.orders_per_second,
            ),
        ),
        *((_time_word(name), _("{count:number} ms", count=count)) for name, count in milliseconds.items() if count),
        totals_row(figures),
    ]
    context.show(
        _record(report, milliseconds),
        facts(rows),
        *_remarks(report),
        shape(_EXAMPLE, settings.terms.period_length),
    )


def _remarks(report: ReplayReport) -> Iterator[str]:
    """Notes on returns, rows and times that differ from the file."""
    if report.left_out:
        yield ngettext(
            "{count:number} return was not taken back:",
            "{count:number} returns were not taken back:",
            len(report.left_out),
        )
    for line, reason in report.left_out[:_SHOWN]:
        yield _("  line {line}: {reason}", line=line, reason=reason)
    if (more := len(report.left_out) - _SHOWN) > 0:
        yield _("  and {count:number} more; --json lists all", count=more)
    if report.zeros:
        yield zeros_remark(len(report.zeros))
    if report.unminted:
        yield _("{count:number} nodes could not be minted. Their burn share was returned.", count=report.unminted)
    if report.shift:
        yield _("All times are {shift:duration} later than in the file.", shift=report.shift)
    if report.lateness:
        yield _("Blocks came up to {lateness:duration} later than in the file.", lateness=report.lateness)


def _time_word(name: str) -> str:
    """What took a time; the last three of them run beside each other."""
    return {
        "file": _("File read in"),
        "read": _("Chain read in"),
        "setUp": _("Set up in"),
        "replay": _("Replayed in"),
        "waitedForChain": _("of which waiting for Anvil"),
        "waitedForSigning": _("of which waiting for signatures"),
        "signing": _("Signing time of the workers"),
    }[name]


def _record(report: ReplayReport, milliseconds: dict[str, int]) -> dict[str, Any]:
    figures = report.figures
    return {
        "orders": report.orders,
        "newOrders": report.new_orders,
        "paid": exact_fec(report.paid),
        "refunds": report.refunds,
        "newRefunds": report.new_refunds,
        "refunded": exact_fec(report.refunded),
        "captured": report.captured,
        "nodes": report.nodes,
        "burned": exact_fec(report.burned),
        "unminted": report.unminted,
        "notTakenBack": [{"line": line, "reason": str(reason)} for line, reason in report.left_out],
        "zeros": list(report.zeros),
        "stores": report.stores,
        "shoppers": report.shoppers,
        "transactions": report.transactions,
        "blocks": report.blocks,
        "shift": report.shift,
        "lateness": report.lateness,
        "ordersPerSecond": report.orders_per_second,
        "milliseconds": milliseconds,
        **totals_record(figures),
    }
