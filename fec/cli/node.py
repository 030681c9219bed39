"""`fec node`: minting, looking at, claiming from, giving away, splitting, merging, delegating."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click

from fec.cli.base import Group, moving
from fec.cli.params import ADDRESS, AMOUNT, NODE, PROGRAM, NodeRef
from fec.cli.session import Refused, Session, facts, grid
from fec.cli.words import SHAPE, cell, exact, fec, node_record, plural, receipt_line, receipt_record, shape, stamp
from fec.deploy import PUBLIC_PROGRAM
from fec.schedule import PERIODS, time_when_released
from fec.times import duration, local
from fec.types import Claimed, Node, NodeId

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
    table = grid("Node", "Principal", "Period", "Claimable", "Outstanding", "Next", "", left=("Node", ""))
    for found in nodes:
        release = found.next_release(now)
        table.add_row(
            found.name,
            cell(found.principal),
            f"{found.period(now)}/{PERIODS}",
            cell(found.claimable(now)),
            cell(found.outstanding),
            "" if release is None else cell(release.amount),
            "all released" if release is None else stamp(release.timestamp),
        )
    claimable = sum(found.claimable(now) for found in nodes)
    outstanding = sum(found.outstanding for found in nodes)
    session.show(
        {
            "owner": account,
            "claimable": exact(claimable),
            "outstanding": exact(outstanding),
            "nodes": [node_record(found, now) for found in nodes],
        },
        *([table] if nodes else []),
        f"{account} has {plural(len(nodes), 'node')}: {fec(claimable)} claimable as of {local(now)}, "
        f"{fec(outstanding)} outstanding.",
        *({shape(found.principal, found.period_length) for found in nodes} if len(nodes) == 1 else ()),
        *([SHAPE] if len(nodes) > 1 else ()),
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
        ("Node", f"ADN {found.name}, of program {found.program_id}"),
        ("Id", str(found.token_id)),
        ("Owner", found.owner),
        ("Principal", fec(found.principal)),
        ("Face", fec(found.face)),
        ("Claimed", fec(found.claimed)),
        ("Claimable", f"{fec(found.claimable(now))} as of {local(now)}"),
        ("Outstanding", fec(found.outstanding)),
        (
            "Period",
            f"{'█' * filled}{'░' * (_BAR - filled)} {period} of {PERIODS}, {duration(found.period_length)} each",
        ),
        ("Start", local(found.start)),
        (
            "Next",
            "everything is released" if release is None else f"{fec(release.amount)} on {local(release.timestamp)}",
        ),
        ("Burned back", when(found.principal)),
        ("Half of all", when(found.face // 2)),
        ("End", local(found.end)),
        ("Fingerprint", fingerprint),
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
        f"Burns {fec(amount)} into a node of program {program_id} for {owner}.",
        *([shape(amount, found.period_length)] if amount else []),
        final=bool(amount),
    )
    minted = session.send(lambda: client.nodes.mint(program_id, amount, owner))
    if minted is not None:
        session.show(
            {"name": minted.id.name, "tokenId": str(minted.token_id), **receipt_record(minted.receipt)},
            f"ADN {minted.id.name} is there. `fec node show {minted.id.name}` shows it.",
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
        raise click.UsageError("--to pays somebody else, --for and --for-owners the owners: choose one.")
    if owner and refs:
        raise click.UsageError("--for claims from all nodes of an owner. Name nodes with --for-owners instead.")
    if for_owners and not refs:
        raise click.UsageError("--for-owners needs the nodes to be named. --for OWNER finds all of an owner's.")
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
    _show_claimed(session, session.send_all([partial(pay, ids) for ids in pieces], "Claiming"))


def _nothing(whose: str, nodes: Sequence[Node], now: int) -> str:
    if not nodes:
        return f"{whose} has no nodes. `fec node mint` makes one."
    releases = [release.timestamp for found in nodes if (release := found.next_release(now))]
    if not releases:
        return f"Nothing to claim for {whose}: all is paid."
    return f"Nothing to claim for {whose} yet. Come back on {local(min(releases))}, when the next period ends."


def _claim_plan(due: Sequence[Node], now: int, payee: str | None) -> list[str]:
    total = sum(found.claimable(now) for found in due)
    whom = "their owners" if payee is None else payee
    lines = [f"Claims {fec(total)} from {plural(len(due), 'node')} for {whom}, as of {local(now)}:"]
    lines += [f"  {found.name:<12} {cell(found.claimable(now)):>20}" for found in due[:20]]
    if len(due) > 20:
        lines.append(f"  … and {plural(len(due) - 20, 'more node')}")
    return lines


def _show_claimed(session: Session, claims: Sequence[Claimed]) -> None:
    if not claims:
        return
    payments = [payment for claimed in claims for payment in claimed.payments]
    paid = sum(payment.amount for payment in payments)
    session.show(
        {
            "paid": exact(paid),
            "payments": [
                {
                    "name": NodeId.decode(payment.token_id).name,
                    "tokenId": str(payment.token_id),
                    "recipient": payment.recipient,
                    "amount": exact(payment.amount),
                }
                for payment in payments
            ],
            "transactions": [receipt_record(claimed.receipt) for claimed in claims],
        },
        f"Paid {fec(paid)} from {plural(len(payments), 'node')}.",
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
        f"Gives ADN {found.name} to {to}, with {fec(found.outstanding)} that it has yet to pay, "
        f"{fec(found.claimable(client.now()))} of it claimable now.",
        final=True,
    )
    receipt = session.send(lambda: client.nodes.transfer(found.token_id, to, fingerprint=fingerprint))
    if receipt is not None:
        session.show(receipt_record(receipt), f"ADN {found.name} belongs to {to}.", receipt_line(receipt))


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
        f"Splits {fec(sum(principals))} of the {fec(found.principal)} of ADN {found.name} off, "
        f"into {plural(len(principals), 'new node')}."
    )
    done = session.send(lambda: client.nodes.split(found.token_id, principals))
    if done is not None:
        names = [NodeId.decode(token_id).name for token_id in done.new_ids]
        session.show(
            {
                "tokenId": str(done.token_id),
                "new": [
                    {"name": name, "tokenId": str(token_id), "principal": exact(principal)}
                    for name, token_id, principal in zip(names, done.new_ids, principals, strict=True)
                ],
                **receipt_record(done.receipt),
            },
            *(f"ADN {name} has {fec(principal)}." for name, principal in zip(names, principals, strict=True)),
            f"ADN {found.name} keeps {fec(found.principal - sum(principals))}.",
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
    session.confirm(f"Merges {names or 'nothing'} into ADN {nodes[0].name}.")
    done = session.send(lambda: client.nodes.merge([found.token_id for found in nodes]))
    if done is not None:
        session.show(
            {
                "name": nodes[0].name,
                "tokenId": str(done.token_id),
                "merged": [str(token_id) for token_id in done.merged_ids],
                **receipt_record(done.receipt),
            },
            f"ADN {nodes[0].name} has {fec(sum(found.principal for found in nodes))} of principal.",
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
    what = "all your nodes, present and future" if ref is None else f"ADN {ref.name}"
    session.confirm(f"{operator} {'may no longer' if revoke else 'may'} claim for itself from {what}.")
    if ref is None:
        receipt = session.send(lambda: client.nodes.approve_all_claims(operator, approved=not revoke))
    else:
        [token_id] = session.resolve([ref])
        receipt = session.send(lambda: client.nodes.approve_claims(token_id, operator, approved=not revoke))
    if receipt is not None:
        session.show(receipt_record(receipt), "Done.", receipt_line(receipt))
