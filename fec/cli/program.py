"""`fec program`: merchants' schemes."""

from __future__ import annotations

import click

from fec.chain.deploy import PUBLIC_PROGRAM
from fec.chain.deployments import contract
from fec.cli.base import Group, moving
from fec.cli.context import Session, facts, grid
from fec.cli.display import cell, fec, receipt_line, receipt_record, utc
from fec.cli.params import ADDRESS, AMOUNT, DURATION, MOMENT, PROGRAM
from fec.cli.terms import set_terms, terms_record, terms_rows
from fec.core.amounts import exact_fec
from fec.core.durations import WEEK
from fec.i18n import _, duration
from fec.protocol.types import Program

_TILL = "till"
_ANYBODY = "anybody"


class _Issuer(click.ParamType):
    """Who may mint in a program: the till, anybody, or an account."""

    name = "issuer"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return value if value in (_TILL, _ANYBODY) else ADDRESS.convert(value, param, ctx)


@click.group(cls=Group)
def program() -> None:
    """Programs: a merchant's scheme each, with its own periods and quota."""


program.add_command(set_terms)


@program.command(name="list")
@click.pass_obj
def list_(session: Session) -> None:
    """List all programs."""
    programs = session.client.programs.list()
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
            _issuer_words(session, found),
            duration(found.period_length),
            cell(found.burned),
            cell(found.quota),
            _("closed") if found.closed else "",
        )
    session.show([_record(found) for found in programs], table)


@program.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.pass_obj
def show(session: Session, program_id: int) -> None:
    """Show one program."""
    found = session.client.programs.get(program_id)
    session.show(
        {**_record(found), "terms": terms_record(session, program_id)},
        facts(
            [
                (
                    _("Program"),
                    _("{program_id} (closed: no new nodes)", program_id=found.program_id)
                    if found.closed
                    else str(found.program_id),
                ),
                (_("Operator"), found.operator),
                (_("Issuer"), _issuer_words(session, found)),
                (
                    _("Period"),
                    _(
                        "{period_length:duration}, on the grid through {origin:date}",
                        period_length=found.period_length,
                        origin=found.origin,
                    ),
                ),
                (_("Burned"), fec(found.burned)),
                (_("Quota left"), fec(found.quota)),
                *terms_rows(session, program_id),
            ]
        ),
    )


@program.command()
@click.option("--operator", type=ADDRESS, metavar="ADDRESS", help="Who runs it [who signs].")
@click.option(
    "--issuer",
    type=_Issuer(),
    default=_TILL,
    metavar="WHO",
    help="Who mints in it: till, anybody, or an address [till].",
)
@click.option("--period", "period_length", type=DURATION, default=WEEK, metavar="DURATION", help="Period length [7d].")
@click.option(
    "--origin", type=MOMENT, metavar="DATE", help="A boundary of its periods [as program 1: Mondays, 00:00 UTC]."
)
@click.option("--quota", type=AMOUNT, required=True, metavar="AMOUNT", help="Principal that may be burned in it.")
@moving()
@click.pass_obj
def create(
    session: Session, *, operator: str | None, issuer: str, period_length: int, origin: int | None, quota: int
) -> None:
    """Admit a program; for the owner of the contracts."""
    client = session.client
    runs_it = session.account_or(operator)
    if issuer == _TILL:
        issuer = contract(client.deployment, "Checkout")["address"]
    if origin is None:
        origin = client.programs.get(PUBLIC_PROGRAM).origin
    session.confirm(
        _(
            "A program of {period_length:duration} a period, run by {runs_it}, with a quota of {quota:fec}.",
            period_length=period_length,
            runs_it=runs_it,
            quota=quota,
        )
    )
    created = session.send(
        lambda: client.programs.create(
            runs_it,
            period_length=period_length,
            origin=origin,
            quota=quota,
            issuer=None if issuer == _ANYBODY else issuer,
        )
    )
    if created is not None:
        session.show(
            {"programId": created.program_id, **receipt_record(created.receipt)},
            _("Program {program_id} is there.", program_id=created.program_id),
            receipt_line(created.receipt),
        )


@program.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("amount", type=AMOUNT)
@moving(final=True)
@click.pass_obj
def grant(session: Session, program_id: int, amount: int) -> None:
    """Grant a program AMOUNT more quota out of the budget; for the owner of the contracts."""
    client = session.client
    session.confirm(
        _("Program {program_id} may burn {amount:fec} more, out of the budget.", program_id=program_id, amount=amount),
        final=True,
    )
    receipt = session.send(lambda: client.programs.grant(program_id, amount))
    if receipt is not None:
        session.show(
            receipt_record(receipt),
            _("Granted {amount:fec} to program {program_id}.", amount=amount, program_id=program_id),
            receipt_line(receipt),
        )


@program.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@moving(final=True)
@click.pass_obj
def close(session: Session, program_id: int) -> None:
    """Close a program to new nodes, for good; for its operator. Its nodes go on paying."""
    client = session.client
    session.confirm(
        _("Program {program_id} will take no new nodes, ever. Its nodes go on paying.", program_id=program_id),
        final=True,
    )
    receipt = session.send(lambda: client.programs.close(program_id))
    if receipt is not None:
        session.show(
            receipt_record(receipt), _("Program {program_id} is closed.", program_id=program_id), receipt_line(receipt)
        )


@program.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("operator", type=ADDRESS)
@moving(final=True)
@click.pass_obj
def hand(session: Session, program_id: int, operator: str) -> None:
    """Hand a program to another OPERATOR; for its operator."""
    client = session.client
    session.confirm(
        _("Program {program_id} will be run by {operator}.", program_id=program_id, operator=operator), final=True
    )
    receipt = session.send(lambda: client.programs.set_operator(program_id, operator))
    if receipt is not None:
        session.show(
            receipt_record(receipt),
            _("{operator} runs program {program_id}.", operator=operator, program_id=program_id),
            receipt_line(receipt),
        )


def _issuer_words(session: Session, found: Program) -> str:
    if found.issuer is None:
        return _("anybody")
    till = session.client.deployment["contracts"].get("Checkout")
    return _("till") if till and till["address"] == found.issuer else found.issuer


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
