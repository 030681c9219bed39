"""A relay as WalletConnect's clients want one: topics, who listens to them, and a box for what nobody heard yet."""

import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve


class Relay:
    """Hands messages on without being able to read them; keeps what it was asked, and by whom."""

    def __init__(self) -> None:
        self.url = ""
        self.projects: set[str] = set()
        self.asked: list[tuple[str | None, str, dict[str, Any]]] = []
        """Origin of who asked, None for a wallet; the method, and what with."""
        self._listening: dict[str, set[ServerConnection]] = defaultdict(set)
        self._waiting: dict[str, list[tuple[ServerConnection, dict[str, Any]]]] = defaultdict(list)
        self._ids = itertools.count(1)
        self._lock = threading.RLock()

    def serve(self, client: ServerConnection) -> None:
        """Answers one client until it leaves."""
        assert client.request is not None
        query = parse_qs(urlsplit(client.request.path).query)
        self.projects.add(query["projectId"][0])
        try:
            for text in client:
                call = json.loads(text)
                if "method" not in call:
                    continue
                self.asked.append((client.request.headers.get("Origin"), call["method"], call["params"]))
                with self._lock:
                    result = self._do(client, call["method"], call["params"])
                    client.send(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}))
                    self._deliver()
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                for listeners in self._listening.values():
                    listeners.discard(client)

    def _do(self, client: ServerConnection, method: str, params: dict[str, Any]) -> Any:
        match method:
            case "irn_subscribe":
                self._listening[params["topic"]].add(client)
                return params["topic"]
            case "irn_batchSubscribe":
                for topic in params["topics"]:
                    self._listening[topic].add(client)
                return params["topics"]
            case "irn_unsubscribe":
                self._listening[params["topic"]].discard(client)
            case "irn_publish":
                self._post(client, params["topic"], params["message"], params["tag"])
            case "irn_batchPublish":
                for each in params["messages"]:
                    self._post(client, each["topic"], each["message"], each["tag"])
            case "irn_fetchMessages" | "irn_batchFetchMessages":
                return {"messages": [], "hasMore": False}
            case "wc_proposeSession":
                self._listening[params["pairingTopic"]].add(client)
                self._post(client, params["pairingTopic"], params["sessionProposal"], 1100)
            case "wc_approveSession":
                self._listening[params["sessionTopic"]].add(client)
                self._post(client, params["pairingTopic"], params["sessionProposalResponse"], 1101)
                self._post(client, params["sessionTopic"], params["sessionSettlementRequest"], 1102)
            case _:
                raise AssertionError(f"{method} is not for this relay")
        return True

    def _post(self, sender: ServerConnection, topic: str, message: str, tag: int) -> None:
        data = {"topic": topic, "message": message, "tag": tag, "publishedAt": time.time_ns() // 1_000_000}
        self._waiting[topic].append((sender, data))

    def _deliver(self) -> None:
        for topic, box in self._waiting.items():
            for sender, data in list(box):
                if listeners := self._listening[topic] - {sender}:
                    box.remove((sender, data))
                for listener in listeners:
                    params = {"id": topic, "data": data}
                    call = {"jsonrpc": "2.0", "id": next(self._ids), "method": "irn_subscription", "params": params}
                    try:
                        listener.send(json.dumps(call))
                    except ConnectionClosed:
                        self._listening[topic].discard(listener)


@contextmanager
def relaying() -> Iterator[Relay]:
    """A relay on this machine."""
    relay = Relay()
    with serve(relay.serve, "127.0.0.1", 0) as server:
        relay.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield relay
        server.shutdown()
        thread.join()
