"""`fec status`: the protocol's books and guarantees, read from the chain."""

from __future__ import annotations

import click
from rich.table import Table

from fec.cli.base import Command
from fec.cli.session import Session, facts
from fec.cli.words import cell, exact, utc
from fec.deploy import verify
from fec.rpc import clear_errors
from fec.times import local


@click.command(cls=Command)
@click.pass_obj
def status(session: Session) -> None:
    """Show supply, cap, outstanding and budget, and check code and guarantees; fails if one does not hold."""
    client = session.client
    figures = client.figures()
    with clear_errors():
        time = client.web3.eth.get_block(figures.block_number)["timestamp"]
    checks = verify(client.web3, client.deployment)
    session.show(
        {
            "chainId": client.deployment["chainId"],
            "blockNumber": figures.block_number,
            "time": utc(time),
            "contracts": {name: record["address"] for name, record in client.deployment["contracts"].items()},
            "supply": exact(figures.supply),
            "outstanding": exact(figures.outstanding),
            "headroom": exact(figures.headroom),
            "cap": exact(figures.cap),
            "genesisSupply": exact(figures.genesis_supply),
            "burned": exact(figures.burned),
            "budget": exact(figures.budget),
            "holds": checks,
        },
        facts(
            [
                ("Chain", f"{client.deployment['chainId']}, block {figures.block_number:,}, {local(time)}"),
                *((name, record["address"]) for name, record in sorted(client.deployment["contracts"].items())),
            ]
        ),
        "",
        _books(
            [
                ("Supply", figures.supply, "what exists"),
                ("Outstanding", figures.outstanding, "what nodes have yet to pay"),
                ("Headroom", figures.headroom, "what is left under the cap after that"),
                ("Cap", figures.cap, "the most that may ever exist"),
                ("", None, ""),
                ("Genesis supply", figures.genesis_supply, "what existed first"),
                ("Burned", figures.burned, "principal of all nodes ever"),
                ("Budget", figures.budget, "principal not yet granted to a program"),
            ]
        ),
        "",
        *(f"✓ {check}" for check in checks),
    )


def _books(rows: list[tuple[str, int | None, str]]) -> Table:
    """Amounts below each other, aligned at the decimal point."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim")
    for name, amount, meaning in rows:
        table.add_row(name, "" if amount is None else f"{cell(amount)} FEC", meaning)
    return table
