"""A request as it came in, before the application has looked at it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.types import Scope

from fec.service.access.auth import SELLS, Caller, callers_by
from fec.service.actions.idempotency import KEY_PATTERN
from fec.service.context import Service

_KEY = re.compile(KEY_PATTERN)


class NotPlain(Exception):
    """The application has to look at the request."""


@dataclass(frozen=True)
class Plain:
    """A request that is tried here first."""

    scope: Scope
    headers: dict[bytes, bytes]
    body: bytes
    invoice_id: str

    @property
    def is_readable(self) -> bool:
        """Whether the body, if there is to be one, is said to be JSON."""
        return self.scope["method"] == "GET" or self.headers.get(b"content-type", b"").startswith(b"application/json")

    async def seller(self, service: Service) -> Caller | None:
        """Who sells with an API key; None if it is anybody else."""
        caller = await self._caller(service)
        return caller if caller is not None and caller.role in SELLS else None

    async def recorder(self, service: Service) -> Caller | None:
        """Who may record sales with an API key; None if it is anybody else."""
        caller = await self._caller(service)
        return caller if caller is not None and caller.sales else None

    async def _caller(self, service: Service) -> Caller | None:
        scheme, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        caller = await service.gatherer("callers", callers_by).ask(token)
        if caller is not None:
            self.scope.setdefault("state", {})["caller"] = caller.name
        return caller

    @property
    def key(self) -> str | None:
        """The Idempotency-Key, if there is one. Raises NotPlain for one that is none."""
        given = self.headers.get(b"idempotency-key")
        if given is None:
            return None
        key = given.decode("latin-1")
        if _KEY.fullmatch(key) is None:
            raise NotPlain
        return key.strip('"')
