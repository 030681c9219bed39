"""Shows the findings as a table, and says in plain words what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.audit import Finding
from demo.cast import WEI_PER_CENT
from demo.chronicle import Chronicle
from demo.stage import Stage
from fec.charts import ONE_ADN, milestones
from fec.core import curve
from fec.core.amounts import format_fec


def show(console: Console, findings: Sequence[Finding]) -> None:
    """A table of what each guarantee demands and what was found on the chain."""
    table = Table("", "What is demanded", "What the chain says", title="The guarantees", title_justify="left")
    for guarantee, group in groupby(findings, key=lambda finding: finding.guarantee):
        table.add_section()
        table.add_row("", Text(guarantee, "bold"), "")
        for finding in group:
            mark = Text("✓", "green") if finding.holds else Text("✗", "bold red")
            table.add_row(mark, finding.demand, finding.found)
    console.print(table)


def summarize(
    console: Console, stage: Stage, chronicle: Chronicle, findings: Sequence[Finding], pictures: Sequence[Path]
) -> None:
    """What happened, in plain words, from the chain's logs; and the payback's honest shape."""
    spent = sum(chronicle.paid.values())
    merchants = sum(1 for amount in chronicle.received.values() if amount)
    dollars, cents = divmod(spent // WEI_PER_CENT, 100)
    first, last = stage.checkpoints[0], stage.checkpoints[-1]
    ended = datetime.fromtimestamp(last.timestamp, UTC)
    periods = "; ".join(label for _, label in milestones())
    households, stores = len(stage.cast.households), len(stage.cast.stores)
    paragraphs = (
        f"{len(chronicle.orders):,} baskets (${dollars:,}.{cents:02}) of {households} households were paid at "
        f"{merchants} of {stores} stores with {_fec(spent)}; {_fec(_sum(chronicle.refunded))} went back for returned "
        f"goods, {_fec(_sum(chronicle.donated))} to causes. {_fec(chronicle.principal)} were burned into "
        f"{len(chronicle.families):,} nodes, and these had paid {_fec(chronicle.paid_out)} by {ended:%-d %B %Y}. "
        f"{_fec(stage.book.spent_back)} were paid at the till out of what had just flowed back. All this took "
        f"{stage.wire.transactions:,} transactions.",
        f"The shape of it, honestly: of {format_fec(ONE_ADN)} FEC burned, {periods}. The curve pays late, the same for "
        "every node; only the length of a period differs. What pays for it is new FEC: supply went from "
        f"{_fec(first.supply)} to {_fec(last.supply)}, {curve.FACE_MULTIPLE - 1} for each FEC burned, never above "
        "the cap. Nothing here promises FEC a price.",
        "Pictures: " + ", ".join(str(path) for path in pictures),
    )
    for paragraph in paragraphs:
        console.print(f"\n{paragraph}", highlight=False)
    wrong = [finding for finding in findings if not finding.holds]
    if wrong:
        console.print(f"\n[bold red]{len(wrong)} of {len(findings)} demands are not met.[/] See ✗ above.")
    else:
        console.print(f"\n[bold green]All {len(findings)} demands are met, to the wei.[/]")


def _sum(amounts: dict[str, int]) -> int:
    return sum(amounts.values())


def _fec(wei: int) -> str:
    return f"{format_fec(wei, 0)} FEC"
