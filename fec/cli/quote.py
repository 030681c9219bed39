"""`fec quote`: what a payment would do."""

from __future__ import annotations

import click

from fec.cli.base import Command
from fec.cli.context import Context, facts
from fec.cli.display import fec, shape, utc
from fec.cli.errors import CommandRefused
from fec.cli.params import ADDRESS, AMOUNT, PROGRAM
from fec.core.amounts import exact_fec
from fec.i18n import _, local
from fec.protocol.orders import Quote


@click.command(cls=Command)
@click.argument("amount", type=AMOUNT)
@click.option("--program", "program_id", type=PROGRAM, required=True, help="Program of the merchant.")
@click.option(
    "--customer", type=ADDRESS, metavar="ADDRESS", help="Account that would receive the node [the signing account]."
)
@click.option(
    "--cause", type=ADDRESS, metavar="ADDRESS", help="Cause that would receive the merchant's donation [none]."
)
@click.pass_obj
def quote(context: Context, *, amount: int, program_id: int, customer: str | None, cause: str | None) -> None:
    """Show what a payment of AMOUNT would do now: who receives what, and when it flows back."""
    client = context.client
    who = context.account_or(customer)
    # Of a program that does not exist, Checkout says only that it has no terms.
    period_length = client.programs.get(program_id).period_length
    if cause is not None and cause not in (causes := client.terms.get(program_id).causes):
        raise CommandRefused(
            "Program {program_id} donates to {causes}, not to {cause}. Choose one of its causes.",
            program_id=program_id,
            causes=", ".join(causes) or _("no cause"),
            cause=cause,
        )
    found = client.orders.quote(program_id, amount, who)
    context.show(
        quote_record(found, cause),
        facts(quote_rows(found, amount, client.now(), cause)),
        "",
        shape(found.principal, period_length),
    )


def quote_rows(found: Quote, amount: int, now: int, cause: str | None) -> list[tuple[str, str]]:
    """A quote as people read it."""
    to_merchant, donated = found.given(cause)
    gift = _("{donation:fec} from the merchant's part, if a cause is chosen", donation=found.donation)
    return [
        (_("Paid"), fec(amount)),
        (_("To merchant"), fec(to_merchant)),
        (
            _("Burned"),
            _(
                "{principal:fec}, tier {tier} after {spend:fec} spent",
                principal=found.principal,
                tier=found.tier + 1,
                spend=found.spend,
            ),
        ),
        (_("Donation"), gift if cause is None else _("{donated:fec} to {cause}", donated=donated, cause=cause)),
        (_("Flows back"), fec(found.face)),
        (_("Node starts"), local(found.start)),
        (_("First coins"), local(found.first_release)),
        (_("Last coins"), local(found.last_release)),
        (
            _("Returnable until"),
            local(found.return_deadline) if found.return_deadline > now else _("none: final immediately"),
        ),
        (_("Smallest claim"), _("{min_claim:fec} is the smallest claim worth paying out", min_claim=found.min_claim)),
    ]


def quote_record(found: Quote, cause: str | None) -> dict[str, object]:
    """A quote for machines."""
    to_merchant, donated = found.given(cause)
    return {
        "termsVersion": found.terms_version,
        "tier": found.tier,
        "spend": exact_fec(found.spend),
        "toMerchant": exact_fec(to_merchant),
        "donation": exact_fec(donated),
        "donationIfCause": exact_fec(found.donation),
        "principal": exact_fec(found.principal),
        "face": exact_fec(found.face),
        "returnDeadline": utc(found.return_deadline),
        "start": utc(found.start),
        "firstRelease": utc(found.first_release),
        "lastRelease": utc(found.last_release),
        "minClaim": exact_fec(found.min_claim),
    }
