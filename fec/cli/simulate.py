"""`fec simulate`: what supply, budget and shoppers come to under a scenario; sweeps over settings; many draws."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from fec import simulate as economy
from fec.cli.base import Command
from fec.cli.context import Context, grid
from fec.cli.display import shape
from fec.cli.params import NEW_FILE
from fec.core.amounts import WEI_PER_FEC
from fec.core.shares import BASIS_POINTS
from fec.i18n import _, amount, number, percent
from fec.i18n.parsing import parse_fec
from fec.simulate import Result, Scenario, records, sweep

_ONE_ADN = 1_000 * WEI_PER_FEC


class Setting(click.ParamType):
    """A key of the scenario and its value."""

    name = "setting"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Reads `coupon.rate=10`."""
        if isinstance(value, tuple):
            return value
        key, found, text = value.partition("=")
        if not (key and found and text):
            self.fail(
                _("{value!r} is not a setting. Write key and value, such as coupon.rate=10.", value=value), param, ctx
            )
        return key.strip(), text.strip()


@click.command(cls=Command)
@click.argument("scenario", default=economy.scenario.DEFAULT)
@click.option(
    "--set",
    "settings",
    type=Setting(),
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of the scenario to another value.",
)
@click.option(
    "--sweep", "swept", type=Setting(), multiple=True, metavar="KEY=A,B,C", help="Run once for each of these values."
)
@click.option(
    "--years", type=click.IntRange(min=1), metavar="COUNT", help="Years in which people buy [the scenario's]."
)
@click.option(
    "--shoppers",
    type=click.IntRange(min=0),
    metavar="COUNT",
    help="Highest number of shoppers at one time [the scenario's].",
)
@click.option(
    "--runs", type=click.IntRange(min=1), metavar="COUNT", help="Number of random draws of the scenario's spread."
)
@click.option("--seed", default="fec", show_default=True, metavar="TEXT", help="Seed of the random draws.")
@click.option("--csv", "table", type=NEW_FILE, metavar="FILE", help="Write all steps, or all runs, as CSV.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder that saves each run. Saved runs are not run again.",
)
@click.option("--workers", type=click.IntRange(1, 64), metavar="COUNT", help="Processes that run [all processors].")
@click.pass_obj
def simulate(
    context: Context,
    *,
    scenario: str,
    settings: Sequence[tuple[str, str]],
    swept: Sequence[tuple[str, str]],
    years: int | None,
    shoppers: int | None,
    runs: int | None,
    seed: str,
    table: Path | None,
    out: Path | None,
    workers: int | None,
) -> None:
    """Simulate the economy of a SCENARIO: default, large, wash, or a TOML file. Needs no chain.

    Nodes are exact to the wei. Who buys when is a model; docs/reference/simulate.md describes it and its keys. --sweep
    and --runs make many runs at once. --out saves them, and an interrupted command resumes where it stopped.
    """
    changes = dict(settings)
    changes |= {} if years is None else {"years": str(years)}
    if shoppers is not None:
        first = min(shoppers, economy.load(scenario).shoppers.first)
        changes = {"shoppers.first": str(first), **changes, "shoppers.market": str(shoppers)}
    base = economy.load(scenario).changed(changes)
    if swept or runs or out:
        jobs = sweep.plan(base, {key: values.split(",") for key, values in swept}, runs or 0, seed)
        made = _run(context, jobs, workers or os.cpu_count() or 1, out)
        if table is not None:
            _write(table, sweep.table(made))
        _show_many(context, base, made, several=bool(runs))
        return
    result = economy.Economy(base).run()
    if table is not None:
        _write(table, records.rows(result.points))
    _show_one(context, result)


def _run(context: Context, jobs: Sequence[sweep.Job], workers: int, out: Path | None) -> list[sweep.Record]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=context.err, transient=True, disable=not context.err.is_terminal) as progress:
        task = progress.add_task(_("Simulating"), total=len(jobs))
        return sweep.run_all(jobs, workers, out, lambda done: progress.update(task, completed=done))


def _write(path: Path, lines: Iterator[list[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    path.write_text(text.getvalue())


def _show_one(context: Context, result: Result) -> None:
    scenario = result.scenario
    table = grid(
        _("Year"),
        _("Shoppers"),
        _("Sales"),
        _("Burned"),
        _("Flowed back"),
        _("By flow-back"),
        _("Supply"),
        _("Outstanding"),
        _("Budget left"),
    )
    for count, year in enumerate(result.years, 1):
        table.add_row(
            str(count),
            number(year.shoppers),
            _rounded(year.sales),
            _rounded(year.burned),
            _rounded(year.received),
            percent(year.by_flow_back * BASIS_POINTS // year.sales) if year.sales else "–",
            _rounded(year.supply),
            _rounded(year.outstanding),
            _rounded(year.budget),
        )
    context.show(
        {**records.result_record(result), "shape": shape(_ONE_ADN, _period(scenario))},
        table,
        _("Whole FEC, rounded down. By flow-back: share of sales paid with flow-back."),
        "",
        *_bullets([verdict.message.localized() for verdict in economy.verdicts(result)]),
        "",
        shape(_ONE_ADN, _period(scenario)),
    )


def _bullets(lines: Sequence[str]) -> list[str]:
    return [f"• {line}" for line in lines]


def _period(scenario: Scenario) -> int:
    """The period of most baskets."""
    return max(scenario.merchants.values(), key=lambda each: each.share).period


def _rounded(wei: int) -> str:
    return amount(wei, 0)


def _show_many(context: Context, base: Scenario, made: Sequence[sweep.Record], *, several: bool) -> None:
    record: dict[str, Any] = {"scenario": base.record, "cap": base.record["coupon"]["cap"]}
    record["runs"] = [{key: each[key] for key in ("changes", "seed", "run", "summary")} for each in made]
    parts: list[Table | str] = []
    groups: dict[str, list[sweep.Record]] = {}
    for each in made:
        groups.setdefault(_named(each["changes"]), []).append(each)
    if several:
        record["fans"] = [
            {"changes": group[0]["changes"], "fan": sweep.fan(group), "cap": group[0]["scenario"]["coupon"]["cap"]}
            for group in groups.values()
        ]
        record["fan"] = record["fans"][0]["fan"]
        parts = [_spread_table(groups), _spread_words(len(made) // len(groups), made[0]["seed"])]
    else:
        parts = [_sweep_table(made)]
    context.show(
        record,
        *parts,
        _("Whole FEC, rounded down. No price of FEC is promised."),
        "",
        shape(_ONE_ADN, _period(base)),
    )


def _named(changes: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in changes.items()) or _("unchanged")


def _spread_words(runs: int, seed: str) -> str:
    return _(
        "{runs:number} draws of each, seed {seed}. The figures are the 5th, 50th and 95th percentiles.",
        runs=runs,
        seed=seed,
    )


def _sweep_table(made: Sequence[sweep.Record]) -> Table:
    table = grid(
        _("Setting"),
        _("Budget ends"),
        _("Burned"),
        _("Supply"),
        _("Outstanding"),
        _("Final supply"),
        _("Back, first to last"),
        _("Not payable"),
        left=(_("Setting"),),
    )
    for each in made:
        summary = each["summary"]
        known = [value for value in summary["realReturn"] if value is not None]
        table.add_row(
            _named(each["changes"]),
            summary["budgetEnds"] or _("lasts"),
            _rounded(parse_fec(summary["burned"])),
            _rounded(parse_fec(summary["supply"])),
            _rounded(parse_fec(summary["outstanding"])),
            _rounded(parse_fec(summary["finalSupply"])),
            f"{known[0]} → {known[-1]}" if known else "–",
            number(summary["withoutQuota"] + summary["withoutCoins"]),
        )
    return table


def _spread_table(groups: Mapping[str, Sequence[sweep.Record]]) -> Table:
    table = grid(_("Setting"), _("Budget ends"), _("Supply"), _("Burned"), left=(_("Setting"),))
    for name, group in groups.items():
        ends = sorted(each["summary"]["budgetEnds"] or "9999" for each in group)
        table.add_row(
            name,
            _three([_("lasts") if end == "9999" else end for end in _percentiles(ends)]),
            _three([_rounded(wei) for wei in _percentiles(_sorted(group, "supply"))]),
            _three([_rounded(wei) for wei in _percentiles(_sorted(group, "burned"))]),
        )
    return table


def _sorted(group: Sequence[sweep.Record], name: str) -> list[int]:
    return sorted(parse_fec(each["summary"][name]) for each in group)


def _percentiles(values: Sequence[Any]) -> list[Any]:
    return [values[(len(values) - 1) * rank // 100] for rank in (5, 50, 95)]


def _three(texts: Sequence[str]) -> str:
    return " – ".join(texts)
