"""Gives a node to another account."""

from __future__ import annotations

import re

import click

from fec.cli.params import ADDRESS
from fec.client.client import Client
from scripts._common import ScriptCommand, find_nodes, show_receipt, signed


def _fingerprint(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and re.fullmatch(r"0x[0-9a-fA-F]{64}", value) is None:
        raise click.BadParameter(f"{value!r} is not 32 bytes in hex, as `ape run transfer … --show` prints them.")
    return value


@click.command(cls=ScriptCommand)
@click.argument("node")
@click.argument("to", type=ADDRESS)
@click.option("--fingerprint", callback=_fingerprint, help="Only if the node is as it was seen: its ERC-5646 hash.")
@click.option("--show", is_flag=True, help="Print the node's fingerprint; send nothing.")
@signed
def cli(client: Client, node: str, to: str, fingerprint: str | None, show: bool) -> None:
    """Give NODE, with all that is unclaimed, to the account TO.

    A buyer who has seen the node's fingerprint can insist on it: if anything was claimed or split off since, the
    transfer is refused.

    \b
    Examples:
      ape run transfer 1-7 0x… --account me
      ape run transfer 1-7 0x… --account me --show
      ape run transfer 1-7 0x… --account me --fingerprint 0x…
    """
    (token_id,) = find_nodes(client, [client.address], [node])
    name = client.nodes.get(token_id).name
    if show:
        click.echo(f"ADN {name} has the fingerprint {client.nodes.fingerprint(token_id)}")
        return
    show_receipt(client.nodes.transfer(token_id, to, fingerprint=fingerprint))
    click.echo(f"ADN {name} now belongs to {to}.")
