"""`fec alliance`: programs that share tier credit."""

from __future__ import annotations

import click

from fec.cli.base import Group, transaction_options
from fec.cli.context import Context
from fec.cli.display import receipt_line, receipt_record
from fec.cli.errors import CommandRefused
from fec.cli.params import PROGRAM
from fec.i18n import N_, _


@click.group(cls=Group)
def alliance() -> None:
    """Alliances: programs that share tier credit, by mutual consent."""


@alliance.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@transaction_options()
@click.pass_obj
def found(context: Context, program_id: int) -> None:
    """Found an alliance with PROGRAM as its first member. For PROGRAM's operator."""
    client = context.client
    context.confirm(_("Founds an alliance with program {program_id}.", program_id=program_id))
    done = context.send(lambda: client.terms.found_alliance(program_id))
    if done is not None:
        context.show(
            {"allianceId": done.alliance_id, **receipt_record(done.receipt)},
            _("Founded alliance {alliance_id}.", alliance_id=done.alliance_id),
            receipt_line(done.receipt),
        )


@alliance.command()
@click.argument("member_id", type=PROGRAM, metavar="MEMBER")
@click.argument("candidate_id", type=PROGRAM, metavar="CANDIDATE")
@click.option("--revoke", is_flag=True, help="Revoke the approval.")
@transaction_options()
@click.pass_obj
def approve(context: Context, member_id: int, candidate_id: int, revoke: bool) -> None:
    """Approve the program CANDIDATE for the alliance of the program MEMBER. For MEMBER's operator."""
    client = context.client
    would = N_("Program {member_id} approves program {candidate_id} for its alliance.")
    would_not = N_("Program {member_id} no longer approves program {candidate_id} for its alliance.")
    context.confirm(_(would_not if revoke else would, member_id=member_id, candidate_id=candidate_id))
    context.send_and_show(
        lambda: client.terms.approve_candidate(member_id, candidate_id, approved=not revoke), _("Done.")
    )


@alliance.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("alliance_id", type=PROGRAM, metavar="ALLIANCE")
@transaction_options()
@click.pass_obj
def join(context: Context, program_id: int, alliance_id: int) -> None:
    """Join an ALLIANCE whose members have all approved PROGRAM. For PROGRAM's operator."""
    client = context.client
    context.confirm(
        _(
            "Program {program_id} joins alliance {alliance_id}. Spend with any member then counts towards tiers "
            "with every member.",
            program_id=program_id,
            alliance_id=alliance_id,
        )
    )
    context.send_and_show(lambda: client.terms.join_alliance(program_id, alliance_id), _("Done."))


@alliance.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@transaction_options(final=True)
@click.pass_obj
def leave(context: Context, program_id: int) -> None:
    """Leave the alliance. Past tier credit stays. For PROGRAM's operator."""
    client = context.client
    context.confirm(
        _(
            "Program {program_id} leaves its alliance. To return, it needs the approval of every member.",
            program_id=program_id,
        ),
        final=True,
    )
    context.send_and_show(lambda: client.terms.leave_alliance(program_id), _("Done."))


@alliance.command()
@click.argument("alliance_id", type=PROGRAM, metavar="ALLIANCE")
@click.pass_obj
def show(context: Context, alliance_id: int) -> None:
    """Show the programs in an ALLIANCE."""
    members = context.client.terms.members(alliance_id)
    if not members:
        raise CommandRefused(
            "There is no alliance {alliance_id}. Found one with `fec alliance found`.", alliance_id=alliance_id
        )
    context.show(
        {"allianceId": alliance_id, "members": members},
        _(
            "Alliance {alliance_id}: {members}",
            alliance_id=alliance_id,
            members=", ".join(_("program {program_id}", program_id=member) for member in members),
        ),
    )
