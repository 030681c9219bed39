"""The chain's endpoint on bad days: its faults, and behind them a provider that is another one every few seconds."""

from __future__ import annotations

import json
import random
import threading
from typing import Any

from tests.fixtures.endpoints import PROFILES, Answer, Ask, Call, Profile, Whole, error
from tests.fixtures.faults import Body, FaultyProxy

#: Blocks of logs that a node keeps which throws old ones away.
_KEPT = 150
#: How long a provider stays, in seconds.
_STAYS = (1.0, 6.0)
#: What providers draw their faults from; the run's seed is its seed.
_DRAW = random.Random()


def _receipts_refused(call: Call, ask: Ask) -> Answer:
    """A refused poll says nothing about the transaction."""
    if call["method"] in ("eth_getTransactionReceipt", "eth_getTransactionByHash") and _one_in(2):
        return error(call, -32005, "daily request count exceeded, request rate limited")
    return ask(call)


def _sent_and_unanswered(call: Call, ask: Ask) -> Answer:
    """Takes a transaction, and answers as if it had not."""
    answer = ask(call)
    if call["method"] == "eth_sendRawTransaction" and "result" in answer and _one_in(2):
        return error(call, -32603, "upstream timed out")
    return answer


def _sent_and_limited(body: Body, number: int) -> Whole | None:
    calls = body if isinstance(body, list) else [body]
    sends = any(call["method"] == "eth_sendRawTransaction" for call in calls)
    return Whole(429, b"slow down", {"Retry-After": "0"}) if sends and number % 3 == 0 else None


def _pruned(call: Call, ask: Ask) -> Answer:
    answer = ask(call)
    if call["method"] == "eth_getLogs" and "result" in answer:
        head = int(ask({"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []})["result"], 16)
        kept = [log for log in answer["result"] if int(log["blockNumber"], 16) > head - _KEPT]
        return {**answer, "result": kept}
    return answer


def _one_in(count: int) -> bool:
    return _DRAW.randrange(count) == 0


#: What a chain is like, which does not change while a process lives; and what needs a block for each transaction.
_OF_A_CHAIN = (
    "fees: no base fee",
    "finalized: latest",
    "send: mined and refused",
    "send: mined and refused with the hash",
)
#: What the service and the index meet in turn.
PROVIDERS: dict[str, Profile] = {
    **{name: profile for name, profile in PROFILES.items() if name not in _OF_A_CHAIN},
    "receipts: refused": Profile("refuses every second poll for a receipt", call=_receipts_refused),
    "send: accepted without an answer": Profile("takes a transaction and answers an error", call=_sent_and_unanswered),
    "send: 429": Profile("answers every third sending with 429", request=_sent_and_limited),
    "logs: pruned": Profile(f"has thrown away the logs but of the last {_KEPT} blocks", call=_pruned),
}


class HostileEndpoint(FaultyProxy):
    """A faulty proxy whose answers have the shape of one provider after the other, while it is hostile."""

    def __init__(self, target: str, seed: int) -> None:
        super().__init__(target, seed)
        _DRAW.seed(seed)
        self._draw = random.Random(seed)
        self._profile: Profile | None = None
        self._requests = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._change, name="provider")

    def start(self) -> None:
        """Begins to change."""
        self._thread.start()

    def stop(self) -> None:
        """From now on it answers as the node does."""
        self._stop.set()
        self._thread.join()

    def _change(self) -> None:
        names = list(PROVIDERS)
        while not self._stop.is_set():
            name = self._draw.choice(names)
            self._profile = PROVIDERS[name]
            self.counts[f"as {name}"] += 1
            self._stop.wait(self._draw.uniform(*_STAYS))
        self._profile = None

    def answer(self, content: bytes) -> tuple[int, dict[str, str], bytes, str]:
        profile = self._profile
        if profile is None:
            return super().answer(content)
        with self._lock:
            self._requests += 1
            number = self._requests
        whole = profile.request(json.loads(content), number)
        if whole is not None:
            said = whole.body if isinstance(whole.body, bytes) else json.dumps(whole.body).encode()
            return whole.status, dict(whole.headers), said, ""
        status, headers, said, fault = super().answer(content)
        return (profile.status(json.loads(said)) if status == 200 else status), headers, said, fault

    def _post(self, body: Any) -> Any:
        profile = self._profile
        post = super()._post
        if profile is None:
            return post(body)
        return [profile.call(one, post) for one in body] if isinstance(body, list) else profile.call(body, post)
