"""`fec balance` and `fec send`: the coupon itself."""

from __future__ import annotations

import click

from fec.cli.base import Command, moving
from fec.cli.context import Session
from fec.cli.display import receipt_line, receipt_record
from fec.cli.params import ADDRESS, AMOUNT
from fec.core.amounts import exact_fec
from fec.i18n import _


@click.command(cls=Command)
@click.argument("address", type=ADDRESS, required=False)
@click.pass_obj
def balance(session: Session, address: str | None) -> None:
    """Show the FEC of ADDRESS, or your own. What nodes have yet to pay is not in it: `fec node list`."""
    account = session.account_or(address)
    held = session.client.balance(account)
    session.show(
        {"account": account, "balance": exact_fec(held)}, _("{account} has {held:fec}.", account=account, held=held)
    )


@click.command(cls=Command)
@click.argument("to", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@moving(final=True)
@click.pass_obj
def send(session: Session, to: str, amount: int) -> None:
    """Send AMOUNT of your FEC to another account. Burns nothing, and makes no node."""
    client = session.client
    session.confirm(
        _("Sends {amount:fec} of {address} to {to}.", amount=amount, address=client.address, to=to), final=True
    )
    receipt = session.send(lambda: client.transfer(to, amount))
    if receipt is not None:
        session.show(
            {"to": to, "amount": exact_fec(amount), **receipt_record(receipt)},
            _("Sent {amount:fec} to {to}.", amount=amount, to=to),
            receipt_line(receipt),
        )
