"""Who calls, and what they may do: an API key or a session as a bearer token, or a session as a cookie."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select
from sqlalchemy.orm import Session

from fec.indexer.views import view
from fec.service.context import Served, Service
from fec.service.http.problems import Problem, problem
from fec.service.models import Role
from fec.service.settings import SESSION_COOKIE

_READS = frozenset(Role)
#: Roles that make invoices and pay them back.
SELLS = frozenset({Role.CASHIER, Role.MANAGER})
_MANAGES = frozenset({Role.MANAGER})
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_bearer = HTTPBearer(auto_error=False, description="An API key, or a session's token.")
_cookie = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="A session, from signing in with Ethereum.")


@dataclass(frozen=True)
class Caller:
    """Who calls."""

    program_id: int
    role: Role
    name: str
    """For logs: `key 3`, or the address that signed in."""
    sales: bool
    """Whether they may record sales that were paid elsewhere: operators, and keys to which that was given."""


async def caller_of(
    request: Request,
    service: Served,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
    cookie: Annotated[str | None, Depends(_cookie)] = None,
) -> Caller:
    """Who calls. Raises a problem if nobody knows."""
    token = cookie if bearer is None else bearer.credentials
    if bearer is None and cookie is not None and request.method not in _SAFE_METHODS:
        _check_origin(request, service)
    found = None if token is None else await service.gatherer("callers", callers_by).ask(token)
    if found is None:
        raise _unknown()
    request.state.caller = found.name
    request.state.token = token
    return found


def _unknown() -> Problem:
    found = problem(
        "not-signed-in",
        "Send an API key that is not revoked as `Authorization: Bearer fec_key_…`, or sign in again at /v1/session.",
    )
    found.headers["WWW-Authenticate"] = 'Bearer realm="fec"'
    return found


def caller_by(service: Service, token: str) -> Caller | None:
    """Who calls with an API key or a session's token, as of now; None if nobody may."""
    return callers_by(service, [token])[0]


def callers_by(service: Service, tokens: Sequence[str]) -> list[Caller | None]:
    """Who calls with each of these, as of now."""
    keys = service.keys.keys_of(tokens)
    return [
        Caller(key.program_id, key.role, f"key {key.id}", key.sales)
        if (key := keys.get(token))
        else _signed_in(service, token)
        for token in tokens
    ]


def _signed_in(service: Service, token: str) -> Caller | None:
    session = service.keys.session_of(token)
    # An operator that was replaced meanwhile is one no longer.
    if session is None or operator_of(service, session.program_id) != session.address:
        return None
    return Caller(session.program_id, Role.MANAGER, session.address, sales=True)


def operator_of(service: Service, program_id: int) -> str | None:
    """A program's operator, by the index."""
    programs = view("programs_latest")
    with Session(service.engine) as session:
        return session.scalar(select(programs.c.operator).where(programs.c.program_id == program_id))


def _check_origin(request: Request, service: Service) -> None:
    """Browsers send cookies along by themselves: a page that may not act must not be able to have them act."""
    origin = request.headers.get("origin")
    if origin is not None and origin not in (service.settings.public_url, *service.settings.origins):
        raise problem(
            "origin-not-trusted", "Pages of {origin} may not do that. Have the service trust it.", origin=origin
        )


def _with_role(roles: frozenset[Role]) -> Callable[[Caller], Awaitable[Caller]]:
    async def check(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        if caller.role not in roles:
            raise problem(
                "role-too-low",
                "The role {role} may not do that; {needed} may. Use another key.",
                role=caller.role.value,
                needed=", ".join(sorted(roles)),
            )
        return caller

    return check


async def _records_sales(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
    if not caller.sales:
        raise problem(
            "sales-not-allowed",
            "This key may not record sales that were paid elsewhere. Make one that may: `fec serve key add --sales`.",
        )
    return caller


#: What an operation asks of its caller.
Reader = Annotated[Caller, Depends(_with_role(_READS))]
Seller = Annotated[Caller, Depends(_with_role(SELLS))]
Manager = Annotated[Caller, Depends(_with_role(_MANAGES))]
Recorder = Annotated[Caller, Depends(_records_sales)]
