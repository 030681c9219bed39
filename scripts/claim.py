"""Claims what nodes have released."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click
from ape.api import AccountAPI, ProviderAPI

from fec.cli.params import ADDRESS
from fec.client.claims import claims
from fec.client.client import Client
from fec.core.amounts import format_fec
from fec.i18n.errors import NotFound
from fec.protocol.types import Node
from scripts._common import (
    ScriptCommand,
    account_or_default,
    day,
    deployments_option,
    find_nodes,
    reader,
    sender_options,
    show_receipt,
    signer,
)
from scripts._signing import FeeOptions


@click.command(cls=ScriptCommand)
@click.argument("nodes", nargs=-1)
@sender_options
@deployments_option
@click.option("--to", type=ADDRESS, help="Who is to be paid.  [default: the account]")
@click.option("--for", "owners", type=ADDRESS, multiple=True, help="Claim for this owner, who is paid. Repeatable.")
@click.option("--all", "small_too", is_flag=True, help="With --for: also what is below a program's smallest claim.")
@click.option("--dry-run", is_flag=True, help="Show what would be paid; send nothing.")
def cli(
    *,
    provider: ProviderAPI,
    nodes: tuple[str, ...],
    account: AccountAPI | None,
    max_fee: int | None,
    priority_fee: int | None,
    folder: Path,
    to: str | None,
    owners: tuple[str, ...],
    small_too: bool,
    dry_run: bool,
) -> None:
    """Claim what NODES have released: all of the account's nodes, unless some are named.

    Name nodes by short name (3-42: program 3, number 42) or full token id. Many nodes are claimed in several
    transactions, each of half a block at most. With --for, anybody can claim; the owners are paid.
    The claimer pays the gas, so that what is less than the merchant thinks worth paying out (a program's
    minClaim in its terms) waits until it is more, unless --all is given. Settled nodes that nobody has opened are
    opened with it; those of programs in which anybody can settle only if they are named.

    \b
    Examples:
      ape run claim --dry-run
      ape run claim --network ethereum:sepolia:https://… --account me
      ape run claim 1-1 1-7 --account me --to 0x…
      ape run claim --for 0x… --for 0x… --account me
    """
    if to is not None and owners:
        raise click.UsageError("--to and --for exclude each other: claimed for others, the owners are paid.")
    fees = FeeOptions(max_fee, priority_fee)
    client = reader(provider, folder) if dry_run else signer(provider, folder, account, fees)
    accounts = owners or (str(account_or_default(account, provider).address),)
    chosen = _chosen(client, accounts, nodes)
    now = client.now()
    due = [node for node in chosen if node.claimable(now)]
    if not due:
        raise click.ClickException(f"Nothing to claim. {_prospect(chosen, now)}")
    if owners and not small_too:
        due = _worth_paying(client, due, now)
    if dry_run:
        for node in due:
            recipient = node.owner if owners else to or accounts[0]
            click.echo(f"ADN {node.name} would pay {format_fec(node.claimable(now))} FEC to {recipient}")
        total = sum(node.claimable(now) for node in due)
        click.echo(f"In all {format_fec(total)} FEC from {len(due)} of {len(chosen)} nodes. Nothing was sent.")
    else:
        _claim(client, due, None if owners else to or accounts[0])


def _chosen(client: Client, accounts: Sequence[str], names: Sequence[str]) -> list[Node]:
    if names:
        # Named twice, a node is claimed once.
        return client.nodes.get_many(list(dict.fromkeys(find_nodes(client, accounts, names))))
    return [node for account in dict.fromkeys(accounts) for node in client.nodes.held_by(account).nodes]


def _worth_paying(client: Client, due: Sequence[Node], now: int) -> list[Node]:
    """Those nodes that reach their program's smallest claim; says how many do not, and ends if none does."""
    least = {program_id: _smallest_claim(client, program_id) for program_id in {node.program_id for node in due}}
    worth = [node for node in due if node.claimable(now) >= least[node.program_id]]
    small = f"{len(due) - len(worth)} of {len(due)} nodes"
    skipped = f"{small} have less to pay than their program's smallest claim; --all takes them too."
    if not worth:
        raise click.ClickException(f"Nothing worth claiming: {skipped}")
    if len(worth) < len(due):
        click.echo(f"Skipped: {skipped}")
    return worth


def _smallest_claim(client: Client, program_id: int) -> int:
    """A program's smallest claim worth paying out, in wei; zero if it has no terms with Checkout."""
    try:
        return client.terms.get(program_id).min_claim
    except NotFound:
        return 0


def _prospect(nodes: Sequence[Node], now: int) -> str:
    """What to tell somebody who came too early, or too late."""
    if not nodes:
        return "There are no nodes; burn FEC into one with `fec node mint`."
    releases = [release.timestamp for node in nodes if (release := node.next_release(now)) is not None]
    return f"The next release is on {day(min(releases))}." if releases else "All that the nodes promised is paid."


def _claim(client: Client, due: Sequence[Node], to: str | None) -> None:
    """Claims in batches, each owner's nodes together; to an account, or, if None, for the owners."""
    together = [node for _, same in groupby(due, key=lambda node: node.owner) for node in same]
    names = {node.token_id: node.name for node in due}
    total = 0
    for claim in claims(client.nodes, client.settlements, together, to):
        claimed = claim()
        show_receipt(claimed.receipt)
        for payment in claimed.payouts:
            click.echo(f"ADN {names[payment.token_id]} paid {format_fec(payment.amount)} FEC to {payment.recipient}")
            total += payment.amount
    click.echo(f"In all {format_fec(total)} FEC from {len(due)} nodes.")
