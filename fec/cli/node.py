"""`fec node`: minting, looking at, claiming from, giving away, splitting, merging, delegating."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click

from fec.chain.deploy import PUBLIC_PROGRAM
from fec.cli.base import Group, moving
from fec.cli.context import Session, facts, grid
from fec.cli.display import SHAPE, cell, fec, node_record, receipt_line, receipt_record, shape, stamp
from fec.cli.errors import Refused
from fec.cli.params import ADDRESS, AMOUNT, NODE, PROGRAM, NodeRef
from fec.core.amounts import exact_fec
from fec.core.curve import PERIODS, time_when_released
from fec.core.node_id import NodeId
from fec.i18n import N_, _, local, ngettext
from fec.protocol.types import Claimed, Node

_BAR = 40


@click.group(cls=Group)
def node() -> None:
    """Nodes: what burned coupons become, and what pays back."""


@node.command(name="list")
@click.argument("owner", type=ADDRESS, required=False)
@click.pass_obj
def list_(session: Session, owner: str | None) -> None:
    """List the nodes of OWNER, or your own, and what they pay."""
    client = session.client
    account = session.account_or(owner)
    nodes = client.nodes.owned_by(account)
    now = client.now()
    table = grid(
        _("Node"), _("Principal"), _("Period"), _("Claimable"), _("Outstanding"), _("Next"), "", left=(_("Node"), "")
    )
    for found in nodes:
        release = found.next_release(now)
        table.add_row(
            found.name,
            cell(found.principal),
            f"{found.period(now)}/{PERIODS}",
            cell(found.claimable(now)),
            cell(found.outstanding),
            "" if release is None else cell(release.amount),
            _("all released") if release is None else stamp(release.timestamp),
        )
    claimable = sum(found.claimable(now) for found in nodes)
    outstanding = sum(found.outstanding for found in nodes)
    session.show(
        {
            "owner": account,
            "claimable": exact_fec(claimable),
            "outstanding": exact_fec(outstanding),
            "nodes": [node_record(found, now) for found in nodes],
        },
        *([table] if nodes else []),
        _(
            "{account} has {nodes}: {claimable:fec} claimable as of {now:date}, {outstanding:fec} outstanding.",
            account=account,
            nodes=ngettext("{count:number} node", "{count:number} nodes", len(nodes)),
            claimable=claimable,
            now=now,
            outstanding=outstanding,
        ),
        *({shape(found.principal, found.period_length) for found in nodes} if len(nodes) == 1 else ()),
        *([SHAPE.localized()] if len(nodes) > 1 else ()),
    )


@node.command()
@click.argument("ref", type=NODE, metavar="NODE")
@click.pass_obj
def show(session: Session, ref: NodeRef) -> None:
    """Show one node: what it has paid, what it will, and when."""
    client = session.client
    [token_id] = session.resolve([ref])
    found = client.nodes.get(token_id)
    now = client.now()
    fingerprint = client.nodes.fingerprint(token_id)
    session.show(
        {**node_record(found, now), "fingerprint": fingerprint},
        facts(_details(found, now, fingerprint)),
        "",
        shape(found.principal, found.period_length),
    )


def _details(found: Node, now: int, fingerprint: str) -> list[tuple[str, str]]:
    release = found.next_release(now)
    period = found.period(now)
    filled = period * _BAR // PERIODS

    def when(amount: int) -> str:
        return local(time_when_released(found.principal, amount, found.start, found.period_length))

    return [
        (_("Node"), _("ADN {name}, of program {program_id}", name=found.name, program_id=found.program_id)),
        (_("Id"), str(found.token_id)),
        (_("Owner"), found.owner),
        (_("Principal"), fec(found.principal)),
        (_("Face"), fec(found.face)),
        (_("Claimed"), fec(found.claimed)),
        (_("Claimable"), _("{claimable:fec} as of {now:date}", claimable=found.claimable(now), now=now)),
        (_("Outstanding"), fec(found.outstanding)),
        (
            _("Period"),
            _(
                "{full}{empty} {period} of {periods}, {period_length:duration} each",
                full="█" * filled,
                empty="░" * (_BAR - filled),
                period=period,
                periods=PERIODS,
                period_length=found.period_length,
            ),
        ),
        (_("Start"), local(found.start)),
        (
            _("Next"),
            _("everything is released")
            if release is None
            else _("{amount:fec} on {timestamp:date}", amount=release.amount, timestamp=release.timestamp),
        ),
        (_("Burned back"), when(found.principal)),
        (_("Half of all"), when(found.face // 2)),
        (_("End"), local(found.end)),
        (_("Fingerprint"), fingerprint),
    ]


@node.command()
@click.argument("amount", type=AMOUNT)
@click.option(
    "--program", "program_id", type=PROGRAM, default=PUBLIC_PROGRAM, help="Program to mint in [1, the public one]."
)
@click.option("--to", type=ADDRESS, metavar="ADDRESS", help="Who gets the node [who signs].")
@moving(final=True)
@click.pass_obj
def mint(session: Session, amount: int, program_id: int, to: str | None) -> None:
    """Burn AMOUNT of your FEC into a new node."""
    client = session.client
    found = client.programs.get(program_id)
    owner = session.account_or(to)
    session.confirm(
        _(
            "Burns {amount:fec} into a node of program {program_id} for {owner}.",
            amount=amount,
            program_id=program_id,
            owner=owner,
        ),
        *([shape(amount, found.period_length)] if amount else []),
        final=bool(amount),
    )
    minted = session.send(lambda: client.nodes.mint(program_id, amount, owner))
    if minted is not None:
        session.show(
            {"name": minted.id.name, "tokenId": str(minted.token_id), **receipt_record(minted.receipt)},
            _("ADN {name} is there. `fec node show {name}` shows it.", name=minted.id.name),
            receipt_line(minted.receipt),
        )


@node.command()
@click.argument("refs", type=NODE, nargs=-1, metavar="[NODE]...")
@click.option("--to", type=ADDRESS, metavar="ADDRESS", help="Who is paid [who signs].")
@click.option(
    "--for", "owner", type=ADDRESS, metavar="OWNER", help="Claim for somebody else: all their nodes; they are paid."
)
@click.option("--for-owners", is_flag=True, help="Pay the owners of the nodes named, whoever they are.")
@moving()
@click.pass_obj
def claim(session: Session, refs: Sequence[NodeRef], to: str | None, owner: str | None, for_owners: bool) -> None:
    """Claim what nodes have released: the NODEs named, or all of yours.

    A keeper claims for others with --for or --for-owners, and can take nothing.
    """
    if (for_owners or owner) and to:
        raise click.UsageError(_("--to pays somebody else, --for and --for-owners the owners: choose one."))
    if owner and refs:
        raise click.UsageError(_("--for claims from all nodes of an owner. Name nodes with --for-owners instead."))
    if for_owners and not refs:
        raise click.UsageError(_("--for-owners needs the nodes to be named. --for OWNER finds all of an owner's."))
    client = session.client
    now = client.now()
    if refs:
        # Named twice, a node is claimed from once.
        nodes = client.nodes.get_many(list(dict.fromkeys(session.resolve(refs))))
        whose = ", ".join(f"ADN {found.name}" for found in nodes)
    else:
        whose = session.account_or(owner)
        nodes = client.nodes.owned_by(whose)
    due = [found for found in nodes if found.claimable(now)]
    if not due:
        raise Refused(_nothing(whose, nodes, now))
    pieces = client.nodes.batches([found.token_id for found in due])
    payee = None if for_owners or owner else session.account_or(to)
    session.confirm(*_claim_plan(due, now, payee))
    pay = client.nodes.claim_for if payee is None else partial(client.nodes.claim_to, to=payee)
    _show_claimed(session, session.send_all([partial(pay, ids) for ids in pieces], _("Claiming")))


def _nothing(whose: str, nodes: Sequence[Node], now: int) -> str:
    if not nodes:
        return _("{whose} has no nodes. `fec node mint` makes one.", whose=whose)
    releases = [release.timestamp for found in nodes if (release := found.next_release(now))]
    if not releases:
        return _("Nothing to claim for {whose}: all is paid.", whose=whose)
    return _(
        "Nothing to claim for {whose} yet. Come back on {moment:date}, when the next period ends.",
        whose=whose,
        moment=min(releases),
    )


def _claim_plan(due: Sequence[Node], now: int, payee: str | None) -> list[str]:
    total = sum(found.claimable(now) for found in due)
    whom = _("their owners") if payee is None else payee
    lines = [
        _(
            "Claims {total:fec} from {nodes} for {whom}, as of {now:date}:",
            total=total,
            nodes=ngettext("{count:number} node", "{count:number} nodes", len(due)),
            whom=whom,
            now=now,
        )
    ]
    lines += [f"  {found.name:<12} {cell(found.claimable(now)):>20}" for found in due[:20]]
    if len(due) > 20:
        lines.append(
            "  … "
            + _("and {nodes}", nodes=ngettext("{count:number} more node", "{count:number} more nodes", len(due) - 20))
        )
    return lines


def _show_claimed(session: Session, claims: Sequence[Claimed]) -> None:
    if not claims:
        return
    payments = [payment for claimed in claims for payment in claimed.payouts]
    paid = sum(payment.amount for payment in payments)
    session.show(
        {
            "paid": exact_fec(paid),
            "payments": [
                {
                    "name": NodeId.decode(payment.token_id).name,
                    "tokenId": str(payment.token_id),
                    "recipient": payment.recipient,
                    "amount": exact_fec(payment.amount),
                }
                for payment in payments
            ],
            "transactions": [receipt_record(claimed.receipt) for claimed in claims],
        },
        _(
            "Paid {paid:fec} from {nodes}.",
            paid=paid,
            nodes=ngettext("{count:number} node", "{count:number} nodes", len(payments)),
        ),
        *(receipt_line(claimed.receipt) for claimed in claims),
    )


@node.command()
@click.argument("ref", type=NODE, metavar="NODE")
@click.argument("to", type=ADDRESS)
@click.option(
    "--expect", "fingerprint", metavar="FINGERPRINT", help="Only if the node is as `fec node show` showed it."
)
@moving(final=True)
@click.pass_obj
def transfer(session: Session, ref: NodeRef, to: str, fingerprint: str | None) -> None:
    """Give NODE to another account, with all that is unclaimed."""
    client = session.client
    [found] = client.nodes.get_many(session.resolve([ref]))
    session.confirm(
        _(
            "Gives ADN {name} to {to}, with {outstanding:fec} that it has yet to pay, {claimable:fec} of it "
            "claimable now.",
            name=found.name,
            to=to,
            outstanding=found.outstanding,
            claimable=found.claimable(client.now()),
        ),
        final=True,
    )
    receipt = session.send(lambda: client.nodes.transfer(found.token_id, to, fingerprint=fingerprint))
    if receipt is not None:
        session.show(
            receipt_record(receipt), _("ADN {name} belongs to {to}.", name=found.name, to=to), receipt_line(receipt)
        )


@node.command()
@click.argument("ref", type=NODE, metavar="NODE")
@click.argument("principals", type=AMOUNT, nargs=-1, required=True, metavar="PRINCIPAL...")
@moving()
@click.pass_obj
def split(session: Session, ref: NodeRef, principals: Sequence[int]) -> None:
    """Split parts of these PRINCIPALs off NODE; the rest stays with it."""
    client = session.client
    [found] = client.nodes.get_many(session.resolve([ref]))
    session.confirm(
        _(
            "Splits {principals:fec} of the {principal:fec} of ADN {name} off, into {nodes}.",
            principals=sum(principals),
            principal=found.principal,
            name=found.name,
            nodes=ngettext("{count:number} new node", "{count:number} new nodes", len(principals)),
        )
    )
    done = session.send(lambda: client.nodes.split(found.token_id, principals))
    if done is not None:
        names = [NodeId.decode(token_id).name for token_id in done.new_ids]
        session.show(
            {
                "tokenId": str(done.token_id),
                "new": [
                    {"name": name, "tokenId": str(token_id), "principal": exact_fec(principal)}
                    for name, token_id, principal in zip(names, done.new_ids, principals, strict=True)
                ],
                **receipt_record(done.receipt),
            },
            *(
                _("ADN {name} has {principal:fec}.", name=name, principal=principal)
                for name, principal in zip(names, principals, strict=True)
            ),
            _("ADN {name} keeps {principal:fec}.", name=found.name, principal=found.principal - sum(principals)),
            receipt_line(done.receipt),
        )


@node.command()
@click.argument("refs", type=NODE, nargs=-1, required=True, metavar="NODE NODE...")
@moving()
@click.pass_obj
def merge(session: Session, refs: Sequence[NodeRef]) -> None:
    """Merge NODEs of one program and start into the first of them."""
    client = session.client
    nodes = client.nodes.get_many(session.resolve(refs))
    names = ", ".join(found.name for found in nodes[1:])
    session.confirm(_("Merges {names} into ADN {name}.", names=names or _("nothing"), name=nodes[0].name))
    done = session.send(lambda: client.nodes.merge([found.token_id for found in nodes]))
    if done is not None:
        session.show(
            {
                "name": nodes[0].name,
                "tokenId": str(done.token_id),
                "merged": [str(token_id) for token_id in done.merged_ids],
                **receipt_record(done.receipt),
            },
            _(
                "ADN {name} has {principal:fec} of principal.",
                name=nodes[0].name,
                principal=sum(found.principal for found in nodes),
            ),
            receipt_line(done.receipt),
        )


@node.command()
@click.argument("operator", type=ADDRESS)
@click.argument("ref", type=NODE, required=False, metavar="[NODE]")
@click.option("--revoke", is_flag=True, help="No longer.")
@moving()
@click.pass_obj
def delegate(session: Session, operator: str, ref: NodeRef | None, revoke: bool) -> None:
    """Let OPERATOR claim, for itself, from NODE, or from all nodes you have and will have.

    Somebody who only claims for you needs no leave: `fec node claim --for`.
    """
    client = session.client
    what = _("all your nodes, present and future") if ref is None else f"ADN {ref.name}"
    may, may_no_longer = (
        N_("{operator} may claim for itself from {nodes}."),
        N_("{operator} may no longer claim for itself from {nodes}."),
    )
    session.confirm(_(may_no_longer if revoke else may, operator=operator, nodes=what))
    if ref is None:
        receipt = session.send(lambda: client.nodes.approve_all_claims(operator, approved=not revoke))
    else:
        [token_id] = session.resolve([ref])
        receipt = session.send(lambda: client.nodes.approve_claims(token_id, operator, approved=not revoke))
    if receipt is not None:
        session.show(receipt_record(receipt), _("Done."), receipt_line(receipt))
