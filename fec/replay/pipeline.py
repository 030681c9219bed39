"""JSON-RPC down one HTTP connection without waiting: the server takes requests one after another, in their order.

Answers are collected by a thread. So a block can be sent and mined while the one before is still being mined.
(Anvil works on the calls of one batch, or of one WebSocket or IPC connection, side by side: there, a block might be
mined before its transactions have come in.)
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

from fec.i18n.errors import InvalidArgument, RPCFailed, RPCUnreachable

Call = tuple[str, Sequence[Any]]
Answer = dict[str, Any]
Ticket = Future[list[Answer]]

#: Requests on their way at most.
DEPTH = 64
_CONNECT_SECONDS = 10


class Pipeline:
    """One connection, for one thread. Use it as a context manager, or `close` it."""

    def __init__(self, url: str, depth: int = DEPTH) -> None:
        """Connects. Raises InvalidArgument unless `url` begins with http://, RPCUnreachable if nobody answers."""
        address = urlsplit(url)
        if address.scheme != "http" or address.hostname is None:
            raise InvalidArgument(
                "{url!r} is not an http address. A replay needs an Anvil of its own. Start one with `fec "
                "dev`, and give its address.",
                url=url,
            )
        self._url = url
        self._head = f"POST {address.path or '/'} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        try:
            self._socket = socket.create_connection((address.hostname, address.port or 80), _CONNECT_SECONDS)
        except OSError as error:
            raise self._unreachable() from error
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._room = threading.Semaphore(depth)
        self._open: deque[Ticket] = deque()
        self._lock = threading.Lock()
        self._broken = False
        self.waited = 0
        """Nanoseconds that the caller has waited for the server."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Pipeline:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()

    def close(self) -> None:
        """Ends the connection; what has not been answered is given up."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            self._broken = True  # the other side was first
        self._reader.join()
        self._socket.close()

    def post(self, calls: Sequence[Call]) -> Ticket:
        """Sends calls as one request; waits only while too many requests are on their way.

        The server may work on calls of one request side by side, but not on those of two. Raises RPCUnreachable.
        """
        body = json.dumps(
            [
                {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
                for number, (method, params) in enumerate(calls)
            ]
        ).encode()
        head = f"{self._head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        before = time.perf_counter_ns()
        self._room.acquire()
        ticket = Ticket()
        try:
            with self._lock:
                if self._broken:
                    raise self._unreachable()
                self._open.append(ticket)
            self._socket.sendall(head.encode() + body)
        except OSError as error:
            raise self._unreachable() from error
        finally:
            self.waited += time.perf_counter_ns() - before
        return ticket

    def answers(self, ticket: Ticket) -> list[Answer]:
        """The answers to a request, in the order of its calls. Raises RPCUnreachable, RPCFailed."""
        before = time.perf_counter_ns()
        try:
            return ticket.result()
        finally:
            self.waited += time.perf_counter_ns() - before

    def results(self, calls: Sequence[Call]) -> list[Any]:
        """Results of calls. Raises RPCFailed if one is refused, RPCUnreachable."""
        results = []
        for (method, _), answer in zip(calls, self.answers(self.post(calls)), strict=True):
            if "error" in answer:
                raise RPCFailed(
                    "The chain refused {method}: {reason}. Run the same command again: it continues where it stopped.",
                    method=method,
                    reason=answer["error"].get("message"),
                )
            results.append(answer["result"])
        return results

    def result(self, method: str, *params: Any) -> Any:
        """Result of one call; raises as `results` does."""
        return self.results([(method, params)])[0]

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb") as file:
                while status := file.readline():
                    length = int(http.client.parse_headers(file)["Content-Length"])
                    ticket = self._open.popleft()
                    self._settle(ticket, status, file.read(length))
                    self._room.release()
        except (OSError, ValueError, TypeError, http.client.HTTPException):
            pass  # no answer of HTTP: as bad as none
        finally:
            with self._lock:
                self._broken = True
                given_up = list(self._open)
            for ticket in given_up:
                ticket.set_exception(self._unreachable())
            self._room.release(max(len(given_up), 1))

    def _settle(self, ticket: Ticket, status: bytes, body: bytes) -> None:
        try:
            answers = json.loads(body)
        except ValueError:
            answers = None
        if not isinstance(answers, list):
            reason = status.decode(errors="replace").strip()
            ticket.set_exception(
                RPCFailed(
                    "The RPC endpoint refused the request. Try again later, or use another endpoint. ({reason})",
                    reason=reason,
                )
            )
        else:
            ticket.set_result(sorted(answers, key=lambda answer: int(answer["id"])))

    def _unreachable(self) -> RPCUnreachable:
        return RPCUnreachable("Nothing answers at {url}. Start the node, or check the address.", url=self._url)
