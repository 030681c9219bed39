"""Options of `fec report`'s commands, the data that they read, and how a report is printed or written."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fec.cli.base import database_option
from fec.cli.context import Context, facts, grid
from fec.cli.errors import CommandRefused
from fec.cli.extras import extra
from fec.cli.params import DATETIME, NEW_FILE, PROGRAM
from fec.i18n import _, ngettext

if TYPE_CHECKING:
    from fec.reports.data import Data, Scope
    from fec.reports.dates import Cutoff
    from fec.reports.table import Report

F = TypeVar("F", bound=Callable[..., Any])
FOLDER = click.Path(file_okay=False, path_type=Path)

_SOURCE = (
    database_option,
    click.option("--from", "folder", type=FOLDER, help="An export to read instead of the index."),
    click.option(
        "--engine",
        type=click.Choice(["duckdb", "spark"]),
        default="duckdb",
        show_default=True,
        help="Query engine. Both give the same figures.",
    ),
    click.option("--at", "time", type=DATETIME, metavar="DATE", help="Cut-off date and time [the index's last block]."),
    click.option("--block", type=click.IntRange(min=0), help="Cut-off block: the report is as of its end."),
)
_SCOPE = (
    click.option(
        "--by",
        type=click.Choice(["program", "alliance", "protocol"]),
        help="What to group figures by [program].",
    ),
    click.option("--program", type=PROGRAM, help="Only this program."),
    click.option("--alliance", type=click.IntRange(min=1), help="Only this alliance."),
)
_SHOW = (
    click.option("--top", type=click.IntRange(min=1), default=20, show_default=True, help="Number of rows to print."),
    click.option(
        "--csv", type=NEW_FILE, metavar="FILE", help="Write all rows as CSV, with exact amounts and UTC times."
    ),
    click.option("--xlsx", type=NEW_FILE, metavar="FILE", help="Write an Excel workbook."),
    click.option("--html", type=NEW_FILE, metavar="FILE", help="Write an HTML page for printing."),
)

#: For reports that a picture can be made of.
CHART = click.option("--chart", type=NEW_FILE, metavar="FILE", help="Write the data for `fec chart` (JSON).")


def reading(function: F) -> F:
    """Options of a command that reads an index or an export."""
    return _with(function, _SOURCE)


def reporting(function: F) -> F:
    """Options of a command that makes one report of some scope."""
    return _with(function, (*_SOURCE, *_SCOPE, *_SHOW))


def reporting_all(function: F) -> F:
    """Options of a command whose report is of the protocol as a whole."""
    return _with(function, (*_SOURCE, *_SHOW))


def _with(function: F, options: Sequence[Any]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


@contextmanager
def opened(
    *, database: str, folder: Path | None, engine: str, time: int | None, block: int | None, **_: Any
) -> Iterator[Data]:
    """The data that the options name."""
    if time is not None and block is not None:
        raise CommandRefused("Give --at or --block, not both.")
    with extra("server", "reports"):
        from fec import store  # noqa: PLC0415
        from fec.reports import data, export  # noqa: PLC0415
    with tempfile.TemporaryDirectory(prefix="fec-export-") as made:
        if folder is None:
            found = store.open_database(database)
            store.check_version(found)
            export.export(found, Path(made))
            found.dispose()
        with data.opened(folder or Path(made), engine, block=block, time=time) as data_:  # type: ignore[arg-type]
            yield data_


def scope_of(data: Data, by: str | None, program: int | None, alliance: int | None, default: str = "program") -> Scope:
    """The scope that the options name. Raises NothingToReport if it is not there."""
    from fec.reports.data import Scope  # noqa: PLC0415

    if program is not None and alliance is not None:
        raise CommandRefused("Give --program or --alliance, not both.")
    if program is not None and by in (None, "program"):
        scope = Scope("program", program)
    elif alliance is not None and by in (None, "alliance"):
        scope = Scope("alliance", alliance)
    elif program is not None or alliance is not None:
        raise CommandRefused("--program and --alliance already set the grouping. Leave --by out.")
    else:
        scope = Scope(by or default)  # type: ignore[arg-type]
    data.check(scope)
    return scope


def make(
    context: Context,
    build: Callable[[Data, Scope], Sequence[Report]],
    *,
    default: str = "program",
    title: str | None = None,
    places: int = 2,
    **options: Any,
) -> None:
    """Makes reports from what the options name, shows them, and writes the files that are wanted."""
    with opened(**options) as data:
        scope = scope_of(data, options["by"], options["program"], options["alliance"], default)
        deliver(context, data.cutoff, build(data, scope), title=title, places=places, **options)


def deliver(
    context: Context,
    cutoff: Cutoff,
    reports: Sequence[Report],
    *,
    top: int,
    csv: Path | None,
    xlsx: Path | None,
    html: Path | None,
    title: str | None,
    places: int,
    **_: Any,
) -> None:
    """Shows reports, and writes them into files."""
    from fec.reports import writers  # noqa: PLC0415

    name = title or reports[0].title.localized()
    if csv:
        csv.write_text(writers.as_csv(reports[0], places))
    if xlsx:
        writers.workbook(xlsx, name, cutoff, reports, places)
    if html:
        html.write_text(writers.page(name, cutoff, reports, places))
    show(context, cutoff, reports, top, places)


def write_chart(path: Path | None, document: Callable[[], dict[str, Any]]) -> None:
    """Writes a chart's data, if it is wanted."""
    if path:
        path.write_text(json.dumps(document(), indent=1) + "\n")


def show(context: Context, cutoff: Cutoff, reports: Sequence[Report], top: int, places: int = 2) -> None:
    """Prints reports: all of them for machines, the first rows of each for people."""
    from fec.reports import writers  # noqa: PLC0415

    if context.as_json:
        context.show({"source": _source(cutoff), "reports": [_record(report, places) for report in reports]})
        return
    context.print(facts(writers.source(cutoff)))
    for report in reports:
        _print(context, report, top, places)


def _print(context: Context, report: Report, top: int, places: int) -> None:
    from fec.reports.value_formats import display_text  # noqa: PLC0415

    titles = [_(column.title) for column in report.columns]
    left = [
        title
        for title, column in zip(titles, report.columns, strict=True)
        if column.kind in ("text", "address", "word", "time", "day")
    ]
    context.print("", report.title.localized())
    if not report.rows:
        context.print(_("No rows yet."))
    else:
        table = grid(*titles, left=left)
        for row in report.rows[:top]:
            cells = zip(row, report.columns, strict=True)
            table.add_row(*(display_text(value, column.kind, places) for value, column in cells))
        context.print(table)
    if (more := len(report.rows) - top) > 0:
        context.print(
            ngettext(
                "… and {count:number} more row. --csv, --json and --top show it.",
                "… and {count:number} more rows. --csv, --json and --top show them.",
                more,
            )
        )
    context.print(*(note.localized() for note in report.notes))


def _record(report: Report, places: int) -> dict[str, Any]:
    from fec.reports.value_formats import json_value  # noqa: PLC0415

    columns = report.columns
    return {
        "name": report.name,
        "title": report.title.localized(),
        "columns": [{"name": column.name, "title": _(column.title), "kind": column.kind} for column in columns],
        "rows": [
            {column.name: json_value(value, column.kind, places) for value, column in zip(row, columns, strict=True)}
            for row in report.rows
        ],
        "notes": [note.localized() for note in report.notes],
    }


def _source(cutoff: Cutoff) -> dict[str, Any]:
    return {
        "chainId": cutoff.chain_id,
        "fec": cutoff.fec,
        "block": cutoff.block,
        "blockHash": cutoff.block_hash,
        "blockTimestamp": cutoff.block_timestamp,
        "timestamp": cutoff.timestamp,
        "finalized": cutoff.finalized,
    }
