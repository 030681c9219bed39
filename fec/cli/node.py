"""`fec node`: minting, looking at, claiming from, giving away, splitting, merging, delegating."""

from __future__ import annotations

from collections.abc import Sequence

import click

from fec.chain.deploy import PUBLIC_PROGRAM
from fec.cli.base import Group, transaction_options
from fec.cli.context import Context, facts, grid
from fec.cli.display import SHAPE, cell, fec, node_record, receipt_line, receipt_record, shape, stamp
from fec.cli.errors import CommandRefused
from fec.cli.opening import (
    UNOPENED,
    folded_remark,
    leaf_facts,
    leaf_record,
    open_,
    opening_first,
    proof,
    show_claimed,
    unopened_remark,
)
from fec.cli.params import ADDRESS, AMOUNT, NODE, PROGRAM, NodeRef
from fec.client.claims import claims
from fec.core.amounts import exact_fec
from fec.core.curve import PERIODS, time_when_released
from fec.core.node_id import NodeId
from fec.i18n import N_, _, local, ngettext
from fec.protocol.types import Node

_BAR = 40
_DUE_SHOWN = 20


@click.group(cls=Group)
def node() -> None:
    """Nodes: burned coupons that pay back over 100 periods."""


@node.command(name="list")
@click.argument("owner", type=ADDRESS, required=False)
@click.option("--all", "unfold", is_flag=True, help="Also nodes that anybody could have settled for them.")
@click.pass_obj
def list_(context: Context, *, owner: str | None, unfold: bool) -> None:
    """List the nodes of OWNER, or your own, and what each pays."""
    client = context.client
    account = context.account_or(owner)
    holding = client.nodes.held_by(account)
    nodes = [*holding.nodes, *(each.node for each in holding.folded)] if unfold else holding.nodes
    now = client.now()
    table = grid(
        _("Node"), _("Principal"), _("Period"), _("Claimable"), _("Outstanding"), _("Next"), "", left=(_("Node"), "")
    )
    for found in nodes:
        release = found.next_release(now)
        table.add_row(
            found.name if found.opened else f"{found.name} {UNOPENED}",
            cell(found.principal),
            f"{found.period(now)}/{PERIODS}",
            cell(found.claimable(now)),
            cell(found.outstanding),
            "" if release is None else cell(release.amount),
            _("fully released") if release is None else stamp(release.timestamp),
        )
    claimable = sum(found.claimable(now) for found in nodes)
    outstanding = sum(found.outstanding for found in nodes)
    context.show(
        {
            "owner": account,
            "claimable": exact_fec(claimable),
            "outstanding": exact_fec(outstanding),
            "nodes": [node_record(found, now) for found in nodes],
            "folded": 0 if unfold else len(holding.folded),
        },
        *([table] if nodes else []),
        *unopened_remark(nodes),
        _(
            "{account} has {nodes}: {claimable:fec} claimable as of {now:date}, {outstanding:fec} outstanding.",
            account=account,
            nodes=ngettext("{count:number} node", "{count:number} nodes", len(nodes)),
            claimable=claimable,
            now=now,
            outstanding=outstanding,
        ),
        *([] if unfold else folded_remark(holding)),
        *({shape(found.principal, found.period_length) for found in nodes} if len(nodes) == 1 else ()),
        *([SHAPE.localized()] if len(nodes) > 1 else ()),
    )


@node.command()
@click.argument("ref", type=NODE, metavar="NODE")
@click.pass_obj
def show(context: Context, ref: NodeRef) -> None:
    """Show one node: what it has paid, what it will pay, and when."""
    client = context.client
    [token_id] = context.resolve([ref])
    found = client.nodes.get(token_id)
    now = client.now()
    fingerprint = client.nodes.fingerprint(token_id)
    leaf = None if found.opened else next(iter(client.settlements.unopened([token_id])), None)
    context.show(
        {**node_record(found, now), "fingerprint": fingerprint, **leaf_record(leaf)},
        facts([*_details(found, now), *leaf_facts(leaf), (_("Fingerprint"), fingerprint)]),
        "",
        shape(found.principal, found.period_length),
    )


def _details(found: Node, now: int) -> list[tuple[str, str]]:
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
            _("fully released")
            if release is None
            else _("{amount:fec} on {timestamp:date}", amount=release.amount, timestamp=release.timestamp),
        ),
        (_("Burned amount back"), when(found.principal)),
        (_("Half of the total"), when(found.face // 2)),
        (_("End"), local(found.end)),
    ]


@node.command()
@click.argument("amount", type=AMOUNT)
@click.option(
    "--program", "program_id", type=PROGRAM, default=PUBLIC_PROGRAM, help="Program to mint in [1, the public program]."
)
@click.option("--to", type=ADDRESS, metavar="ADDRESS", help="Account that receives the node [the signing account].")
@transaction_options(final=True)
@click.pass_obj
def mint(context: Context, amount: int, program_id: int, to: str | None) -> None:
    """Burn AMOUNT of your FEC into a new node."""
    client = context.client
    found = client.programs.get(program_id)
    owner = context.account_or(to)
    context.confirm(
        _(
            "Burns {amount:fec} into a node of program {program_id} for {owner}.",
            amount=amount,
            program_id=program_id,
            owner=owner,
        ),
        *([shape(amount, found.period_length)] if amount else []),
        final=bool(amount),
    )
    minted = context.send(lambda: client.nodes.mint(program_id, amount, owner))
    if minted is not None:
        context.show(
            {"name": minted.id.name, "tokenId": str(minted.token_id), **receipt_record(minted.receipt)},
            _("Minted ADN {name}. Run `fec node show {name}` to see it.", name=minted.id.name),
            receipt_line(minted.receipt),
        )


@node.command()
@click.argument("refs", type=NODE, nargs=-1, metavar="[NODE]...")
@click.option("--to", type=ADDRESS, metavar="ADDRESS", help="Account to pay [the signing account].")
@click.option(
    "--for", "owner", type=ADDRESS, metavar="OWNER", help="Claim from all nodes of this owner. The owner is paid."
)
@click.option("--for-owners", is_flag=True, help="Pay the owner of each node named.")
@transaction_options()
@click.pass_obj
def claim(context: Context, refs: Sequence[NodeRef], to: str | None, owner: str | None, for_owners: bool) -> None:
    """Claim what nodes have released: from the NODEs named, or from all of yours.

    Anybody may claim for others with --for or --for-owners. The owners are paid. Settled nodes that nobody has opened
    are opened with it.
    """
    if (for_owners or owner) and to:
        raise click.UsageError(_("--to, --for and --for-owners exclude each other. Give one of them."))
    if owner and refs:
        raise click.UsageError(_("--for claims from all nodes of an owner. To name nodes, use --for-owners."))
    if for_owners and not refs:
        raise click.UsageError(
            _("--for-owners needs the names of nodes. To claim from all nodes of an owner, use --for OWNER.")
        )
    client = context.client
    now = client.now()
    if refs:
        # Named twice, a node is claimed from once.
        nodes = client.nodes.get_many(list(dict.fromkeys(context.resolve(refs))))
        whose = ", ".join(f"ADN {found.name}" for found in nodes)
    else:
        whose = context.account_or(owner)
        nodes = client.nodes.held_by(whose).nodes
    due = [found for found in nodes if found.claimable(now)]
    if not due:
        raise CommandRefused(_nothing(whose, nodes, now))
    payee = None if for_owners or owner else context.account_or(to)
    steps = claims(client.nodes, client.settlements, due, payee)
    context.confirm(*_claim_plan(due, now, payee))
    show_claimed(context, context.send_all(steps, _("Claiming")))


def _nothing(whose: str, nodes: Sequence[Node], now: int) -> str:
    if not nodes:
        return _("{whose} has no nodes. Make one with `fec node mint`.", whose=whose)
    releases = [release.timestamp for found in nodes if (release := found.next_release(now))]
    if not releases:
        return _("{whose} has nothing to claim: the nodes are fully paid.", whose=whose)
    return _(
        "{whose} has nothing to claim yet. The next period ends on {time:date}: claim after that.",
        whose=whose,
        time=min(releases),
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
    lines += [
        f"  {found.name + ('' if found.opened else f' {UNOPENED}'):<12} {cell(found.claimable(now)):>20}"
        for found in due[:_DUE_SHOWN]
    ]
    if len(due) > _DUE_SHOWN:
        lines.append(
            "  … "
            + _(
                "and {nodes}",
                nodes=ngettext("{count:number} more node", "{count:number} more nodes", len(due) - _DUE_SHOWN),
            )
        )
    return [*lines, *unopened_remark(due)]


@node.command()
@click.argument("ref", type=NODE, metavar="NODE")
@click.argument("to", type=ADDRESS)
@click.option(
    "--expect",
    "fingerprint",
    metavar="FINGERPRINT",
    help="Transfer only if the node still has this fingerprint, which `fec node show` prints.",
)
@transaction_options(final=True)
@click.pass_obj
def transfer(context: Context, ref: NodeRef, to: str, fingerprint: str | None) -> None:
    """Transfer NODE to another account, with everything unclaimed."""
    client = context.client
    [found] = client.nodes.get_many(context.resolve([ref]))
    context.confirm(
        _(
            "Transfers ADN {name} to {to}, with {outstanding:fec} still to be paid, {claimable:fec} of it claimable "
            "now.",
            name=found.name,
            to=to,
            outstanding=found.outstanding,
            claimable=found.claimable(client.now()),
        ),
        *opening_first([found]),
        final=True,
    )
    context.send_and_show(
        lambda: client.nodes.transfer(found.token_id, to, fingerprint=fingerprint),
        _("ADN {name} belongs to {to}.", name=found.name, to=to),
    )


@node.command()
@click.argument("ref", type=NODE, metavar="NODE")
@click.argument("principals", type=AMOUNT, nargs=-1, required=True, metavar="PRINCIPAL...")
@transaction_options()
@click.pass_obj
def split(context: Context, ref: NodeRef, principals: Sequence[int]) -> None:
    """Split new nodes with these PRINCIPALs off NODE. The rest stays in NODE."""
    client = context.client
    [found] = client.nodes.get_many(context.resolve([ref]))
    context.confirm(
        _(
            "Splits {principals:fec} of the {principal:fec} in ADN {name} off into {nodes}.",
            principals=sum(principals),
            principal=found.principal,
            name=found.name,
            nodes=ngettext("{count:number} new node", "{count:number} new nodes", len(principals)),
        ),
        *opening_first([found]),
    )
    done = context.send(lambda: client.nodes.split(found.token_id, principals))
    if done is not None:
        names = [NodeId.decode(token_id).name for token_id in done.new_ids]
        context.show(
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
@transaction_options()
@click.pass_obj
def merge(context: Context, refs: Sequence[NodeRef]) -> None:
    """Merge NODEs of one program and start into the first of them."""
    client = context.client
    nodes = client.nodes.get_many(context.resolve(refs))
    names = ", ".join(found.name for found in nodes[1:])
    context.confirm(
        _("Merges {names} into ADN {name}.", names=names or _("nothing"), name=nodes[0].name), *opening_first(nodes)
    )
    done = context.send(lambda: client.nodes.merge([found.token_id for found in nodes]))
    if done is not None:
        context.show(
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
@click.option("--revoke", is_flag=True, help="Revoke the approval.")
@transaction_options()
@click.pass_obj
def delegate(context: Context, operator: str, ref: NodeRef | None, revoke: bool) -> None:
    """Let OPERATOR claim for itself from NODE, or from all nodes that you have and will have.

    To claim for you, nobody needs an approval: see `fec node claim --for`.
    """
    client = context.client
    what = _("all your nodes, present and future") if ref is None else f"ADN {ref.name}"
    may, may_no_longer = (
        N_("{operator} may claim for itself from {nodes}."),
        N_("{operator} may no longer claim for itself from {nodes}."),
    )
    context.confirm(_(may_no_longer if revoke else may, operator=operator, nodes=what))
    if ref is None:
        context.send_and_show(lambda: client.nodes.approve_all_claims(operator, approved=not revoke), _("Done."))
    else:
        [token_id] = context.resolve([ref])
        context.send_and_show(lambda: client.nodes.approve_claims(token_id, operator, approved=not revoke), _("Done."))


node.add_command(proof)
node.add_command(open_)
