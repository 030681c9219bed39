"""`fec quote` and `fec order`: the till, from either side of the counter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from fec.cli import files
from fec.cli.base import Command, Group, moving
from fec.cli.params import ADDRESS, AMOUNT, DURATION, LABEL, NODE, ORDER, PROGRAM, NodeRef
from fec.cli.session import Refused, Session, facts, grid
from fec.cli.words import cell, exact, fec, percent, plural, receipt_line, receipt_record, shape, stamp, utc
from fec.till import Authorization, Capture, Captured, Invoice, Order, OrderRecord, Paid, Permit, Quote
from fec.times import local
from fec.types import NodeId

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_LONG = 15 * 60


@click.command(cls=Command)
@click.argument("amount", type=AMOUNT)
@click.option("--program", "program_id", type=PROGRAM, required=True, help="Program of the merchant.")
@click.option("--customer", type=ADDRESS, metavar="ADDRESS", help="Who would get the node [who signs].")
@click.option("--cause", type=ADDRESS, metavar="ADDRESS", help="Where the merchant's donation would go [none].")
@click.pass_obj
def quote(session: Session, *, amount: int, program_id: int, customer: str | None, cause: str | None) -> None:
    """Show what a payment of AMOUNT would do now: who gets what, and what flows back when."""
    client = session.client
    who = session.account_or(customer)
    # Of a program that there is not, the till says just that it has no terms.
    period_length = client.programs.get(program_id).period_length
    if cause is not None and cause not in (causes := client.terms.get(program_id).causes):
        raise Refused(f"Program {program_id} donates to {', '.join(causes) or 'no cause'}, not to {cause}.")
    found = client.orders.quote(program_id, amount, who)
    session.show(
        quote_record(found, cause),
        facts(quote_rows(found, amount, client.now(), cause)),
        "",
        shape(found.principal, period_length),
    )


def quote_rows(found: Quote, amount: int, now: int, cause: str | None) -> list[tuple[str, str]]:
    """A quote as people read it."""
    to_merchant, donated = found.given(cause)
    gift = f"{fec(found.donation)} off the merchant's part, if a cause is picked"
    return [
        ("Paid", fec(amount)),
        ("To merchant", fec(to_merchant)),
        ("Burned", f"{fec(found.principal)}, tier {found.tier + 1} after {fec(found.spend)} spent"),
        ("Donation", gift if cause is None else f"{fec(donated)} to {cause}"),
        ("Flows back", fec(found.face)),
        ("Node starts", local(found.start)),
        ("First coins", local(found.first_release)),
        ("Last coins", local(found.last_release)),
        ("Returns until", local(found.return_deadline) if found.return_deadline > now else "none: final at once"),
        ("Least claim", f"{fec(found.min_claim)} is worth paying out"),
    ]


def quote_record(found: Quote, cause: str | None) -> dict[str, object]:
    """A quote for machines."""
    to_merchant, donated = found.given(cause)
    return {
        "termsVersion": found.terms_version,
        "tier": found.tier,
        "spend": exact(found.spend),
        "toMerchant": exact(to_merchant),
        "donation": exact(donated),
        "donationIfCause": exact(found.donation),
        "principal": exact(found.principal),
        "face": exact(found.face),
        "returnDeadline": utc(found.return_deadline),
        "start": utc(found.start),
        "firstRelease": utc(found.first_release),
        "lastRelease": utc(found.last_release),
        "minClaim": exact(found.min_claim),
    }


@click.group(cls=Group)
def order() -> None:
    """Orders at the till: invoices, payments, refunds, captures.

    The merchant signs an invoice (sign), the shopper pays it (pay, or pay --sign and anybody's relay); within the
    return window it can be refunded, after it anybody captures it.
    """


@order.command()
@click.argument("amount", type=AMOUNT)
@click.option("--program", "program_id", type=PROGRAM, required=True, help="Program of the merchant.")
@click.option("--id", "order_id", type=LABEL, required=True, metavar="TEXT", help="The merchant's own id of the order.")
@click.option("--reference", type=LABEL, default="", metavar="TEXT", help='What the amount stands for: "USD 12.34".')
@click.option("--for", "valid", type=DURATION, default=_LONG, metavar="DURATION", help="How long it can be paid [15m].")
@click.option("--out", type=_NEW_FILE, metavar="FILE", help="Where to write the invoice [print it].")
@click.pass_obj
def sign(
    session: Session, *, amount: int, program_id: int, order_id: str, reference: str, valid: int, out: Path | None
) -> None:
    """Sign an invoice over AMOUNT as the program's till. Sends nothing."""
    client = session.client
    invoice = Invoice(program_id, order_id, amount, reference, expiry=session.soon(valid))
    signer = client.terms.get(program_id).signer
    if signer != client.address:
        raise Refused(f"The till of program {program_id} signs as {signer}, not as {client.address}. Sign as that.")
    record = files.invoice_record(invoice, session.sign(client.orders.invoice_message(invoice)))
    hand_out(session, record, out, f"An invoice over {fec(amount)}, to be paid until {local(invoice.expiry)}")


def hand_out(session: Session, record: files.Record, out: Path | None, what: str) -> None:
    """Writes something signed to a file, or prints it."""
    if out is None:
        click.echo(json.dumps(record, indent=1))
        return
    files.write(record, out)
    session.show({**record, "file": str(out)}, f"{what}: {out}")


@order.command()
@click.argument("amount", type=AMOUNT)
@moving()
@click.pass_obj
def allow(session: Session, amount: int) -> None:
    """Let the till take up to AMOUNT of your FEC, for orders and rewards; 0 ends it."""
    client = session.client
    session.confirm(f"The till may take up to {fec(amount)} from {client.address}.")
    receipt = session.send(lambda: client.orders.approve(amount))
    if receipt is not None:
        session.show(receipt_record(receipt), "Done.", receipt_line(receipt))


@order.command()
@click.argument("invoice_file", type=_FILE, metavar="INVOICE")
@click.option(
    "--by",
    type=click.Choice(["transfer", "allowance", "permit", "nodes"]),
    default="transfer",
    show_default=True,
    help="How: one transfer, the till's allowance, a permit, or what nodes let flow back (and the allowance).",
)
@click.option("--node", "refs", type=NODE, multiple=True, metavar="NODE", help="With --by nodes: claim from it first.")
@click.option("--customer", type=ADDRESS, metavar="ADDRESS", help="Who gets the node: you, or a member's vault [you].")
@click.option("--cause", type=ADDRESS, metavar="ADDRESS", help="Where the merchant's donation goes.")
@click.option("--least", type=AMOUNT, metavar="AMOUNT", help="Least principal to accept [as quoted now].")
@click.option(
    "--sign", "out", type=_NEW_FILE, metavar="FILE", help="Only sign, for anybody to send by `fec order relay`."
)
@moving(final=True)
@click.pass_obj
def pay(
    session: Session,
    *,
    invoice_file: Path,
    by: str,
    refs: Sequence[NodeRef],
    customer: str | None,
    cause: str | None,
    least: int | None,
    out: Path | None,
) -> None:
    """Pay an INVOICE that a merchant has signed."""
    if bool(refs) != (by == "nodes"):
        raise click.UsageError("--by nodes and --node belong together.")
    client = session.client
    invoice, signature = files.read(invoice_file, "invoice", files.invoice_from)
    who = session.account_or(customer)
    found = client.orders.quote(invoice.program_id, invoice.amount, who)
    bought = Order(invoice, signature, who, found.principal if least is None else least, cause)
    if out is not None:
        message = client.orders.authorization_message(bought, client.address, 0, invoice.expiry + 1)
        authorization = Authorization(client.address, 0, invoice.expiry + 1, session.sign(message))
        hand_out(
            session, files.payment_record(bought, authorization), out, f"A payment of {fec(invoice.amount)}, signed"
        )
        return
    token_ids = session.resolve(refs)
    if by in ("allowance", "nodes"):
        session.need_allowance(invoice.amount)
    period_length = client.programs.get(invoice.program_id).period_length
    if not session.as_json:
        session.print(facts(quote_rows(found, invoice.amount, client.now(), cause)))
    session.confirm(
        shape(found.principal, period_length),
        f"Pays order {invoice.order_id} of program {invoice.program_id} ({invoice.currency_reference or 'unnamed'}).",
        final=True,
    )

    def by_permit() -> Paid:
        permit = client.orders.permit_message(bought, client.address, invoice.expiry)
        return client.orders.pay_with_permit(bought, Permit(invoice.expiry, session.sign(permit)))

    ways = {
        "transfer": lambda: client.orders.transfer_and_call(bought),
        "allowance": lambda: client.orders.pay(bought),
        "permit": by_permit,
        "nodes": lambda: client.orders.pay_from_nodes(bought, token_ids),
    }
    show_paid(session, session.send(ways[by]))


@order.command()
@click.argument("payment", type=_FILE)
@moving()
@click.pass_obj
def relay(session: Session, payment: Path) -> None:
    """Send a PAYMENT that its payer has signed (`fec order pay --sign`). You pay for gas only."""
    client = session.client
    bought, authorization = files.read(payment, "signed payment", files.payment_from)
    session.confirm(f"Pays {fec(bought.amount)} of {authorization.payer} for order {bought.invoice.order_id}.")
    show_paid(session, session.send(lambda: client.orders.pay_with_authorization(bought, authorization)))


def show_paid(session: Session, paid: Paid | None) -> None:
    """What a payment did; nothing after a dry run."""
    if paid is None:
        return
    name = None if paid.token_id is None else NodeId.decode(paid.token_id).name
    after = (
        f"ADN {name} belongs to {paid.customer}. `fec node show {name}` shows it."
        if name
        else f"It can be refunded until {local(paid.return_deadline or 0)}; the node starts with the capture after it."
    )
    session.show(
        {
            "orderKey": paid.order_key,
            "payer": paid.payer,
            "customer": paid.customer,
            "amount": exact(paid.amount),
            "node": name,
            "tokenId": None if paid.token_id is None else str(paid.token_id),
            "returnDeadline": None if paid.return_deadline is None else utc(paid.return_deadline),
            "claimed": exact(sum(payment.amount for payment in paid.claimed)),
            **receipt_record(paid.receipt),
        },
        f"Paid {fec(paid.amount)}. {after}",
        f"Order {paid.order_key}",
        receipt_line(paid.receipt),
    )


@order.command(name="list")
@click.option("--program", "program_id", type=PROGRAM, help="Only of this program.")
@click.option("--customer", type=ADDRESS, metavar="ADDRESS", help="Only of this customer.")
@click.pass_obj
def list_(session: Session, program_id: int | None, customer: str | None) -> None:
    """List the orders paid so far, oldest first."""
    client = session.client
    orders = client.orders.records(program_id, customer)
    names = ("Order", "Program", "Merchant's id", "Status", "Paid at")
    table = grid(*names, "Amount", "Refunded", "Held", "To merchant", "Burned", "Donated", left=names)
    for found in orders:
        state, went = found.state, found.capture
        table.add_row(
            found.key,
            str(found.program_id),
            found.order_id,
            state.status.name.lower(),
            stamp(state.paid_at),
            *map(cell, (found.amount, state.refunded, state.escrowed)),
            *(("", "", "") if went is None else map(cell, (went.to_merchant, went.burned, went.donated))),
        )
    session.show([_order_record(found) for found in orders], *([table] if orders else []), plural(len(orders), "order"))


@order.command()
@click.argument("key", type=ORDER, metavar="ORDER")
@click.pass_obj
def show(session: Session, key: str) -> None:
    """Show where an ORDER stands."""
    found = session.client.orders.record(key)
    if found is None:
        raise Refused(f"No order was paid under {key}. `fec order list` shows those that were.")
    state, went = found.state, found.capture
    rows = [
        ("Order", f"{found.order_id} of program {found.program_id} ({found.currency_reference or 'unnamed'})"),
        ("Key", found.key),
        ("Status", state.status.name.lower()),
        ("Paid by", str(state.payer)),
        ("Customer", found.customer),
        ("Paid at", f"{local(state.paid_at)}, under terms {state.terms_version}"),
        ("Paid", fec(found.amount)),
        ("Refunded", fec(state.refunded)),
        ("Held", fec(state.escrowed)),
        ("Burn share", percent(found.burn_bps)),
        ("Returns until", local(state.return_deadline) if state.return_deadline else "none: final at once"),
    ]
    if went is not None:
        rows += [
            ("To merchant", fec(went.to_merchant)),
            ("Burned", fec(went.burned)),
            ("Donated", fec(went.donated) + (f" to {went.cause}" if went.cause else "")),
            ("Returned", fec(went.returned)),
            ("Node", "none" if went.id is None else f"ADN {went.id.name}"),
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
        "amount": exact(found.amount),
        "refunded": exact(state.refunded),
        "held": exact(state.escrowed),
        "capture": None if went is None else _capture_record(went),
    }


def _capture_record(went: Capture) -> dict[str, object]:
    return {
        "orderKey": went.order_key,
        "node": None if went.id is None else went.id.name,
        "tokenId": None if went.token_id is None else str(went.token_id),
        "toMerchant": exact(went.to_merchant),
        "burned": exact(went.burned),
        "donated": exact(went.donated),
        "returned": exact(went.returned),
    }


@order.command()
@click.argument("key", type=ORDER, metavar="ORDER")
@click.argument("amount", type=AMOUNT, required=False)
@moving(final=True)
@click.pass_obj
def refund(session: Session, key: str, amount: int | None) -> None:
    """Pay AMOUNT of an ORDER back, or all that is left; for the merchant, within the return window."""
    client = session.client
    what = "all that is left" if amount is None else fec(amount)
    session.confirm(f"Pays {what} of order {key} back to who paid it.", final=True)
    refunded = session.send(lambda: client.orders.refund(key, amount))
    if refunded is not None:
        session.show(
            {
                "orderKey": key,
                "amount": exact(refunded.amount),
                "refundedInAll": exact(refunded.refunded_in_all),
                **receipt_record(refunded.receipt),
            },
            f"Refunded {fec(refunded.amount)}, {fec(refunded.refunded_in_all)} in all.",
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
    session.confirm(f"Captures {plural(len(due), 'order')}.")
    pieces = client.orders.batches(due)
    done = session.send_all([partial(client.orders.capture, piece) for piece in pieces], "Capturing")
    if done:
        _show_captured(session, done)


def _show_captured(session: Session, done: Sequence[Captured]) -> None:
    captures = [found for each in done for found in each.captures]
    table = grid("Order", "Node", "To merchant", "Burned", "Donated", "Returned", left=("Order", "Node"))
    for found in captures:
        table.add_row(
            found.order_key,
            "none" if found.id is None else found.id.name,
            *(cell(amount) for amount in (found.to_merchant, found.burned, found.donated, found.returned)),
        )
    session.show(
        {
            "captured": [_capture_record(found) for found in captures],
            "transactions": [receipt_record(each.receipt) for each in done],
        },
        *([table] if captures else []),
        f"Captured {plural(len(captures), 'order')}.",
        *(receipt_line(each.receipt) for each in done),
    )
