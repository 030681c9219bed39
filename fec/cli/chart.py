"""`fec chart`: draws a chart from data, offline."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from fec.cli.base import Command
from fec.cli.context import Session
from fec.cli.errors import Refused
from fec.cli.extras import extra
from fec.cli.params import NEW_FILE
from fec.i18n import Message, _, current

_NAMES = ("payout", "supply", "fan", "flowback", "cohorts", "liability")


@click.command(cls=Command)
@click.argument("name", type=click.Choice(_NAMES))
@click.option(
    "--data", type=click.Path(dir_okay=False), metavar="FILE", help="JSON to draw, or - for what is piped in."
)
@click.option("--theme", type=click.Choice(("light", "dark")), default="light", show_default=True, help="Colours.")
@click.option(
    "--format", "kind", type=click.Choice(("svg", "png")), help="What to write [by the file's name, or else svg]."
)
@click.option("-o", "--output", type=NEW_FILE, metavar="FILE", help="Where to write it [the standard output].")
@click.pass_obj
def chart(session: Session, *, name: str, data: str | None, theme: str, kind: str | None, output: Path | None) -> None:
    """Draw a chart as SVG or PNG, in the language spoken. Needs no chain.

    docs/reference/charts.md says what data each chart takes. `payout` needs none. `fec simulate --json` prints the
    data of `supply` and `cohorts`; with --runs it prints the data of `fan`.
    """
    with extra("charts"):
        from fec import charts  # noqa: PLC0415
    if data is None and name != "payout":
        raise click.UsageError(_("Give the data of the chart by --data FILE, or --data - to read what is piped in."))
    svg = charts.render(name, {} if data is None else _read(data), current(), theme)
    kind = kind or (output.suffix.removeprefix(".").lower() if output else "svg")
    content = charts.png(svg, current()) if kind == "png" else svg.encode()
    if output is None:
        click.get_binary_stream("stdout").write(content)
        return
    output.write_bytes(content)
    session.show({"file": str(output)}, _("Drawn: {path}", path=output))


def _read(place: str) -> Any:
    """JSON from a file, or from what is piped in. Numbers with a fraction stay as they are written."""
    name = Message("What is piped in") if place == "-" else place
    try:
        return json.loads(sys.stdin.read() if place == "-" else Path(place).read_text(), parse_float=str)
    except ValueError as error:
        raise Refused("{name} is no JSON: {reason}", name=name, reason=error) from error
