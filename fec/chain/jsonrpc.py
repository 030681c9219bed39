"""JSON-RPC over HTTP as nodes and providers really speak it: refusals in every form, limits that are learned."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from itertools import count
from typing import Any, NamedTuple, TypeVar

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions
from urllib3.util import Retry, Timeout

from fec.chain.errors import RateLimited, Refused
from fec.i18n import Message
from fec.i18n.errors import RPCFailed, RPCUnreachable, WrongAnswer

T = TypeVar("T")
#: A method and its parameters.
Call = tuple[str, Sequence[Any]]

#: Calls in one request at first, and at most. Endpoints take 10 to 1,000; one that takes fewer says so.
CALLS_PER_REQUEST = 100
#: A size that was refused may be taken later, as rate limits pass: after so many full requests a few more calls are
#: tried. Each time that they are refused, the next try comes after twice as many.
GROWS_AFTER = 100
_GROWS_AFTER_MOST = 4_096
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 30
#: Threads that may use one endpoint at once without opening a connection for each request.
_CONNECTIONS = 32
#: Of seconds that an endpoint asks to be left alone; a longer number is no pause.
_PAUSE_DIGITS = 9
_HEADERS = {"Content-Type": "application/json"}
_TIMEOUT = Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS)
_NO_RETRIES = Retry(0, read=False)
#: No answer, or half of one.
_UNREACHABLE = (
    *(requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError),
    *(exceptions.PoolError, exceptions.ProtocolError, exceptions.SSLError, exceptions.TimeoutError),
)
_TOO_MANY_REQUESTS = 429
_BATCH_REFUSALS = (400, 413)
_SERVER_ERRORS = 500

#: Codes of errors that mean "too fast". EIP-1474's -32005 is also given to searches of logs that find too much.
_RATE_CODES = (429, -32016)
_LIMIT_CODE = -32005
_RATE_WORDS = re.compile(r"rate|too many requests|per second|request count|capacity", re.IGNORECASE)


@dataclass(frozen=True)
class Patience:
    """How long to go on when an endpoint fails: `attempts` in a row, with pauses from `first` up to `longest` ms."""

    attempts: int = 12
    first: int = 50
    longest: int = 10_000
    seconds: int = 600
    """Seconds after which no further attempt begins."""

    def pauses(self) -> Iterator[float]:
        """Seconds to wait before each further attempt: doubling, and uneven, so that many do not return together."""
        until = time.monotonic() + self.seconds
        pause = self.first
        for _ in range(self.attempts - 1):
            if time.monotonic() > until:
                return
            yield random.randint(pause // 2, pause) / 1000
            pause = min(2 * pause, self.longest)


#: For somebody who waits for an answer: failures are short or real; a limited rate may take some seconds.
FAILURES = Patience(attempts=4, first=50, longest=200, seconds=20)
LIMITS = Patience(attempts=10, first=250, longest=5_000, seconds=60)


class _Response(NamedTuple):
    """What an endpoint said."""

    status: int
    content: bytes
    headers: Mapping[str, str]


class _BatchRefused(Exception):
    """The endpoint does not take so many calls in one request."""


class _Size:
    """How many calls a request may have: halved when refused, and grown slowly while all goes well."""

    def __init__(self) -> None:
        self.most = CALLS_PER_REQUEST
        self._taken = 0
        self._grows_after = GROWS_AFTER
        self._grown = False

    def taken(self) -> None:
        """A request with as many calls as may be was answered."""
        self._taken += 1
        if self.most < CALLS_PER_REQUEST and self._taken >= self._grows_after:
            self.most = min(self.most + max(self.most // 4, 1), CALLS_PER_REQUEST)
            self._taken, self._grown = 0, True

    def refused(self, calls: int) -> None:
        """A request with so many calls was refused."""
        if self._grown:
            self._grows_after = min(2 * self._grows_after, _GROWS_AFTER_MOST)
        self.most, self._taken, self._grown = max(1, calls // 2), 0, False


class Endpoint:
    """One JSON-RPC address, for any number of threads.

    It learns how many calls a request may have, and now and then tries a few more. It waits while the endpoint limits
    the rate. An answer is taken for one only if it carries the number of its question.
    """

    def __init__(self, url: str, *, failures: Patience = FAILURES, limits: Patience = LIMITS) -> None:
        """Takes the address, and how long to go on when it fails and when it limits the rate."""
        self.url = url
        self.patience = failures
        self._limits = limits
        self._size = _Size()
        self._session = requests.Session()
        self._adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)
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
        """Result of each call, or how it was refused, in the order of the calls. A failure is not asked again.

        Raises RPCUnreachable, RPCFailed, RateLimited.
        """
        answers: list[Any | Refused] = [None] * len(calls)
        waiting = list(range(len(calls)))
        pauses, limited = self._limits.pauses(), False
        while waiting:
            most = self._size.most
            some = waiting[:most]
            try:
                found = self._once([calls[place] for place in some])
            except _BatchRefused:
                self._size.refused(len(some))
                continue
            except RateLimited as error:
                if limited:
                    # The calls of one request may be more than the endpoint takes in its time.
                    self._size.refused(len(some))
                limited = True
                self._slow_down(pauses, error)
                continue
            again = []
            for place, answer in zip(some, found, strict=True):
                if isinstance(answer, Refused) and _is_rate_limit(answer, calls[place][0]):
                    again.append(place)
                else:
                    answers[place] = answer
            waiting = again + waiting[len(some) :]
            if len(again) < len(some):
                pauses, limited = self._limits.pauses(), False
            if not again and len(some) == most:
                self._size.taken()
            if again:
                self._slow_down(pauses, RateLimited())
        return answers

    def results(self, calls: Sequence[Call]) -> list[Any]:
        """Result of each call. Raises as `ask` does, and Refused if one is refused."""
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
            except RateLimited:
                # It was waited for.
                raise
            except (RPCUnreachable, RPCFailed, WrongAnswer):
                pause = next(pauses, None)
                if pause is None:
                    raise
                self.wait(pause)

    def _slow_down(self, pauses: Iterator[float], error: RateLimited) -> None:
        pause = next(pauses, None)
        if pause is None:
            raise error
        self.wait(max(pause, min(error.pause, self._limits.longest / 1000)))

    # ------------------------------------------------------------- one request

    def _once(self, calls: Sequence[Call]) -> list[Any | Refused]:
        numbered = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
            for method, params in calls
        ]
        response = self._post(numbered[0] if len(calls) == 1 else numbered)
        status = response.status
        try:
            found = msgspec.json.decode(response.content)
        except ValueError:
            found = None
        refusal = _whole_refusal(found)
        if status == _TOO_MANY_REQUESTS or (refusal is not None and len(calls) > 1 and _is_rate_limit(refusal)):
            raise RateLimited(_pause(response))
        if len(calls) > 1 and (status in _BATCH_REFUSALS or (refusal is not None and status < _SERVER_ERRORS)):
            raise _BatchRefused
        answers = found if isinstance(found, list) else [found]
        by_id: dict[Any, Any] = {_id(one): one for one in answers if isinstance(one, dict)}
        if all(_is_answer(by_id.get(question["id"])) for question in numbered) and len(by_id) == len(calls):
            return [_result(by_id[question["id"]]) for question in numbered]
        if len(calls) == 1 and refusal is not None and None in by_id:
            # What cannot be read as a question has no number.
            return [refusal]
        raise _no_answer(response, found)

    @cached_property
    def _prepared(self) -> tuple[Any, str, Mapping[str, str]]:
        """Connections, path and headers: with the proxies, certificates and password that the library finds."""
        template = self._session.prepare_request(requests.Request("POST", self.url, headers=_HEADERS))
        found = self._session.merge_environment_settings(template.url, {}, None, None, None)
        adapter = self._adapter
        pool = adapter.get_connection_with_tls_context(
            template, found["verify"], proxies=found["proxies"], cert=found["cert"]
        )
        adapter.cert_verify(pool, template.url, found["verify"], found["cert"])  # type: ignore[no-untyped-call]
        del template.headers["Content-Length"]
        return pool, adapter.request_url(template, found["proxies"]), dict(template.headers)

    def _post(self, body: Any) -> _Response:
        data = json.dumps(body, default=_plain).encode()
        try:
            pool, path, headers = self._prepared
            # As the library's session does in the end; what it does before takes as long as all of this.
            found = pool.urlopen(
                "POST",
                path,
                data,
                headers,
                retries=_NO_RETRIES,
                redirect=False,
                assert_same_host=False,
                timeout=_TIMEOUT,
            )
            if found.get_redirect_location():
                elsewhere = self._session.post(
                    self.url, data=data, headers=_HEADERS, timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS)
                )
                return _Response(elsewhere.status_code, elsewhere.content, elsewhere.headers)
            return _Response(found.status, found.data, found.headers)
        except _UNREACHABLE as error:
            raise RPCUnreachable(
                "Nothing answers at {url}. Start the node, or check the address.", url=self.url
            ) from error
        except (requests.RequestException, exceptions.HTTPError) as error:
            raise RPCFailed(
                "The RPC endpoint refused the request. Try again later, or use another endpoint. ({reason})",
                reason=error,
            ) from error


def _whole_refusal(found: Any) -> Refused | None:
    """The error that stands for a whole request: one object, or a list with one error that has no number."""
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict) and found[0].get("id") is None:
        [found] = found
    return Refused(found["error"]) if isinstance(found, dict) and isinstance(found.get("error"), dict) else None


def _id(answer: dict[str, Any]) -> int | str | None:
    """The number of the question that an answer names; None if it names none, or something that is no number."""
    found = answer.get("id")
    return found if isinstance(found, int | str) else None


def _is_answer(found: Any) -> bool:
    return isinstance(found, dict) and ("result" in found or found.get("error") is not None)


def _result(answer: dict[str, Any]) -> Any | Refused:
    return answer["result"] if answer.get("error") is None else Refused(answer["error"])


def _is_rate_limit(refusal: Refused, method: str = "") -> bool:
    if refusal.code == _LIMIT_CODE:
        return method != "eth_getLogs" or _RATE_WORDS.search(refusal.reason) is not None
    return refusal.code in _RATE_CODES


def _no_answer(response: _Response, found: Any) -> RPCFailed:
    if response.status >= HTTPStatus.BAD_REQUEST:
        status = Message("HTTP status {status}", status=response.status)
        return RPCFailed(
            "The RPC endpoint refused the request. Try again later, or use another endpoint. ({reason})", reason=status
        )
    if found is None:
        return RPCFailed(
            "What the RPC endpoint answers is no JSON-RPC: {reason}. Check the address.",
            reason=repr(response.content[:100]),
        )
    return RPCFailed(
        "The RPC endpoint refused the request. Try again later, or use another endpoint. ({reason})",
        reason=Message("the answer is to another question"),
    )


def _pause(response: _Response) -> int:
    after = response.headers.get("Retry-After", "")
    return int(after) if after.isascii() and after.isdigit() and len(after) <= _PAUSE_DIGITS else 0


def _plain(value: Any) -> Any:
    """What web3 puts into parameters and JSON does not know."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r:.100} is no JSON")
