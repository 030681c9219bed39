"""What the commands that read a file of sales have in common: options of its columns, and closing figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fec.core.amounts import exact_fec
from fec.i18n import _, ngettext
from fec.protocol.types import Figures

F = TypeVar("F", bound=Callable[..., Any])


def sale_columns(shopper: str) -> Callable[[F], F]:
    """Options of the columns of shopper, time, amount and order id; `shopper` says what the first one has."""
    options = (
        click.option("--shopper", required=True, metavar="COLUMN", help=shopper),
        click.option(
            "--time",
            "moment",
            required=True,
            metavar="COLUMN",
            help="Column of the time: ISO 8601 (UTC unless it has an offset), or seconds since the epoch.",
        ),
        click.option(
            "--amount",
            required=True,
            metavar="COLUMN",
            help="Column of the amount, in decimals. A negative amount is a return.",
        ),
        click.option(
            "--order-id", metavar="COLUMN", help="Column of the order id, at most 32 bytes [made from the row]."
        ),
        click.option(
            "--places",
            type=click.IntRange(0, 18),
            default=2,
            show_default=True,
            help="Decimals of amounts that a Parquet file stores as doubles.",
        ),
    )

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def zeros_remark(count: int) -> str:
    """That rows for nothing were left out."""
    return ngettext(
        "{count:number} row for nothing was left out.", "{count:number} rows for nothing were left out.", count
    )


def shoppers_row(shoppers: int, stores: int) -> tuple[str, str]:
    """How many there are."""
    counted = _("{shoppers:number} shoppers at {stores:number} stores", shoppers=shoppers, stores=stores)
    return _("Shoppers"), counted


def totals_row(figures: Figures) -> tuple[str, str]:
    """The equation that holds on every chain, with this one's figures."""
    equation = _(
        "supply {supply:fec} + outstanding {outstanding:fec} = genesis {genesis:fec} + 9 · burned {burned:fec}",
        supply=figures.supply,
        outstanding=figures.outstanding,
        genesis=figures.genesis_supply,
        burned=figures.burned,
    )
    return _("Totals"), equation


def totals_record(figures: Figures) -> dict[str, str]:
    """The same figures, for programs."""
    return {
        "supply": exact_fec(figures.supply),
        "outstanding": exact_fec(figures.outstanding),
        "genesisSupply": exact_fec(figures.genesis_supply),
        "totalBurned": exact_fec(figures.burned),
    }
