"""`fec alliance`: programs that share tier credit."""

from __future__ import annotations

import click

from fec.cli.base import Group, moving
from fec.cli.context import Session
from fec.cli.display import receipt_line, receipt_record
from fec.cli.errors import Refused
from fec.cli.params import PROGRAM
from fec.i18n import N_, _
from fec.protocol.types import Receipt


@click.group(cls=Group)
def alliance() -> None:
    """Alliances: programs that share tier credit, by mutual consent."""


@alliance.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@moving()
@click.pass_obj
def found(session: Session, program_id: int) -> None:
    """Found an alliance with PROGRAM as its first member; for its operator."""
    client = session.client
    session.confirm(_("Founds an alliance with program {program_id}.", program_id=program_id))
    done = session.send(lambda: client.terms.found_alliance(program_id))
    if done is not None:
        session.show(
            {"allianceId": done.alliance_id, **receipt_record(done.receipt)},
            _("Alliance {alliance_id} is there.", alliance_id=done.alliance_id),
            receipt_line(done.receipt),
        )


@alliance.command()
@click.argument("member_id", type=PROGRAM, metavar="MEMBER")
@click.argument("candidate_id", type=PROGRAM, metavar="CANDIDATE")
@click.option("--revoke", is_flag=True, help="No longer.")
@moving()
@click.pass_obj
def approve(session: Session, member_id: int, candidate_id: int, revoke: bool) -> None:
    """Say that MEMBER would have the program CANDIDATE in its alliance; for the member's operator."""
    client = session.client
    would = N_("Program {member_id} would have program {candidate_id} in its alliance.")
    would_not = N_("Program {member_id} would not have program {candidate_id} in its alliance.")
    session.confirm(_(would_not if revoke else would, member_id=member_id, candidate_id=candidate_id))
    _done(session, session.send(lambda: client.terms.approve_candidate(member_id, candidate_id, approved=not revoke)))


@alliance.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("alliance_id", type=PROGRAM, metavar="ALLIANCE")
@moving()
@click.pass_obj
def join(session: Session, program_id: int, alliance_id: int) -> None:
    """Join an ALLIANCE whose every member has approved PROGRAM; for its operator."""
    client = session.client
    session.confirm(
        _(
            "Program {program_id} joins alliance {alliance_id}: spend counts towards tiers with every member.",
            program_id=program_id,
            alliance_id=alliance_id,
        )
    )
    _done(session, session.send(lambda: client.terms.join_alliance(program_id, alliance_id)))


@alliance.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@moving(final=True)
@click.pass_obj
def leave(session: Session, program_id: int) -> None:
    """Leave the alliance; for PROGRAM's operator. Past credit stays."""
    client = session.client
    session.confirm(
        _(
            "Program {program_id} leaves its alliance. To return, it needs every member's consent.",
            program_id=program_id,
        ),
        final=True,
    )
    _done(session, session.send(lambda: client.terms.leave_alliance(program_id)))


@alliance.command()
@click.argument("alliance_id", type=PROGRAM, metavar="ALLIANCE")
@click.pass_obj
def show(session: Session, alliance_id: int) -> None:
    """Show the programs in an ALLIANCE."""
    members = session.client.terms.members(alliance_id)
    if not members:
        raise Refused(
            "Alliance {alliance_id} has no members. `fec alliance found` founds one.", alliance_id=alliance_id
        )
    session.show(
        {"allianceId": alliance_id, "members": members},
        _(
            "Alliance {alliance_id}: {members}",
            alliance_id=alliance_id,
            members=", ".join(_("program {program_id}", program_id=member) for member in members),
        ),
    )


def _done(session: Session, receipt: Receipt | None) -> None:
    if receipt is not None:
        session.show(receipt_record(receipt), _("Done."), receipt_line(receipt))
