"""JSON-RPC over HTTP for reading much: many calls to a request, every answer checked to be the answer, patience."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import requests

from fec.i18n import Message
from fec.i18n.errors import RPCFailed, RPCUnreachable
from fec.indexer.errors import WrongAnswer

T = TypeVar("T")
Call = tuple[str, list[Any]]

#: What public endpoints take in one batch.
CALLS_PER_REQUEST = 100
_CONNECT_SECONDS = 5
_BUSY = 429


@dataclass(frozen=True)
class Patience:
    """How long to go on when an endpoint fails: `attempts` in a row, with pauses from `first` up to `longest` ms."""

    attempts: int = 12
    first: int = 50
    longest: int = 10_000

    def pauses(self) -> Iterator[float]:
        """Seconds to wait before each further attempt: doubling, and uneven, so that many do not return together."""
        pause = self.first
        for _ in range(self.attempts - 1):
            yield random.randint(pause // 2, pause) / 1000
            pause = min(2 * pause, self.longest)


class Refused(Exception):
    """The endpoint gave an error in place of a result."""

    def __init__(self, error: Any) -> None:
        """Takes the error."""
        super().__init__(error.get("message", error) if isinstance(error, dict) else error)
        self.error = error


class Unavailable(Exception):
    """The endpoint gave no answer, or none that is one; seconds that it wants to be left alone, if it says so."""

    def __init__(self, reason: str, pause: int = 0) -> None:
        """Takes the reason, a `Message` where it is this package's, and the pause."""
        super().__init__(reason)
        self.reason = reason
        self.pause = pause


class Wire:
    """A connection to one endpoint, for one thread at a time."""

    def __init__(self, url: str, patience: Patience, timeout: int = 30) -> None:
        """Takes the address, and how long to wait for an answer in seconds."""
        self.url = url
        self.patience = patience
        self._timeout = timeout
        self._session = requests.Session()
        self._ids = count(1)
        self._closed = threading.Event()

    def close(self) -> None:
        """Ends the connection, and all patience with it."""
        self._closed.set()
        self._session.close()

    def wait(self, seconds: float) -> None:
        """Lets time pass. Raises RPCUnreachable if the connection is closed meanwhile."""
        if self._closed.wait(seconds):
            raise RPCUnreachable("The connection to {url} was closed.", url=self.url)

    def ask(self, calls: Sequence[Call]) -> list[Any | Refused]:
        """Result of each call, or how it was refused, in the order of the calls. One attempt; raises Unavailable."""
        results: list[Any | Refused] = []
        for first in range(0, len(calls), CALLS_PER_REQUEST):
            results += self._ask(calls[first : first + CALLS_PER_REQUEST])
        return results

    def results(self, calls: Sequence[Call]) -> list[Any]:
        """Result of each call. One attempt; raises Unavailable, or Refused if one is refused."""
        answers = self.ask(calls)
        for answer in answers:
            if isinstance(answer, Refused):
                raise answer
        return answers

    def patiently(self, act: Callable[[], T]) -> T:
        """Does something until it goes well.

        Raises RPCUnreachable, RPCFailed or WrongAnswer with what went wrong last, once the patience is at its end.
        """
        pauses = self.patience.pauses()
        while True:
            try:
                return act()
            except (Unavailable, Refused, WrongAnswer) as error:
                pause = next(pauses, None)
                if pause is None:
                    raise self._final(error) from error
                asked = error.pause if isinstance(error, Unavailable) else 0
                self.wait(max(pause, min(asked, self.patience.longest // 1000)))

    def _final(self, error: Exception) -> Exception:
        if isinstance(error, Unavailable):
            return RPCUnreachable(
                "Nothing answers well at {url}: {reason}. Start the node, or check the address.",
                url=self.url,
                reason=error.reason,
            )
        if isinstance(error, Refused):
            return RPCFailed("The RPC endpoint refused: {reason}", reason=str(error))
        return error

    def _ask(self, calls: Sequence[Call]) -> list[Any | Refused]:
        requests_ = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params} for method, params in calls
        ]
        answer = self._post(requests_[0] if len(calls) == 1 else requests_)
        if len(calls) > 1 and isinstance(answer, dict):
            # Endpoints that take no batches say so once, for all of it.
            return [result for call in calls for result in self._ask([call])]
        answers = answer if isinstance(answer, list) else [answer]
        by_id = {found.get("id"): found for found in answers if isinstance(found, dict)}
        if len(answers) != len(calls) or any(request["id"] not in by_id for request in requests_):
            if len(calls) == 1 and isinstance(answer, dict) and answer.get("id") is None and "error" in answer:
                return [Refused(answer["error"])]
            raise Unavailable(Message("the answer is to another question"))
        return [_result(by_id[request["id"]]) for request in requests_]

    def _post(self, body: Any) -> Any:
        try:
            response = self._session.post(self.url, json=body, timeout=(_CONNECT_SECONDS, self._timeout))
            content = response.content
        except requests.RequestException as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        try:
            answer = json.loads(content)
        except ValueError as error:
            raise Unavailable(
                Message("HTTP status {status}, and no JSON", status=response.status_code), _pause(response)
            ) from error
        # Some endpoints send a well-formed refusal along with an error's status.
        refusal = answer if isinstance(answer, dict) and isinstance(answer.get("error"), dict) else None
        if response.status_code == _BUSY or (response.status_code >= 400 and refusal is None):
            raise Unavailable(Message("HTTP status {status}", status=response.status_code), _pause(response))
        return answer


def _result(answer: dict[str, Any]) -> Any | Refused:
    if answer.get("error") is not None:
        return Refused(answer["error"])
    if "result" not in answer:
        raise Unavailable(Message("the answer has neither result nor error"))
    return answer["result"]


def _pause(response: requests.Response) -> int:
    after = response.headers.get("Retry-After", "")
    return int(after) if after.isascii() and after.isdigit() else 0
