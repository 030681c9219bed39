"""`fec program set-terms`, and a program's terms as people read them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from fec.cli.base import Command, transaction_options
from fec.cli.context import Context, facts
from fec.cli.display import fec, receipt_line, receipt_record
from fec.cli.params import ADDRESS, AMOUNT, DURATION, PROGRAM, SHARE, TIER
from fec.core.amounts import exact_fec
from fec.i18n import _, duration, percent
from fec.i18n.errors import ContractError
from fec.protocol.terms import Terms, Tier

_NO_TERMS = "Checkout_NoTerms"


@click.command(cls=Command, name="set-terms")
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.option(
    "--signer", type=ADDRESS, metavar="ADDRESS", help="Key that signs the program's invoices [the signing account]."
)
@click.option(
    "--treasury",
    type=ADDRESS,
    metavar="ADDRESS",
    help="Account that receives the merchant's part [the signing account].",
)
@click.option(
    "--tier",
    "tiers",
    type=TIER,
    multiple=True,
    metavar="SPEND:PERCENT",
    help="Burn share from this lifetime spend on, in whole FEC [0:10].",
)
@click.option("--returns", "return_window", type=DURATION, metavar="DURATION", help="Return window [0s: none].")
@click.option(
    "--donation", "donation_bps", type=SHARE, metavar="PERCENT", help="Share that goes to the chosen cause [0]."
)
@click.option(
    "--cause", "causes", type=ADDRESS, multiple=True, metavar="ADDRESS", help="Cause that shoppers can choose [none]."
)
@click.option("--min-claim", type=AMOUNT, metavar="AMOUNT", help="Smallest claim worth paying out [0].")
@transaction_options()
@click.pass_obj
def set_terms(
    context: Context,
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
    """Set a PROGRAM's terms. Terms that you do not name stay as they are. For the program's operator.

    New terms apply to orders paid after the change. --tier and --cause can be repeated; together they replace the whole
    list.
    """
    client = context.client
    before = _terms(context, program_id) or Terms(context.account_or(signer), context.account_or(treasury))
    terms = Terms(
        signer=before.signer if signer is None else signer,
        treasury=before.treasury if treasury is None else treasury,
        tiers=tuple(tiers) or before.tiers,
        return_window=before.return_window if return_window is None else return_window,
        donation_bps=before.donation_bps if donation_bps is None else donation_bps,
        causes=tuple(causes) or before.causes,
        min_claim=before.min_claim if min_claim is None else min_claim,
    )
    context.confirm(_("New terms of program {program_id}, for orders paid from now on:", program_id=program_id))
    if not context.as_json:
        context.print(facts(_rows(terms)))
    done = context.send(lambda: client.terms.set(program_id, terms))
    if done is not None:
        context.show(
            {"programId": program_id, "version": done.version, **_record(terms), **receipt_record(done.receipt)},
            _("Version {version} of the terms is in force.", version=done.version),
            receipt_line(done.receipt),
        )


def terms_rows(context: Context, program_id: int) -> list[tuple[str, str]]:
    """A program's terms, a line each."""
    terms = _terms(context, program_id)
    return [(_("Terms"), _("none: no order can be paid"))] if terms is None else _rows(terms)


def terms_record(context: Context, program_id: int) -> dict[str, object] | None:
    """A program's terms for machines."""
    terms = _terms(context, program_id)
    return None if terms is None else _record(terms)


def _terms(context: Context, program_id: int) -> Terms | None:
    try:
        return context.client.terms.get(program_id)
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
        (_("Signer"), terms.signer),
        (_("Treasury"), terms.treasury),
        (_("Burn share"), tiers),
        (_("Returns"), duration(terms.return_window) if terms.return_window else _("none: final immediately")),
        (_("Donation"), percent(terms.donation_bps)),
        (_("Causes"), ", ".join(terms.causes) or _("none")),
        (_("Smallest claim"), fec(terms.min_claim)),
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
