"""Serves the pages over HTTP with the standard library alone, for development chains without a service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from fec.pages.bundle import Pages
from fec.pages.errors import PortTaken

_HOST = "127.0.0.1"


@contextmanager
def serving(pages: Pages, port: int = 0) -> Iterator[str]:
    """Serves pages on this machine until left; gives their address. Port 0 takes a free one. Raises PortTaken."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answers a request."""
            found = pages.get(
                urlsplit(self.path).path,
                known=self.headers.get("If-None-Match"),
                accepted=self.headers.get("Accept-Encoding", ""),
            )
            if found is None:
                self.send_error(404)
                return
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(found.body)

        do_HEAD = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *_: object) -> None:
            """Keeps quiet."""

    try:
        server = ThreadingHTTPServer((_HOST, port), Handler)
    except OSError as error:
        raise PortTaken("Port {port} is in use. Choose another for the web pages.", port=port) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{_HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
