"""Merges nodes."""

from __future__ import annotations

import click

from fec.client.client import Client
from scripts._common import Command, find_nodes, node_line, show_receipt, signed


@click.command(cls=Command)
@click.argument("nodes", nargs=-1, required=True)
@signed
def cli(client: Client, nodes: tuple[str, ...]) -> None:
    """Merge NODES into the first of them. They must agree in owner, program and start.

    \b
    Examples:
      ape run merge 1-7 1-8
      ape run merge 1-7 1-8 1-9 --account me
    """
    merged = client.nodes.merge(find_nodes(client, [client.address], nodes))
    show_receipt(merged.receipt)
    click.echo(node_line(client.nodes.get(merged.token_id)))
