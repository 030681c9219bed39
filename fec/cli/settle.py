"""`fec settle`: a file of sales, paid in any way, settled into nodes without a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fec.cli.base import Command, confirmation_option, transaction_options
from fec.cli.context import Context, Simulated
from fec.cli.display import receipt_record, shape
from fec.cli.errors import CommandRefused
from fec.cli.extras import extra
from fec.cli.history import sale_columns
from fec.cli.params import FILE, NEW_FILE, PROGRAM, RATE, SHARE
from fec.cli.progress import progress_of
from fec.cli.service_sales import record_at_service
from fec.core.amounts import exact_fec
from fec.i18n import Message, _, ngettext
from fec.protocol.types import Program

if TYPE_CHECKING:
    from fec.replay.journal import Journal
    from fec.replay.sales import SaleRules, Sales
    from fec.replay.settling import Settling, SettlingPlan

_SHOWN = 20


@click.command(cls=Command)
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("file", type=FILE)
@sale_columns("Column of the shopper's account.")
@click.option("--currency", metavar="COLUMN", help="Column of the currency [one currency for all rows].")
@click.option(
    "--rate",
    "rates",
    type=RATE,
    multiple=True,
    metavar="[CURRENCY:]FEC",
    help="FEC for one unit of the currency. Repeat it for each that the column has.",
)
@click.option(
    "--burn",
    "burn_bps",
    type=SHARE,
    metavar="PERCENT",
    help="Share of each sale that is burned, for a program without terms at Checkout [of its terms].",
)
@click.option("--group", is_flag=True, help="One node for all sales of a shopper in a period.")
@click.option(
    "--journal",
    "journal_file",
    type=NEW_FILE,
    metavar="FILE",
    help="Where to keep which sales are settled [FILE.settled].",
)
@click.option(
    "--service",
    metavar="URL",
    help="Give the sales to the service there, which settles them with its own. Its API key is read from "
    "FEC_SERVICE_KEY.",
)
@transaction_options()
@confirmation_option
@click.pass_obj
def settle(
    context: Context,
    *,
    program_id: int,
    file: Path,
    shopper: str,
    moment: str,
    amount: str,
    order_id: str | None,
    currency: str | None,
    rates: Sequence[tuple[str, int]],
    places: int,
    burn_bps: int | None,
    group: bool,
    journal_file: Path | None,
    service: str | None,
) -> None:
    """Settle the sales in a CSV or Parquet FILE: burn PROGRAM's share of each, and give each shopper a node for it.

    For the program's operator or signer, out of their own FEC and the allowance to Checkout (`fec order allow`). The
    share is that of the tier that the shopper's spend on chain has reached, rounded up to the wei. Rows that cannot be
    settled are listed and left out. If FEC, allowance or quota do not suffice, the oldest sales are settled.

    Each sale is settled once: run the same file again after a crash, after it has grown, or after its rows were
    corrected. FILE.settled says which sales are settled; keep it beside the file.

    Where a service settles the program's sales, give the file to it with --service: it knows what is settled.
    """
    journal_path = journal_file or file.with_name(f"{file.name}.settled")
    if service is not None:
        if rates or currency or burn_bps or group or context.dry_run or order_id is None:
            raise click.UsageError(
                _(
                    "With --service name the order ids by --order-id, and leave out --rate, --currency, --burn, "
                    "--group and --dry-run: the service's settings say what sales are worth."
                )
            )
        if journal_path.exists() and journal_path.stat().st_size:
            raise CommandRefused(
                "Sales of this file were settled without the service: {journal} says which. Put the others into a new "
                "file.",
                journal=journal_path,
            )
        if not record_at_service(
            context, service, program_id, file, columns=(order_id, shopper, moment, amount), places=places
        ):
            click.get_current_context().exit(1)
        return
    if not rates:
        raise click.UsageError(_("Say with --rate what a unit of the currency is in FEC."))
    with extra("replay"):
        from fec.replay.history import Columns  # noqa: PLC0415
        from fec.replay.journal import Journal  # noqa: PLC0415
        from fec.replay.sales import read_sales  # noqa: PLC0415
        from fec.replay.settling import Settling  # noqa: PLC0415
    if any((currency is None) == bool(name) for name, _wei in rates) or (currency is None and len(rates) > 1):
        raise click.UsageError(
            _("Give one --rate FEC, or name the column of currencies with --currency and a --rate CURRENCY:FEC each.")
        )
    client = context.client
    program = client.programs.get(program_id)
    settling = Settling(client, program, burn_bps, group)
    deployment = f"{client.deployment['chainId']}:{client.deployment['contracts']['ADN']['address']}"
    journal = Journal(journal_path, deployment, program_id)
    columns = Columns(shopper, moment, amount, order_id=order_id, currency=currency)
    with nullcontext() if context.dry_run else journal.held():
        with progress_of(context, _phases()) as advanced:
            advanced("reading", 0, 0)
            rules = _rules(context, program, dict(rates), named=order_id is not None)
            sales = read_sales(file, columns, rules, places=places)
            plan = settling.plan(sales, journal.settled(settling.is_settled), journal.pending(), advanced)
        found = _Found(plan, _problems(sales, plan), plan.problems.count + sales.problems.count, sales.zeros)
        del sales  # the batches are what is left of them
        if context.dry_run:
            _rehearse(context, settling, found)
        else:
            _settle(context, settling, journal, found)
    if found.refused or plan.left:
        # What could be done is done; scripts have to see that it is not all.
        click.get_current_context().exit(1)


@dataclass(frozen=True)
class _Found:
    """What a file has for a program."""

    plan: SettlingPlan
    problems: list[tuple[int, Message]]
    """Rows that are left out, by line; the first ones."""
    refused: int
    """All of them."""
    zeros: int

    def record(self) -> dict[str, Any]:
        """For machines."""
        plan = self.plan
        return {
            "sales": plan.sales,
            "nodes": plan.leaves,
            "principal": exact_fec(plan.principal),
            "settledBefore": plan.settled_before,
            "zeros": self.zeros,
            "refused": self.refused,
            "problems": [{"line": line, "reason": str(reason)} for line, reason in self.problems],
            "shoppersRefusingNodes": list(plan.refusing),
            "left": {
                "sales": plan.left,
                "principal": exact_fec(plan.left_principal),
                "missing": {
                    "coins": exact_fec(plan.missing.coins),
                    "allowance": exact_fec(plan.missing.allowance),
                    "quota": exact_fec(plan.missing.quota),
                },
            },
        }

    def lines(self, program: Program) -> Iterator[str]:
        """For people."""
        plan = self.plan
        yield _(
            "{sales} become {nodes} of program {program_id}. {principal:fec} are burned, in {transactions}.",
            sales=ngettext("{count:number} sale", "{count:number} sales", plan.sales),
            nodes=ngettext("{count:number} node", "{count:number} nodes", plan.leaves),
            program_id=program.program_id,
            principal=plan.principal,
            transactions=ngettext("{count:number} transaction", "{count:number} transactions", len(plan.batches)),
        )
        if plan.settled_before:
            yield ngettext(
                "{count:number} sale was settled before.",
                "{count:number} sales were settled before.",
                plan.settled_before,
            )
        if self.zeros:
            yield ngettext(
                "{count:number} row for nothing was left out.",
                "{count:number} rows for nothing were left out.",
                self.zeros,
            )
        for account in plan.refusing[:_SHOWN]:
            yield _(
                "{account} is a contract that does not accept nodes. It may never be able to move its node: ask the "
                "shopper for another account.",
                account=account,
            )
        yield from self._refused()
        yield from self._left()

    def _refused(self) -> Iterator[str]:
        if self.refused:
            yield ngettext(
                "{count:number} row is left out. Correct it and run the command again:",
                "{count:number} rows are left out. Correct them and run the command again:",
                self.refused,
            )
        for line, reason in self.problems[:_SHOWN]:
            yield _("  line {line}: {reason}", line=line, reason=reason)
        if (more := self.refused - _SHOWN) > 0:
            yield _("  and {count:number} more; --json lists them", count=more)

    def _left(self) -> Iterator[str]:
        plan = self.plan
        if not plan.left:
            return
        yield _(
            "{sales}, the youngest, are not settled: {principal:fec} more would be burned for them.",
            sales=ngettext("{count:number} sale", "{count:number} sales", plan.left),
            principal=plan.left_principal,
        )
        if plan.missing.coins:
            yield _("  {missing:fec} are missing on the signing account. Get more FEC.", missing=plan.missing.coins)
        if plan.missing.allowance:
            yield _(
                "  Checkout may take {missing:fec} too little. Run `fec order allow {exact}`.",
                missing=plan.missing.allowance,
                exact=exact_fec(plan.principal + plan.left_principal),
            )
        if plan.missing.quota:
            yield _(
                "  {missing:fec} of quota are missing. Ask the owner of ADN for more: `fec program grant`.",
                missing=plan.missing.quota,
            )


def _rules(context: Context, program: Program, rates: Mapping[str, int], *, named: bool) -> SaleRules:
    from fec.replay.sales import SaleRules  # noqa: PLC0415

    client = context.client
    at_checkout = program.issuer == client.orders.address
    return SaleRules(
        program_id=program.program_id,
        rates=rates,
        since=client.programs.created_at(program.program_id),
        until=client.now(),
        own=frozenset(record["address"] for record in client.deployment["contracts"].values()),
        paid=frozenset(client.orders.keys(program.program_id)) if named and at_checkout else frozenset(),
    )


def _phases() -> dict[str, str]:
    return {"reading": _("Reading"), "tiers": _("Reading the tiers"), "shoppers": _("Looking at the shoppers")}


def _problems(sales: Sales, plan: SettlingPlan) -> list[tuple[int, Message]]:
    return sorted([*sales.problems.listed, *plan.problems.listed], key=itemgetter(0))


def _rehearse(context: Context, settling: Settling, found: _Found) -> None:
    gas = 0
    for batch in found.plan.batches:
        try:
            settling.send(batch)
        except Simulated as simulated:
            gas += simulated.gas
    context.show(
        {"dryRun": True, "transactions": len(found.plan.batches), "gas": gas, **found.record()},
        *found.lines(settling.program),
        _("Dry run: nothing was sent. It would take {gas:number} gas.", gas=gas),
    )


def _settle(context: Context, settling: Settling, journal: Journal, found: _Found) -> None:
    plan = found.plan
    if not context.as_json:
        context.print(*found.lines(settling.program))
    if plan.batches:
        context.confirm(shape(plan.principal, settling.program.period_length), final=True)
    steps = [partial(settling.settle, batch, journal) for batch in plan.batches]
    done = context.send_all(steps, _("Settling"))
    sent = [settled for settled, _found in done if settled is not None]
    gas = sum(settled.receipt.gas_used for settled in sent)
    context.show(
        {
            **found.record(),
            "settlements": [str(settlement_id) for _settled, settlement_id in done],
            "refs": [batch.ref for batch in plan.batches],
            "gas": gas,
            "transactions": [receipt_record(settled.receipt) for settled in sent],
        },
        _(
            "Settled {sales} in {transactions} with {gas:number} gas.",
            sales=ngettext("{count:number} sale", "{count:number} sales", plan.sales),
            transactions=ngettext("{count:number} transaction", "{count:number} transactions", len(sent)),
            gas=gas,
        ),
    )
