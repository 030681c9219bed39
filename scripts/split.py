"""Splits a node."""

from __future__ import annotations

import click

from fec.client.client import Client
from scripts._common import AMOUNT, Command, find_nodes, node_line, show_receipt, signed


@click.command(cls=Command)
@click.argument("node")
@click.argument("principals", type=AMOUNT, nargs=-1, required=True)
@signed
def cli(client: Client, node: str, principals: tuple[int, ...]) -> None:
    """Split parts of these PRINCIPALS, in FEC, off NODE; the rest stays in it.

    Each part takes its share of what is claimed and of what is not. Nothing is paid sooner or later for it.

    \b
    Examples:
      ape run split 1-7 250
      ape run split 1-7 100 100 12.5 --account me
    """
    (token_id,) = find_nodes(client, [client.address], [node])
    split = client.nodes.split(token_id, principals)
    show_receipt(split.receipt)
    for part in client.nodes.get_many([token_id, *split.new_ids]):
        click.echo(node_line(part))
