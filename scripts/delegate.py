"""Lets another account claim from nodes."""

from __future__ import annotations

import click

from fec.client.client import Client
from scripts._common import ADDRESS, Command, find_nodes, show_receipt, signed


@click.command(cls=Command)
@click.argument("app", type=ADDRESS)
@click.argument("node", required=False)
@click.option("--all", "all_nodes", is_flag=True, help="All nodes of the account, those to come too, and not one NODE.")
@click.option("--revoke", is_flag=True, help="Take the right away again.")
@signed
def cli(client: Client, app: str, node: str | None, all_nodes: bool, revoke: bool) -> None:
    """Let the account APP claim from NODE, or from all nodes with --all, and be paid itself (ERC-5725).

    It can claim and nothing else: it can neither move a node nor split it. One account at a time has the right to a
    single node; naming another replaces it. Rights to single nodes and to all are given and revoked separately.

    \b
    Examples:
      ape run delegate 0x… 1-7 --account me
      ape run delegate 0x… --all --account me
      ape run delegate 0x… 1-7 --revoke --account me
    """
    if (node is not None) == all_nodes:
        raise click.UsageError("Name one NODE, or give --all: either, not both.")
    if node is None:
        show_receipt(client.nodes.approve_all_claims(app, approved=not revoke))
        which = f"all nodes of {client.address}"
        kept = "it keeps rights to single nodes, if it was given any"
        click.echo(f"{app} has no right to {which} any more; {kept}." if revoke else f"{app} may claim from {which}.")
        return
    (token_id,) = find_nodes(client, [client.address], [node])
    show_receipt(client.nodes.approve_claims(token_id, app, approved=not revoke))
    which = f"ADN {client.nodes.get(token_id).name}"
    if not revoke:
        click.echo(f"{app} may claim from {which}.")
    elif client.nodes.may_claim(token_id, app):
        click.echo(f"{app} may still claim from {which}: it has the right to all nodes. Revoke that with --all.")
    else:
        click.echo(f"{app} may no longer claim from {which}.")
