"""A request as it came in, before the application has looked at it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope

from fec.service.access.auth import SELLS, Caller, callers_by
from fec.service.context import Service


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
        scheme, _, token = self.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        caller = await service.gatherer("callers", callers_by).ask(token)
        if caller is None or caller.role not in SELLS:
            return None
        self.scope.setdefault("state", {})["caller"] = caller.name
        return caller
