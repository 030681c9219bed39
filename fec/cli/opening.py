"""Settled nodes at the command line: `fec node proof`, `fec node open`, and how others show what nobody has opened."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from fec.cli import files
from fec.cli.base import Command, transaction_options
from fec.cli.context import Context, facts
from fec.cli.display import fec, receipt_line, receipt_record
from fec.cli.errors import CommandRefused
from fec.cli.params import FILE, NEW_FILE, NODE, WHOLE, NodeRef
from fec.core.amounts import exact_fec
from fec.core.node_id import NodeId
from fec.i18n import _, ngettext
from fec.protocol.settlements import ProvenLeaf
from fec.protocol.types import Claimed, Holding, Node, Opened, UnopenedNode

#: Marks a settled node that nobody has opened.
UNOPENED = "○"


@click.command(cls=Command)
@click.argument("settlement_id", type=WHOLE, metavar="SETTLEMENT")
@click.argument("index", type=WHOLE)
@click.option("--out", type=NEW_FILE, metavar="FILE", help="Write it to a file, which opens the node for good.")
@click.pass_obj
def proof(context: Context, *, settlement_id: int, index: int, out: Path | None) -> None:
    """Show leaf INDEX of a SETTLEMENT with its proof, from the chain's logs alone. Sends nothing.

    With --out, write it to a file. `fec node open --file` opens the node with it, also where logs are pruned.
    """
    proven = context.client.settlements.proof(settlement_id, index)
    if out is not None:
        files.write(proven.record, out)
    context.show(
        {**proven.record, **({} if out is None else {"file": str(out)})},
        facts(
            [
                (_("Node"), _name(proven)),
                (_("Id"), str(proven.token_id)),
                (_("Owner"), proven.leaf.owner),
                (_("Principal"), fec(proven.leaf.principal)),
                (_("Proof"), "\n".join("0x" + each.hex() for each in proven.proof) or _("none")),
                *([] if out is None else [(_("File"), str(out))]),
            ]
        ),
    )


@click.command(cls=Command, name="open")
@click.argument("refs", type=NODE, nargs=-1, metavar="[NODE]...")
@click.option(
    "--file", "paths", type=FILE, multiple=True, metavar="FILE", help="File that `fec node proof --out` wrote."
)
@click.option("--claim", is_flag=True, help="Pay each owner what the node has released, too.")
@transaction_options()
@click.pass_obj
def open_(context: Context, *, refs: Sequence[NodeRef], paths: Sequence[Path], claim: bool) -> None:
    """Open settled NODEs: make each the ERC-721 token that wallets show. Anybody may; the owner gets it.

    There is no need to: claiming from a node, giving it away, splitting or merging it opens it.
    """
    if not refs and not paths:
        raise click.UsageError(_("Name the nodes to open, or give their files with --file."))
    settlements = context.client.settlements
    leaves = [files.read(path, files.LEAF, ProvenLeaf.from_record) for path in paths]
    if refs:
        token_ids = list(dict.fromkeys(context.resolve(refs)))
        unopened = settlements.unopened(token_ids)
        found = {each.node.token_id for each in unopened}
        if others := [NodeId.decode(token_id).name for token_id in token_ids if token_id not in found]:
            raise CommandRefused(
                "{names} cannot be opened: it was opened before, or was never settled. `fec node show` shows it.",
                names=", ".join(others),
            )
        leaves += settlements.proofs(unopened)
    leaves = list({leaf.token_id: leaf for leaf in leaves}.values())
    context.confirm(
        _("Opens {names} for the owner of each.", names=", ".join(f"ADN {_name(leaf)}" for leaf in leaves)),
    )
    pieces = settlements.batches(leaves, claim=claim)
    steps = [partial(settlements.open, piece, claim=claim) for piece in pieces]
    done = context.send_all(steps, _("Opening"))
    if claim:
        show_claimed(context, done)
    elif done:
        _show_opened(context, done)


def _show_opened(context: Context, done: Sequence[Opened]) -> None:
    names = [NodeId.decode(token_id).name for opened in done for token_id in opened.token_ids]
    context.show(
        {
            "opened": [str(token_id) for opened in done for token_id in opened.token_ids],
            "transactions": [receipt_record(opened.receipt) for opened in done],
        },
        _("Opened {names}.", names=", ".join(f"ADN {name}" for name in names)),
        *(receipt_line(opened.receipt) for opened in done),
    )


def show_claimed(context: Context, claims: Sequence[Claimed | Opened]) -> None:
    """What claims did; nothing after a dry run."""
    if not claims:
        return
    payouts = [payout for claimed in claims for payout in claimed.payouts]
    paid = sum(payout.amount for payout in payouts)
    context.show(
        {
            "paid": exact_fec(paid),
            "payouts": [
                {
                    "name": NodeId.decode(payout.token_id).name,
                    "tokenId": str(payout.token_id),
                    "recipient": payout.recipient,
                    "amount": exact_fec(payout.amount),
                }
                for payout in payouts
            ],
            "transactions": [receipt_record(claimed.receipt) for claimed in claims],
        },
        _(
            "Paid {paid:fec} from {nodes}.",
            paid=paid,
            nodes=ngettext("{count:number} node", "{count:number} nodes", len(payouts)),
        ),
        *(receipt_line(claimed.receipt) for claimed in claims),
    )


def unopened_remark(nodes: Sequence[Node]) -> list[str]:
    """What the mark beside a node means, if one has it."""
    if all(node.opened for node in nodes):
        return []
    return [_("{mark} Settled, and not opened yet. Claiming or moving it opens it.", mark=UNOPENED)]


def folded_remark(holding: Holding) -> list[str]:
    """How many nodes are not shown, since anybody could have settled them."""
    if not holding.folded:
        return []
    programs = sorted({each.node.program_id for each in holding.folded})
    return [
        _(
            "Not shown: {nodes} of program {programs}, in which anybody can settle. `fec node list --all` shows them.",
            nodes=ngettext("{count:number} settled node", "{count:number} settled nodes", len(holding.folded)),
            programs=", ".join(map(str, programs)),
        )
    ]


def opening_first(nodes: Sequence[Node]) -> list[str]:
    """What a plan says of nodes that nobody has opened."""
    names = ", ".join(f"ADN {node.name}" for node in nodes if not node.opened)
    return [_("Opens {names} first, in a transaction of its own.", names=names)] if names else []


def leaf_record(leaf: UnopenedNode | None) -> dict[str, Any]:
    """Where a node that nobody has opened was settled, for machines."""
    return {} if leaf is None else {"settlementId": str(leaf.settlement_id), "index": leaf.index}


def leaf_facts(leaf: UnopenedNode | None) -> list[tuple[str, str]]:
    """Where a node that nobody has opened was settled."""
    if leaf is None:
        return []
    return [
        (_("Opened"), _("not yet. Claiming or moving it opens it.")),
        (_("Settlement"), str(leaf.settlement_id)),
        (_("Leaf"), str(leaf.index)),
    ]


def _name(leaf: ProvenLeaf) -> str:
    return NodeId.decode(leaf.token_id).name
