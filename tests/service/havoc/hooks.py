"""Endpoints of webhooks on bad days, and whether each of them was told everything, in order."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from standardwebhooks import Webhook

from tests.service.receiver import Handler, Received, Receiver


class Flaky(Receiver):
    """Of a hundred events, `percent` are answered 500, not at all, or taken and then not acknowledged."""

    def __init__(self, seed: int, percent: int) -> None:
        super().__init__()
        self.percent = percent
        self._random = random.Random(seed)
        self.usual = self._step  # type: ignore[assignment]

    def _step(self, handler: Handler) -> None:
        with self.lock:
            fails = self._random.randrange(100) < self.percent
            way = self._random.randrange(2)
        if not fails:
            handler.answer(204)
        elif way == 0:
            handler.answer(500)
        else:
            handler.close_connection = True
            handler.connection.close()


def _is_signed(one: Received, secret: str) -> bool:
    """As the receiving side's library has it, but for the age that it allows: the run has been longer."""
    moment = datetime.fromtimestamp(int(one.headers["webhook-timestamp"]), UTC)
    expected = Webhook(secret).sign(one.id, moment, one.body.decode())
    return expected in one.headers["webhook-signature"].split(" ")


def failures(received: Iterable[Received], secret: str, expected: dict[int, Any]) -> list[str]:
    """What is wrong with what an endpoint got, given the events by number; nothing, if nothing is."""
    found: list[str] = []
    first: dict[str, Received] = {}
    order: list[int] = []
    for one in received:
        document = one.document
        if not _is_signed(one, secret):
            found.append(f"{one.id} is not signed")
        known = first.setdefault(one.id, one)
        if known is one:
            order.append(document["sequence"])
        elif known.body != one.body:
            found.append(f"{one.id} came with two bodies")
    if order != sorted(order):
        late = [second for first_, second in pairwise(order) if second < first_]
        found.append(f"events came for the first time behind later ones: {late[:5]}")
    if missing := sorted(expected.keys() - set(order)):
        found.append(f"{len(missing)} events never came, the first is {missing[0]}")
    if foreign := sorted(set(order) - expected.keys()):
        found.append(f"{len(foreign)} events came that there are not, the first is {foreign[0]}")
    for one in first.values():
        document = one.document
        if document["sequence"] in expected and document["data"] != expected[document["sequence"]]:
            found.append(f"{one.id} says something else than the event")
    return found
