"""The points of a payment's way at which a process ends itself with SIGKILL: all of them, between its request and a
block that has enough on top.

The package has no hook for it. The process that is to die has one function replaced, before it becomes `fec serve`.
"""

from __future__ import annotations

import inspect
import os
import random
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Any

from tests.fixtures.processes import become

_Function = Callable[..., Any]
_Wrap = Callable[[_Function, Callable[[], None]], _Function]


def _before(function: _Function, pass_by: Callable[[], None]) -> _Function:
    @wraps(function)
    def replaced(*given: Any, **named: Any) -> Any:
        pass_by()
        return function(*given, **named)

    return replaced


def _after(function: _Function, pass_by: Callable[[], None]) -> _Function:
    @wraps(function)
    def replaced(*given: Any, **named: Any) -> Any:
        result = function(*given, **named)
        pass_by()
        return result

    return replaced


def _after_some(function: _Function, pass_by: Callable[[], None]) -> _Function:
    """Only if the last argument has something in it."""

    @wraps(function)
    def replaced(*given: Any) -> Any:
        result = function(*given)
        if given[-1]:
            pass_by()
        return result

    return replaced


def _once_found(function: _Function, pass_by: Callable[[], None]) -> _Function:
    """Only if something was found."""

    @wraps(function)
    def replaced(*given: Any) -> Any:
        result = function(*given)
        if result:
            pass_by()
        return result

    return replaced


def _once_answered(application: _Function, pass_by: Callable[[], None]) -> _Function:
    """After the last byte of the answer to a payment."""

    @wraps(application)
    async def replaced(self: Any, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        async def telling(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                pass_by()

        is_payment = scope["type"] == "http" and scope["path"].endswith("/payments")
        await application(self, scope, receive, telling if is_payment else send)

    return replaced


@dataclass(frozen=True)
class Point:
    """Where a process may die."""

    name: str
    at: str
    """Module and name of the function."""
    wrap: _Wrap

    def arm(self, passes: int) -> None:
        """This process dies here once it has passed by so many times."""
        module, _, path = self.at.partition(":")
        owner: Any = import_module(module)
        *owners, name = path.split(".")
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, self.wrap(getattr(owner, name), _Fuse(passes).pass_by))

    @property
    def is_there(self) -> bool:
        """Whether the package has such a function."""
        module, _, path = self.at.partition(":")
        found: Any = import_module(module)
        for each in path.split("."):
            found = getattr(found, each, None)
        return inspect.isfunction(found)


class _Fuse:
    """Lets so many pass by, then ends the process at once."""

    def __init__(self, passes: int) -> None:
        self._left = passes
        self._lock = threading.Lock()

    def pass_by(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


#: In the order in which a payment comes by.
POINTS = (
    # Its body is read.
    Point("received", "fec.service.gathering.payments:digest_of", _before),
    # It is one of those that are done together; nothing is written.
    Point("gathered", "fec.service.gathering.payments:pay_all", _before),
    # It would do; nothing is written.
    Point("simulated", "fec.relayer.together:Together.simulate_all", _after),
    # Nobody else takes a nonce, in a transaction that has written nothing.
    Point("locked", "fec.relayer.together:Together.lock", _after),
    # It is among the calls of a transaction, which is not signed.
    Point("packed", "fec.service.actions.batches:Batches.packed", _after),
    # It is signed, in a transaction that is not committed.
    Point("signed", "fec.relayer.transactions:Ledger.store_all", _after),
    # It is committed. Nobody was told, and nothing sent.
    Point("written", "fec.service.gathering.payments:_keep", _after),
    # It waits for others, as a transaction of ours waits for a block; it is written, and not signed.
    Point("held", "fec.service.actions.batches:Batches.add", _after),
    # It is about to be signed together with others.
    Point("joined", "fec.service.actions.batches:Batches.send", _before),
    # It says which transaction makes it, in a transaction of the database that is not committed.
    Point("named", "fec.service.actions.batches:_note_sent", _after),
    # That is committed, or it was so at once; nothing is sent.
    Point("handed over", "fec.service.actions.batches:Batches.broadcast", _before),
    # Its caller was told.
    Point("answered", "fec.service.gathering.plain:Gathering.__call__", _once_answered),
    # The node has it, or has refused it; nothing is noted of that.
    Point("sent", "fec.relayer.endpoint:AccountChain.send", _after_some),
    # It is noted that it was sent.
    Point("noted", "fec.relayer.together:Together.broadcast", _after),
    # A block has it; nothing is noted of that.
    Point("seen in a block", "fec.relayer.endpoint:AccountChain.mined", _once_found),
    # The block is noted, in a transaction that is not committed.
    Point("placed", "fec.service.actions.outbox:Outbox._follow", _before),
    # The payment has ended, in a transaction that is not committed.
    Point("confirmed", "fec.service.actions.outbox:Outbox._end", _after_some),
    # That is committed.
    Point("ended", "fec.service.actions.outbox:Outbox._watch", _after),
)
_BY_NAME = {point.name: point for point in POINTS}
#: Deaths at random instants, for each round of all points.
INSTANTS = len(POINTS) // 3
#: How often a process passes a point by before it dies there.
_PASSES = (0, 0, 0, 1, 2)


@dataclass(frozen=True)
class Death:
    """How a process is to die: at a point, or at a random instant."""

    point: str | None = None
    passes: int = 0


class Deaths:
    """Deals deaths to processes: every point as often as every other, and so many at random `instants` a round."""

    def __init__(self, seed: int, instants: int = INSTANTS) -> None:
        self._instants = instants
        self._random = random.Random(seed)
        self._deck: list[Death] = []
        self._lock = threading.Lock()

    def draw(self) -> Death:
        """The next one."""
        with self._lock:
            if not self._deck:
                self._deck = [Death(point.name, self._random.choice(_PASSES)) for point in POINTS]
                self._deck += [Death()] * self._instants
                self._random.shuffle(self._deck)
            return self._deck.pop()

    def give_back(self, death: Death) -> None:
        """One that nobody died: somebody else is to."""
        with self._lock:
            self._deck.append(death)


def become_mortal(death: Death, words: Sequence[str], environment: Mapping[str, str], log: str) -> None:
    """Becomes the command `fec`, and dies at the point that is named, if one is. The target of a process."""
    if death.point is not None:
        _BY_NAME[death.point].arm(death.passes)
    become(words, environment, log)
