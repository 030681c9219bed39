"""Receives the service's webhooks: checks each signature, leaves out what came before, and prints the rest.

WEBHOOK_SECRET=whsec_… python examples/receive_webhooks.py 8090
"""

import os
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
seen: set[str] = set()  # a shop keeps these in its database, with what it does about an event


class Receiver(BaseHTTPRequestHandler):
    """Takes one event at a time."""

    def do_POST(self) -> None:
        """Answers first: the service waits ten seconds, and sends again what was not answered."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            self.send_error(HTTPStatus.UNAUTHORIZED, "This is not signed with the endpoint's secret.")
            return
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()
        if self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            print(body.decode(), flush=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Says nothing of requests: the events are what is printed."""


HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
