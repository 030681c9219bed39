"""Reports as files: CSV, a workbook, a page to print, and a calendar to subscribe to."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

import xlsxwriter
from icalendar import Calendar, Event

from fec import i18n
from fec.core.shares import BASIS_POINTS
from fec.i18n import _
from fec.reports.dates import Cutoff
from fec.reports.table import Column, Report
from fec.reports.value_formats import display_text, exact_text

#: Excel holds numbers as floats, exact to so many digits; longer ones are written as text.
_EXCEL_DIGITS = 15
_EXCEL_ROWS = 1_048_576
_WIDEST = 44
_RIGHT = ("wei", "money", "number", "share", "estimate")


def as_csv(report: Report, places: int = 2) -> str:
    """A report as CSV: columns by their names for machines, exact values, UTC."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.name for column in report.columns)
    kinds = [column.kind for column in report.columns]
    writer.writerows(
        [exact_text(value, kind, places) for value, kind in zip(row, kinds, strict=True)] for row in report.rows
    )
    return text.getvalue()


def source(cutoff: Cutoff) -> list[tuple[str, str]]:
    """What every report says of where it comes from: names and values, in the language spoken now."""
    return [
        (_("Chain"), str(cutoff.chain_id)),
        (_("FEC"), cutoff.fec),
        (_("Block"), i18n.number(cutoff.block)),
        (_("Block hash"), cutoff.block_hash),
        (_("Block time"), i18n.local(cutoff.block_timestamp)),
        (_("As of"), i18n.local(cutoff.timestamp)),
        (_("Final"), _("yes") if cutoff.finalized else _("no: a reorganisation can still change it")),
    ]


def workbook(path: Path, title: str, cutoff: Cutoff, reports: Sequence[Report], places: int = 2) -> None:
    """Writes reports into an XLSX file: a sheet of where they come from, and one for each.

    Numbers that Excel would round are text, digit by digit. Raises OSError.
    """
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        formats = {
            "money": book.add_format({"num_format": "#,##0" + ("." + "0" * places if places else "")}),
            "number": book.add_format({"num_format": "#,##0"}),
            "share": book.add_format({"num_format": "0.00%"}),
            "right": book.add_format({"align": "right"}),
        }
        front = book.add_worksheet(_("Source"))
        front.set_column(0, 0, 18)
        front.set_column(1, 1, 90)
        front.write_string(0, 0, title, bold)
        facts = [*source(cutoff), *(("", note.localized()) for report in reports for note in report.notes)]
        for row, (name, text) in enumerate(facts, 2):
            front.write_string(row, 0, name)
            front.write_string(row, 1, text)
        for report in reports:
            _sheet(book, report, places, bold, formats)


def _sheet(book: Any, report: Report, places: int, bold: Any, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(report.title.localized()[:31])
    for place, column in enumerate(report.columns):
        sheet.set_column(place, place, _WIDEST if column.kind in ("address", "text", "word") else 20)
        sheet.write_string(0, place, _(column.title), bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(report.rows[: _EXCEL_ROWS - 1], 1):
        for place, (value, column) in enumerate(zip(row, report.columns, strict=True)):
            if value is None:
                continue
            _cell(sheet, (number, place), value, column, places=places, formats=formats)


def _cell(sheet: Any, at: tuple[int, int], value: Any, column: Column, *, places: int, formats: dict[str, Any]) -> None:
    short = not isinstance(value, int) or len(str(abs(value))) <= _EXCEL_DIGITS
    if column.kind == "money" and short:
        # The float nearest to so few digits is shown, and added up by Excel, as those digits.
        sheet.write_number(*at, value / 10**places, formats["money"])
    elif column.kind == "number" and short:
        sheet.write_number(*at, value, formats["number"])
    elif column.kind == "share":
        sheet.write_number(*at, value / BASIS_POINTS, formats["share"])
    elif column.kind == "estimate":
        sheet.write_number(*at, round(value, 6))
    else:
        text = _(value) if column.kind == "word" else exact_text(value, column.kind, places)
        sheet.write_string(*at, text, *([formats["right"]] if column.kind in _RIGHT else []))


def page(title: str, cutoff: Cutoff, reports: Sequence[Report], places: int = 2) -> str:
    """Reports as one HTML page without anything from elsewhere, to read or to print."""
    body = [f"<h1>{escape(title)}</h1>", *_list(source(cutoff))]
    for report in reports:
        body += [f"<h2>{escape(report.title.localized())}</h2>", *_table(report, places)]
        body += [f"<p>{escape(note.localized())}</p>" for note in report.notes]
    lang = i18n.language_tag(i18n.current())
    return _PAGE.format(lang=lang, title=escape(title), body="\n".join(body))


def _list(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "<dl>"
    for name, value in facts:
        yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
    yield "</dl>"


def _table(report: Report, places: int) -> Iterator[str]:
    kinds = [column.kind for column in report.columns]
    classes = [' class="n"' if kind in _RIGHT else "" for kind in kinds]
    heads = (
        f"<th{style}>{escape(_(column.title))}</th>" for column, style in zip(report.columns, classes, strict=True)
    )
    yield f"<table><thead><tr>{''.join(heads)}</tr></thead><tbody>"
    for row in report.rows:
        cells = (
            f"<td{style}>{escape(display_text(value, kind, places))}</td>"
            for value, kind, style in zip(row, kinds, classes, strict=True)
        )
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"


def icalendar_feed(report: Report, cutoff: Cutoff, uid: str) -> bytes:
    """A flow-back calendar as iCalendar (RFC 5545): one event for each stretch and scope in which anything flows back.

    Days are UTC's. Events keep their ids from one making to the next, so that who subscribes sees amounts change.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//FEC//Flow-back calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", report.title.localized())
    made = datetime.fromtimestamp(cutoff.timestamp, UTC)
    for record in report.records():
        if record["end"] == cutoff.timestamp:  # what can be claimed already has no date of its own
            continue
        event = Event()
        begin = datetime.fromtimestamp(record["begin"], UTC).date()
        last = datetime.fromtimestamp(record["end"] - 1, UTC).date()
        about = [f"{record[name]}" for name in ("scope", "cohort", "shopper") if record.get(name) is not None]
        key = "-".join([*about, str(record["end"])])
        event.add("uid", f"{key}@{uid}")
        event.add("dtstamp", made)
        event.add("dtstart", begin)
        event.add("dtend", last + timedelta(days=1))
        event.add("summary", _("{amount:fec} flows back", amount=record["amount"]))
        event.add(
            "description",
            _(
                "To {shoppers:number} shoppers. {in_all:fec} can be claimed by then, if nobody claims earlier.",
                shoppers=record["shoppers"],
                in_all=record["in_all"],
            ),
        )
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 14px/1.45 system-ui, sans-serif; color: #111; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }}
dt {{ color: #555; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
table {{ border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 12px; }}
th, td {{ text-align: left; padding: .25rem .5rem; border-bottom: 1px solid #ccc; }}
th {{ border-bottom: 2px solid #111; }}
.n {{ text-align: right; white-space: nowrap; }}
@media print {{
  @page {{ size: A4 landscape; margin: 12mm; }}
  body {{ margin: 0; max-width: none; font-size: 10px; }}
  table {{ font-size: 9px; }}
  thead {{ display: table-header-group; }}
  tr {{ break-inside: avoid; }}
}}
</style>
</head>
<body>
{body}
</body>
</html>
"""
