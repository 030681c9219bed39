"""`fec program`: merchants' schemes."""

from __future__ import annotations

import click

from fec.chain.deploy import PUBLIC_PROGRAM
from fec.chain.deployments import contract
from fec.cli.base import Group, transaction_options
from fec.cli.context import Context, facts, grid
from fec.cli.display import cell, fec, receipt_line, receipt_record, utc
from fec.cli.params import ADDRESS, AMOUNT, DATETIME, DURATION, PROGRAM
from fec.cli.terms import set_terms, terms_record, terms_rows
from fec.core.amounts import exact_fec
from fec.core.durations import WEEK
from fec.i18n import _, duration
from fec.protocol.types import Program

_CHECKOUT = "checkout"
_ANYBODY = "anybody"


class _Issuer(click.ParamType):
    """Who may mint in a program: Checkout, anybody, or an account."""

    name = "issuer"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return value if value in (_CHECKOUT, _ANYBODY) else ADDRESS.convert(value, param, ctx)


@click.group(cls=Group)
def program() -> None:
    """Programs: each is a merchant's scheme with its own periods and quota."""


program.add_command(set_terms)


@program.command(name="list")
@click.pass_obj
def list_(context: Context) -> None:
    """List all programs."""
    programs = context.client.programs.list()
    table = grid(
        _("Program"),
        _("Operator"),
        _("Issuer"),
        _("Period"),
        _("Burned"),
        _("Quota left"),
        "",
        left=(_("Operator"), _("Issuer"), ""),
    )
    for found in programs:
        table.add_row(
            str(found.program_id),
            found.operator,
            _issuer_words(context, found),
            duration(found.period_length),
            cell(found.burned),
            cell(found.quota),
            _("closed") if found.closed else "",
        )
    context.show([_record(found) for found in programs], table)


@program.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.pass_obj
def show(context: Context, program_id: int) -> None:
    """Show one program."""
    found = context.client.programs.get(program_id)
    context.show(
        {**_record(found), "terms": terms_record(context, program_id)},
        facts(
            [
                (
                    _("Program"),
                    _("{program_id} (closed: no new nodes)", program_id=found.program_id)
                    if found.closed
                    else str(found.program_id),
                ),
                (_("Operator"), found.operator),
                (_("Issuer"), _issuer_words(context, found)),
                (
                    _("Period"),
                    _(
                        "{period_length:duration}, with a boundary at {origin:date}",
                        period_length=found.period_length,
                        origin=found.origin,
                    ),
                ),
                (_("Burned"), fec(found.burned)),
                (_("Quota left"), fec(found.quota)),
                *terms_rows(context, program_id),
            ]
        ),
    )


@program.command()
@click.option("--operator", type=ADDRESS, metavar="ADDRESS", help="Account that operates it [the signing account].")
@click.option(
    "--issuer",
    type=_Issuer(),
    default=_CHECKOUT,
    metavar="WHO",
    help="Who may mint in the program: checkout, anybody, or an address [checkout].",
)
@click.option("--period", "period_length", type=DURATION, default=WEEK, metavar="DURATION", help="Period length [7d].")
@click.option(
    "--origin",
    type=DATETIME,
    metavar="DATE",
    help="A boundary between two of its periods [as in program 1: Mondays, 00:00 UTC].",
)
@click.option(
    "--quota", type=AMOUNT, required=True, metavar="AMOUNT", help="Principal that may be burned in the program."
)
@transaction_options()
@click.pass_obj
def create(
    context: Context, *, operator: str | None, issuer: str, period_length: int, origin: int | None, quota: int
) -> None:
    """Create a program. For the owner of the contracts."""
    client = context.client
    runs_it = context.account_or(operator)
    if issuer == _CHECKOUT:
        issuer = contract(client.deployment, "Checkout")["address"]
    if origin is None:
        origin = client.programs.get(PUBLIC_PROGRAM).origin
    context.confirm(
        _(
            "Creates a program with periods of {period_length:duration} and a quota of {quota:fec}, operated by "
            "{runs_it}.",
            period_length=period_length,
            runs_it=runs_it,
            quota=quota,
        )
    )
    created = context.send(
        lambda: client.programs.create(
            runs_it,
            period_length=period_length,
            origin=origin,
            quota=quota,
            issuer=None if issuer == _ANYBODY else issuer,
        )
    )
    if created is not None:
        context.show(
            {"programId": created.program_id, **receipt_record(created.receipt)},
            _("Created program {program_id}.", program_id=created.program_id),
            receipt_line(created.receipt),
        )


@program.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("amount", type=AMOUNT)
@transaction_options(final=True)
@click.pass_obj
def grant(context: Context, program_id: int, amount: int) -> None:
    """Grant a program AMOUNT more quota out of the budget. For the owner of the contracts."""
    client = context.client
    context.confirm(
        _("Program {program_id} may burn {amount:fec} more, out of the budget.", program_id=program_id, amount=amount),
        final=True,
    )
    context.send_and_show(
        lambda: client.programs.grant(program_id, amount),
        _("Granted {amount:fec} to program {program_id}.", amount=amount, program_id=program_id),
    )


@program.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@transaction_options(final=True)
@click.pass_obj
def close(context: Context, program_id: int) -> None:
    """Close a program to new nodes permanently. Its nodes keep paying. For the program's operator."""
    client = context.client
    context.confirm(
        _("Program {program_id} will never take new nodes again. Its nodes keep paying.", program_id=program_id),
        final=True,
    )
    context.send_and_show(
        lambda: client.programs.close(program_id),
        _("Program {program_id} is closed.", program_id=program_id),
    )


@program.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("operator", type=ADDRESS)
@transaction_options(final=True)
@click.pass_obj
def hand(context: Context, program_id: int, operator: str) -> None:
    """Make another account the program's OPERATOR. For the present operator."""
    client = context.client
    context.confirm(
        _("{operator} becomes the operator of program {program_id}.", program_id=program_id, operator=operator),
        final=True,
    )
    context.send_and_show(
        lambda: client.programs.set_operator(program_id, operator),
        _("{operator} is the operator of program {program_id}.", operator=operator, program_id=program_id),
    )


def _issuer_words(context: Context, found: Program) -> str:
    if found.issuer is None:
        return _("anybody")
    checkout = context.client.deployment["contracts"].get("Checkout")
    return "Checkout" if checkout and checkout["address"] == found.issuer else found.issuer


def _record(found: Program) -> dict[str, object]:
    return {
        "programId": found.program_id,
        "operator": found.operator,
        "issuer": found.issuer,
        "periodLength": found.period_length,
        "origin": utc(found.origin),
        "burned": exact_fec(found.burned),
        "quotaLeft": exact_fec(found.quota),
        "closed": found.closed,
    }
