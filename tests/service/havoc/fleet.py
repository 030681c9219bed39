"""Processes that are killed and started again, as the operator of a shop's machine would.

Each is a process that runs the command `fec serve …` or `fec index run …` and nothing else.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx

from tests.fixtures.processes import FORKING, become

#: How long a process may take until it answers, on a busy machine.
START_SECONDS = 300
#: Between a process that ended by itself and its successor.
_RESTART_SECONDS = 0.5
#: What `fec index run --follow` says once it has come to the chain's head.
_FOLLOWING = b"Following"


class Member:
    """One process and all its successors."""

    def __init__(self, name: str, words: Sequence[str], environment: Mapping[str, str], log: Path, seed: int) -> None:
        self.name = name
        self.url: str | None = None
        """Where it answers, if it does."""
        self.counts: Counter[str] = Counter()
        """Kills by what the process was doing, and ends by exit code."""
        self.failure: BaseException | None = None
        self._words = list(words)
        if words[0] == "serve":
            port = _free_port()
            self.url = f"http://127.0.0.1:{port}"
            self._words += ["--port", str(port)]
        self._environment = dict(environment)
        self.log = log
        self.log.touch()
        self._random = random.Random(seed)
        self._calm = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        self._thread.start()

    def calm(self) -> None:
        """No more kills: what runs goes on, what does not is started."""
        self._calm.set()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def kills(self) -> int:
        return sum(count for what, count in self.counts.items() if what.startswith("killed"))

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                said = self.log.stat().st_size
                process = FORKING.Process(
                    target=become, args=(self._words, self._environment, str(self.log)), daemon=True
                )
                process.start()
                try:
                    self._let_live(process, said)
                finally:
                    process.kill()
                    process.join()
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            self.failure = error

    def _let_live(self, process: BaseProcess, said: int) -> None:
        if self._random.random() < 0.2:
            # While it starts: tables are made, the index is opened, the first requests come.
            if self._lives(process, self._random.uniform(0, 1)):
                self._kill(process, "killed while starting")
            return
        deadline = time.monotonic() + START_SECONDS
        while process.is_alive() and not self._stop.is_set() and not self._is_up(said):
            if time.monotonic() > deadline:
                # A reader of a chain that changes all the time may not come to its end; when it is quiet, it has to.
                if self.url is None:
                    break
                raise AssertionError(f"{self.name} does not start")
            time.sleep(0.05)
        # Most live just long enough for some requests to be in every state.
        longest = 3 if self._random.random() < 0.7 else 12
        if self._lives(process, self._random.uniform(0, longest)):
            self._kill(process, "killed at work")

    def _is_up(self, said: int) -> bool:
        if self.url is None:
            with self.log.open("rb") as log:
                log.seek(said)
                return _FOLLOWING in log.read()
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def _lives(self, process: BaseProcess, seconds: float) -> bool:
        """Lets time pass; says whether the process still runs then and is to be killed."""
        until = time.monotonic() + seconds
        while process.is_alive():
            if self._stop.is_set():
                return False
            if not self._calm.is_set() and time.monotonic() >= until:
                return True
            time.sleep(0.005)
        self.counts[f"ended with {process.exitcode}"] += 1
        self._stop.wait(_RESTART_SECONDS)
        return False

    def _kill(self, process: BaseProcess, what: str) -> None:
        process.kill()
        process.join()
        self.counts[what] += 1


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
