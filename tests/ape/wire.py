"""An HTTP relay before a chain's node that ends the process it relays for at a chosen moment."""

from __future__ import annotations

import json
import subprocess
import threading
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Moment:
    """When a process is killed: as it asks for a method the nth time, or as soon as that was answered."""

    method: str
    answered: bool
    """Whether the node gets the request, and gives a result other than null, before the process is killed."""
    nth: int = 1


class Relay:
    """Relays JSON-RPC to `target`; kills `process` when its moment has come."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._moment: Moment | None = None
        self._count = 0
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = relay.pass_on(body)
                if answer is not None:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def arm(self, process: subprocess.Popen[str], moment: Moment | None) -> None:
        """Watches over a process."""
        with self._lock:
            self._process, self._moment, self._count = process, moment, 0

    def pass_on(self, body: bytes) -> bytes | None:
        """The node's answer; None for a process that is dead."""
        request = json.loads(body)
        if self._has_come(request, answered=False):
            return None
        with urllib.request.urlopen(  # noqa: S310 - always http
            urllib.request.Request(self._target, body, {"Content-Type": "application/json"})  # noqa: S310
        ) as response:
            answer: bytes = response.read()
        if self._has_come(request, answered=True, answer=answer):
            return None
        return answer

    def _has_come(self, request: Any, *, answered: bool, answer: bytes = b"") -> bool:
        with self._lock:
            moment, process = self._moment, self._process
            if moment is None or process is None or moment.answered != answered:
                return False
            if not isinstance(request, dict) or request["method"] != moment.method:
                return False
            if answered and json.loads(answer).get("result") is None:
                return False
            self._count += 1
            if self._count < moment.nth:
                return False
            process.kill()
            return True
