"""`fec chart`: draws a chart from data, offline."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from fec.cli.base import Command
from fec.cli.context import Context
from fec.cli.errors import CommandRefused
from fec.cli.extras import extra
from fec.cli.params import NEW_FILE
from fec.i18n import Message, _, current

_NAMES = ("payout", "supply", "fan", "flowback", "cohorts", "liability")


@click.command(cls=Command)
@click.argument("name", type=click.Choice(_NAMES))
@click.option(
    "--data", type=click.Path(dir_okay=False), metavar="FILE", help="JSON file with the data, or - for standard input."
)
@click.option("--theme", type=click.Choice(("light", "dark")), default="light", show_default=True, help="Colour theme.")
@click.option("--format", "kind", type=click.Choice(("svg", "png")), help="File format [by the file name, else svg].")
@click.option("-o", "--out", type=NEW_FILE, metavar="FILE", help="Output file [standard output].")
@click.pass_obj
def chart(context: Context, *, name: str, data: str | None, theme: str, kind: str | None, out: Path | None) -> None:
    """Draw a chart as SVG or PNG, in your language. Needs no chain.

    docs/reference/charts.md says what data each chart takes. `payout` needs none. `fec simulate --json` prints the data
    of `supply` and `cohorts`; with --runs it prints the data of `fan`.
    """
    with extra("charts"):
        from fec import charts  # noqa: PLC0415
    if data is None and name != "payout":
        raise click.UsageError(_("Name the chart's data with --data FILE, or --data - for standard input."))
    svg = charts.render(name, {} if data is None else _read(data), current(), theme)
    kind = kind or (out.suffix.removeprefix(".").lower() if out else "svg")
    content = charts.png(svg, current()) if kind == "png" else svg.encode()
    if out is None:
        click.get_binary_stream("stdout").write(content)
        return
    out.write_bytes(content)
    context.show({"file": str(out)}, _("Wrote {path}.", path=out))


def _read(place: str) -> Any:
    """JSON from a file, or from what is piped in. Numbers with a fraction stay as they are written."""
    name = Message("Standard input") if place == "-" else place
    try:
        return json.loads(sys.stdin.read() if place == "-" else Path(place).read_text(), parse_float=str)
    except ValueError as error:
        raise CommandRefused("{name} is not JSON: {reason}. Give JSON data.", name=name, reason=error) from error
