"""Requests that arrive together are answered together: one thread does for all of them what each would do alone.

Nobody waits on purpose: while some are being done, others arrive, and are done next. The busier it is, the more share a
round trip or a commit.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import OperationalError

from fec.i18n.errors import RPCFailed, RPCUnreachable

T = TypeVar("T")
R = TypeVar("R")

_MOST = 200
#: What goes wrong for all of them, and would once more for each.
_EVERYBODYS = (RPCUnreachable, RPCFailed, OperationalError)
_STOP_SECONDS = 10


class Gatherer(Generic[T, R]):
    """Does one kind of thing for all callers."""

    def __init__(
        self,
        name: str,
        act: Callable[[Sequence[T]], Sequence[R]],
        *,
        turn: Callable[[T], Hashable] = lambda _: None,
        most: int = _MOST,
    ) -> None:
        """Takes what does it for many, whose answers are in the same order; `most` is how many at once.

        `turn` names for whom something is: where more wait than are done at once, each of them gets a share.
        """
        self._act = act
        self._turn = turn
        self._most = most
        self._waiting: OrderedDict[Hashable, deque[_Asked[T, R]]] = OrderedDict()
        self._ready = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"fec-{name}", daemon=True)
        self._started = False

    async def ask(self, item: T) -> R:
        """Has it done, together with what others ask. Raises what `act` raises for this one."""
        asked = _Asked[T, R](item, asyncio.get_running_loop())
        with self._ready:
            if not self._started:
                self._started = True
                self._thread.start()
            self._waiting.setdefault(self._turn(item), deque()).append(asked)
            self._ready.notify()
        return await asked.answer

    def close(self) -> None:
        """Does what is waiting, and ends."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        if self._started:
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while some := self._next():
            self._do(some)

    def _next(self) -> list[_Asked[T, R]]:
        """What is done now: of each in turn one, until there are enough; nothing, at the end."""
        with self._ready:
            while not self._waiting and not self._closed:
                self._ready.wait()
            some: list[_Asked[T, R]] = []
            while self._waiting and len(some) < self._most:
                whose, queue = self._waiting.popitem(last=False)
                some.append(queue.popleft())
                if queue:
                    self._waiting[whose] = queue
            return some

    def _do(self, some: list[_Asked[T, R]]) -> None:
        try:
            answers: Sequence[R | Exception] = self._act([asked.item for asked in some])
        except Exception as error:  # noqa: BLE001 (whatever it is, it is raised where it was asked for)
            if len(some) > 1 and not isinstance(error, _EVERYBODYS):
                # One of them may be why; the others are not to fail for it.
                for asked in some:
                    self._do([asked])
                return
            answers = [error] * len(some)
        told: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[R], R | Exception]]] = {}
        for asked, answer in zip(some, answers, strict=True):
            told.setdefault(asked.loop, []).append((asked.answer, answer))
        for loop, each in told.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_tell, each)


class _Asked(Generic[T, R]):
    """Something that is asked for, and where its answer goes."""

    __slots__ = ("answer", "item", "loop")

    def __init__(self, item: T, loop: asyncio.AbstractEventLoop) -> None:
        self.item = item
        self.loop = loop
        self.answer: asyncio.Future[R] = loop.create_future()


def _tell(each: Sequence[tuple[asyncio.Future[R], R | Exception]]) -> None:
    for future, answer in each:
        if future.done():
            # Who asked has gone.
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
