"""`fec pay`: a shopper's payment of a signed invoice, by a transaction of their own or by a signature alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from fec.cli import files, shop
from fec.cli.base import Command, moving, signing
from fec.cli.context import Session, facts
from fec.cli.display import receipt_line, receipt_record, shape, utc
from fec.cli.params import ADDRESS, AMOUNT, NODE, NodeRef
from fec.cli.quote import quote_rows
from fec.cli.shop import INVOICE, Link
from fec.core.amounts import exact_fec
from fec.core.node_id import NodeId
from fec.i18n import _
from fec.i18n.parsing import parse_fec
from fec.protocol.orders import Authorization, Order, Paid, Permit


@click.command(cls=Command)
@click.argument("place", type=INVOICE, metavar="INVOICE")
@click.option(
    "--by",
    type=click.Choice(["service", "transfer", "allowance", "permit", "nodes"]),
    help="How: a signature that the shop's service sends, which takes no gas coin [of a link]; one transfer [of a "
    "file]; the till's allowance; a permit; or what nodes let flow back (and the allowance).",
)
@click.option("--node", "refs", type=NODE, multiple=True, metavar="NODE", help="With --by nodes: claim from it first.")
@click.option("--customer", type=ADDRESS, metavar="ADDRESS", help="Who gets the node: you, or a member's vault [you].")
@click.option("--cause", type=ADDRESS, metavar="ADDRESS", help="Where the merchant's donation goes.")
@click.option("--least", type=AMOUNT, metavar="AMOUNT", help="Least principal to accept [as quoted now].")
@signing("fec order relay")
@moving(final=True)
@click.pass_obj
def pay(
    session: Session,
    *,
    place: Path | Link,
    by: str | None,
    refs: Sequence[NodeRef],
    customer: str | None,
    cause: str | None,
    least: int | None,
    out: Path | None,
) -> None:
    """Pay an INVOICE that a merchant has signed: a file, or the link that its QR code holds."""
    way = by or ("service" if isinstance(place, Link) else "transfer")
    if bool(refs) != (way == "nodes"):
        raise click.UsageError(_("--by nodes and --node belong together."))
    if way == "service" and not isinstance(place, Link):
        raise click.UsageError(_("--by service is for links: no service has issued a file."))
    client = session.client
    invoice, signature = shop.read(session, place)
    who = session.account_or(customer)
    found = client.orders.quote(invoice.program_id, invoice.amount, who)
    order = Order(invoice, signature, who, found.principal if least is None else least, cause)
    payment = _Payment(session, order)
    if out is not None:
        record = files.payment_record(order, payment.authorized())
        files.hand_out(session, record, out, _("A payment of {amount:fec}, signed", amount=invoice.amount))
        return
    token_ids = session.resolve(refs)
    if way in ("allowance", "nodes"):
        session.need_allowance(invoice.amount)
    period_length = client.programs.get(invoice.program_id).period_length
    if not session.as_json:
        session.print(facts(quote_rows(found, invoice.amount, client.now(), cause)))
    session.confirm(
        shape(found.principal, period_length),
        _(
            "Pays order {order_id} of program {program_id} ({currency_reference}).",
            order_id=invoice.order_id,
            program_id=invoice.program_id,
            currency_reference=invoice.currency_reference or _("unnamed"),
        ),
        final=True,
    )
    if way == "service" and isinstance(place, Link) and not session.dry_run:
        shop.post(place, order, payment.authorized())
        with session.err.status(_("Waiting for the payment …")):
            seen = shop.wait(place)
        _show_settled(session, seen)
        return
    ways: dict[str, Callable[[], Paid]] = {
        "service": payment.by_signature,
        "transfer": partial(client.orders.transfer_and_call, order),
        "allowance": partial(client.orders.pay, order),
        "permit": payment.by_permit,
        "nodes": partial(client.orders.pay_from_nodes, order, token_ids),
    }
    show_paid(session, session.send(ways[way]))


@dataclass(frozen=True)
class _Payment:
    """What the shopper signs."""

    session: Session
    order: Order

    def authorized(self) -> Authorization:
        """Leave for anybody to send the payment of this order, and none other."""
        orders, payer, before = self.session.client.orders, self.session.client.address, self.order.invoice.expiry + 1
        message = orders.authorization_message(self.order, payer, 0, before)
        return Authorization(payer, 0, before, self.session.sign(message))

    def by_signature(self) -> Paid:
        """Sends what was signed."""
        return self.session.client.orders.pay_with_authorization(self.order, self.authorized())

    def by_permit(self) -> Paid:
        """Sends the payment with a permit for its amount."""
        orders, deadline = self.session.client.orders, self.order.invoice.expiry
        message = orders.permit_message(self.order, self.session.client.address, deadline)
        return orders.pay_with_permit(self.order, Permit(deadline, self.session.sign(message)))


def show_paid(session: Session, paid: Paid | None) -> None:
    """What a payment did; nothing after a dry run."""
    if paid is None:
        return
    name = None if paid.token_id is None else NodeId.decode(paid.token_id).name
    after = (
        _("ADN {name} belongs to {customer}. `fec node show {name}` shows it.", name=name, customer=paid.customer)
        if name
        else _(
            "It can be refunded until {return_deadline:date}; the node starts with the capture after it.",
            return_deadline=paid.return_deadline or 0,
        )
    )
    session.show(
        {
            "orderKey": paid.order_key,
            "payer": paid.payer,
            "customer": paid.customer,
            "amount": exact_fec(paid.amount),
            "node": name,
            "tokenId": None if paid.token_id is None else str(paid.token_id),
            "returnDeadline": None if paid.return_deadline is None else utc(paid.return_deadline),
            "claimed": exact_fec(sum(payment.amount for payment in paid.claimed)),
            **receipt_record(paid.receipt),
        },
        _("Paid {amount:fec}. {after}", amount=paid.amount, after=after),
        _("Order {order_key}", order_key=paid.order_key),
        receipt_line(paid.receipt),
    )


def _show_settled(session: Session, seen: dict[str, Any]) -> None:
    """What a payment did that the shop's service has sent, as the service tells."""
    payment = seen.get("payment") or {}
    deadline = seen.get("returnDeadline")
    after = (
        _("ADN {name} belongs to {customer}. `fec node show {name}` shows it.", name=name, customer=seen["customer"])
        if (name := seen.get("node"))
        else _(
            "It can be refunded until {return_deadline:date}; the node starts with the capture after it.",
            return_deadline=deadline or 0,
        )
    )
    session.show(
        {
            "orderKey": seen["orderKey"],
            "payer": seen["payer"],
            "customer": seen["customer"],
            "amount": seen["amount"],
            "node": name,
            "tokenId": seen.get("nodeId"),
            "returnDeadline": None if deadline is None else utc(deadline),
            "txHash": payment.get("transactionHash"),
        },
        _("Paid {amount:fec}. {after}", amount=parse_fec(seen["amount"]), after=after),
        _("Order {order_key}", order_key=seen["orderKey"]),
        _("Sent by the shop in transaction {tx_hash}.", tx_hash=payment.get("transactionHash")),
    )
