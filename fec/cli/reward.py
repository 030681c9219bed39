"""`fec reward`: nodes that a merchant gives, one by one or to thousands under a Merkle root."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from fec.cli.base import Group, transaction_options
from fec.cli.context import Context, facts
from fec.cli.display import fec, receipt_line, receipt_record, shape, utc
from fec.cli.errors import CommandRefused
from fec.cli.params import ADDRESS, AMOUNT, DATETIME, FILE, LABEL, NEW_FILE, PROGRAM
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
@click.option("--reason", type=LABEL, default="", metavar="TEXT", help="Reason, such as check-in, review or referral.")
@transaction_options(final=True)
@click.pass_obj
def give(context: Context, *, program_id: int, shopper: str, amount: int, reason: str) -> None:
    """Burn AMOUNT of your FEC into a node for SHOPPER. For the program's operator or signer."""
    client = context.client
    found = client.programs.get(program_id)
    context.check_allowance(amount)
    context.confirm(
        _(
            "Burns {amount:fec} from {address} into a node of program {program_id} for {shopper}.",
            amount=amount,
            address=client.address,
            program_id=program_id,
            shopper=shopper,
        ),
        *([shape(amount, found.period_length)] if amount else []),
        final=bool(amount),
    )
    given = context.send(lambda: client.rewards.reward(program_id, shopper, amount, reason))
    if given is not None:
        name = NodeId.decode(given.token_id).name
        context.show(
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
def tree(context: Context, csv_file: Path, out: Path) -> None:
    """Build a Merkle tree of rewards from a CSV file, and write the proof of each reward to a file.

    The first line of the CSV is address,amount or address,amount,index. Amounts are in FEC (12.5); for wei, name the
    column amount_wei. Needs no chain.
    """
    if out.exists():
        raise CommandRefused("The file {path} already exists. Choose another name, or move the file.", path=out)
    made = RewardTree(read_csv(csv_file))
    write_proofs(made, out)
    context.show(
        {"root": made.root, "total": exact_fec(made.total), "rewards": len(made.rewards), "file": str(out)},
        _(
            "{rewards}, {total:fec} in total, with proofs: {out}",
            rewards=ngettext("{count:number} reward", "{count:number} rewards", len(made.rewards)),
            total=made.total,
            out=out,
        ),
        _("Root {root}", root=made.root),
    )


@reward.command()
@click.argument("program_id", type=PROGRAM, metavar="PROGRAM")
@click.argument("proofs", type=FILE)
@click.option(
    "--until", "deadline", type=DATETIME, required=True, metavar="DATE", help="Deadline for taking the rewards."
)
@click.option("--reason", type=LABEL, default="", metavar="TEXT", help="Reason for the rewards.")
@transaction_options(final=True)
@click.pass_obj
def fund(context: Context, *, program_id: int, proofs: Path, deadline: int, reason: str) -> None:
    """Fund all rewards of a PROOFS file. For the program's operator or signer."""
    client = context.client
    funded = RewardTree([proven.reward for proven in read_proofs(proofs)])
    context.check_allowance(funded.total)
    context.confirm(
        _(
            "Reserves {total:fec} from {address} for {rewards} of program {program_id}. They can be taken until "
            "{deadline:date}; the rest can be reclaimed after that.",
            total=funded.total,
            address=client.address,
            rewards=ngettext("{count:number} reward", "{count:number} rewards", len(funded.rewards)),
            program_id=program_id,
            deadline=deadline,
        ),
        shape(funded.total, client.programs.get(program_id).period_length),
        final=True,
    )
    done = context.send(lambda: client.rewards.fund(program_id, funded, deadline, reason))
    if done is not None:
        context.show(
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
@click.option("--shopper", type=ADDRESS, metavar="ADDRESS", help="Shopper whose rewards to take [all].")
@transaction_options()
@click.pass_obj
def take(context: Context, batch_id: int, proofs: Path, shopper: str | None) -> None:
    """Mint the nodes of a BATCH that were not yet taken. Each node goes to its shopper. Anybody may do this."""
    client = context.client
    batch = client.rewards.get(batch_id)
    wanted = read_proofs(proofs, shopper)
    left = [proven for proven in wanted if not client.rewards.is_taken(batch_id, proven.reward.index)]
    if not left:
        raise CommandRefused("There is nothing to take: the file has no such reward, or all were taken.")
    total = sum(proven.reward.amount for proven in left)
    context.confirm(
        _(
            "Mints {nodes} with {total:fec} of principal in total.",
            nodes=ngettext("{count:number} node", "{count:number} nodes", len(left)),
            total=total,
        ),
        shape(total, client.programs.get(batch.program_id).period_length),
    )
    taken = context.send_all([partial(client.rewards.take, batch_id, proven) for proven in left], _("Taking rewards"))
    if taken:
        context.show(
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
                    "ADN {name} with {amount:fec} for {shopper}",
                    name=NodeId.decode(each.token_id).name,
                    amount=each.amount,
                    shopper=each.shopper,
                )
                for each in taken
            ),
        )


@reward.command()
@click.argument("batch_id", type=_BATCH, metavar="BATCH")
@transaction_options()
@click.pass_obj
def reclaim(context: Context, batch_id: int) -> None:
    """Return what is left of a BATCH to its funder, after its deadline. Anybody may do this."""
    client = context.client
    batch = client.rewards.get(batch_id)
    context.confirm(_("Returns {left:fec} to {funder}.", left=batch.left, funder=batch.funder))
    done = context.send(lambda: client.rewards.reclaim(batch_id))
    if done is not None:
        context.show(
            {"amount": exact_fec(done.amount), **receipt_record(done.receipt)},
            _("Returned {amount:fec}.", amount=done.amount),
            receipt_line(done.receipt),
        )


@reward.command()
@click.argument("batch_id", type=_BATCH, metavar="BATCH")
@click.pass_obj
def show(context: Context, batch_id: int) -> None:
    """Show what is left of a BATCH."""
    batch = context.client.rewards.get(batch_id)
    context.show(
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
