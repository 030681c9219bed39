"""Burns FEC into a node."""

from __future__ import annotations

import click

from fec.chain.deploy import PUBLIC_PROGRAM
from fec.client.client import Client
from scripts._common import ADDRESS, AMOUNT, Command, node_line, show_receipt, signed


@click.command(cls=Command)
@click.argument("amount", type=AMOUNT)
@click.option("--program", type=click.IntRange(min=1), default=PUBLIC_PROGRAM, show_default=True, help="Its number.")
@click.option("--to", type=ADDRESS, help="Who gets the node.  [default: the account]")
@signed
def cli(client: Client, amount: int, program: int, to: str | None) -> None:
    """Burn AMOUNT of the account's FEC into one new node.

    It pays ten times the amount over 100 periods; what was burned is back only in period 55.

    \b
    Examples:
      ape run mint 1,000
      ape run mint 3.5 --network ethereum:sepolia:https://… --account me --to 0x…
    """
    minted = client.nodes.mint(program, amount, to)
    show_receipt(minted.receipt)
    node = client.nodes.get(minted.token_id)
    click.echo(f"{node_line(node)}\n  owner {node.owner}")
