"""`fec reward`: nodes that a merchant gives, one by one or to thousands under a Merkle root."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from fec.cli.base import Group, moving
from fec.cli.context import Session, facts
from fec.cli.display import fec, receipt_line, receipt_record, shape, utc
from fec.cli.errors import Refused
from fec.cli.params import ADDRESS, AMOUNT, FILE, LABEL, MOMENT, NEW_FILE, PROGRAM
from fec.core.amounts import exact_fec
from fec.core.node_id import NodeId
from fec.i18n import _, local, ngettext
from fec.protocol.merkle import RewardTree, read_csv, read_proofs, write_proofs

_BATCH = click.IntRange(min=1)


@click.group(cls=Group)
def reward() -> None:
    """Rewards: nodes that a merchant pays for and gives to shoppers."""


@reward.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("shopper", type=ADDRESS)
@click.argument("amount", type=AMOUNT)
@click.option("--reason", type=LABEL, default="", metavar="TEXT", help="What for: check-in, review, referral.")
@moving(final=True)
@click.pass_obj
def give(session: Session, *, program_id: int, shopper: str, amount: int, reason: str) -> None:
    """Burn AMOUNT of your FEC into a node for SHOPPER; for the program's operator and till."""
    client = session.client
    found = client.programs.get(program_id)
    session.need_allowance(amount)
    session.confirm(
        _(
            "Burns {amount:fec} of {address} into a node of program {program_id} for {shopper}.",
            amount=amount,
            address=client.address,
            program_id=program_id,
            shopper=shopper,
        ),
        *([shape(amount, found.period_length)] if amount else []),
        final=bool(amount),
    )
    given = session.send(lambda: client.rewards.reward(program_id, shopper, amount, reason))
    if given is not None:
        name = NodeId.decode(given.token_id).name
        session.show(
            {"node": name, "tokenId": str(given.token_id), "shopper": shopper, **receipt_record(given.receipt)},
            _("ADN {name} belongs to {shopper}.", name=name, shopper=shopper),
            receipt_line(given.receipt),
        )


@reward.command()
@click.argument("csv_file", type=FILE, metavar="CSV")
@click.option(
    "--out",
    type=NEW_FILE,
    required=True,
    metavar="FILE",
    help="Where to write the proofs.",
)
@click.pass_obj
def tree(session: Session, csv_file: Path, out: Path) -> None:
    """Make a tree of rewards from a CSV, and write each one's proof to a file.

    The CSV begins with the line address,amount or address,amount,index. Amounts are in FEC (12.5); for wei, name the
    column amount_wei. Needs no chain.
    """
    if out.exists():
        raise Refused("There is a file {path} already. Choose another name, or move it away.", path=out)
    made = RewardTree(read_csv(csv_file))
    write_proofs(made, out)
    session.show(
        {"root": made.root, "total": exact_fec(made.total), "rewards": len(made.rewards), "file": str(out)},
        _(
            "{rewards} of {total:fec} in all, with their proofs: {out}",
            rewards=ngettext("{count:number} reward", "{count:number} rewards", len(made.rewards)),
            total=made.total,
            out=out,
        ),
        _("Root {root}", root=made.root),
    )


@reward.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("proofs", type=FILE)
@click.option("--until", "deadline", type=MOMENT, required=True, metavar="DATE", help="Last moment to take them.")
@click.option("--reason", type=LABEL, default="", metavar="TEXT", help="What for.")
@moving(final=True)
@click.pass_obj
def fund(session: Session, *, program_id: int, proofs: Path, deadline: int, reason: str) -> None:
    """Fund all rewards of a file of PROOFS; for the program's operator and till."""
    client = session.client
    funded = RewardTree([proven.reward for proven in read_proofs(proofs)])
    session.need_allowance(funded.total)
    session.confirm(
        _(
            "Sets {total:fec} of {address} aside for {rewards} of program {program_id}, to be taken until "
            "{deadline:date}; the rest can be reclaimed then.",
            total=funded.total,
            address=client.address,
            rewards=ngettext("{count:number} reward", "{count:number} rewards", len(funded.rewards)),
            program_id=program_id,
            deadline=deadline,
        ),
        shape(funded.total, client.programs.get(program_id).period_length),
        final=True,
    )
    done = session.send(lambda: client.rewards.fund(program_id, funded, deadline, reason))
    if done is not None:
        session.show(
            {"batchId": done.batch_id, "amount": exact_fec(done.amount), **receipt_record(done.receipt)},
            _(
                "Batch {batch_id} holds {amount:fec}. Give {proofs} to your shoppers.",
                batch_id=done.batch_id,
                amount=done.amount,
                proofs=proofs,
            ),
            receipt_line(done.receipt),
        )


@reward.command()
@click.argument("batch_id", type=_BATCH, metavar="BATCH")
@click.argument("proofs", type=FILE)
@click.option("--shopper", type=ADDRESS, metavar="ADDRESS", help="Whose [all].")
@moving()
@click.pass_obj
def take(session: Session, batch_id: int, proofs: Path, shopper: str | None) -> None:
    """Mint the nodes of a BATCH that were not taken yet. Anybody may; each goes to its shopper."""
    client = session.client
    batch = client.rewards.get(batch_id)
    wanted = read_proofs(proofs, shopper)
    left = [proven for proven in wanted if not client.rewards.is_taken(batch_id, proven.reward.index)]
    if not left:
        raise Refused("Nothing to take: the file has no such reward, or all were taken.")
    total = sum(proven.reward.amount for proven in left)
    session.confirm(
        _(
            "Mints {nodes} of {total:fec} of principal in all.",
            nodes=ngettext("{count:number} node", "{count:number} nodes", len(left)),
            total=total,
        ),
        shape(total, client.programs.get(batch.program_id).period_length),
    )
    taken = session.send_all([partial(client.rewards.take, batch_id, proven) for proven in left], _("Taking rewards"))
    if taken:
        session.show(
            [
                {
                    "node": NodeId.decode(each.token_id).name,
                    "tokenId": str(each.token_id),
                    "shopper": each.shopper,
                    "principal": exact_fec(each.amount),
                    **receipt_record(each.receipt),
                }
                for each in taken
            ],
            *(
                _(
                    "ADN {name} of {amount:fec} for {shopper}",
                    name=NodeId.decode(each.token_id).name,
                    amount=each.amount,
                    shopper=each.shopper,
                )
                for each in taken
            ),
        )


@reward.command()
@click.argument("batch_id", type=_BATCH, metavar="BATCH")
@moving()
@click.pass_obj
def reclaim(session: Session, batch_id: int) -> None:
    """Return what nobody took of a BATCH to who funded it, once its deadline has passed. Anybody may."""
    client = session.client
    batch = client.rewards.get(batch_id)
    session.confirm(_("Returns {left:fec} to {funder}.", left=batch.left, funder=batch.funder))
    done = session.send(lambda: client.rewards.reclaim(batch_id))
    if done is not None:
        session.show(
            {"amount": exact_fec(done.amount), **receipt_record(done.receipt)},
            _("Returned {amount:fec}.", amount=done.amount),
            receipt_line(done.receipt),
        )


@reward.command()
@click.argument("batch_id", type=_BATCH, metavar="BATCH")
@click.pass_obj
def show(session: Session, batch_id: int) -> None:
    """Show what is left of a BATCH."""
    batch = session.client.rewards.get(batch_id)
    session.show(
        {
            "batchId": batch_id,
            "programId": batch.program_id,
            "funder": batch.funder,
            "root": batch.root,
            "left": exact_fec(batch.left),
            "deadline": utc(batch.deadline),
        },
        facts(
            [
                (_("Batch"), _("{batch_id}, of program {program_id}", batch_id=batch_id, program_id=batch.program_id)),
                (_("Funded by"), batch.funder),
                (_("Root"), batch.root),
                (_("Left"), fec(batch.left)),
                (_("Until"), local(batch.deadline)),
            ]
        ),
    )
