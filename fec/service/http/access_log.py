"""The record of what was asked: one line of JSON and some figures for each request, without anybody's secrets."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from collections.abc import Iterable, Mapping, MutableMapping
from functools import partial
from http import HTTPStatus
from typing import Any, TextIO

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fec.service.http.metrics import Metrics

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
#: Tokens, and hex as long as a signature: nobody needs either to find out what happened.
_SECRETS = re.compile(r"fec_(?:key|session)_[A-Za-z0-9_-]+|whsec_[A-Za-z0-9+/=]+|0x[0-9a-fA-F]{128,}|(?<=://)[^/@\s]+@")

log = structlog.get_logger("fec.service")


class AccessLog:
    """Wraps an application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Takes the application, and where to count."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, and keeps the record of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 500
        began = time.perf_counter()

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, observed)
        finally:
            self._note(scope, status, time.perf_counter() - began, state)

    def _note(self, scope: Scope, status: int, seconds: float, state: Mapping[str, Any]) -> None:
        # The path as it is declared: an invoice's id opens the invoice.
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.latency.labels(method, route).observe(seconds)
        error = state.get("error")
        record = {
            "request_id": state["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000),
            "caller": state.get("caller"),
            "address": scope["client"][0] if scope.get("client") else None,
        }
        if error is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request", **record, error=type(error).__name__, reason=str(error)[:500], exc_info=error)
        else:
            log.info("request", **record)


class _Lines(structlog.WriteLogger):
    """Our own lines go straight to the stream: half the time for each of them."""

    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream)
        self.name = name


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def redact(text: str, known: Iterable[str] = ()) -> str:
    """A text without what looks like a secret, and without those that are known."""
    for secret in known:
        text = text.replace(secret, "[secret]")
    return _SECRETS.sub("[secret]", text)


def configure(known: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Has the process log JSON, a line an event, to standard error or a stream; `known` are secrets never to appear.

    Standard error is for good: each logger keeps it from its first line on.
    """
    out = sys.stderr if stream is None else stream
    known = [secret for secret in known if secret]

    def clean(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {name: redact(value, known) if isinstance(value, str) else value for name, value in event.items()}

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    written: list[Any] = [clean, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *written],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=partial(_Lines, out),
        cache_logger_on_first_use=stream is None,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    # One line for each request is ours; the libraries' own would show paths and addresses of the chain.
    for name in ("uvicorn.access", "httpx", "httpcore", "web3", "urllib3", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
