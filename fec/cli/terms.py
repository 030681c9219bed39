"""`fec program set-terms`, and a program's terms as people read them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from fec.cli.base import Command, moving
from fec.cli.context import Session, facts
from fec.cli.display import fec, receipt_line, receipt_record
from fec.cli.params import ADDRESS, AMOUNT, DURATION, PROGRAM, SHARE, TIER
from fec.core.amounts import exact_fec
from fec.i18n import _, duration, percent
from fec.i18n.errors import ContractError
from fec.protocol.terms import Terms, Tier

_NO_TERMS = "Checkout_NoTerms"


@click.command(cls=Command, name="set-terms")
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.option("--signer", type=ADDRESS, metavar="ADDRESS", help="Key of the till, which signs invoices [who signs].")
@click.option("--treasury", type=ADDRESS, metavar="ADDRESS", help="Who receives the merchant's part [who signs].")
@click.option(
    "--tier", "tiers", type=TIER, multiple=True, metavar="SPEND:PERCENT", help="Burn share from a spend on [0:10]."
)
@click.option("--returns", "return_window", type=DURATION, metavar="DURATION", help="Return window [0s: none].")
@click.option("--donation", "donation_bps", type=SHARE, metavar="PERCENT", help="Share for the cause picked [0].")
@click.option("--cause", "causes", type=ADDRESS, multiple=True, metavar="ADDRESS", help="A cause to pick [none].")
@click.option("--min-claim", type=AMOUNT, metavar="AMOUNT", help="Smallest claim worth paying out [0].")
@moving()
@click.pass_obj
def set_terms(
    session: Session,
    *,
    program_id: int,
    signer: str | None,
    treasury: str | None,
    tiers: Sequence[Tier],
    return_window: int | None,
    donation_bps: int | None,
    causes: Sequence[str],
    min_claim: int | None,
) -> None:
    """Set a PROGRAM's terms at the till; for its operator. What you do not name stays as it is.

    Terms apply to orders paid from then on. --tier and --cause can be given several times; they replace the whole list.
    """
    client = session.client
    before = _terms(session, program_id) or Terms(session.account_or(signer), session.account_or(treasury))
    terms = Terms(
        signer=before.signer if signer is None else signer,
        treasury=before.treasury if treasury is None else treasury,
        tiers=tuple(tiers) or before.tiers,
        return_window=before.return_window if return_window is None else return_window,
        donation_bps=before.donation_bps if donation_bps is None else donation_bps,
        causes=tuple(causes) or before.causes,
        min_claim=before.min_claim if min_claim is None else min_claim,
    )
    session.confirm(_("Terms of program {program_id} for orders from now on:", program_id=program_id))
    if not session.as_json:
        session.print(facts(_rows(terms)))
    done = session.send(lambda: client.terms.set(program_id, terms))
    if done is not None:
        session.show(
            {"programId": program_id, "version": done.version, **_record(terms), **receipt_record(done.receipt)},
            _("Version {version} of the terms holds.", version=done.version),
            receipt_line(done.receipt),
        )


def terms_rows(session: Session, program_id: int) -> list[tuple[str, str]]:
    """A program's terms, a line each."""
    terms = _terms(session, program_id)
    return [(_("Terms"), _("none: nothing can be paid at the till"))] if terms is None else _rows(terms)


def terms_record(session: Session, program_id: int) -> dict[str, object] | None:
    """A program's terms for machines."""
    terms = _terms(session, program_id)
    return None if terms is None else _record(terms)


def _terms(session: Session, program_id: int) -> Terms | None:
    try:
        return session.client.terms.get(program_id)
    except ContractError as error:
        if error.name != _NO_TERMS:
            raise
        return None


def _rows(terms: Terms) -> list[tuple[str, str]]:
    tiers = "; ".join(
        _("{burn_bps:percent} from {min_spend:number} FEC spent", burn_bps=tier.burn_bps, min_spend=tier.min_spend)
        for tier in terms.tiers
    )
    return [
        (_("Till's key"), terms.signer),
        (_("Treasury"), terms.treasury),
        (_("Burn share"), tiers),
        (_("Returns"), duration(terms.return_window) if terms.return_window else _("none: final at once")),
        (_("Donation"), percent(terms.donation_bps)),
        (_("Causes"), ", ".join(terms.causes) or _("none")),
        (_("Least claim"), fec(terms.min_claim)),
    ]


def _record(terms: Terms) -> dict[str, object]:
    return {
        "signer": terms.signer,
        "treasury": terms.treasury,
        "tiers": [{"minSpend": tier.min_spend, "burnBps": tier.burn_bps} for tier in terms.tiers],
        "returnWindow": terms.return_window,
        "donationBps": terms.donation_bps,
        "causes": list(terms.causes),
        "minClaim": exact_fec(terms.min_claim),
    }
