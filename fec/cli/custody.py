"""`fec custody`: nodes and coins that a brand keeps for members who have no wallet."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from fec.cli import files
from fec.cli.base import Group, sign_only_option, transaction_options
from fec.cli.context import Context, facts, grid
from fec.cli.display import SHAPE, cell, fec, node_record, receipt_line, receipt_record, shape
from fec.cli.errors import CommandRefused
from fec.cli.opening import opening_first
from fec.cli.params import ADDRESS, AMOUNT, DURATION, FILE, LABEL, NEW_FILE, NODE, NodeRef
from fec.cli.pay import show_paid
from fec.cli.quote import quote_rows
from fec.core.amounts import exact_fec
from fec.core.durations import HOUR
from fec.core.node_id import NodeId
from fec.i18n import _, ngettext
from fec.i18n.errors import InvalidArgument
from fec.protocol.acts import ActKind, Instruction
from fec.protocol.members import ALL_COINS, Member, Withdrawn, account_of
from fec.protocol.orders import Order


@click.group(cls=Group)
def custody() -> None:
    """Custody: vaults of members without a wallet. Only a member's own key moves what a vault holds.

    To buy for a member, pay an order with their vault as customer: `fec order pay --customer VAULT`. To claim into a
    vault, run `fec node claim --for VAULT`.
    """


@custody.command()
@click.argument("brand", type=ADDRESS)
@click.argument("key", type=ADDRESS)
@click.option("--salt", type=LABEL, metavar="HEX", help="Salt of 32 bytes [random].")
@click.option("--out", type=NEW_FILE, required=True, metavar="FILE", help="Where to write the member file.")
@click.pass_obj
def member(context: Context, *, brand: str, key: str, salt: str | None, out: Path) -> None:
    """Create a member of BRAND with a KEY, and write the member file. Keep the file: it identifies the member. Sends
    nothing.
    """
    made = Member(brand, key, salt or "0x" + secrets.token_hex(32))
    vault = context.client.custody.vault(brand, made.id)
    files.write(files.member_record(made), out)
    context.show(
        {**files.member_record(made), "memberId": made.id, "vault": vault, "file": str(out)},
        facts([(_("Member"), made.id), (_("Vault"), vault), (_("File"), _("{out} (the member keeps it)", out=out))]),
    )


@custody.command()
@click.argument("member_id", type=LABEL, metavar="MEMBER_ID")
@transaction_options()
@click.pass_obj
def enroll(context: Context, member_id: str) -> None:
    """Announce a member of your brand on the chain, so that lists include them."""
    client = context.client
    context.confirm(_("Announces member {member_id} of brand {address}.", member_id=member_id, address=client.address))
    done = context.send(lambda: client.custody.enroll(member_id))
    if done is not None:
        context.show(
            {"memberId": done.member_id, "vault": done.vault, **receipt_record(done.receipt)},
            _("Their vault is {vault}.", vault=done.vault),
            receipt_line(done.receipt),
        )


@custody.command(name="list")
@click.argument("brand", type=ADDRESS, required=False)
@click.pass_obj
def list_(context: Context, brand: str | None) -> None:
    """List the members of BRAND, or of your own brand, and what each vault holds."""
    client = context.client
    now = client.now()
    table = grid(
        _("Member"),
        _("Vault"),
        _("Coins"),
        _("Nodes"),
        _("Claimable"),
        _("Outstanding"),
        left=(_("Member"), _("Vault")),
    )
    records = []
    for member_id, vault in client.custody.members(context.account_or(brand)).items():
        nodes = client.nodes.held_by(vault).nodes
        claimable = sum(node.claimable(now) for node in nodes)
        outstanding = sum(node.outstanding for node in nodes)
        coins = client.balance(vault)
        short = f"{member_id[:10]}…"
        table.add_row(short, vault, cell(coins), str(len(nodes)), cell(claimable), cell(outstanding))
        records.append(
            {
                "memberId": member_id,
                "vault": vault,
                "coins": exact_fec(coins),
                "nodes": len(nodes),
                "claimable": exact_fec(claimable),
                "outstanding": exact_fec(outstanding),
            }
        )
    context.show(
        records,
        *([table] if records else []),
        ngettext("{count:number} member", "{count:number} members", len(records)),
        SHAPE.localized(),
    )


@custody.command()
@click.argument("member_file", type=FILE, metavar="MEMBER")
@click.pass_obj
def show(context: Context, member_file: Path) -> None:
    """Show what a MEMBER's vault holds."""
    client = context.client
    who = files.read(member_file, files.MEMBER, files.member_from)
    vault = client.custody.vault(who.brand, who.id)
    nodes = client.nodes.held_by(vault).nodes
    coins = client.balance(vault)
    now = client.now()
    context.show(
        {
            "memberId": who.id,
            "vault": vault,
            "coins": exact_fec(coins),
            "nodes": [node_record(node, now) for node in nodes],
        },
        facts(
            [
                (_("Member"), who.id),
                (_("Brand"), who.brand),
                (_("Vault"), vault),
                (_("Coins"), fec(coins)),
                (_("Nodes"), ", ".join(node.name for node in nodes) or _("none")),
                (
                    _("Claimable"),
                    _(
                        "{claimable:fec} as of {now:date}",
                        claimable=sum(node.claimable(now) for node in nodes),
                        now=now,
                    ),
                ),
                (_("Outstanding"), fec(sum(node.outstanding for node in nodes))),
            ]
        ),
        SHAPE.localized(),
    )


@custody.command()
@click.argument("member_file", type=FILE, metavar="MEMBER")
@click.argument("invoice_file", type=FILE, metavar="INVOICE")
@click.option("--node", "refs", type=NODE, multiple=True, metavar="NODE", help="Claim from this node first.")
@click.option("--cause", type=ADDRESS, metavar="ADDRESS", help="Cause that receives the merchant's donation.")
@sign_only_option("fec custody relay")
@transaction_options(final=True)
@click.pass_obj
def spend(
    context: Context,
    *,
    member_file: Path,
    invoice_file: Path,
    refs: Sequence[NodeRef],
    cause: str | None,
    out: Path | None,
) -> None:
    """Pay an INVOICE out of a MEMBER's vault. For the member's key."""
    client = context.client
    who = files.read(member_file, files.MEMBER, files.member_from)
    invoice, signature = files.read(invoice_file, files.INVOICE, files.invoice_from)
    vault = client.custody.vault(who.brand, who.id)
    quote = client.orders.quote(invoice.program_id, invoice.amount, vault)
    order = Order(invoice, signature, vault, quote.principal, cause)
    token_ids = context.resolve(refs)
    if out is not None:
        _need_key(context, who)
        record = {
            "kind": "spend",
            "member": files.member_record(who),
            "order": files.order_record(order),
            "tokenIds": [str(token_id) for token_id in token_ids],
            "signature": context.sign(client.custody.spend_message(order)),
        }
        files.write_or_print(
            context, record, out, _("A payment of {amount:fec} out of the vault, signed", amount=invoice.amount)
        )
        return
    if not context.as_json:
        context.print(facts(quote_rows(quote, invoice.amount, client.now(), cause)))
    context.confirm(
        shape(quote.principal, client.programs.get(invoice.program_id).period_length),
        *opening_first(client.nodes.get_many(token_ids)),
        final=True,
    )
    show_paid(context, context.send(lambda: client.custody.spend(who, order, token_ids)))


@custody.command()
@click.argument("member_file", type=FILE, metavar="MEMBER")
@click.argument("to", type=ADDRESS)
@click.option("--node", "refs", type=NODE, multiple=True, metavar="NODE", help="Node to withdraw [all].")
@click.option("--amount", type=AMOUNT, metavar="AMOUNT", help="Coins to withdraw [all].")
@click.option(
    "--for", "valid", type=DURATION, default=HOUR, metavar="DURATION", help="How long the signature is valid [1h]."
)
@sign_only_option("fec custody relay")
@transaction_options(final=True)
@click.pass_obj
def withdraw(
    context: Context,
    *,
    member_file: Path,
    to: str,
    refs: Sequence[NodeRef],
    amount: int | None,
    valid: int,
    out: Path | None,
) -> None:
    """Withdraw nodes and coins from a MEMBER's vault: all of them, or those that you name. For the member's key."""
    client = context.client
    who = files.read(member_file, files.MEMBER, files.member_from)
    vault = client.custody.vault(who.brand, who.id)
    withdraw_all = not refs and amount is None
    token_ids = [node.token_id for node in client.nodes.held_by(vault).nodes] if withdraw_all else context.resolve(refs)
    coins = ALL_COINS if withdraw_all else amount or 0
    withdrawal = client.custody.withdrawal(who, to, context.deadline_in(valid), token_ids=token_ids, amount=coins)
    what = _taken(withdrawal)
    if out is not None:
        _need_key(context, who)
        record = {
            "kind": "withdrawal",
            "member": files.member_record(who),
            "instruction": files.instruction_record(withdrawal),
            "signature": context.sign(client.custody.acts_message(withdrawal)),
        }
        files.write_or_print(context, record, out, _("A withdrawal of {what}, signed", what=what))
        return
    context.confirm(
        _("Withdraws {what} from {vault} to {to}.", what=what, vault=vault, to=to),
        *opening_first(client.nodes.get_many(token_ids)),
        final=True,
    )
    _show_withdrawn(context, context.send(lambda: client.custody.withdraw(who, withdrawal)))


@custody.command()
@click.argument("signed", type=FILE)
@transaction_options()
@click.pass_obj
def relay(context: Context, signed: Path) -> None:
    """Send an instruction that a member has SIGNED (`spend --sign`, `withdraw --sign`). You pay only the gas."""
    client = context.client
    who, payment, withdrawal, signature = files.read(signed, files.INSTRUCTION, _instruction)
    if payment is not None:
        order, token_ids = payment
        context.confirm(
            _(
                "Pays {amount:fec} out of vault {customer} for order {order_id}.",
                amount=order.amount,
                customer=order.customer,
                order_id=order.invoice.order_id,
            )
        )
        show_paid(context, context.send(lambda: client.custody.spend(who, order, token_ids, signature)))
    if withdrawal is not None:
        context.confirm(
            _(
                "Withdraws {what} from {vault} to {to}.",
                what=_taken(withdrawal),
                vault=withdrawal.vault,
                to=withdrawal.acts[0].receiver,
            )
        )
        _show_withdrawn(context, context.send(lambda: client.custody.withdraw(who, withdrawal, signature)))


def _instruction(record: dict[str, Any]) -> tuple[Member, tuple[Order, list[int]] | None, Instruction | None, str]:
    who = files.member_from(record["member"])
    signature = record["signature"]
    if record["kind"] == "spend":
        payment = (files.order_from(record["order"]), [int(token_id) for token_id in record["tokenIds"]])
        return who, payment, None, signature
    if record["kind"] == "withdrawal":
        withdrawal = files.instruction_from(record["instruction"])
        if [act.kind for act in withdrawal.acts] != [ActKind.WITHDRAW]:
            raise InvalidArgument("its acts are no withdrawal")
        return who, None, withdrawal, signature
    raise InvalidArgument("its kind is {kind!r}", kind=record["kind"])


def _taken(withdrawal: Instruction) -> str:
    amount = withdrawal.acts[0].arguments[2]
    coins = _("all coins") if amount == ALL_COINS else fec(amount)
    return _(
        "{nodes} and {coins}",
        nodes=ngettext("{count:number} node", "{count:number} nodes", len(withdrawal.token_ids)),
        coins=coins,
    )


def _need_key(context: Context, who: Member) -> None:
    if context.client.address != account_of(who.signer):
        raise CommandRefused(
            "The member's signer is {signer}, not {address}. Sign with the member's key.",
            signer=who.signer,
            address=context.client.address,
        )


def _show_withdrawn(context: Context, done: Withdrawn | None) -> None:
    if done is None:
        return
    names = [NodeId.decode(token_id).name for token_id in done.token_ids]
    context.show(
        {
            "to": done.to,
            "nodes": names,
            "tokenIds": [str(token_id) for token_id in done.token_ids],
            "amount": exact_fec(done.amount),
            **receipt_record(done.receipt),
        },
        _(
            "{to} received {names} and {amount:fec} from the vault.",
            to=done.to,
            names=", ".join(names) or _("no nodes"),
            amount=done.amount,
        ),
        receipt_line(done.receipt),
    )
