"""Pictures of the demo: the payout curve, supply against what is owed, one node's own portrait.

The drawings are Vega-Lite specifications in `charts/`; here they get their data. Charts show whole FEC.
`python -m demo.pictures` writes the payout curve to its standard output: the picture of the README.
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import vl_convert

from demo.stage import Stage
from fec import schedule
from fec.units import WEI_PER_FEC, format_fec

ONE_ADN = 1_000 * WEI_PER_FEC
MILLISECONDS = 1_000


def milestones() -> list[tuple[int, str]]:
    """The four periods that tell the curve's shape, and what to say of each."""
    whole = schedule.face(ONE_ADN)
    back = schedule.period_when_released(ONE_ADN, ONE_ADN)
    half = schedule.period_when_released(ONE_ADN, whole // 2)
    first, last = (schedule.released(ONE_ADN, k) - schedule.released(ONE_ADN, k - 1) for k in (1, schedule.PERIODS))
    return [
        (1, f"period 1 pays {format_fec(first, 4)}"),
        (back, f"period {back}: the {format_fec(ONE_ADN)} burned are back"),
        (half, f"period {half}: half of the {format_fec(whole)}"),
        (schedule.PERIODS, f"period {schedule.PERIODS} pays {format_fec(last, 4)}: all {format_fec(whole)}"),
    ]


def draw(stage: Stage, bought_until: int, folder: Path) -> list[Path]:
    """Writes all pictures as SVG; returns where. `bought_until` is when buying ended, in seconds since the epoch."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {"payout.svg": payout(), "supply.svg": _chart("supply", _supply(stage, bought_until))}
    if stage.portrait:
        pictures["node.svg"] = stage.portrait
    for name, picture in pictures.items():
        (folder / name).write_text(picture)
    return [folder / name for name in pictures]


def payout() -> str:
    """The payout curve of one ADN with its four milestones, as SVG."""
    return _chart("payout", _curve())


def _curve() -> dict[str, Any]:
    def point(period: int) -> dict[str, Any]:
        return {"period": period, "released": schedule.released(ONE_ADN, period) // WEI_PER_FEC}

    return {
        "curve": [point(period) for period in range(schedule.PERIODS + 1)],
        "milestones": [{**point(period), "label": label} for period, label in milestones()],
    }


def _supply(stage: Stage, bought_until: int) -> dict[str, Any]:
    cap = stage.wire.view(stage.fec, "cap") // WEI_PER_FEC
    points = [
        {
            "time": point.timestamp * MILLISECONDS,
            "what": what,
            "rank": rank,
            "amount": amount // WEI_PER_FEC,
        }
        for point in stage.checkpoints
        for rank, (what, amount) in enumerate((("supply", point.supply), ("outstanding", point.outstanding)))
    ]
    last = stage.checkpoints[-1]
    most = max(stage.checkpoints, key=lambda point: point.outstanding)
    full = (last.supply + last.outstanding) // WEI_PER_FEC
    end = {"time": last.timestamp * MILLISECONDS, "align": "right", "ink": "#111"}
    owed_middle = (most.supply + most.outstanding * 3 // 4) // WEI_PER_FEC
    labels = [
        {**end, "amount": cap * 103 // 100, "label": f"cap: {cap:,} FEC"},
        {**end, "amount": (cap + full) // 2, "label": "headroom"},
        {**end, "amount": last.supply // WEI_PER_FEC // 2, "ink": "#fff", "label": "supply: what exists"},
        {
            "time": most.timestamp * MILLISECONDS,
            "amount": owed_middle,
            "align": "left",
            "ink": "#111",
            "label": "outstanding:\nwhat is still owed",
        },
    ]
    return {
        "points": points,
        "cap": [{"amount": cap}],
        "end": [{"time": bought_until * MILLISECONDS, "amount": cap, "label": "last basket"}],
        "ceiling": [{"amount": cap * 107 // 100}],
        "labels": labels,
    }


def _chart(name: str, datasets: dict[str, Any]) -> str:
    specification = json.loads(resources.files("demo").joinpath(f"charts/{name}.vl.json").read_text())
    specification["datasets"] = datasets
    svg: str = vl_convert.vegalite_to_svg(json.dumps(specification))
    return svg


if __name__ == "__main__":
    sys.stdout.write(payout())
