"""`fec settle --service`: a file of sales given to the service, which records them and settles them with its own."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import click
import requests

from fec.cli.context import Context
from fec.cli.errors import CommandRefused
from fec.i18n import Message, _, ngettext
from fec.i18n.catalogs import current, language_tag
from fec.i18n.readable import one_line

#: Where the API key is read from: arguments are seen by everybody on the machine.
KEY_VARIABLE = "FEC_SERVICE_KEY"
#: Rows that the service takes in one file.
_AT_ONCE = 100_000
#: Seconds: a full file takes it half a minute.
_TIMEOUT = 600
_SHOWN = 20
_HEADER = ("orderId", "customer", "soldAt", "amount")


@dataclass
class _Told:
    """What the service said of all rows."""

    recorded: int = 0
    known: int = 0
    refused: int = 0
    problems: list[tuple[int, Message | str]] = field(default_factory=list)
    """What is wrong with rows, by their lines in the file."""


def record_at_service(
    context: Context, url: str, program_id: int, path: Path, *, columns: Sequence[str], places: int
) -> bool:
    """Gives the sales of a file to a service; whether it took all of them.

    `columns` name order id, shopper, time and amount. Raises CommandRefused for what the service says, click's errors
    if no key is there.
    """
    from fec.replay.files import cells, whole  # noqa: PLC0415 (a command in a hundred needs it)

    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise click.UsageError(_("Put an API key that may record sales into {variable}.", variable=KEY_VARIABLE))
    service = _Service(url.rstrip("/"), key)
    found = service.program()
    if found != program_id:
        raise CommandRefused(
            "The key in {variable} is for program {found}, not {program_id}. Use a key of program {program_id}.",
            variable=KEY_VARIABLE,
            found=found,
            program_id=program_id,
        )
    told = _Told()
    rows = whole(path, cells(path, columns, columns[-1], places))
    while some := list(islice(rows, _AT_ONCE)):
        _record(service, some, told)
    _show(context, told)
    return not told.refused


class _Service:
    """A service, and a caller of it."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}", "Accept-Language": language_tag(current())}

    def program(self) -> int:
        """The program that the key is for."""
        return int(self._call("GET", "/v1/session", None)["programId"])

    def record(self, text: str) -> dict[str, Any]:
        """What became of the rows of a CSV."""
        return self._call("POST", f"/v1/sale-files?shopper={_HEADER[1]}", text.encode())

    def _call(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        headers = self._headers if body is None else {**self._headers, "Content-Type": "text/csv"}
        try:
            answer = requests.request(method, self._url + path, data=body, headers=headers, timeout=_TIMEOUT)
            document = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise CommandRefused(
                "No service answers at {url}: {reason}. Check the address, and run the command again: what is recorded "
                "stays so, and is not recorded twice.",
                url=self._url,
                reason=one_line(str(error)),
            ) from error
        if not answer.ok:
            # The service writes it in the reader's language.
            raise CommandRefused(one_line(str(document.get("detail", answer.status_code))))
        found: dict[str, Any] = document
        return found


def _record(service: _Service, some: Sequence[tuple[int, Sequence[str | Message]]], told: _Told) -> None:
    lines, text = [], io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for line, row in some:
        bad = next((cell for cell in row if isinstance(cell, Message)), None)
        if bad is not None:
            told.refused += 1
            told.problems.append((line, bad))
            continue
        lines.append(line)
        # A row is a line, so that the service's lines are ours; a break is nothing that any of these cells may have.
        writer.writerow([str(cell).replace("\r", "\t").replace("\n", "\t") for cell in row])
    if not lines:
        return
    answer = service.record(text.getvalue())
    told.recorded += answer["recorded"]
    told.known += answer["known"]
    told.refused += answer["refused"]
    told.problems += [(lines[each["line"] - 2], one_line(str(each["sentence"]))) for each in answer["problems"]]


def _show(context: Context, told: _Told) -> None:
    told.problems.sort(key=itemgetter(0))
    context.show(
        {
            "recorded": told.recorded,
            "known": told.known,
            "refused": told.refused,
            "problems": [{"line": line, "reason": str(reason)} for line, reason in told.problems],
        },
        *_lines(told),
    )


def _lines(told: _Told) -> Iterator[str]:
    yield ngettext(
        "The service has recorded {count:number} sale. It settles it once it is due.",
        "The service has recorded {count:number} sales. It settles them once they are due.",
        told.recorded,
    )
    if told.known:
        yield ngettext(
            "{count:number} sale was recorded before.", "{count:number} sales were recorded before.", told.known
        )
    if told.refused:
        yield ngettext(
            "{count:number} row is left out. Correct it and run the command again:",
            "{count:number} rows are left out. Correct them and run the command again:",
            told.refused,
        )
    for line, reason in told.problems[:_SHOWN]:
        yield _("  line {line}: {reason}", line=line, reason=reason)
    if (more := told.refused - _SHOWN) > 0:
        yield _("  and {count:number} more; --json lists them", count=more)
