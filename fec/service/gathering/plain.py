"""Lets plain requests through to what does many at once, and passes all others on to the application."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.types import ASGIApp, Receive, Scope, Send

from fec.i18n.errors import FECError
from fec.service.actions.idempotency import Answer
from fec.service.context import Service
from fec.service.gathering import invoices, payments, quotes, sales
from fec.service.gathering.request import NotPlain, Plain
from fec.service.http import schemas
from fec.service.http.limits import first
from fec.service.http.problems import Problem

Handle = Callable[[Service, Plain], Awaitable[Answer | None]]

_COLLECTIONS = ("/v1/invoices", "/v1/sales")
_PAY = re.compile(f"/v1/pay/({schemas.IDENTITY.strip('^$')})/(quote|payments)")
#: By method and last part of the path: the route as it is declared, and what does it.
_ROUTES: dict[tuple[str, str], tuple[str, Handle]] = {
    ("POST", "invoices"): ("/v1/invoices", invoices.create),
    ("POST", "sales"): ("/v1/sales", sales.create),
    ("GET", "quote"): ("/v1/pay/{invoice_id}/quote", quotes.quote),
    ("POST", "payments"): ("/v1/pay/{invoice_id}/payments", payments.create),
}


class Gathering:
    """Wraps an application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        """Takes the application and the service."""
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a plain request, or has the application do it."""
        found = _route(scope)
        if found is None:
            await self._app(scope, receive, send)
            return
        (path, handle), invoice_id = found
        message = await receive()
        if message["type"] != "http.request" or message.get("more_body", False):
            await self._app(scope, first(message, receive), send)
            return
        request = Plain(scope, dict(scope["headers"]), message.get("body", b""), invoice_id)
        try:
            answer = await handle(self._service, request) if request.is_readable else None
        except (NotPlain, Problem, FECError, DBAPIError, ValidationError):
            answer = None
        if answer is None:
            # The application finds out why, and says so.
            await self._app(scope, first(message, receive), send)
            return
        scope["route"] = SimpleNamespace(path=path)
        body = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _route(scope: Scope) -> tuple[tuple[str, Handle], str] | None:
    if scope["type"] != "http":
        return None
    if scope["path"] in _COLLECTIONS:
        route = _ROUTES.get((scope["method"], scope["path"].removeprefix("/v1/")))
        return None if route is None else (route, "")
    matched = _PAY.fullmatch(scope["path"])
    route = None if matched is None else _ROUTES.get((scope["method"], matched[2]))
    return None if matched is None or route is None else (route, matched[1])
