"""What is let in: so many requests a minute, of so many bytes; and what every answer says to browsers."""

from __future__ import annotations

import hashlib
import time
from math import ceil

import anyio
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.strategies import FixedWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fec.core.durations import YEAR
from fec.service.http.callers import counted_address, current_caller
from fec.service.http.counters import Counter
from fec.service.http.problems import Problem, answer, later, of_error, problem
from fec.service.settings import SESSION_COOKIE, Settings

#: For those who watch the service; they are not counted.
_FREE = ("/healthz", "/readyz", "/metrics")
#: Bytes that requests may have where lists are sent: 10,000 rewards need more than what is plenty elsewhere.
_LONG_BODIES = {"/v1/reward-batches": 2**21}
#: Bytes of files, which are not kept in memory: 100,000 sales with what was sold.
_FILES = {"/v1/sale-files": 2**26}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_HSTS = f"max-age={YEAR}; includeSubDomains"


class Limits:
    """Wraps an application."""

    def __init__(self, app: ASGIApp, settings: Settings, counter: Counter) -> None:
        """Takes the application, its settings, and where requests are counted."""
        self._app = app
        self._settings = settings
        self._limiter = FixedWindowRateLimiter(counter)
        self._local = settings.limits_storage.startswith("memory:")
        always = {
            **_HEADERS,
            "Cache-Control": "no-store",
            **({"Strict-Transport-Security": _HSTS} if settings.secure else {}),
        }
        self._headers = [(name.lower().encode(), value.encode()) for name, value in always.items()]
        self._by_key = parse(settings.key_limit)
        self._by_address = parse(settings.address_limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request in, or answers why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def dressed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._dress(message)
            await send(message)

        try:
            await self._check_rate(scope)
            receive = await self._body(scope, receive)
        except Problem as found:
            await answer(found, Request(scope))(scope, receive, dressed)
            return
        try:
            await self._app(scope, receive, dressed)
        except Exception as error:
            if begun:
                raise
            scope.setdefault("state", {})["error"] = error
            await answer(of_error(error), Request(scope))(scope, receive, dressed)

    def _dress(self, message: Message) -> None:
        given = {name.lower() for name, _ in message["headers"]}
        message["headers"] = [*message["headers"], *(header for header in self._headers if header[0] not in given)]

    # ------------------------------------------------------------------- rates

    async def _check_rate(self, scope: Scope) -> None:
        if scope["path"] in _FREE:
            return
        address = counted_address(scope["client"][0] if scope.get("client") else "unknown")
        current_caller.set(address)
        counted = [(self._by_address, f"address {address}")]
        token = _token(Headers(scope=scope), Request(scope))
        if token:
            counted.append((self._by_key, f"key {hashlib.sha256(token.encode()).hexdigest()}"))
        if self._local:
            self._hit(counted)
        else:
            await run_in_threadpool(self._hit, counted)

    def _hit(self, counted: list[tuple[RateLimitItem, str]]) -> None:
        for limit, who in counted:
            try:
                if self._limiter.hit(limit, who):
                    continue
                reset_time = self._limiter.get_window_stats(limit, who).reset_time
            except StorageError as error:
                raise later(
                    "limits-unavailable",
                    1,
                    "The storage for rate limits does not answer. Nothing was done. Try again in a moment.",
                ) from error
            seconds = max(1, ceil(reset_time - time.time()))
            found = problem(
                "too-many-requests",
                "{limit} are served to one caller. Wait {seconds} s, and ask less often; a stream needs no asking.",
                limit=str(limit),
                seconds=seconds,
            )
            found.headers["Retry-After"] = str(seconds)
            raise found

    # -------------------------------------------------------------------- body

    async def _body(self, scope: Scope, receive: Receive) -> Receive:
        """The request, read up to the limit; what follows it goes through."""
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return receive
        is_file = scope["path"] in _FILES
        most = _FILES[scope["path"]] if is_file else max(self._settings.max_body, _LONG_BODIES.get(scope["path"], 0))
        length = Headers(scope=scope).get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length) > most:
            raise _too_large(most)
        if is_file:
            return _bounded(receive, most, self._settings.body_seconds)
        parts: list[bytes] = []
        size, more = 0, True
        deadline = anyio.current_time() + self._settings.body_seconds
        while more:
            try:
                with anyio.fail_after(deadline - anyio.current_time()):
                    message = await receive()
            except TimeoutError as error:
                raise _too_slow(self._settings.body_seconds) from error
            if message["type"] != "http.request":
                return first(message, receive)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > most:
                raise _too_large(most)
        return first({"type": "http.request", "body": b"".join(parts), "more_body": False}, receive)


def _bounded(receive: Receive, most: int, seconds: int) -> Receive:
    """What follows, up to so many bytes, each piece within so many seconds; it raises a problem beyond."""
    size = 0

    async def next_piece() -> Message:
        nonlocal size
        try:
            with anyio.fail_after(seconds):
                message = await receive()
        except TimeoutError as error:
            raise _too_slow(seconds) from error
        size += len(message.get("body", b""))
        if size > most:
            raise _too_large(most)
        return message

    return next_piece


def _too_large(most: int) -> Problem:
    return problem("request-too-large", "A request has {most} bytes at most. Send less.", most=most)


def _too_slow(seconds: int) -> Problem:
    found = problem(
        "request-too-slow",
        "The request did not arrive within {seconds} s. Send it again in one piece.",
        seconds=seconds,
    )
    found.headers["Connection"] = "close"
    return found


def first(message: Message, receive: Receive) -> Receive:
    """Receives a message, then what follows."""
    waiting = [message]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _token(headers: Headers, request: Request) -> str | None:
    return headers.get("authorization") or request.cookies.get(SESSION_COOKIE)
