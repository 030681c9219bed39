"""`fec balance` and `fec send`: the coupon itself."""

from __future__ import annotations

import click

from fec.cli.base import Command, transaction_options
from fec.cli.context import Context
from fec.cli.params import ADDRESS, AMOUNT
from fec.core.amounts import exact_fec
from fec.i18n import _


@click.command(cls=Command)
@click.argument("address", type=ADDRESS, required=False)
@click.pass_obj
def balance(context: Context, address: str | None) -> None:
    """Show the FEC that ADDRESS holds, or that you hold. Amounts still in nodes are not included: see `fec node
    list`.
    """
    account = context.account_or(address)
    held = context.client.balance(account)
    context.show(
        {"account": account, "balance": exact_fec(held)}, _("{account} has {held:fec}.", account=account, held=held)
    )


@click.command(cls=Command)
@click.argument("to", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@transaction_options(final=True)
@click.pass_obj
def send(context: Context, to: str, amount: int) -> None:
    """Send AMOUNT of your FEC to another account. This burns nothing and makes no node."""
    client = context.client
    context.confirm(
        _("Sends {amount:fec} from {address} to {to}.", amount=amount, address=client.address, to=to), final=True
    )
    context.send_and_show(
        lambda: client.transfer(to, amount),
        _("Sent {amount:fec} to {to}.", amount=amount, to=to),
        to=to,
        amount=exact_fec(amount),
    )
