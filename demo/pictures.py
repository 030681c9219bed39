"""Pictures of the demo: the payout curve, supply against what is owed, one node's own portrait."""

from __future__ import annotations

from pathlib import Path

from demo.story import Story
from fec import charts
from fec.core.amounts import exact_fec


def draw(story: Story, folder: Path) -> list[Path]:
    """Writes all pictures as SVG; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    supply = {
        "cap": exact_fec(story.checkpoints[0].figures.cap),
        "points": [
            {
                "time": point.time,
                "supply": exact_fec(point.figures.supply),
                "outstanding": exact_fec(point.figures.outstanding),
            }
            for point in story.checkpoints
        ],
        "events": [{"time": story.year.end, "name": "lastBasket"}],
    }
    pictures = {"payout.svg": charts.render("payout", {}), "supply.svg": charts.render("supply", supply)}
    if story.portrait:
        pictures["node.svg"] = story.portrait
    for name, picture in pictures.items():
        (folder / name).write_text(picture)
    return [folder / name for name in pictures]
