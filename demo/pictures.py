"""Pictures of the demo: the payout curve, supply against what is owed, one node's own portrait."""

from __future__ import annotations

from pathlib import Path

from demo.stage import Stage
from fec import charts
from fec.core.amounts import format_fec


def draw(stage: Stage, bought_until: int, folder: Path) -> list[Path]:
    """Writes all pictures as SVG; returns where. `bought_until` is when buying ended, in seconds since the epoch."""
    folder.mkdir(parents=True, exist_ok=True)
    supply = {
        "cap": _exact(stage.wire.view(stage.fec, "cap")),
        "points": [
            {"time": point.timestamp, "supply": _exact(point.supply), "outstanding": _exact(point.outstanding)}
            for point in stage.checkpoints
        ],
        "events": [{"time": bought_until, "name": "lastBasket"}],
    }
    pictures = {"payout.svg": charts.render("payout", {}), "supply.svg": charts.render("supply", supply)}
    if stage.portrait:
        pictures["node.svg"] = stage.portrait
    for name, picture in pictures.items():
        (folder / name).write_text(picture)
    return [folder / name for name in pictures]


def _exact(wei: int) -> str:
    return format_fec(wei).replace(",", "")
