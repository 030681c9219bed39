"""Quotes: many of them out of one query and one JSON-RPC batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from sqlalchemy import select

from fec.chain.rpc import ask_all
from fec.protocol import abi, calls
from fec.protocol.addresses import checked_address
from fec.protocol.orders import Quote
from fec.service.actions.idempotency import Answer
from fec.service.context import Service
from fec.service.gathering.request import Plain
from fec.service.http.schemas import ACCOUNT
from fec.service.models import Invoice
from fec.service.orders import schemas
from fec.service.orders.payments import quote_model
from fec.store.base import table

_ACCOUNT = re.compile(ACCOUNT)
_WORD = 64
_INVOICES = table(Invoice).c


@dataclass(frozen=True)
class Asked:
    """A quote that is asked for."""

    invoice_id: str
    customer: str


async def quote(service: Service, request: Plain) -> Answer | None:
    """Says what a payment by a customer would do now; None if it is not plain."""
    name, _, customer = request.scope["query_string"].decode("latin-1").partition("=")
    if name != "customer" or _ACCOUNT.fullmatch(customer) is None:
        return None
    found = await service.gatherer("quotes", quote_all).ask(Asked(request.invoice_id, checked_address(customer)))
    return None if found is None else Answer(200, found.dump())


def quote_all(service: Service, asked: Sequence[Asked]) -> list[schemas.Quote | None]:
    """A quote for each; None where the contract, the customer's code or the invoice need a closer look."""
    query = select(_INVOICES.id, _INVOICES.program_id, _INVOICES.amount)
    with service.engine.connect() as connection:
        rows = connection.execute(query.where(_INVOICES.id.in_({one.invoice_id for one in asked})))
        invoices = {row.id: row for row in rows}
    known = [one for one in asked if one.invoice_id in invoices]
    customers = sorted({one.customer for one in known})
    programs = sorted({invoices[one.invoice_id].program_id for one in known})
    checkout = service.client.orders.address

    def call(data: str, block: str) -> tuple[str, list[Any]]:
        return "eth_call", [{"to": checkout, "data": data}, block]

    answers = ask_all(
        service.web3,
        [
            *(("eth_getCode", [customer, "latest"]) for customer in customers),
            *(call(calls.terms_of(program).data, "latest") for program in programs),
            *(
                call(calls.quote(invoice.program_id, one.customer, invoice.amount).data, "pending")
                for one in known
                for invoice in (invoices[one.invoice_id],)
            ),
        ],
    )
    plain = {customer for customer, code in zip(customers, answers, strict=False) if code == "0x"}
    causes = {program: _causes(terms) for program, terms in zip(programs, answers[len(customers) :], strict=False)}
    quotes = dict(zip(known, answers[len(customers) + len(programs) :], strict=True))
    return [
        _quote(quotes[one], causes[invoices[one.invoice_id].program_id])
        if one.customer in plain and one.invoice_id in invoices
        else None
        for one in asked
    ]


def _quote(answer: Any, causes: list[str] | None) -> schemas.Quote | None:
    if not isinstance(answer, str) or causes is None:
        return None
    digits = answer[2:]
    found = Quote(*(int(digits[place : place + _WORD], 16) for place in range(0, len(digits), _WORD)))
    return quote_model(found, causes)


def _causes(answer: Any) -> list[str] | None:
    if not isinstance(answer, str):
        return None
    terms, _ = decode(abi.output_types("Checkout", "termsOf"), bytes.fromhex(answer[2:]))
    return [checked_address(cause) for cause in terms[-1]]
