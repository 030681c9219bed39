"""`fec order`: invoices, payments, refunds and captures, for merchant and shopper."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from fec.cli import files
from fec.cli.base import Group, transaction_options
from fec.cli.context import Context, facts, grid
from fec.cli.display import cell, fec, receipt_line, receipt_record, stamp, utc
from fec.cli.errors import CommandRefused
from fec.cli.params import ADDRESS, AMOUNT, DURATION, FILE, LABEL, NEW_FILE, ORDER, PROGRAM
from fec.cli.pay import pay, show_paid
from fec.core.amounts import exact_fec
from fec.i18n import N_, _, local, ngettext, percent
from fec.protocol.orders import Capture, Captured, Invoice, OrderHistory, OrderStatus

_LONG = 15 * 60
_STATUS = {
    OrderStatus.UNPAID: N_("unpaid"),
    OrderStatus.ESCROWED: N_("escrowed"),
    OrderStatus.CAPTURED: N_("captured"),
    OrderStatus.REFUNDED: N_("refunded"),
}


@click.group(cls=Group)
def order() -> None:
    """Orders: invoices, payments, refunds, captures.

    The merchant signs an invoice (sign). The shopper pays it (pay), or signs the payment (pay --sign) for anybody to
    send (relay). The merchant can refund an order within the return window. After the window, anybody can capture it.
    """


order.add_command(pay)


@order.command()
@click.argument("amount", type=AMOUNT)
@click.option("--program", "program_id", type=PROGRAM, required=True, help="Program of the merchant.")
@click.option(
    "--id", "order_id", type=LABEL, required=True, metavar="TEXT", help="The merchant's own id for the order."
)
@click.option("--reference", type=LABEL, default="", metavar="TEXT", help='What the amount stands for: "USD 12.34".')
@click.option(
    "--for", "valid", type=DURATION, default=_LONG, metavar="DURATION", help="How long the invoice can be paid [15m]."
)
@click.option("--out", type=NEW_FILE, metavar="FILE", help="File to write the invoice to [print it].")
@click.pass_obj
def sign(
    context: Context, *, amount: int, program_id: int, order_id: str, reference: str, valid: int, out: Path | None
) -> None:
    """Sign an invoice over AMOUNT with the program's signing key. Sends nothing."""
    client = context.client
    invoice = Invoice(program_id, order_id, amount, reference, expiry=context.deadline_in(valid))
    signer = client.terms.get(program_id).signer
    if signer != client.address:
        raise CommandRefused(
            "The signer of program {program_id} is {signer}, not {address}. Sign with that key.",
            program_id=program_id,
            signer=signer,
            address=client.address,
        )
    record = files.invoice_record(invoice, context.sign(client.orders.invoice_message(invoice)))
    files.write_or_print(
        context,
        record,
        out,
        _("An invoice over {amount:fec}, payable until {expiry:date}", amount=amount, expiry=invoice.expiry),
    )


@order.command()
@click.argument("amount", type=AMOUNT)
@transaction_options()
@click.pass_obj
def allow(context: Context, amount: int) -> None:
    """Allow Checkout to take up to AMOUNT of your FEC, for orders and rewards. 0 ends the allowance."""
    client = context.client
    context.confirm(_("Checkout may take up to {amount:fec} from {address}.", amount=amount, address=client.address))
    context.send_and_show(
        lambda: client.orders.approve(amount),
        _("Done."),
    )


@order.command()
@click.argument("payment", type=FILE)
@transaction_options()
@click.pass_obj
def relay(context: Context, payment: Path) -> None:
    """Send a PAYMENT that its payer has signed (`fec order pay --sign`). You pay only the gas."""
    client = context.client
    bought, authorization = files.read(payment, files.PAYMENT, files.payment_from)
    context.confirm(
        _(
            "Pays {amount:fec} from {payer} for order {order_id}.",
            amount=bought.amount,
            payer=authorization.payer,
            order_id=bought.invoice.order_id,
        )
    )
    show_paid(context, context.send(lambda: client.orders.pay_with_authorization(bought, authorization)))


@order.command(name="list")
@click.option("--program", "program_id", type=PROGRAM, help="Show only this program's.")
@click.option("--customer", type=ADDRESS, metavar="ADDRESS", help="Show only this customer's.")
@click.pass_obj
def list_(context: Context, program_id: int | None, customer: str | None) -> None:
    """List the orders paid so far, oldest first."""
    client = context.client
    orders = client.orders.records(program_id, customer)
    names = (_("Order"), _("Program"), _("Merchant's id"), _("Status"), _("Paid at"))
    table = grid(
        *names, _("Amount"), _("Refunded"), _("In escrow"), _("To merchant"), _("Burned"), _("Donated"), left=names
    )
    for found in orders:
        state, went = found.state, found.capture
        table.add_row(
            found.key,
            str(found.program_id),
            found.order_id,
            _(_STATUS[state.status]),
            stamp(state.paid_at),
            *map(cell, (found.amount, state.refunded, state.escrowed)),
            *(("", "", "") if went is None else map(cell, (went.to_merchant, went.burned, went.donated))),
        )
    context.show(
        [_order_record(found) for found in orders],
        *([table] if orders else []),
        ngettext("{count:number} order", "{count:number} orders", len(orders)),
    )


@order.command()
@click.argument("key", type=ORDER, metavar="ORDER")
@click.pass_obj
def show(context: Context, key: str) -> None:
    """Show an ORDER and its status."""
    found = context.client.orders.record(key)
    if found is None:
        raise CommandRefused("There is no paid order with key {key}. `fec order list` shows all paid orders.", key=key)
    state, went = found.state, found.capture
    rows = [
        (
            _("Order"),
            _(
                "{order_id} of program {program_id} ({currency_reference})",
                order_id=found.order_id,
                program_id=found.program_id,
                currency_reference=found.currency_reference or _("unnamed"),
            ),
        ),
        (_("Key"), found.key),
        (_("Status"), _(_STATUS[state.status])),
        (_("Paid by"), str(state.payer)),
        (_("Customer"), found.customer),
        (
            _("Paid at"),
            _("{paid_at:date}, under terms {terms_version}", paid_at=state.paid_at, terms_version=state.terms_version),
        ),
        (_("Paid"), fec(found.amount)),
        (_("Refunded"), fec(state.refunded)),
        (_("In escrow"), fec(state.escrowed)),
        (_("Burn share"), percent(found.burn_bps)),
        (
            _("Returnable until"),
            local(state.return_deadline) if state.return_deadline else _("none: final immediately"),
        ),
    ]
    if went is not None:
        rows += [
            (_("To merchant"), fec(went.to_merchant)),
            (_("Burned"), fec(went.burned)),
            (
                _("Donated"),
                _("{donated:fec} to {cause}", donated=went.donated, cause=went.cause)
                if went.cause
                else fec(went.donated),
            ),
            (_("Returned"), fec(went.returned)),
            (_("Node"), _("none") if went.id is None else f"ADN {went.id.name}"),
        ]
    context.show(_order_record(found), facts(rows))


def _order_record(found: OrderHistory) -> dict[str, object]:
    state, went = found.state, found.capture
    return {
        "orderKey": found.key,
        "programId": found.program_id,
        "orderId": found.order_id,
        "currencyReference": found.currency_reference,
        "status": state.status.name.lower(),
        "payer": state.payer,
        "customer": found.customer,
        "cause": state.cause if went is None else went.cause,
        "termsVersion": state.terms_version,
        "paidAt": utc(state.paid_at),
        "returnDeadline": utc(state.return_deadline) if state.return_deadline else None,
        "amount": exact_fec(found.amount),
        "refunded": exact_fec(state.refunded),
        "held": exact_fec(state.escrowed),
        "capture": None if went is None else _capture_record(went),
    }


def _capture_record(went: Capture) -> dict[str, object]:
    return {
        "orderKey": went.order_key,
        "node": None if went.id is None else went.id.name,
        "tokenId": None if went.token_id is None else str(went.token_id),
        "toMerchant": exact_fec(went.to_merchant),
        "burned": exact_fec(went.burned),
        "donated": exact_fec(went.donated),
        "returned": exact_fec(went.returned),
    }


@order.command()
@click.argument("key", type=ORDER, metavar="ORDER")
@click.argument("amount", type=AMOUNT, required=False)
@transaction_options(final=True)
@click.pass_obj
def refund(context: Context, key: str, amount: int | None) -> None:
    """Refund AMOUNT of an ORDER, or all that is left, within the return window. For the merchant."""
    client = context.client
    what = _("everything that is left") if amount is None else fec(amount)
    context.confirm(_("Refunds {what} of order {key} to its payer.", what=what, key=key), final=True)
    refunded = context.send(lambda: client.orders.refund(key, amount))
    if refunded is not None:
        context.show(
            {
                "orderKey": key,
                "amount": exact_fec(refunded.amount),
                "refundedInAll": exact_fec(refunded.refunded_in_all),
                **receipt_record(refunded.receipt),
            },
            _(
                "Refunded {amount:fec}, {refunded_in_all:fec} in total.",
                amount=refunded.amount,
                refunded_in_all=refunded.refunded_in_all,
            ),
            receipt_line(refunded.receipt),
        )


@order.command()
@click.argument("keys", type=ORDER, nargs=-1, metavar="[ORDER]...")
@click.option("--program", "program_id", type=PROGRAM, help="Capture only this program's orders, if no order is named.")
@transaction_options()
@click.pass_obj
def capture(context: Context, keys: Sequence[str], program_id: int | None) -> None:
    """Capture the ORDERs named, or all orders whose return window is over. A captured order is final. Anybody may do
    this.
    """
    client = context.client
    due = list(keys) or client.orders.due(program_id)
    if not due:
        raise CommandRefused("No order is due for capture. `fec order list` shows the status of each.")
    context.confirm(_("Captures {orders}.", orders=ngettext("{count:number} order", "{count:number} orders", len(due))))
    pieces = client.orders.batches(due)
    done = context.send_all([partial(client.orders.capture, piece) for piece in pieces], _("Capturing"))
    if done:
        _show_captured(context, done)


def _show_captured(context: Context, done: Sequence[Captured]) -> None:
    captures = [found for each in done for found in each.captures]
    table = grid(
        _("Order"), _("Node"), _("To merchant"), _("Burned"), _("Donated"), _("Returned"), left=(_("Order"), _("Node"))
    )
    for found in captures:
        table.add_row(
            found.order_key,
            _("none") if found.id is None else found.id.name,
            *(cell(amount) for amount in (found.to_merchant, found.burned, found.donated, found.returned)),
        )
    context.show(
        {
            "captured": [_capture_record(found) for found in captures],
            "transactions": [receipt_record(each.receipt) for each in done],
        },
        *([table] if captures else []),
        _("Captured {orders}.", orders=ngettext("{count:number} order", "{count:number} orders", len(captures))),
        *(receipt_line(each.receipt) for each in done),
    )
