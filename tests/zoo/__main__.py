"""Tries the product on real nodes and through endpoints of every kind, and writes one table of it.

python -m tests.zoo [--only WORD] [--write]
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from fec.chain.rpc import connect
from fec.i18n.errors import FECError
from tests.chain.journey import Journey
from tests.fixtures.endpoints import PROFILES, ReshapingProxy
from tests.zoo.nodes import ROOT, Kind, install, kinds, running
from tests.zoo.service import serve

TABLE = ROOT / "docs" / "reference" / "chains.md"
STEPS = (
    ("deploy", Journey.deploy),
    ("open", Journey.open),
    ("buy", Journey.buy),
    ("claim", Journey.claim),
    ("pay", Journey.pay),
    ("refuse", Journey.refuse),
    ("revert", Journey.revert),
    ("serve", serve),
    ("index", Journey.index),
    ("check", Journey.check),
)
INTRODUCTION = """# Chains and endpoints

What was tried, on which nodes and through which endpoints. `python -m tests.zoo --write` tries it again and writes
this page; a part of it runs in every test run. No public chain has been tried: all nodes are development nodes.

| column | what is done |
|---|---|
| deploy | all contracts are deployed and checked |
| open | a program is created, its terms are set, coins are sent, an allowance is given |
| buy | an order is paid, refunded in part, and captured when its return window is over |
| claim | a node's first period is claimed |
| pay | an order each is paid with a permit, an authorization, a transfer with a call, and out of nodes |
| refuse | what the contracts refuse is told before anything is sent, with its name and values |
| revert | a transaction that is reverted in its block is told from its receipt |
| serve | a service takes an order of a shopper without gas coin and sends it |
| index | all events are read into a database |
| check | the database is compared with the chain's own state |
"""


@dataclass(frozen=True)
class Row:
    """How far one chain or endpoint came."""

    name: str
    detail: str
    reached: int
    """Steps that went well."""
    seconds: int
    trouble: str = ""
    expected: bool = False
    """Whether it was refused as it should be."""

    @property
    def is_well(self) -> bool:
        return self.reached == len(STEPS) or self.expected

    @property
    def line(self) -> str:
        cells = ["✓"] * self.reached + ["refused" if self.expected else "✗"] * (self.reached < len(STEPS))
        cells += [""] * (len(STEPS) - len(cells))
        return f"| {self.name} | {' | '.join(cells)} |"


def journey(name: str, detail: str, url: str, node: str, refused: str = "") -> Row:
    """Goes through all steps, as far as they go."""
    began, reached = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        walk = Journey(url, node, Path(folder) / "fec.sqlite")
        # A block with a time of now: what is asked of the latest block of a new chain may have the first second's.
        walk.travel(1)
        try:
            for _, step in STEPS:
                step(walk)
                reached += 1
        except (FECError, AssertionError) as error:
            expected = bool(refused) and refused in str(error)
            return Row(name, detail, reached, round(time.monotonic() - began), f"{error}", expected)
        finally:
            walk.close()
    return Row(name, detail, reached, round(time.monotonic() - began))


def on_node(kind: Kind) -> Row:
    with running(kind) as url:
        version = str(connect(url).client_version)
        return journey(kind.name, version, url, url, kind.refused)


def through_profiles(names: list[str]) -> list[Row]:
    rows = []
    for name in names:
        with running(kinds()[0]) as url, ReshapingProxy(url, PROFILES[name]) as proxy:
            rows.append(told(journey(name, PROFILES[name].says, proxy.url, url)))
    return rows


def told(row: Row) -> Row:
    """Says how it went."""
    print(f"{'✓' if row.is_well else '✗'} {row.name} ({row.seconds} s) {row.trouble}", flush=True)  # noqa: T201
    return row


def page(nodes: list[Row], profiles: list[Row]) -> str:
    """The table."""
    head = f"| | {' | '.join(name for name, _ in STEPS)} |\n|---|{'---|' * len(STEPS)}"
    parts = [INTRODUCTION, "## Nodes\n", head, *(row.line for row in nodes), ""]
    parts += [f"- {row.name}: `{row.detail}`" for row in nodes]
    refused = [row for row in nodes if row.expected]
    if refused:
        parts += ["", "Refused before anything is sent:", ""]
        parts += [f"- {row.name}: {row.trouble}" for row in refused]
    parts += ["", "## Endpoints\n", "A proxy before Anvil that answers as other nodes and providers do.\n", head]
    parts += [row.line for row in profiles]
    parts += ["", *(f"- {row.name}: {row.detail}" for row in profiles), ""]
    return "\n".join(parts)


def renewed(text: str, rows: list[Row]) -> str:
    """The page with some of its rows as they are now."""
    lines = {f"| {row.name} |": row.line for row in rows}
    return "\n".join(
        next((new for start, new in lines.items() if line.startswith(start)), line) for line in text.split("\n")
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="names with this word; with --write, only their rows change")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.relative_to(ROOT)}")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    install()
    nodes = [told(on_node(kind)) for kind in kinds() if options.only in kind.name]
    profiles = through_profiles([name for name in PROFILES if options.only in name])
    if options.write:
        TABLE.write_text(renewed(TABLE.read_text(), nodes + profiles) if options.only else page(nodes, profiles))
    sys.exit(not all(row.is_well for row in (*nodes, *profiles)))


if __name__ == "__main__":
    main()
