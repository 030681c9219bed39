"""`fec pay`: a shopper's payment of a signed invoice, by a transaction of their own or by a signature alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from fec.cli import files, invoice_link
from fec.cli.base import Command, sign_only_option, transaction_options
from fec.cli.context import Context, facts
from fec.cli.display import receipt_line, receipt_record, shape, utc
from fec.cli.invoice_link import INVOICE, Link
from fec.cli.opening import opening_first
from fec.cli.params import ADDRESS, AMOUNT, NODE, NodeRef
from fec.cli.quote import quote_rows
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
    help="Way to pay: `service` (the shop's service sends your signature; no gas needed) [for a link]; `transfer` "
    "(one transaction) [for a file]; `allowance`; `permit`; `nodes` (claims first, and needs the allowance).",
)
@click.option(
    "--node", "refs", type=NODE, multiple=True, metavar="NODE", help="With --by nodes: claim from this node first."
)
@click.option("--customer", type=ADDRESS, metavar="ADDRESS", help="Account or vault that receives the node [you].")
@click.option("--cause", type=ADDRESS, metavar="ADDRESS", help="Cause that receives the merchant's donation.")
@click.option(
    "--min-principal", type=AMOUNT, metavar="AMOUNT", help="Smallest principal to accept [the present quote]."
)
@sign_only_option("fec order relay")
@transaction_options(final=True)
@click.pass_obj
def pay(
    context: Context,
    *,
    place: Path | Link,
    by: str | None,
    refs: Sequence[NodeRef],
    customer: str | None,
    cause: str | None,
    min_principal: int | None,
    out: Path | None,
) -> None:
    """Pay a merchant's signed INVOICE: a file, or the link in its QR code."""
    way = by or ("service" if isinstance(place, Link) else "transfer")
    if bool(refs) != (way == "nodes"):
        raise click.UsageError(_("--by nodes and --node need each other. Give both or neither."))
    if way == "service" and not isinstance(place, Link):
        raise click.UsageError(
            _("--by service needs a link, since no service has issued a file. Give the invoice's link.")
        )
    client = context.client
    invoice, signature = invoice_link.read(context, place)
    who = context.account_or(customer)
    found = client.orders.quote(invoice.program_id, invoice.amount, who)
    order = Order(invoice, signature, who, found.principal if min_principal is None else min_principal, cause)
    payment = _Payment(context, order)
    if out is not None:
        record = files.payment_record(order, payment.authorized())
        files.write_or_print(context, record, out, _("A payment of {amount:fec}, signed", amount=invoice.amount))
        return
    token_ids = context.resolve(refs)
    if way in ("allowance", "nodes"):
        context.check_allowance(invoice.amount)
    period_length = client.programs.get(invoice.program_id).period_length
    if not context.as_json:
        context.print(facts(quote_rows(found, invoice.amount, client.now(), cause)))
    context.confirm(
        shape(found.principal, period_length),
        _(
            "Pays order {order_id} of program {program_id} ({currency_reference}).",
            order_id=invoice.order_id,
            program_id=invoice.program_id,
            currency_reference=invoice.currency_reference or _("unnamed"),
        ),
        *opening_first(client.nodes.get_many(token_ids)),
        final=True,
    )
    if way == "service" and isinstance(place, Link) and not context.dry_run:
        invoice_link.post(place, order, payment.authorized())
        with context.err.status(_("Waiting for the payment …")):
            seen = invoice_link.wait(place)
        _show_settled(context, seen)
        return
    ways: dict[str, Callable[[], Paid]] = {
        "service": payment.by_signature,
        "transfer": partial(client.orders.transfer_and_call, order),
        "allowance": partial(client.orders.pay, order),
        "permit": payment.by_permit,
        "nodes": partial(client.orders.pay_from_nodes, order, token_ids),
    }
    show_paid(context, context.send(ways[way]))


@dataclass(frozen=True)
class _Payment:
    """What the shopper signs."""

    context: Context
    order: Order

    def authorized(self) -> Authorization:
        """Leave for anybody to send the payment of this order, and none other."""
        orders, payer, before = self.context.client.orders, self.context.client.address, self.order.invoice.expiry + 1
        message = orders.authorization_message(self.order, payer, 0, before)
        return Authorization(payer, 0, before, self.context.sign(message))

    def by_signature(self) -> Paid:
        """Sends what was signed."""
        return self.context.client.orders.pay_with_authorization(self.order, self.authorized())

    def by_permit(self) -> Paid:
        """Sends the payment with a permit for its amount."""
        orders, deadline = self.context.client.orders, self.order.invoice.expiry
        message = orders.permit_message(self.order, self.context.client.address, deadline)
        return orders.pay_with_permit(self.order, Permit(deadline, self.context.sign(message)))


def show_paid(context: Context, paid: Paid | None) -> None:
    """What a payment did; nothing after a dry run."""
    if paid is None:
        return
    name = None if paid.token_id is None else NodeId.decode(paid.token_id).name
    after = (
        _("ADN {name} belongs to {customer}. `fec node show {name}` shows it.", name=name, customer=paid.customer)
        if name
        else _(
            "It can be refunded until {return_deadline:date}. The node starts when the order is captured after that.",
            return_deadline=paid.return_deadline or 0,
        )
    )
    context.show(
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


def _show_settled(context: Context, seen: dict[str, Any]) -> None:
    """What a payment did that the shop's service has sent, as the service tells."""
    payment = seen.get("payment") or {}
    deadline = seen.get("returnDeadline")
    after = (
        _("ADN {name} belongs to {customer}. `fec node show {name}` shows it.", name=name, customer=seen["customer"])
        if (name := seen.get("node"))
        else _(
            "It can be refunded until {return_deadline:date}. The node starts when the order is captured after that.",
            return_deadline=deadline or 0,
        )
    )
    context.show(
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
