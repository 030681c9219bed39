"""`fec order`: the till, from either side of the counter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from fec.cli import files
from fec.cli.base import Group, moving
from fec.cli.context import Session, facts, grid
from fec.cli.display import cell, fec, receipt_line, receipt_record, stamp, utc
from fec.cli.errors import Refused
from fec.cli.params import ADDRESS, AMOUNT, DURATION, FILE, LABEL, NEW_FILE, ORDER, PROGRAM
from fec.cli.pay import pay, show_paid
from fec.core.amounts import exact_fec
from fec.i18n import N_, _, local, ngettext, percent
from fec.protocol.orders import Capture, Captured, Invoice, OrderRecord, OrderStatus

_LONG = 15 * 60
_STATUS = {
    OrderStatus.UNPAID: N_("unpaid"),
    OrderStatus.ESCROWED: N_("escrowed"),
    OrderStatus.CAPTURED: N_("captured"),
    OrderStatus.REFUNDED: N_("refunded"),
}


@click.group(cls=Group)
def order() -> None:
    """Orders at the till: invoices, payments, refunds, captures.

    The merchant signs an invoice (sign), the shopper pays it (pay, or pay --sign and anybody's relay); within the
    return window it can be refunded, after it anybody captures it.
    """


order.add_command(pay)


@order.command()
@click.argument("amount", type=AMOUNT)
@click.option("--program", "program_id", type=PROGRAM, required=True, help="Program of the merchant.")
@click.option("--id", "order_id", type=LABEL, required=True, metavar="TEXT", help="The merchant's own id of the order.")
@click.option("--reference", type=LABEL, default="", metavar="TEXT", help='What the amount stands for: "USD 12.34".')
@click.option("--for", "valid", type=DURATION, default=_LONG, metavar="DURATION", help="How long it can be paid [15m].")
@click.option("--out", type=NEW_FILE, metavar="FILE", help="Where to write the invoice [print it].")
@click.pass_obj
def sign(
    session: Session, *, amount: int, program_id: int, order_id: str, reference: str, valid: int, out: Path | None
) -> None:
    """Sign an invoice over AMOUNT as the program's till. Sends nothing."""
    client = session.client
    invoice = Invoice(program_id, order_id, amount, reference, expiry=session.soon(valid))
    signer = client.terms.get(program_id).signer
    if signer != client.address:
        raise Refused(
            "The till of program {program_id} signs as {signer}, not as {address}. Sign as that.",
            program_id=program_id,
            signer=signer,
            address=client.address,
        )
    record = files.invoice_record(invoice, session.sign(client.orders.invoice_message(invoice)))
    files.hand_out(
        session,
        record,
        out,
        _("An invoice over {amount:fec}, to be paid until {expiry:date}", amount=amount, expiry=invoice.expiry),
    )


@order.command()
@click.argument("amount", type=AMOUNT)
@moving()
@click.pass_obj
def allow(session: Session, amount: int) -> None:
    """Let the till take up to AMOUNT of your FEC, for orders and rewards; 0 ends it."""
    client = session.client
    session.confirm(_("The till may take up to {amount:fec} from {address}.", amount=amount, address=client.address))
    receipt = session.send(lambda: client.orders.approve(amount))
    if receipt is not None:
        session.show(receipt_record(receipt), _("Done."), receipt_line(receipt))


@order.command()
@click.argument("payment", type=FILE)
@moving()
@click.pass_obj
def relay(session: Session, payment: Path) -> None:
    """Send a PAYMENT that its payer has signed (`fec order pay --sign`). You pay for gas only."""
    client = session.client
    bought, authorization = files.read(payment, files.PAYMENT, files.payment_from)
    session.confirm(
        _(
            "Pays {amount:fec} of {payer} for order {order_id}.",
            amount=bought.amount,
            payer=authorization.payer,
            order_id=bought.invoice.order_id,
        )
    )
    show_paid(session, session.send(lambda: client.orders.pay_with_authorization(bought, authorization)))


@order.command(name="list")
@click.option("--program", "program_id", type=PROGRAM, help="Only of this program.")
@click.option("--customer", type=ADDRESS, metavar="ADDRESS", help="Only of this customer.")
@click.pass_obj
def list_(session: Session, program_id: int | None, customer: str | None) -> None:
    """List the orders paid so far, oldest first."""
    client = session.client
    orders = client.orders.records(program_id, customer)
    names = (_("Order"), _("Program"), _("Merchant's id"), _("Status"), _("Paid at"))
    table = grid(*names, _("Amount"), _("Refunded"), _("Held"), _("To merchant"), _("Burned"), _("Donated"), left=names)
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
    session.show(
        [_order_record(found) for found in orders],
        *([table] if orders else []),
        ngettext("{count:number} order", "{count:number} orders", len(orders)),
    )


@order.command()
@click.argument("key", type=ORDER, metavar="ORDER")
@click.pass_obj
def show(session: Session, key: str) -> None:
    """Show where an ORDER stands."""
    found = session.client.orders.record(key)
    if found is None:
        raise Refused("No order was paid under {key}. `fec order list` shows those that were.", key=key)
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
        (_("Held"), fec(state.escrowed)),
        (_("Burn share"), percent(found.burn_bps)),
        (_("Returns until"), local(state.return_deadline) if state.return_deadline else _("none: final at once")),
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
    session.show(_order_record(found), facts(rows))


def _order_record(found: OrderRecord) -> dict[str, object]:
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
@moving(final=True)
@click.pass_obj
def refund(session: Session, key: str, amount: int | None) -> None:
    """Pay AMOUNT of an ORDER back, or all that is left; for the merchant, within the return window."""
    client = session.client
    what = _("all that is left") if amount is None else fec(amount)
    session.confirm(_("Pays {what} of order {key} back to who paid it.", what=what, key=key), final=True)
    refunded = session.send(lambda: client.orders.refund(key, amount))
    if refunded is not None:
        session.show(
            {
                "orderKey": key,
                "amount": exact_fec(refunded.amount),
                "refundedInAll": exact_fec(refunded.refunded_in_all),
                **receipt_record(refunded.receipt),
            },
            _(
                "Refunded {amount:fec}, {refunded_in_all:fec} in all.",
                amount=refunded.amount,
                refunded_in_all=refunded.refunded_in_all,
            ),
            receipt_line(refunded.receipt),
        )


@order.command()
@click.argument("keys", type=ORDER, nargs=-1, metavar="[ORDER]...")
@click.option("--program", "program_id", type=PROGRAM, help="Only of this program, when no order is named.")
@moving()
@click.pass_obj
def capture(session: Session, keys: Sequence[str], program_id: int | None) -> None:
    """Make ORDERs final whose return window is over, or all such orders. Anybody may."""
    client = session.client
    due = list(keys) or client.orders.due(program_id)
    if not due:
        raise Refused("No order waits to be captured. `fec order list` shows where each stands.")
    session.confirm(_("Captures {orders}.", orders=ngettext("{count:number} order", "{count:number} orders", len(due))))
    pieces = client.orders.batches(due)
    done = session.send_all([partial(client.orders.capture, piece) for piece in pieces], _("Capturing"))
    if done:
        _show_captured(session, done)


def _show_captured(session: Session, done: Sequence[Captured]) -> None:
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
    session.show(
        {
            "captured": [_capture_record(found) for found in captures],
            "transactions": [receipt_record(each.receipt) for each in done],
        },
        *([table] if captures else []),
        _("Captured {orders}.", orders=ngettext("{count:number} order", "{count:number} orders", len(captures))),
        *(receipt_line(each.receipt) for each in done),
    )
