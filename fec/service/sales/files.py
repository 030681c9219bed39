"""Files of sales: CSV with a header, as `fec replay` reads it. What can be recorded is; of the rest it is said why not.

A file that is sent again records what it has not recorded before.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from fec.core.amounts import WEI_PER_FEC, exact_fec
from fec.i18n import Message
from fec.i18n.errors import InvalidArgument
from fec.replay.files import cells, whole
from fec.replay.history import RowProblem, time_of, wei_of
from fec.service.access.auth import Caller, Recorder
from fec.service.actions.events import Change
from fec.service.actions.idempotency import Answer, Effect, OptionalKey
from fec.service.context import Served, Service
from fec.service.http.language import language_of, say
from fec.service.http.problems import Problem, declared, problem
from fec.service.http.validation import sentence_of
from fec.service.sales import schemas
from fec.service.sales.book import Book, Entry, open_book
from fec.service.sales.recording import ToRecord, entry_of, pieces, record
from fec.store import writing

router = APIRouter(prefix="/v1/sale-files", tags=["sales"])

#: Rows of one file.
MOST_ROWS = 100_000
#: Rows that are written in one transaction.
_AT_ONCE = 2_000
_TOLD = 1_000
_PLACES = 6
_BODY = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}

Column = Annotated[str, Query(min_length=1, max_length=100)]


@router.post(
    "",
    status_code=201,
    response_model=schemas.SaleFile,
    responses=declared(401, 403, 409),
    openapi_extra=_BODY,
)
async def record_file(
    *,
    request: Request,
    service: Served,
    caller: Recorder,
    key: OptionalKey = None,
    order_id: Annotated[Column, Query(alias="orderId", description="Column of the order id.")] = "orderId",
    amount: Annotated[Column, Query(description="Column of the amount.")] = "amount",
    time: Annotated[Column, Query(description="Column of the time.")] = "soldAt",
    shopper: Annotated[Column, Query(description="Column of the customer; empty cells get a claim code.")] = "customer",
    paid_by: Annotated[Column | None, Query(alias="paidBy", description="Column of how it was paid.")] = None,
    items: Annotated[Column | None, Query(description="Column of what was sold.")] = None,
    cause: Annotated[Column | None, Query(description="Column of the cause.")] = None,
    currency: Annotated[schemas.Currency | None, Query(description="Of all rows; the program's, unless given.")] = None,
    language: Annotated[str | None, Header(alias="Accept-Language", max_length=500)] = None,
) -> JSONResponse:
    """Record the sales of a CSV file (UTF-8, with a header) of at most 100,000 rows.

    Rows that cannot be recorded are told, with their lines, and change nothing; all others are recorded.
    """
    columns = _Columns(order_id, amount, time, shopper, paid_by, items, cause)
    with tempfile.TemporaryDirectory(prefix="fec-sales-") as folder:
        path = Path(folder) / "sales.csv"
        digest = hashlib.sha256(f"{request.url.path}?{request.url.query}\n".encode())
        with path.open("wb") as file:
            async for piece in request.stream():
                digest.update(piece)
                file.write(piece)
        sent = _Sent(path, columns, currency, language_of(language))
        answer = await run_in_threadpool(_record, service, caller, key, "0x" + digest.hexdigest(), sent)
    return answer.response()


@dataclass(frozen=True)
class _Columns:
    """Names of a file's columns."""

    order_id: str
    amount: str
    time: str
    shopper: str
    paid_by: str | None
    items: str | None
    cause: str | None

    def fields(self) -> list[tuple[str, str]]:
        """Fields of a sale that the file has, each with its column."""
        every = (
            ("orderId", self.order_id),
            ("amount", self.amount),
            ("soldAt", self.time),
            ("customer", self.shopper),
            ("paidBy", self.paid_by),
            ("items", self.items),
            ("cause", self.cause),
        )
        return [(field, column) for field, column in every if column is not None]


@dataclass(frozen=True)
class _Sent:
    """A file as it was sent."""

    path: Path
    columns: _Columns
    currency: str | None
    language: str

    def rows(self) -> Iterator[tuple[int, Entry | Problem]]:
        """Each row's line, and its sale or what is wrong with it. Raises a problem if a column is lacking."""
        fields = self.columns.fields()
        names = [column for _, column in fields]
        line = 1
        try:
            for count, (line, row) in enumerate(
                whole(self.path, cells(self.path, names, self.columns.amount, _PLACES))
            ):
                if count == MOST_ROWS:
                    yield line, _too_many()
                    return
                yield line, self._sale(fields, row)
        except InvalidArgument as error:
            named = Message(error.message.msgid, **{**error.message.values, "path": self.path.name})
            if line == 1:
                raise problem("sale-refused", "{sentence}", sentence=named) from error
            # From here on it is not even CSV: what came before is recorded.
            yield line + 1, problem("sale-refused", "{sentence}", sentence=named)

    def _sale(self, fields: Sequence[tuple[str, str]], row: Sequence[str | Message]) -> Entry | Problem:
        bad = next((cell for cell in row if isinstance(cell, Message)), None)
        try:
            return _refused(bad) if bad is not None else self._entry(fields, row)
        except RowProblem as error:
            return _refused(error.message)
        except Problem as error:
            return error

    def _entry(self, fields: Sequence[tuple[str, str]], row: Sequence[str]) -> Entry:
        """The sale of a row. Raises a problem if it is none."""
        given: dict[str, Any] = {field: cell.strip() for (field, _), cell in zip(fields, row, strict=True)}
        given["amount"] = _amount(given["amount"])
        given["soldAt"] = time_of(given["soldAt"])
        given.setdefault("paidBy", "other")
        for field in ("customer", "cause"):
            given[field] = given.get(field) or None
        try:
            sale = schemas.NewSale.model_validate({**given, "currency": self.currency})
        except ValidationError as error:
            first = error.errors()[0]
            where = dict(fields).get(str(first["loc"][0]), first["loc"][0])
            raise _refused(Message("{where}: {what}", where=where, what=sentence_of(first))) from error
        return entry_of(sale)


def _amount(text: str) -> str:
    """An amount as the API takes it. Raises RowProblem, or a problem for a return."""
    # In units of 10^-18, as FEC has them: what has more decimals than money may have is found when it is checked.
    found = wei_of(text, WEI_PER_FEC)
    if found < 0:
        raise _refused(
            Message("{text!r} is a return; send it to /v1/sales/{{id}}/returns, by the id of its sale", text=text)
        )
    return exact_fec(found)


def _refused(reason: Message) -> Problem:
    return problem("sale-refused", "{reason}. Correct the row and send it again.", reason=reason)


def _too_many() -> Problem:
    return problem(
        "sale-refused",
        "A file has at most {most:number} rows. Send those from here on in another file.",
        most=MOST_ROWS,
    )


def _record(service: Service, caller: Caller, key: str | None, fingerprint: str, sent: _Sent) -> Answer:
    """Records what can be recorded, in sets of rows; then the answer and the event."""

    def prepare() -> schemas.SaleFile:
        book = open_book(service, caller.program_id)
        count = _Count(sent.language)
        for some in pieces(sent.rows(), _AT_ONCE):
            _record_set(service, book, caller.name, some, count)
        return count.told()

    def commit(_: Session, file: schemas.SaleFile) -> Effect:
        body = file.dump()
        told = {name: body[name] for name in ("rows", "recorded", "known", "refused")}
        return Effect(Answer(201, body), [Change(caller.program_id, None, "sale-file.recorded", told)])

    return service.idempotency.do(caller.program_id, key, fingerprint, prepare, commit)


def _record_set(
    service: Service, book: Book, by: str, some: Sequence[tuple[int, Entry | Problem]], count: _Count
) -> None:
    good = [(line, one) for line, one in some if isinstance(one, Entry)]
    with writing(service.engine) as connection:
        found = record(service, connection, [ToRecord(book, by, entry) for _, entry in good])
    for line, one in some:
        if isinstance(one, Problem):
            count.refuse(line, one)
    for (line, _), result in zip(good, found, strict=True):
        if isinstance(result, Problem):
            count.refuse(line, result)
        else:
            count.recorded += not result.known
            count.known += result.known


class _Count:
    """What became of a file's rows so far."""

    def __init__(self, language: str) -> None:
        self.recorded = self.known = self.refused = 0
        self._language = language
        self._problems: list[schemas.RowProblem] = []

    def refuse(self, line: int, found: Problem) -> None:
        """Notes what is wrong with a row."""
        self.refused += 1
        if len(self._problems) < _TOLD:
            sentence = say(found.detail, found.values, self._language)
            self._problems.append(schemas.RowProblem(line=line, kind=found.kind, sentence=sentence))

    def told(self) -> schemas.SaleFile:
        """All of it."""
        return schemas.SaleFile(
            rows=self.recorded + self.known + self.refused,
            recorded=self.recorded,
            known=self.known,
            refused=self.refused,
            problems=sorted(self._problems, key=lambda one: one.line),
        )
