"""`fec status`: the protocol's books and guarantees, read from the chain."""

from __future__ import annotations

import click
from rich.table import Table

from fec.chain.deploy import verify
from fec.chain.rpc import clear_errors
from fec.cli.base import Command
from fec.cli.context import Context, facts
from fec.cli.display import cell, utc
from fec.core.amounts import exact_fec
from fec.i18n import _, ngettext
from fec.protocol.types import SettledFigures


@click.command(cls=Command)
@click.pass_obj
def status(context: Context) -> None:
    """Show supply, cap, outstanding, budget and settlements, and check the contracts' code and the guarantees. Fails if
    a check fails.
    """
    client = context.client
    figures = client.figures()
    with clear_errors():
        time = client.web3.eth.get_block(figures.block_number)["timestamp"]
    settled = client.settlements.figures(figures.block_number)
    checks = verify(client.web3, client.deployment)
    context.show(
        {
            "chainId": client.deployment["chainId"],
            "blockNumber": figures.block_number,
            "time": utc(time),
            "contracts": {name: record["address"] for name, record in client.deployment["contracts"].items()},
            "supply": exact_fec(figures.supply),
            "outstanding": exact_fec(figures.outstanding),
            "headroom": exact_fec(figures.headroom),
            "cap": exact_fec(figures.cap),
            "genesisSupply": exact_fec(figures.genesis_supply),
            "burned": exact_fec(figures.burned),
            "budget": exact_fec(figures.budget),
            "settlements": settled.settlements,
            "settledNodes": settled.nodes,
            "settledPrincipal": exact_fec(settled.principal),
            "unopenedNodes": settled.unopened,
            "unopenedPrincipal": exact_fec(settled.unopened_principal),
            "holds": checks,
        },
        facts(
            [
                (
                    _("Chain"),
                    _(
                        "{chain_id}, block {block_number:number}, {time:date}",
                        chain_id=client.deployment["chainId"],
                        block_number=figures.block_number,
                        time=time,
                    ),
                ),
                *((name, record["address"]) for name, record in sorted(client.deployment["contracts"].items())),
            ]
        ),
        "",
        _books(
            [
                (_("Supply"), figures.supply, _("FEC that exist")),
                (_("Outstanding"), figures.outstanding, _("still to be paid by nodes, opened or not")),
                (_("Headroom"), figures.headroom, _("left under the cap after that")),
                (_("Cap"), figures.cap, _("the most that may ever exist")),
                ("", None, ""),
                (_("Genesis supply"), figures.genesis_supply, _("FEC that existed at genesis")),
                (_("Burned"), figures.burned, _("principal of all nodes ever minted or settled")),
                (_("Budget"), figures.budget, _("principal not yet granted to a program")),
                *_settled_rows(settled),
            ]
        ),
        "",
        *(f"✓ {check.localized()}" for check in checks),
    )


def _settled_rows(settled: SettledFigures) -> list[tuple[str, int | None, str]]:
    """What was settled, and what of it nobody has opened; nothing if nothing was."""
    if not settled.settlements:
        return []
    made = _(
        "principal of {nodes} in {settlements}",
        nodes=ngettext("{count:number} settled node", "{count:number} settled nodes", settled.nodes),
        settlements=ngettext("{count:number} settlement", "{count:number} settlements", settled.settlements),
    )
    left = ngettext(
        "principal of {count:number} of them, which nobody has opened",
        "principal of {count:number} of them, which nobody has opened",
        settled.unopened,
    )
    return [
        ("", None, ""),
        (_("Settled"), settled.principal, made),
        (_("Unopened"), settled.unopened_principal, left),
    ]


def _books(rows: list[tuple[str, int | None, str]]) -> Table:
    """Amounts below each other, aligned at the decimal point."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim")
    for name, amount, meaning in rows:
        table.add_row(name, "" if amount is None else f"{cell(amount)} FEC", meaning)
    return table
