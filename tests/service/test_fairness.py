"""Nobody takes what is there for all: a request that never ends, a key that was revoked, addresses by the million."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from fec.service.errors import LimitsInvalid
from fec.service.http import recent as recent_answers
from fec.service.http.callers import counted_address
from fec.service.http.counters import open_counter
from fec.service.http.recent import Recent
from tests.fixtures.waiting import until
from tests.service.conftest import ServiceClient

Serving = Callable[..., ServiceClient]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_body__does_not_come__is_answered_and_the_connection_ends(live: ServiceClient) -> None:
    url = live.http.base_url
    with socket.create_connection((url.host, url.port or 0), 60) as connection:
        connection.sendall(b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        said = b""
        while part := connection.recv(65_536):
            said += part
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"urn:fec:problem:request-too-slow" in body


def test_stream__key_is_revoked__ends_before_its_next_sign_of_life(live: ServiceClient) -> None:
    with live.http.stream("GET", "/v1/events/stream", headers=live.headers) as answer:
        assert answer.status_code == 200
        live.service.keys.revoke(live.service.keys.keys()[-1].id)
        # A stream that goes on sends a comment every fifteen seconds.
        assert [line for line in answer.iter_lines() if line.startswith(":")] == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_streams__as_many_as_one_caller_may__the_next_is_refused(live: ServiceClient) -> None:
    guard = live.service.guard
    guard._limits = replace(live.service.settings.caller_limits, streams=2)

    def listening() -> int:
        return sum(guard._listening.values())

    for path, headers in ((f"/v1/pay/{live.invoice()['id']}/events", {}), ("/v1/events/stream", live.headers)):
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(live.http.stream("GET", path, headers=headers))
            until(listening, lambda count: count == 2)
            refused = live.http.get(path, headers=headers)
            assert (refused.status_code, refused.json()["type"]) == (429, "urn:fec:problem:too-many-at-once")
        until(listening, lambda count: count == 0)


def test_recent__asked_by_many_at_once__is_found_out_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, found, finding, release = [100.0], count(1), Event(), Event()
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    recent = Recent()
    assert [recent.get("checks", lambda: next(found)) for _ in range(5)] == [1] * 5
    clock[0] += 1

    def slowly() -> int:
        finding.set()
        assert release.wait(60)
        return next(found)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(recent.get, "checks", slowly)
        assert finding.wait(60)
        # Nobody waits for who finds it out.
        assert recent.get("checks", slowly) == 1
        release.set()
        assert first.result() == 2
    assert recent.get("checks", lambda: next(found)) == 2


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
@pytest.mark.parametrize("backend", ["sqlite"])
def test_watching__asked_all_the_time__costs_a_look_a_second(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    cashier = serving(index=False, relay=False, capture=False, deliver=False)
    monkeypatch.setattr(recent_answers, "_SECONDS", 600)
    asked: list[object] = []
    monkeypatch.setattr(cashier.service.relayer, "waiting", lambda: asked.append(None))
    statuses = {cashier.http.get(path).status_code for _ in range(10)}
    assert (len(asked), len(statuses)) == (1, 1)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("testclient", "testclient"),
    ],
)
def test_counted_address__of_ipv6__is_its_network(address: str, counted: str) -> None:
    assert counted_address(address) == counted


# ----------------------------------------------------------------------- Redis


class Redis:
    """A Redis of this test's own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program is not None, "redis-server is missing: `apt-get install redis-server`, or `make setup` as root"
        words = [program, "--port", str(self.port), "--save", "", "--dir", str(self._folder), "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        until(self._answers, bool)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    found = Redis(tmp_path)
    found.start()
    yield found
    found.stop()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_rate__counted_in_redis__is_of_all_instances_together(serving: Serving, redis: Redis) -> None:
    first, second = (serving(key_limit="3/hour", limits_storage=redis.url) for _ in range(2))
    second.headers = first.headers
    statuses = [each.call("GET", "/v1/invoices").status_code for each in (first, second, first, second, first)]
    assert statuses == [200, 200, 200, 429, 429]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_rate__redis_is_away__is_said_until_it_is_back(serving: Serving, redis: Redis) -> None:
    cashier = serving(limits_storage=redis.url)
    redis.stop()
    problem = cashier.refused("GET", "/v1/invoices")
    assert (problem["status"], problem["type"]) == (503, "urn:fec:problem:limits-unavailable")
    readiness = cashier.http.get("/readyz")
    assert readiness.status_code == 503
    assert not readiness.json()["checks"]["limits"]["ok"]
    redis.start()
    assert cashier.call("GET", "/v1/invoices").status_code == 200


@pytest.mark.parametrize(
    "url", ["", "redis", "redis://", "redis://host:port", "memcached://x:1", "https://x", "redis://host:99999"]
)
def test_limits__nonsense__is_refused_at_the_start(url: str) -> None:
    with pytest.raises(LimitsInvalid, match="redis://HOST:PORT"):
        open_counter(url)
