"""Processes that are killed and started again, as the operator of a shop's machine would.

Each is a process that runs the command `fec serve …` or `fec index run …` and nothing else.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.fixtures.processes import FORKING

from .points import Death, Deaths, become_mortal

#: How long a process may take until it answers, on a busy machine.
START_SECONDS = 300
#: Between a process that ended by itself and its successor.
_RESTART_SECONDS = 0.5
#: Between looks whether it has started.
_LOOK_SECONDS = 0.03
#: How long one that is to die at a point may live without coming by.
_PATIENCE_SECONDS = 12.0
#: How long others live mostly, and at most: long enough for some requests to be in every state.
_MOSTLY_SECONDS, _LONG_SECONDS = 0.6, 4.0
#: How long a reader of the chain lives at most.
_READER_SECONDS = 6.0
#: What `fec index run --follow` says once it has come to the chain's head.
_FOLLOWING = b"Following"
_HOST = "127.0.0.1"


class Member:
    """One process and all its successors. `under_way` says how many orders are, which a kill has to hit to count."""

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        seed: int,
        *,
        deaths: Deaths,
        under_way: Callable[[], int],
    ) -> None:
        self.name = name
        self.url: str | None = None
        """Where it answers, if it does."""
        self.counts: Counter[str] = Counter()
        """Kills by what the process was doing, and ends by exit code."""
        self.failure: BaseException | None = None
        self._words = list(words)
        self._port: socket.socket | None = None
        if words[0] == "serve":
            self._port = _taken_port()
            number = self._port.getsockname()[1]
            self.url = f"http://{_HOST}:{number}"
            self._words += ["--port", str(number)]
        self._environment = dict(environment)
        self.log = log
        self.log.touch()
        self._random = random.Random(seed)
        self._deaths = deaths
        self._under_way = under_way
        self._calm = threading.Event()
        self._calm.set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Starts it; nobody kills it yet."""
        self._thread.start()

    def begin(self) -> None:
        """From now on it is killed."""
        self._calm.clear()

    def calm(self) -> None:
        """No more kills: what runs goes on, what does not is started."""
        self._calm.set()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Gives its port back."""
        if self._port is not None:
            self._port.close()

    @property
    def kills(self) -> int:
        """Kills of a process that was at work, with orders under way."""
        return sum(count for what, count in self.counts.items() if what.startswith("killed at "))

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                said = self.log.stat().st_size
                death = Death() if self.url is None or self._calm.is_set() else self._deaths.draw()
                process = FORKING.Process(
                    target=become_mortal, args=(death, self._words, self._environment, str(self.log)), daemon=True
                )
                process.start()
                try:
                    self._let_live(process, death, said)
                finally:
                    process.kill()
                    process.join()
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            self.failure = error

    def _let_live(self, process: BaseProcess, death: Death, said: int) -> None:
        if death.point is None and not self._calm.is_set() and self._random.random() < 0.2:
            # While it starts: tables are made, the index is opened, the first requests come.
            if self._lives(process, death, self._random.uniform(0, 0.6)):
                self._kill(process, "killed while starting")
            return
        deadline = time.monotonic() + START_SECONDS
        while process.is_alive() and not self._stop.is_set() and not self._is_up(said):
            if time.monotonic() > deadline:
                # A reader of a chain that changes all the time may not come to its end; when it is quiet, it has to.
                if self.url is None:
                    break
                raise AssertionError(f"{self.name} does not start")
            process.join(_LOOK_SECONDS)
        longest = _MOSTLY_SECONDS if self._random.random() < 0.9 else _LONG_SECONDS
        if self.url is None:
            longest = _READER_SECONDS
        seconds = self._random.uniform(0, longest) if death.point is None else _PATIENCE_SECONDS
        if self._lives(process, death, seconds):
            self._kill(process, "killed at work" if self._under_way() else "killed idle")
            if death.point is not None:
                self._deaths.give_back(death)

    def _is_up(self, said: int) -> bool:
        if self._port is None:
            with self.log.open("rb") as log:
                log.seek(said)
                return _FOLLOWING in log.read()
        with socket.socket() as asking:
            return asking.connect_ex(self._port.getsockname()) == 0

    def _lives(self, process: BaseProcess, death: Death, seconds: float) -> bool:
        """Lets time pass; says whether the process still runs then and is to be killed."""
        until = time.monotonic() + seconds
        while process.is_alive():
            if self._stop.is_set():
                return False
            left = until - time.monotonic()
            if left <= 0 and not self._calm.is_set():
                return True
            process.join(0.2 if left <= 0 else min(left, 0.2))
        if death.point is not None and process.exitcode == -9:
            self.counts[f"killed at {death.point}" if self._under_way() else "killed idle"] += 1
        else:
            self.counts[f"ended with {process.exitcode}"] += 1
            if death.point is not None:
                self._deaths.give_back(death)
            self._stop.wait(_RESTART_SECONDS)
        return False

    def _kill(self, process: BaseProcess, what: str) -> None:
        process.kill()
        process.join()
        self.counts[what] += 1


def _taken_port() -> socket.socket:
    """A port that nobody else gets while its process is dead: what is bound and does not listen shares it with that."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((_HOST, 0))
    return taken
