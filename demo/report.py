"""Shows the findings as a table, and says in plain words what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.audit import Facts, Finding
from demo.data import WEI_PER_CENT
from demo.story import Story
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
    console: Console, story: Story, facts: Facts, findings: Sequence[Finding], pictures: Sequence[Path]
) -> None:
    """What happened, in plain words, from the chain's events; and the payback's honest shape."""
    baskets = [row for row in facts.orders if row.program_id not in facts.alliances]
    spent = sum(row.amount for row in baskets)
    merchants, households = ({getattr(row, name) for row in baskets} for name in ("program_id", "customer"))
    dollars, cents = divmod(spent // WEI_PER_CENT, 100)
    first, last = story.checkpoints[0].figures, story.checkpoints[-1]
    ended = datetime.fromtimestamp(last.time, UTC)
    periods = "; ".join(label for _, label in milestones())
    lives = facts.chronicle
    paragraphs = (
        f"{len(baskets):,} baskets (${dollars:,}.{cents:02}) of {len(households)} households were paid at "
        f"{len(merchants)} of {len(story.year.stores)} stores with {_fec(spent)}; "
        f"{_fec(sum(row.refunded for row in facts.orders))} went back for returned goods, "
        f"{_fec(sum(row.donated or 0 for row in facts.orders))} to causes. {len(story.sold)} orders "
        "more, at an alliance of two cafés, were paid by permit, by authorization, by transfer with a call, "
        f"and out of nodes. {_fec(last.figures.burned)} were burned "
        f"into {len(lives.families):,} nodes, and these had paid {_fec(sum(lives.payouts.values()))} by "
        f"{ended:%-d %B %Y}. All this took {last.figures.block_number:,} blocks.",
        f"The shape of it, honestly: of {format_fec(ONE_ADN)} FEC burned, {periods}. The curve pays late, the same for "
        "every node; only the length of a period differs. What pays for it is new FEC: supply went from "
        f"{_fec(first.supply)} to {_fec(last.figures.supply)}, {curve.FACE_MULTIPLE - 1} for each FEC burned, never "
        "above the cap. Nothing here promises FEC a price.",
        "Pictures: " + ", ".join(str(path) for path in pictures),
    )
    for paragraph in paragraphs:
        console.print(f"\n{paragraph}", highlight=False)
    wrong = [finding for finding in findings if not finding.holds]
    if wrong:
        console.print(f"\n[bold red]{len(wrong)} of {len(findings)} demands are not met.[/] See ✗ above.")
    else:
        console.print(f"\n[bold green]All {len(findings)} demands are met, to the wei.[/]")


def _fec(wei: int) -> str:
    return f"{format_fec(wei, 0)} FEC"
