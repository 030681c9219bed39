"""A chain's endpoint as it is on bad days: a real HTTP proxy before a real node, whose faults follow from a seed.

with FaultyProxy(anvil.url, seed=7) as proxy:
    Indexer(engine, proxy.url, deployment).sync()
    print(proxy.counts)
"""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Body = dict[str, Any] | list[dict[str, Any]]

#: What can go wrong with a request. Those that come `after` have had their effect on the chain.
KINDS = (
    "refused before",  # the connection is closed, nothing was done
    "lost after",  # it was done, but the connection is closed without an answer
    "truncated after",  # half of the answer comes
    "garbled after",  # the answer is no JSON
    "another's after",  # the answer is that to the previous request
    "delayed",  # the answer comes late
    "reordered",  # the answers of a batch come in another order, as they may
    "null blocks",  # blocks that exist are said not to
    "behind",  # the node that answers lags some blocks behind, and says nothing of it
    "busy",  # 429, with Retry-After
    "unavailable",  # 503 and a page for people
    "error",  # a JSON-RPC error in place of the result
)
_MOST_BEHIND = 8


class FaultyProxy:
    """Passes JSON-RPC on to `target`; of a hundred requests, `percent` go wrong in one of `kinds`.

    `most_blocks` and `most_logs` bound a search of logs as public endpoints do; with `batches` False, batches are
    refused. All can be changed while it runs. `counts` says how often each fault happened, `methods` what was asked.
    """

    def __init__(
        self,
        target: str,
        seed: int = 0,
        *,
        percent: int = 0,
        kinds: Sequence[str] = KINDS,
        most_blocks: int | None = None,
        most_logs: int | None = None,
        batches: bool = True,
        delay_ms: int = 200,
    ) -> None:
        self.target = target
        self.percent = percent
        self.kinds = tuple(kinds)
        self.most_blocks = most_blocks
        self.most_logs = most_logs
        self.batches = batches
        self.delay_ms = delay_ms
        self.counts: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self._rng = random.Random(seed)
        self._lock = threading.Lock()
        self._session = requests.Session()
        self._previous: Body = {}
        self._server = _Server(("127.0.0.1", 0), _handler(self))

    def __enter__(self) -> FaultyProxy:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # --------------------------------------------------------------- answering

    def answer(self, content: bytes) -> tuple[int, dict[str, str], bytes, str]:
        """Status, headers and body of the answer to a request, and the fault that happens to it, if any."""
        body: Body = json.loads(content)
        with self._lock:
            fault = self._rng.choice(self.kinds) if self._rng.randrange(100) < self.percent else ""
            number = self._rng.randrange(1 << 30)
            self.counts[fault or "none"] += 1
            self.methods.update(call["method"] for call in _calls(body))
        if fault == "busy":
            return 429, {"Retry-After": "0"}, b'{"error": "slow down"}', fault
        if fault == "unavailable":
            return 503, {"Content-Type": "text/html"}, b"<html>try again later</html>", fault
        if fault == "refused before":
            return 0, {}, b"", fault
        if fault == "delayed":
            time.sleep(number % self.delay_ms / 1000)
        answered = self._ask(body, fault, number)
        with self._lock:
            if fault == "another's after":
                answered, self._previous = self._previous, answered
            else:
                self._previous = answered
        return 200, {"Content-Type": "application/json"}, json.dumps(answered).encode(), fault

    def _ask(self, body: Body, fault: str, number: int) -> Body:
        if isinstance(body, list) and not self.batches:
            return _error(None, "batches are not supported")
        if fault == "error":
            refused = [_error(call["id"], "internal error") for call in _calls(body)]
            return refused if isinstance(body, list) else refused[0]
        answers = self._forward(body, 1 + number % _MOST_BEHIND if fault == "behind" else 0)
        if fault == "null blocks":
            for call, answer in zip(_calls(body), _calls(answers), strict=True):
                if call["method"] == "eth_getBlockByNumber":
                    answer["result"] = None
        if fault == "reordered" and isinstance(answers, list):
            random.Random(number).shuffle(answers)
        return answers

    def _forward(self, body: Body, behind: int) -> Body:
        head = int(self._post({"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []})["result"], 16)
        head = max(head - behind, 0)
        answers = []
        for call in _calls(body):
            if (refusal := self._refusal(call)) is not None:
                answers.append(refusal)
                continue
            answer = self._post(_cut(call, head)) if behind else self._post(call)
            logs = answer.get("result")
            if call["method"] == "eth_getLogs" and self.most_logs is not None and len(logs or ()) > self.most_logs:
                answer = _error(call["id"], f"query returned more than {self.most_logs} results")
            if behind and _beyond(call["method"], answer.get("result"), head):
                answer["result"] = None
            answers.append(answer)
        return answers if isinstance(body, list) else answers[0]

    def _refusal(self, call: dict[str, Any]) -> dict[str, Any] | None:
        if call["method"] != "eth_getLogs" or self.most_blocks is None or "blockHash" in call["params"][0]:
            return None
        wanted = call["params"][0]
        if int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) < self.most_blocks:
            return None
        return _error(call["id"], f"block range is limited to {self.most_blocks} blocks")

    def _post(self, body: Any) -> Any:
        return self._session.post(self.target, json=body, timeout=60).json()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed in the middle of a request are nothing to tell anybody about."""


def _handler(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else each small answer waits for the acknowledgement of its headers.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            status, headers, content, fault = proxy.answer(self.rfile.read(int(self.headers["Content-Length"])))
            if fault in ("refused before", "lost after"):
                self._hang_up()
                return
            if fault == "garbled after":
                content = b"\xff" + content[1:]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if fault == "truncated after":
                self.wfile.write(content[: len(content) // 2])
                self._hang_up()
                return
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def _hang_up(self) -> None:
            self.close_connection = True
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def _calls(body: Body) -> list[dict[str, Any]]:
    return body if isinstance(body, list) else [body]


def _error(id_: Any, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "error": {"code": -32005, "message": message}}


def _cut(call: dict[str, Any], head: int) -> dict[str, Any]:
    """A call as a node understands it that knows no block beyond `head`."""
    params = call["params"]
    if call["method"] == "eth_getBlockByNumber" and params[0] == "latest":
        return {**call, "params": [hex(head), *params[1:]]}
    if call["method"] == "eth_getTransactionCount" and params[1] == "latest":
        return {**call, "params": [params[0], hex(head)]}
    if call["method"] == "eth_getLogs" and "toBlock" in params[0]:
        to = min(int(params[0]["toBlock"], 16), head)
        since = min(int(params[0]["fromBlock"], 16), to + 1)
        return {**call, "params": [{**params[0], "fromBlock": hex(since), "toBlock": hex(to)}]}
    return call


def _beyond(method: str, result: Any, head: int) -> bool:
    """Whether a result is of a block that the node does not know."""
    number = {"eth_getBlockByNumber": "number", "eth_getTransactionReceipt": "blockNumber"}.get(method)
    return number is not None and isinstance(result, dict) and int(result[number], 16) > head
